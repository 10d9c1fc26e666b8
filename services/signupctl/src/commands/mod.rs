//! One file per command.

mod app;
mod apply;
mod calibrate;
mod config;
mod dead;
mod declarations;
mod doctor;
mod events;
mod explain;
mod funnel;
mod import;
mod key;
mod limits;
mod migrate;
mod openapi;
mod operator;
mod pause;
mod reference;
pub mod token;
mod user;
mod webhook;

use clap::CommandFactory as _;

use crate::cli::{
    AppCommand, Cli, Command, ConfigCommand, EventsCommand, KeyCommand, LimitsCommand,
    TokenCommand, UserCommand,
};
#[cfg(feature = "dev")]
use crate::dev;
use crate::output::{Output, print};
use crate::workplace::{Workplace, block_on};

/// Does what the command line asks for.
///
/// # Errors
/// What went wrong, for the operator.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    let output = Output::new(cli.json);
    let file = cli.config.as_deref();
    match cli.command {
        #[cfg(feature = "dev")]
        Command::Dev(arguments) => return dev::run(&arguments, file, output),
        Command::Config(ConfigCommand::Show) => return config::show(file, output),
        Command::Config(ConfigCommand::Reference) => return reference::show(output),
        Command::App(AppCommand::Reference) => return declarations::show(output),
        Command::Pause => return block_on(pause::run()),
        Command::Openapi { provider } => return openapi::print(&provider),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "signupctl", &mut script);
            return print(&String::from_utf8(script)?);
        }
        Command::Calibrate(arguments) => return calibrate::run(&arguments, file, output),
        Command::Doctor => return block_on(doctor::run(file, output)),
        _ => {}
    }
    let place = Workplace::open(file, cli.acting_as)?;
    block_on(async {
        match cli.command {
            Command::Migrate { wait: true, .. } => migrate::wait(&place, output).await,
            Command::Migrate { dry_run, .. } => migrate::run(&place, dry_run, output).await,
            Command::Apply(arguments) => apply::run(&place, &arguments, output).await,
            Command::App(AppCommand::List) => app::list(&place, output).await,
            Command::App(AppCommand::Show { application }) => {
                app::show(&place, &application, output).await
            }
            Command::Key(KeyCommand::Create(arguments)) => {
                key::create::run(&place, &arguments, output).await
            }
            Command::Key(KeyCommand::Rotate(arguments)) => {
                key::rotate::run(&place, &arguments, output).await
            }
            Command::Key(KeyCommand::Reseal { dry_run }) => {
                key::reseal::run(&place, dry_run, output).await
            }
            Command::Key(KeyCommand::List { provider }) => {
                key::list::run(&place, provider.as_deref(), output).await
            }
            Command::Token(TokenCommand::Create(kind)) => token::run(&place, &kind, output).await,
            Command::User(UserCommand::Show { needle, reveal }) => {
                user::show::run(&place, &needle, reveal, output).await
            }
            Command::User(UserCommand::Export(arguments)) => {
                user::export::run(&place, &arguments, output).await
            }
            Command::User(UserCommand::Erase(arguments)) => {
                user::erase::run(&place, &arguments, output).await
            }
            Command::Import(arguments) => import::run(&place, &arguments, output).await,
            Command::Limits(LimitsCommand::Report(arguments)) => {
                limits::report::run(&place, &arguments, output).await
            }
            Command::Limits(LimitsCommand::Show { application }) => {
                limits::show::run(&place, &application, output).await
            }
            Command::Funnel(arguments) => funnel::run(&place, &arguments, output).await,
            Command::Explain(arguments) => explain::run(&place, &arguments, output).await,
            Command::Events(EventsCommand::List(arguments)) => {
                events::list::run(&place, &arguments, output).await
            }
            Command::Events(EventsCommand::Tail(arguments)) => {
                events::tail::run(&place, &arguments, output).await
            }
            Command::Events(EventsCommand::Replay(arguments)) => {
                events::replay::run(&place, &arguments, output).await
            }
            Command::Operator(command) => operator::run(&place, &command, output).await,
            Command::Webhook(command) => webhook::run(&place, &command, output).await,
            Command::Dead(command) => dead::run(&place, command, output).await,
            #[cfg(feature = "dev")]
            Command::Dev(_) => Ok(()),
            Command::App(AppCommand::Reference)
            | Command::Calibrate(_)
            | Command::Config(_)
            | Command::Openapi { .. }
            | Command::Pause
            | Command::Completions { .. }
            | Command::Doctor => Ok(()),
        }
    })
}
