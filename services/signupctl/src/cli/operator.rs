//! The commands that manage who may use the console.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use signup_core::operator::Role;

/// `signupctl operator`
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Let somebody use the console
    Create(OperatorCreateArgs),
    /// List operators
    #[command(after_help = "EXAMPLES
    signupctl operator list
    signupctl operator list --json | jq -r '.[] | select(.role == \"admin\") | .name'")]
    List,
    /// Keep an operator out, and end the operator's sessions
    #[command(after_help = "EXAMPLES
    signupctl operator disable ana")]
    Disable {
        /// The operator
        name: String,
    },
    /// Let an operator in again
    #[command(after_help = "EXAMPLES
    signupctl operator enable ana")]
    Enable {
        /// The operator
        name: String,
    },
    /// Give an operator another password, and end the operator's sessions
    #[command(after_help = "EXAMPLES
    signupctl operator set-password ana
    signupctl operator set-password ana --password-file - < password

Without --password-file one is made and printed once.")]
    SetPassword {
        /// The operator
        name: String,
        /// Where the password stands, on a line of its own; - for standard input
        #[arg(long, value_name = "FILE|-")]
        password_file: Option<PathBuf>,
    },
    /// Give an operator another role
    #[command(after_help = "EXAMPLES
    signupctl operator set-role ana support")]
    SetRole {
        /// The operator
        name: String,
        /// read, support or admin
        role: Role,
    },
}

/// `signupctl operator create`
#[derive(Args, Debug)]
#[command(
    long_about = "Let somebody use the console.

Roles: read looks at what is masked; support also looks people up in full, hands out what is kept, and delivers again \
what was given up; admin also erases people, changes applications, credentials and webhooks, and reads the audit log.",
    after_help = "EXAMPLES
    signupctl operator create ana --role admin
    signupctl operator create li --role support --password-file - < password

Without --password-file a password is made and printed once; the operator changes it in the console. A password has at \
least 12 characters and at most 72 bytes. It is never an argument: others on the machine could read that."
)]
pub struct OperatorCreateArgs {
    /// The name to sign in with: lower-case letters, digits, - _ . @
    pub name: String,
    /// read, support or admin
    #[arg(long, value_name = "ROLE")]
    pub role: Role,
    /// Where the password stands, on a line of its own; - for standard input
    #[arg(long, value_name = "FILE|-")]
    pub password_file: Option<PathBuf>,
}
