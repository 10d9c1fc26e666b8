use std::time::Duration;

use signup_core::code::Channel::{Email, Sms};
use signup_core::funnel::Stage;
use signup_core::time::{Clock as _, SystemClock};
use signup_store::FunnelPlace;

use crate::on_both;
use crate::operator::Operator;

on_both!(the_funnel_is_told_by_time_and_by_part_and_drops_are_marked);

const HOUR: u32 = 60 * 60;

fn the_funnel_is_told_by_time_and_by_part_and_drops_are_marked(operator: &Operator) {
    operator.declare();
    let now = SystemClock.now();
    let mut counts = Vec::new();
    for hours in 2..10 {
        let time = now.before(Duration::from_secs(u64::from(hours * HOUR)));
        let at = |code, country| FunnelPlace::at(time, "ciam", "web", Some(code), country);
        // Three hours ago hardly any text message was sent.
        let sent = if hours == 3 { 20 } else { 98 };
        counts.push((at(Sms, Some("86")), Stage::Requested, 100));
        counts.push((at(Sms, Some("86")), Stage::Sent, sent));
        counts.push((at(Sms, Some("86")), Stage::Verified, sent));
        counts.push((at(Sms, Some("86")), Stage::Created, sent));
        counts.push((at(Email, None), Stage::Requested, 10));
        let other = FunnelPlace::at(time, "bytepower", "game", None, None);
        counts.push((other, Stage::Created, 5));
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let written = runtime.block_on(operator.store().count_funnel(counts));
    written.unwrap();

    let all = operator.json(["funnel"]);
    assert_eq!(all["span_seconds"], 3600);
    let line = &all["lines"][0];
    assert_eq!(line["total"]["requested"], 880);
    assert_eq!(line["total"]["created_without_code"], 40);
    let spans = line["spans"].as_array().unwrap();
    assert!(spans.len() >= 24, "also the empty ones: {}", spans.len());
    let marked: Vec<_> = spans
        .iter()
        .filter(|span| span["drops"] != serde_json::json!([]))
        .collect();
    assert_eq!(marked.len(), 1, "{marked:#?}");
    assert_eq!(marked[0]["drops"], serde_json::json!(["sent"]));
    assert_eq!(marked[0]["sent"], 20);

    let groups = |arguments: &[&str]| -> Vec<(String, u64)> {
        let told = operator.json([&["funnel"], arguments].concat());
        let lines = told["lines"].as_array().unwrap().iter();
        lines
            .map(|line| {
                let group = line["group"].as_str().unwrap().to_owned();
                (group, line["total"]["requested"].as_u64().unwrap())
            })
            .collect()
    };
    let named = |name: &str, count| (name.to_owned(), count);
    assert_eq!(
        groups(&["--by", "application"]),
        [named("ciam/web", 880), named("bytepower/game", 0)]
    );
    assert_eq!(
        groups(&["--by", "country", "--channel", "sms"]),
        [named("86", 800)]
    );
    assert_eq!(groups(&["--application", "bytepower/game"]), [named("", 0)]);
    assert_eq!(groups(&["--country", "+852"]), [named("", 0)]);
    let text = operator.run(["funnel", "--by", "country"]).stdout;
    assert!(text.contains("+86") && text.contains("sent"), "{text}");
    let text = operator.run(["funnel"]).stdout;
    assert!(text.contains("880 codes asked for"), "{text}");
    operator
        .run(["funnel", "--application", "ciam/none"])
        .refused(2, &["signupctl app list"]);
    operator
        .run(["funnel", "--country", "China"])
        .refused(2, &["calling code"]);
}
