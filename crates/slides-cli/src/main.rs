//! The `slides` command: convert decks here, serve the API, follow operations on any server.
//!
//! Data goes to standard output, everything else to standard error. Exit status: 0 done, 1 the
//! operation failed or was canceled, 2 usage, 3 the deadline passed, 4 service or network.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod account;
mod arguments;
mod board;
mod clients;
mod console;
mod convert;
mod deck;
mod diff;
mod doctor;
mod engine;
mod failure;
mod figures;
mod formats;
mod info;
mod inspect;
mod licenses;
mod merge;
mod options;
mod pages;
mod password;
mod pictures;
mod private;
mod quantity;
mod queue;
mod ready;
// The pages list what all features bring.
#[cfg(all(test, feature = "otlp", feature = "postgres"))]
mod reference;
mod remote;
mod save;
mod sdk;
mod serve;
mod settings;
mod split;
mod thumbs;
mod token_keys;
#[cfg(feature = "otlp")]
mod traces;
mod url_sources;
mod warnings;
mod webhooks;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use crate::arguments::{Command, LogFormat};
use crate::console::Console;
use crate::failure::{Exit, Failure};

fn main() -> ExitCode {
    // A worker process gets its job on standard input and is started for each: nothing else is set up.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == "__worker")
    {
        return slides_service::worker_main(engine::native);
    }
    // Clap's own exit status of a usage error is 2 as well.
    let given: Vec<_> = std::env::args_os().collect();
    let arguments = match settings::parse(&given, &|name| std::env::var(name).ok()) {
        Ok(arguments) => arguments,
        Err(settings::Stop::Clap(error)) => error.exit(),
        Err(settings::Stop::Failure(failure)) => {
            let is_json = given.iter().any(|argument| argument == "--json");
            Console::new(is_json, false).failure(&failure);
            return ExitCode::from(failure.exit as u8);
        }
    };
    let logs_json = arguments.log_json || arguments.log_format == LogFormat::Json;
    let mut console = Console::new(arguments.json, arguments.quiet).with_json_log(logs_json);
    start_log(matches!(arguments.command, Command::Serve(_)), logs_json);
    let outcome = catch_unwind(AssertUnwindSafe(|| run(arguments.command, &mut console)));
    let result = outcome.unwrap_or_else(|_| {
        Err(
            Failure::new(Exit::Failed, "the command stopped because of a bug in it").hint(
                "run it again with `SLIDES_LOG=error RUST_BACKTRACE=1` and report what it prints",
            ),
        )
    });
    match result {
        Ok(code) => code,
        Err(failure) => {
            console.failure(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn run(command: Command, console: &mut Console) -> Result<ExitCode, Failure> {
    let done = match command {
        Command::Convert(arguments) => convert::run(&arguments, console),
        Command::Merge(arguments) => merge::run(&arguments, console),
        Command::Split(arguments) => split::run(&arguments, console),
        Command::Info(arguments) => info::run(&arguments, console),
        Command::Thumbs(arguments) => thumbs::run(&arguments, console),
        // It tells more than that it is done.
        Command::Diff(arguments) => return diff::run(&arguments, console),
        Command::Serve(arguments) => serve::run(&arguments, console),
        Command::Ready(arguments) => ready::run(&arguments, console),
        Command::Start(arguments) => remote::start(&arguments, console),
        Command::Status(arguments) => remote::status(&arguments, console),
        Command::Watch(arguments) => remote::watch(&arguments, console),
        Command::Result(arguments) => remote::result(&arguments, console),
        Command::Cancel(arguments) => remote::cancel(&arguments, console),
        Command::Login(arguments) => account::login(&arguments, console),
        Command::Logout(arguments) => account::logout(&arguments, console),
        Command::Queue(arguments) => queue::run(&arguments, console),
        Command::Doctor(arguments) => doctor::run(&arguments, console),
        Command::Formats(arguments) => formats::run(&arguments, console),
        Command::Clients(arguments) => clients::run(&arguments, console),
        Command::TokenKeys(arguments) => token_keys::run(&arguments, console),
        Command::WebhookSecret(arguments) => webhooks::secret(&arguments, console),
        Command::Licenses => licenses::run(console),
        Command::Completions(arguments) => pages::completions(&arguments),
        Command::Man(arguments) => pages::man(&arguments, console),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Logs to standard error: a server what it does, other commands only what is asked for.
fn start_log(is_server: bool, json: bool) {
    use tracing_subscriber::EnvFilter;
    let wanted = std::env::var("SLIDES_LOG").ok();
    let filter =
        EnvFilter::new(
            wanted
                .as_deref()
                .unwrap_or(if is_server { "info" } else { "off" }),
        );
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // Set once in the process; a second time cannot be.
    let _ = if json {
        log.json().try_init()
    } else {
        log.with_target(false).with_ansi(false).try_init()
    };
    // A panic is caught where it happens and told as an error; its place goes to the log.
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(%panic, %backtrace, "a bug");
    }));
}
