//! `slides convert`: the operation calls, with the service in this process.

mod batch;
mod inputs;
mod one;
mod plan;
mod service;

mod streams;
mod unchanged;

use std::path::Path;
use std::time::Duration;

use crate::arguments::ConvertArguments;
use crate::console::Console;
use crate::deck::Wishes;
use crate::failure::{Exit, Failure};

use plan::Plan;
pub(crate) use plan::check_folder;

/// Time of a conversion that names none.
const DEFAULT_TIMEOUT: Duration = Duration::from_hours(1);

pub(crate) fn run(arguments: &ConvertArguments, console: &mut Console) -> Result<(), Failure> {
    let (plan, format) = plan::of(arguments)?;
    if console.is_json() && plan.writes_to_stdout() {
        return Err(
            Failure::usage("standard output cannot take the result and JSON lines")
                .hint("name a file for the result, or leave out `--json`"),
        );
    }
    let mut wishes = Wishes::new(format, &arguments.export)?;
    wishes.ask_for(plan.files(), !console.is_json())?;
    let timeout = arguments.timeout.unwrap_or(DEFAULT_TIMEOUT);
    match plan {
        Plan::One(one) => one::run(&one, wishes, timeout, console),
        Plan::Many(many) => batch::run(many, arguments.jobs, &wishes, timeout, console),
    }
}

/// Runs to the end or to the signal to end, whatever comes first.
fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Exit::Failed, "cannot start the runtime").caused_by(&error)
        })?;
    let result = runtime.block_on(work);
    // A conversion that was given up may not hold the process.
    runtime.shutdown_background();
    result
}

/// What cannot be a deck, before anything is done.
pub(crate) fn check_input(input: &Path) -> Result<(), Failure> {
    match std::fs::metadata(input) {
        Ok(found) if found.is_dir() => Err(Failure::usage(format!(
            "`{}` is a folder, not a deck",
            input.display()
        ))),
        Ok(found) if found.is_file() && found.len() == 0 => Err(Failure::new(
            Exit::Failed,
            format!("`{}` is empty, not a deck", input.display()),
        )),
        // Opened, because only then it is known whether it may be read.
        Ok(_) => match std::fs::File::open(input) {
            Ok(_) => Ok(()),
            Err(error) => Err(cannot_read(input, &error)),
        },
        Err(error) => Err(cannot_read(input, &error)),
    }
}

fn cannot_read(input: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::usage(format!("cannot read `{}`", input.display())).caused_by(error);
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            failure.hint("check the name: it is looked for from the folder that you are in")
        }
        std::io::ErrorKind::PermissionDenied => {
            failure.hint("`ls -l` says who may read it, `chmod u+r` lets its owner")
        }
        _ => failure,
    }
}

/// Whether two paths lead to one file, also through links.
fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        // An output that is not there yet is no input.
        _ => false,
    }
}

/// Resolves at Ctrl-C or the polite signal to end, which are caught from this call on. Must be
/// called inside a runtime.
pub(crate) fn interrupted() -> impl Future<Output = ()> + Send {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let caught = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        );
        async move {
            match caught {
                (Ok(mut interrupt), Ok(mut terminate)) => {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                }
                // Not caught: the default action of the signal ends the process.
                _ => std::future::pending().await,
            }
        }
    }
    #[cfg(not(unix))]
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
