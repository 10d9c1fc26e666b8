//! The command line, as data.

mod calibrate;
mod dead;
#[cfg(feature = "dev")]
mod dev;
mod events;
mod funnel;
mod import;
mod keys;
mod limits;
mod operator;
mod user;
mod webhook;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

pub use calibrate::CalibrateArgs;
pub use dead::{DeadChoice, DeadCommand};
#[cfg(feature = "dev")]
pub use dev::DevArgs;
pub use events::{EventChoice, EventsCommand, EventsListArgs, EventsReplayArgs, EventsTailArgs};
pub use funnel::{FunnelArgs, FunnelPart};
pub use import::{FileFormat, ImportArgs};
pub use keys::{KeyCommand, KeyCreateArgs, KeyRotateArgs, TokenArgs, TokenCommand, TokenKind};
pub use limits::{LimitsCommand, LimitsReportArgs};
pub use operator::{OperatorCommand, OperatorCreateArgs};
pub use user::{UserCommand, UserEraseArgs, UserExportArgs};
pub use webhook::{WebhookCommand, WebhookCreateArgs, WebhookReplayArgs};

/// Operate self-hosted sign-up services.
///
/// Works on the database and keys that the services' settings name: compiled-in defaults, then the file named by
/// --config, then variables SIGNUP__SECTION__KEY (for example SIGNUP__DATABASE__URL).
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Exit status: 0 done, 1 failed, 2 the command line, the settings or a declaration file are at fault.",
    after_long_help = "EXAMPLES
    signupctl dev                                everything on this machine, with demo applications
    signupctl migrate && signupctl apply -f applications/
    signupctl doctor

