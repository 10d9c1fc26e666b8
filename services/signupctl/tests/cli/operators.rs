use serde_json::json;
use signup_testkit::TestDatabase;

use crate::on_both;
use crate::operator::Operator;

on_both!(an_operator_is_made_changed_and_kept_out);

fn an_operator_is_made_changed_and_kept_out(operator: &Operator) {
    operator.run(["migrate"]);
    let made = operator.json(["operator", "create", "ana", "--role", "read"]);
    assert_eq!(
        (&made["name"], &made["role"]),
        (&json!("ana"), &json!("read"))
    );
    assert_eq!(made["password"].as_str().unwrap().len(), 24);

    operator.json(["operator", "set-role", "ana", "admin"]);
    operator.json(["operator", "disable", "ana"]);
    let listed = operator.json(["operator", "list"]);
    let ana = &listed[0];
    assert_eq!(
        (&ana["role"], &ana["disabled"]),
        (&json!("admin"), &json!(true))
    );
    assert!(ana.get("password").is_none() && !listed.to_string().contains("$2b$"));
    assert_eq!(
        operator.json(["operator", "enable", "ana"])["disabled"],
        false
    );
    let set = operator.json(["operator", "set-password", "ana"]);
    assert_ne!(set["password"], made["password"]);
}

#[test]
fn a_password_comes_from_a_file_and_must_be_strong() {
    let operator = Operator::on(TestDatabase::sqlite());
    operator.run(["migrate"]);
    let create = |file: &str| {
        operator.run([
            "operator",
            "create",
            "li",
            "--role",
            "support",
            "--password-file",
            file,
        ])
    };
    for (password, told) in [
        ("short\n", "at least 12 characters"),
        ("my name is li\n", "own name"),
    ] {
        operator.write("password", password);
        create("password").refused(2, &[told]);
    }
    operator.write("password", "correct horse battery\n");
    let done = create("password");
    assert!(
        done.status == 0 && !done.stdout.contains("correct"),
        "{done:?}"
    );
    create("password").refused(2, &["`li` exists"]);
}

#[test]
fn what_cannot_be_done_to_an_operator_is_told() {
    let operator = Operator::on(TestDatabase::sqlite());
    operator.run(["migrate"]);
    for (arguments, told) in [
        (
            ["operator", "disable", "nobody", "--json"].as_slice(),
            "no operator `nobody`",
        ),
        (
            &["operator", "create", "Ana", "--role", "admin"],
            "lower-case letters",
        ),
        (
            &["operator", "create", "ana", "--role", "king"],
            "read, support, admin",
        ),
        (
            &["operator", "set-password", "nobody"],
            "no operator `nobody`",
        ),
        (
            &["operator", "create", "a\u{1b}b", "--role", "read"],
            "lower-case letters",
        ),
        (
            &["operator", "list", "--as", "a\u{1b}b"],
            "no control characters",
        ),
    ] {
        operator.run(arguments).refused(2, &[told]);
    }
}
