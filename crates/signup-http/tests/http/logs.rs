use std::sync::Mutex;

use log::kv::{Key, Value, VisitSource};
use log::{LevelFilter, Log, Metadata, Record};

use crate::acme::Acme;

/// Keeps the log lines of all tests of this process.
struct Kept(Mutex<Vec<String>>);

static KEPT: Kept = Kept(Mutex::new(Vec::new()));

impl Log for Kept {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }

    fn log(&self, record: &Record) {
        let mut line = Line(format!("{}:{}:", record.level(), record.target()));
        record.key_values().visit(&mut line).unwrap();
        let line = format!("{} {}", line.0, record.args());
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

struct Line(String);

impl<'kvs> VisitSource<'kvs> for Line {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), log::kv::Error> {
        self.0.push_str(&format!(" {key}={value}"));
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_one_line_that_holds_nothing_the_client_has_written_but_its_id() {
    log::set_logger(&KEPT).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let acme = Acme::start().await;
    let id = "the-logged-request";
    for path in [
        "/echo?code=hush-query",
        "/things/hush-path",
        "/hush-route",
        "/panic",
        "/foreign",
    ] {
        acme.post(path)
            .header("x-request-id", id)
            .header("authorization", "Bearer hush-token")
            .header("idempotency-key", "hush-key")
            .header("cookie", "session=hush-cookie")
            .body("password=hush-body")
            .send()
            .await
            .unwrap();
    }
    let lines = KEPT.0.lock().unwrap();
    let about = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
    // The client of this test logs for itself what it sends; everything else in the process is ours.
    let leaks: Vec<&String> = lines
        .iter()
        .filter(|line| {
            line.contains("hush") && !line.contains(":reqwest") && !line.contains(":hyper")
        })
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
    let access = format!("event=http.request request_id={id} provider=acme route=");
    assert_eq!(about(&access), 5);
    assert_eq!(
        about(&format!("{access}/things/{{id}} method=POST status=405")),
        1
    );
    assert_eq!(
        about(&format!("{access}unmatched method=POST status=404")),
        1
    );
}
