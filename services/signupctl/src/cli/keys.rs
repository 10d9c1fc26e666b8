//! The commands that make what callers prove themselves with.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use signup_core::credential::CredentialKind;

use crate::span;

/// `signupctl key`
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a credential, or take over one that clients already have
    Create(KeyCreateArgs),
    /// Put successors beside credentials, and let the old ones end
    Rotate(KeyRotateArgs),
    /// Seal stored secrets with the first of the services' own keys, so that the others can be retired
    #[command(after_help = "EXAMPLES
    signupctl key reseal --dry-run
    signupctl key reseal

`secrets.keys` needs the old keys while this runs. When nothing is left that an old one has sealed, and the codes that \
were sent under it have expired, it can be taken out.

Exit status: 1 when a secret cannot be opened; everything else is sealed anew all the same.")]
    Reseal {
        /// Only say what would be sealed anew
        #[arg(long)]
        dry_run: bool,
    },
    /// List credentials, without their secrets
    #[command(after_help = "EXAMPLES
    signupctl key list
    signupctl key list xdua")]
    List {
        /// Only this provider's
        provider: Option<String>,
    },
}

/// `signupctl key create`
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLES
    signupctl key create bytepower/game --kind server-key --id game-server
    signupctl key create ciam/web --kind client-secret --secret-file old-secret.txt
    signupctl key create xdua --kind signing-key
    signupctl key create xdua --kind signing-key --public-key public.pem

The secret is printed once; one that was taken over is not printed at all. Of a signing key nothing is printed: its \
private half stays sealed in the database.")]
pub struct KeyCreateArgs {
    /// The application that it is for; a provider alone for a key of all its applications
    #[arg(value_name = "PROVIDER/APPLICATION|PROVIDER")]
    pub owner: String,
    /// What it is used for
    #[arg(long, value_name = "KIND", value_parser = kind_parser())]
    pub kind: CredentialKind,
    /// Its id (key_name, client id, kid); a random one if it is left out
    #[arg(long)]
    pub id: Option<String>,
    /// Take over the secret in this file (- for standard input) instead of making one
    #[arg(long, value_name = "FILE|-", conflicts_with = "public_key")]
    pub secret_file: Option<PathBuf>,
    /// Take over this RSA public key, PEM, and keep its private half yourself
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,
}

/// `signupctl key rotate`
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLES
    signupctl key rotate bytepower server-key/game-server
    signupctl key rotate xdua signing-key/9f1c… --overlap 30d
    signupctl key rotate ciam client-secret/web client-secret/kiosk --overlap 0s

The successor has an id of its own, so the old credential keeps working until the overlap is over; write the new id \
into your declaration files. Tokens that the old signing key has signed end with it: make new ones with \
`signupctl token create`.")]
pub struct KeyRotateArgs {
    /// The provider
    pub provider: String,
    /// The credentials to replace
    #[arg(value_name = "KIND/ID", required = true)]
    pub credentials: Vec<String>,
    /// How long the old credentials keep working: 30s, 15m, 24h, 7d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = span::parse)]
    pub overlap: Duration,
}

/// `signupctl token`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make and sign a token
    #[command(subcommand)]
    Create(TokenKind),
}

/// `signupctl token create`
#[derive(Debug, Subcommand)]
pub enum TokenKind {
    /// A token for an app, which signs people up
    #[command(after_help = "EXAMPLES
    signupctl token create app --app EIxcPdpT
    signupctl token create app --app EIxcPdpT --valid 1y --kid 9f1c…")]
    App {
        #[command(flatten)]
        token: TokenArgs,
        /// How long it is accepted: 24h, 30d, 10y
        #[arg(long, value_name = "TIME", default_value = "10y", value_parser = span::parse_lasting)]
        valid: Duration,
    },
    /// A token for a user of an app, who adds other users
    #[command(after_help = "EXAMPLES
    signupctl token create user --app EIxcPdpT --user 5QqitXe5")]
    User {
        #[command(flatten)]
        token: TokenArgs,
        /// The user's id
        #[arg(long, value_name = "ID")]
        user: String,
        /// How long it is accepted: 15m, 24h
        #[arg(long, value_name = "TIME", default_value = "15m", value_parser = span::parse_lasting)]
        valid: Duration,
    },
}

/// What tokens of both kinds have.
#[derive(Args, Debug)]
pub struct TokenArgs {
    /// The app, the audience of the token
    #[arg(long, value_name = "ID")]
    pub app: String,
    /// The signing key; the newest one if it is left out
    #[arg(long)]
    pub kid: Option<String>,
}

fn kind_parser() -> impl clap::builder::TypedValueParser<Value = CredentialKind> {
    use clap::builder::TypedValueParser as _;

    clap::builder::PossibleValuesParser::new(CredentialKind::ALL.map(CredentialKind::as_str))
        .try_map(|name| name.parse::<CredentialKind>())
}
