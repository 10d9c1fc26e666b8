//! The commands about users.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

/// `signupctl user`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Show the users that an id, user name, e-mail address or phone number names
    #[command(after_help = "EXAMPLES
    signupctl user show u10234
    signupctl user show Alice@Example.com --reveal
    signupctl user show +86-13812345678
    signupctl user show 13812345678")]
    Show {
        /// The user's id at the provider, our own id, or an identifier in any spelling
        #[arg(value_name = "PUBLIC_ID|IDENTIFIER", allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new())]
        needle: String,
        /// Show personal data in full instead of masked
        #[arg(long)]
        reveal: bool,
    },
    /// Print everything that is kept about a user, for the user
    Export(UserExportArgs),
    /// Erase a user and everything that is kept about the user
    Erase(UserEraseArgs),
}

/// `signupctl user export`
#[derive(Args, Debug)]
#[command(
    long_about = "Print everything that is kept about a user, for the user, as JSON.

User, identifiers, profile, codes, requests, events, messages, webhooks' deliveries, kept replies, limits: in full, and masked what \
is kept masked. Never a password hash, a secret or a code. That it was handed out is announced as signup.user.exported.v1.",
    after_help = "EXAMPLES
    signupctl user export u10234 > u10234.json
    signupctl user export ciam/3f9d2c7a81b64e0f9a5d6c1b2e4f7081 --as mei"
)]
pub struct UserExportArgs {
    /// The user's id at the provider; with the provider in front where two providers have the same id
    #[arg(value_name = "PUBLIC_ID|PROVIDER/ID")]
    pub user: String,
}

/// `signupctl user erase`
#[derive(Args, Debug)]
#[command(
    long_about = "Erase a user and everything that is kept about the user. This cannot be taken back.

In one transaction the user, its identifiers and its profile are removed, with codes for its addresses, kept replies, limits' \
windows and published events; decisions lose their masked identifiers. The identifiers are free afterwards. An event of the \
user that is not published yet is published, in its order, and then removed. Last comes signup.user.erased.v1, which tells \
everybody who has a copy to remove it. No replay sends an event of the user again.

What it does not reach: copies at consumers, in queues of the broker and in backups. See docs/privacy.md.",
    after_help = "EXAMPLES
    signupctl user erase u10234 --dry-run
    signupctl user erase u10234
    signupctl user erase ciam/3f9d2c7a81b64e0f9a5d6c1b2e4f7081 --yes --as mei --json"
)]
pub struct UserEraseArgs {
    /// The user's id at the provider; with the provider in front where two providers have the same id
    #[arg(value_name = "PUBLIC_ID|PROVIDER/ID")]
    pub user: String,
    /// Only say what would be removed; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
}
