use std::process::Command;

use crate::operator::{Done, Operator, program};

/// What `signupctl calibrate` needs: no database, no keys.
fn calibrate(operator: &Operator, arguments: &[&str]) -> Command {
    let mut command = program(operator.folder.path());
    command.arg("calibrate").args(arguments);
    command
}

#[test]
fn a_cost_that_keeps_to_the_target_is_proposed_for_scripts() {
    let operator = Operator::on_sqlite();
    let done: Done = calibrate(&operator, &["--target", "60s", "--threads", "2", "--json"])
        .output()
        .unwrap()
        .into();
    assert_eq!((done.status, done.stderr.as_str()), (0, ""), "{done:?}");
    let found: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(found["target_ms"], 60_000);
    assert_eq!(found["threads"], 2);
    assert_eq!(found["configured_cost"], 12);
    assert_eq!(found["within_target"], true);
    assert_eq!(found["proposed_cost"], 15);
    let costs = found["costs"].as_array().unwrap();
    let number = |index: usize, key: &str| costs[index][key].as_f64().unwrap();
    for (index, cost) in (10..=15).enumerate() {
        assert_eq!(costs[index]["cost"], cost);
        assert_eq!(costs[index]["measured"], cost <= 12);
        assert!(number(index, "alone_ms") > 0.0);
        // Two threads are done with two hashes in the time that one takes while both are busy.
        let per_second = 2000.0 / number(index, "busy_ms");
        assert!((number(index, "sign_ups_per_second") - per_second).abs() < 0.02);
    }
    assert!((number(5, "busy_ms") / number(4, "busy_ms") - 2.0).abs() < 0.01);
}

#[test]
fn the_proposal_says_what_to_set_and_which_figures_were_measured() {
    let operator = Operator::on_sqlite();
    operator.write("settings.toml", "[hash]\ncost = 13\nthreads = 1\n");
    let done: Done = calibrate(&operator, &["--target", "1ms", "--config", "settings.toml"])
        .output()
        .unwrap()
        .into();
    assert_eq!(done.status, 0, "{done:?}");
    for told in [
        "1 THREAD BUSY",
        "measured",
        "computed",
        "Even the lowest permitted cost, 10, takes",
        "hash.cost is 13 now; set hash.cost = 10",
        "http.request_deadline (4000 ms)",
    ] {
        assert!(done.stdout.contains(told), "{told:?} is missing: {done:?}");
    }
}

#[test]
fn a_target_or_a_number_of_threads_that_makes_no_sense_is_refused() {
    let operator = Operator::on_sqlite();
    for wrong in [
        ["--target", "250"],
        ["--target", "0ms"],
        ["--target", "2m"],
        ["--threads", "0"],
        ["--threads", "many"],
    ] {
        let done: Done = calibrate(&operator, &wrong).output().unwrap().into();
        done.refused(2, &[wrong[0]]);
    }
}
