//! Bodies that no client would send: whatever comes, the reply is the API's own and no fault of ours.

use serde_json::Value;

use crate::portal::{Portal, send};

const SEEDS: [&str; 4] = [
    include_str!("seed/username.txt"),
    include_str!("seed/email.txt"),
    include_str!("seed/phone.txt"),
    "\n\n{\"usage\":\"signup\",\"phone_number\":\"13612345678\",\"email\":null}",
];

/// Bytes that mean something to JSON, to text, or to nobody.
const PIECES: [&[u8]; 14] = [
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"null",
    b"-0",
    b"1e400",
    b":",
    b",",
    b"\xff",
    b"\0",
    "密".as_bytes(),
];

/// A small generator, so that every run tries the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// A seed's body with a few pieces put in or cut out.
    fn body(&mut self) -> Vec<u8> {
        let (_, body) = SEEDS[self.below(SEEDS.len())].split_once("\n\n").unwrap();
        let mut body = body.as_bytes().to_vec();
        for _ in 0..=self.below(3) {
            let from = self.below(body.len());
            let to = (from + self.below(4)).min(body.len());
            let piece = PIECES[self.below(PIECES.len())];
            body.splice(from..to, piece.iter().copied());
        }
        body
    }
}

#[tokio::test]
async fn no_body_brings_the_service_out_of_its_words() {
    let portal = Portal::start().await;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..150 {
        let body = dice.body();
        for (client, path) in [
            ("names", "/signup"),
            ("all", "/signup"),
            ("all", "/otp/send"),
        ] {
            let answer = send(portal.request(client, path).body(body.clone())).await;
            let shown = String::from_utf8_lossy(&body);
            assert!(
                matches!(answer.status, 200 | 400),
                "{shown}: {}",
                answer.body
            );
            let reply: Value = serde_json::from_str(&answer.body).unwrap();
            let is_ours = if answer.status == 200 {
                reply["sub"].is_string() || reply["otp_token"].is_string()
            } else {
                reply["error"].is_string()
            };
            assert!(is_ours, "{shown}: {}", answer.body);
        }
    }
}
