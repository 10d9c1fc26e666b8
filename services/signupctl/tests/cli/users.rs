use serde_json::Value;

use crate::operator::{Done, program};
use crate::stack::{Stack, dev, shell};

#[tokio::test(flavor = "multi_thread")]
async fn users_are_found_under_any_spelling_and_masked_unless_revealed() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(dev(folder.path()));
    let signed_up = shell(
        "bash",
        folder.path(),
        &format!("{}\n{}echo \"$phone\"", stack.source(), stack.calls()[1]),
    );
    let lines: Vec<&str> = signed_up.stdout.lines().collect();
    let (id, phone) = (
        serde_json::from_str::<Value>(lines[1]).unwrap()["result"]["id"]
            .as_str()
            .unwrap()
            .to_owned(),
        lines[2],
    );
    stack.stop().await;
    let show = |arguments: &[&str]| -> Done {
        program(folder.path())
            .args(["user", "show"])
            .args(arguments)
            .output()
            .unwrap()
            .into()
    };

    for needle in [&id, phone, &format!("+86-{phone}"), &format!("+86{phone}")] {
        let done = show(&[needle]);
        assert_eq!(done.status, 0, "{needle}: {done:?}");
        assert!(done.stdout.contains(&id), "{done:?}");
        assert!(!done.stdout.contains(phone), "{done:?}");
        assert!(
            done.stdout.contains(&format!("+86 138****{}", &phone[7..])),
            "{done:?}"
        );
    }
    let revealed = show(&[&id, "--reveal", "--json"]);
    let users: Value = serde_json::from_str(&revealed.stdout).unwrap();
    assert_eq!(users[0]["identifiers"][0]["key"], format!("+86{phone}"));
    assert_eq!(users[0]["identifiers"][0]["verified"], true);
    assert!(
        !revealed.stdout.contains("$2b$"),
        "the hash stays in the database"
    );
    // Who signed up was counted on the way.
    let counted = program(folder.path())
        .args(["funnel", "--json", "--application", "xdua/A3bdXNT3"])
        .output()
        .unwrap();
    let counted: Value = serde_json::from_slice(&counted.stdout).unwrap();
    let total = &counted["lines"][0]["total"];
    for stage in ["requested", "sent", "verified", "created"] {
        assert_eq!(total[stage], 1, "{stage}: {total}");
    }
    show(&["nobody@example.com"]).refused(1, &["no user"]);
}
