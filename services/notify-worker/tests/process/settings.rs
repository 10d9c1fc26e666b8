//! What the worker says about settings that it cannot work with.

use std::process::Command;

use tempfile::TempDir;

#[test]
fn a_misspelt_key_stops_it_and_every_fault_is_told_at_once() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("signup.toml");
    let text = "[worker]\nemail = [\"mail\", \"nobody\"]\nprefetch = 0\n[channel.mail]\nkind = \"smtp\"\n\
                hots = \"smtp.example.com\"\npassword = \"hush hush\"\n";
    std::fs::write(&file, text).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_notify-worker"))
        .env_clear()
        .arg("--config")
        .arg(&file)
        .output()
        .unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{told}");
    for fault in [
        "channel.mail.hots",
        "channel.mail.host",
        "channel.mail.from",
        "nobody",
        "worker.prefetch",
    ] {
        assert!(told.contains(fault), "{fault} is missing: {told}");
    }
    assert!(!told.contains("hush"), "{told}");
}