Exit status: 0 done, 1 failed, 2 the command line, the settings or a declaration file are at fault."
)]
pub struct Cli {
    /// Settings file, TOML: the same file that the services read
    #[arg(long, global = true, value_name = "PATH", env = "SIGNUP_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print results as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Who makes changes, for the history and the audit log; by default the user of this machine
    #[arg(
        long = "as",
        global = true,
        value_name = "NAME",
        env = "SIGNUP_OPERATOR",
        value_parser = author
    )]
    pub acting_as: Option<String>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads the command line; one that makes no sense ends the process.
    pub fn read() -> Self {
        let matches = Self::command().mut_args(with_variable).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// Compose files and shells set a variable to nothing when they mean none; clap would take that for an empty value.
fn with_variable(argument: Arg) -> Arg {
    let value = argument.get_env().and_then(std::env::var_os);
    if value.is_some_and(|value| value.is_empty()) {
        argument.env(None::<&'static str>)
    } else {
        argument
    }
}

/// A name that the history and the audit log can show as it is.
fn author(name: &str) -> Result<String, String> {
    let is_name = (1..=64).contains(&name.chars().count()) && !name.contains(char::is_control);
    if is_name {
        Ok(name.to_owned())
    } else {
        Err("a name has 1 to 64 characters, and no control characters".to_owned())
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run all services and the worker in one process, with demo applications
    #[cfg(feature = "dev")]
    Dev(DevArgs),
    /// Bring the database schema up to date
    #[command(after_help = "EXAMPLES
    signupctl migrate --dry-run
    signupctl migrate --wait                     in an init container: start when the schema is there
    SIGNUP__DATABASE__URL=postgres://signup@db/signup signupctl migrate")]
    Migrate {
        /// Only say which migrations are missing; write nothing
        #[arg(long)]
        dry_run: bool,
        /// Write nothing and wait, without a limit, until somebody else has brought the schema up to date
        #[arg(long, conflicts_with = "dry_run")]
        wait: bool,
    },
    /// Make directories, applications and credentials as declared in files
    Apply(ApplyArgs),
    /// Show declared applications
    #[command(subcommand)]
    App(AppCommand),
    /// Make and rotate the keys and secrets of applications
    #[command(subcommand)]
    Key(KeyCommand),
    /// Manage who may use the console
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Make XDUA tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Look up users, hand out what is kept about one, erase one
    #[command(subcommand)]
    User(UserCommand),
    /// Bring users over who signed up elsewhere, with their password hashes
    Import(ImportArgs),
    /// Read events and send them out again
    #[command(subcommand)]
    Events(EventsCommand),
    /// See what the worker gave up, give it back or remove it
    #[command(subcommand)]
    Dead(DeadCommand),
    /// Post events to teams without AMQP
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// See what limits on sending codes refuse, and how much is used
    #[command(subcommand)]
    Limits(LimitsCommand),
    /// See how far people come, from the code they ask for to the sign-up, and where they stop
    Funnel(FunnelArgs),
    /// Explain what happened to a user, a request or a code, step by step
    Explain(ExplainArgs),
    /// Check settings, database, keys, declarations and messages
    #[command(after_help = "EXAMPLES
    signupctl doctor
    signupctl doctor --json | grep -c '\"fail\"'

Exit status 1 if a check failed; warnings alone do not count.")]
    Doctor,
    /// Propose a bcrypt cost for this machine
    Calibrate(CalibrateArgs),
    /// Show settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script for a shell
    #[command(after_help = "EXAMPLES
    source <(signupctl completions bash)
    signupctl completions zsh > ~/.zfunc/_signupctl
    signupctl completions fish > ~/.config/fish/completions/signupctl.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Do nothing until SIGTERM or Ctrl-C: for a container in which other commands are run
    #[command(after_help = "EXAMPLES
    kubectl run signupctl --image signup/signupctl:0.1.0 -- pause
    kubectl exec signupctl -- signupctl doctor")]
    Pause,
    /// Print the OpenAPI document of a provider's API
    #[command(after_help = "EXAMPLES
    signupctl openapi ciam > ciam-openapi.json")]
    Openapi {
        /// The provider
        provider: String,
    },
}

/// `signupctl apply`
#[derive(Args, Debug)]
#[command(
    long_about = "Make directories, applications and credentials as declared in files.

Applying the same files again changes nothing. What is stored and declared in none of the files is named and left \
alone. Secrets of new credentials are printed once. Running services follow within seconds.",
    after_help = "EXAMPLES
    signupctl apply -f applications/ --dry-run
    signupctl apply -f shop.toml -f app.toml
    signupctl apply -f applications/ --as release-42      the history in the console names it
    signupctl apply --json -f - < shop.toml"
)]
pub struct ApplyArgs {
    /// A declaration file, a directory of *.toml files, or - for standard input; may be given more than once
    #[arg(short, long = "file", value_name = "FILE|DIR|-", required = true)]
    pub files: Vec<PathBuf>,
    /// Only say what would change; write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `signupctl app`
#[derive(Debug, Subcommand)]
pub enum AppCommand {
    /// List the applications of all providers
    #[command(after_help = "EXAMPLES
    signupctl app list
    signupctl app list --json")]
    List,
    /// Show an application as the file that would declare it, and its credentials
    #[command(after_help = "EXAMPLES
    signupctl app show xdua/A3bdXNT3
    signupctl app show ciam/web > web.toml")]
    Show {
        /// The application
        #[arg(value_name = "PROVIDER/ID")]
        application: String,
    },
    /// Describe every key that a declaration may have: what it is for, what is accepted, its default
    #[command(after_help = "EXAMPLES
    signupctl app reference | less
    signupctl app reference --json | jq -r '.[].key' | sort -u

Prints Markdown, the text of docs/declarations.md; made of what is compiled in.")]
    Reference,
}

/// `signupctl explain`
#[derive(Args, Debug)]
#[command(
    long_about = "Explain what happened to a user, a request or a code, step by step.

One time line, the oldest step first: requests and what was decided about them, codes, users, events, messages. It is put \
together from what the database still has: requests are kept for trace.retention (see trace.decisions), with masked \
identifiers; codes for a day after their end; published events for bus.retention; messages for 30 days.",
    after_help = "EXAMPLES
    signupctl explain order-17
    signupctl explain u10234
    signupctl explain 'a***@example.com'
    signupctl explain +86-13812345678 --reveal
    signupctl explain 01920a3e-5b7c-7d10-8f3a-6c2b9d4e1f00 --json"
)]
pub struct ExplainArgs {
    /// A request's id (X-Request-Id), a user's id, an event's or code's id, an e-mail address or phone number, in full or
    /// masked
    #[arg(value_name = "ID|ADDRESS", allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new())]
    pub needle: String,
    /// Show personal data in full instead of masked, where it is still known
    #[arg(long)]
    pub reveal: bool,
}

/// `signupctl config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the effective settings and where each comes from, secrets masked
    #[command(after_help = "EXAMPLES
    signupctl config show
    signupctl config show --config /etc/signup.toml --json")]
    Show,
    /// Describe every setting: variable, default, what is accepted, who reads it
    #[command(after_help = "EXAMPLES
    signupctl config reference | less
    signupctl config reference --json | jq -r '.settings[].variable'

Prints Markdown, the text of docs/configuration.md; made of what is compiled in.")]
    Reference,
}
