//! Requests that no client means.

use crate::gateway::{Answer, Gateway, answer, at_will};

/// Pseudo-random numbers, the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % end
    }

    /// Puts a few odd bytes or pieces into a text.
    fn spoil(&mut self, text: &[u8]) -> Vec<u8> {
        const PIECES: [&[u8]; 12] = [
            b"\0",
            b"%00",
            b"%",
            b"\xff",
            b"&",
            b"=",
            b"{",
            b"\"",
            b"\\u0000",
            b"%F0%9F%98%80",
            b"1e999",
            b"null",
        ];
        let mut spoilt = text.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(spoilt.len() + 1);
            let until = (at + self.below(6)).min(spoilt.len());
            let piece = PIECES[self.below(PIECES.len())];
            spoilt.splice(at..until, piece.iter().copied());
        }
        spoilt
    }
}

/// The gateway's own envelope, and no fault of ours. `Answer` has looked at its shape.
fn is_an_answer(reply: &Answer, request: &[u8]) {
    let sent = String::from_utf8_lossy(request);
    assert!(
        matches!(reply.status, 200 | 401 | 404 | 413 | 415),
        "{sent}: {reply:?}"
    );
}

#[tokio::test]
async fn whatever_comes_is_answered_in_the_gateways_envelope() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let fields = at_will("+86-15810419011");
    let form = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}&"))
        .collect::<String>()
        + "extra={\"a\":1}";
    let json = serde_json::to_string(
        &fields
            .iter()
            .copied()
            .collect::<std::collections::BTreeMap<_, _>>(),
    )
    .unwrap();
    let mut random = Random(20_191_020);
    for _ in 0..300 {
        for (content_type, text) in [
            ("application/x-www-form-urlencoded", &form),
            ("application/json", &json),
        ] {
            let body = random.spoil(text.as_bytes());
            for path in ["/user", "/vfc"] {
                let request = gateway
                    .post_as(&token, path)
                    .header("content-type", content_type);
                is_an_answer(&answer(request.body(body.clone())).await, &body);
            }
        }
        let token = random.spoil(token.as_bytes());
        let Ok(header) = reqwest::header::HeaderValue::from_bytes(&token) else {
            continue;
        };
        let request = gateway
            .request(reqwest::Method::POST, "/user")
            .header("authorization", header);
        is_an_answer(&answer(request).await, &token);
    }
}
