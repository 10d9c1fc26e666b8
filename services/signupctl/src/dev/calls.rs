//! What `signupctl dev` tells when it is ready: where everything is, and calls to paste into another terminal.
//!
//! The calls are scripts for a POSIX shell with curl, openssl and coreutils. What they need is in `demo.env`, so they
//! stand in files of their own and are printed as they are.

use super::demo::DemoOperator;
use super::env_file::quoted;
use super::stack::Files;

const CALLS: [(&str, &str); 3] = [
    (
        "BytePower: an app server signs a user up",
        include_str!("calls/bytepower.sh"),
    ),
    (
        "XDUA: a code by SMS, then the sign-up with it",
        include_str!("calls/xdua.sh"),
    ),
    (
        "CIAM: by user name, then by phone with a code",
        include_str!("calls/ciam.sh"),
    ),
];

/// The text.
pub fn text(
    console: &str,
    demo_site: &str,
    apis: &[(&str, String)],
    files: &Files,
    operator: &DemoOperator,
) -> String {
    let mut text = String::from("\n");
    for (name, url) in apis {
        text.push_str(&format!("{name:<10} {url}   documentation {url}/docs\n"));
    }
    let password = match &operator.new_password {
        Some(password) => format!("password {}", password.expose()),
        None => format!(
            "password in {} (CONSOLE_PASSWORD)",
            files.demo_env().display()
        ),
    };
    text.push_str(&format!(
        "{:<10} {console}   sign in as {}, {password}\n",
        "console",
        DemoOperator::NAME
    ));
    text.push_str(&format!("{:<10} {console}/inbox\n", "inbox"));
    text.push_str(&format!(
        "{:<10} {demo_site}   a web page that signs people up with the browser SDK\n",
        "demo site"
    ));
    text.push_str(&format!("{:<10} {}\n", "log", files.log().display()));
    let env = quoted(&files.demo_env().display().to_string());
    // `source` looks for a name without a slash in PATH.
    let env = if env.contains('/') {
        env
    } else {
        format!("./{env}")
    };
    text.push_str(&format!(
        "\nIn another terminal, in this directory, first:\n\nsource {env}\n"
    ));
    for (title, call) in CALLS {
        text.push_str(&format!("\n--- {title}\n\n{call}"));
    }
    text.push_str("\n--- Ready. Messages and events follow; Ctrl-C stops.\n\n");
    text
}
