//! `slides convert`: the operation calls, with the service in this process.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use slides_service::{Runner, ServiceOptions};

use crate::arguments::ConvertArguments;
use crate::console::Console;
use crate::deck::{self, Wishes};
use crate::failure::{Exit, Failure};
use crate::sdk::{Client, Error, ExportFormat, Payload, PollPolicy};
use crate::{engine, save};

/// How the service begins what it says about passwords (contract section 2.6).
const INVALID_PASSWORD: &str = "Invalid password.";
/// Time of a conversion that names none.
const DEFAULT_TIMEOUT: Duration = Duration::from_hours(1);

pub(crate) fn run(arguments: &ConvertArguments, console: &mut Console) -> Result<(), Failure> {
    check_files(&arguments.input, &arguments.output)?;
    let format = match &arguments.to {
        Some(name) => deck::format_by_name(name)?,
        None => deck::format_by_extension(&arguments.output)?,
    };
    let wishes = Wishes::new(format, &arguments.export)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Exit::Failed, "cannot start the runtime").caused_by(&error)
        })?;
    let result = runtime.block_on(async {
        tokio::select! {
            result = convert(arguments, format, wishes, console) => result,
            () = interrupted() => Err(Failure::new(Exit::Failed, "interrupted, nothing was written")),
        }
    });
    // A conversion that was given up may not hold the process.
    runtime.shutdown_background();
    result
}

fn check_files(input: &Path, output: &Path) -> Result<(), Failure> {
    match std::fs::metadata(input) {
        Ok(found) if found.is_dir() => Err(Failure::usage(format!(
            "`{}` is a folder, not a deck",
            input.display()
        ))),
        Ok(found) if found.is_file() && found.len() == 0 => Err(Failure::new(
            Exit::Failed,
            format!("`{}` is empty, not a deck", input.display()),
        )),
        Ok(_) if is_same(input, output) => Err(Failure::usage(format!(
            "`{}` is the deck itself: name another file to write",
            output.display()
        ))),
        Ok(_) if output.is_dir() => Err(Failure::usage(format!(
            "`{}` is a folder: name the file to write",
            output.display()
        ))),
        Ok(_) => match output.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => Err(
                Failure::usage(format!("the folder `{}` does not exist", folder.display())),
            ),
            _ => Ok(()),
        },
        Err(error) => {
            Err(Failure::usage(format!("cannot read `{}`", input.display())).caused_by(&error))
        }
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

async fn convert(
    arguments: &ConvertArguments,
    format: ExportFormat,
    wishes: Wishes,
    console: &mut Console,
) -> Result<(), Failure> {
    let timeout = arguments.timeout.unwrap_or(DEFAULT_TIMEOUT);
    let mut options = ServiceOptions::new(Runner::InProcess(engine::native())).workers(1);
    // The deadline of the wait speaks first.
    options.timeout = timeout + Duration::from_mins(1);
    options.max_timeout = options.timeout;
    options.limits.max_upload_bytes = options.limits.max_source_bytes;
    let policy = PollPolicy {
        initial: Duration::from_millis(2),
        factor: 1.3,
        max: Duration::from_millis(50),
        deadline: Some(timeout),
        ..PollPolicy::following()
    };
    let client = Client::embedded(options.into())
        .map_err(|error| local(&error))?
        .with_poll_policy(policy);
    console.without_ids();
    let has_password = wishes.has_password();
    let call = wishes.apply(client.start_convert(Payload::path(&arguments.input), format));
    let mut handle = call.send().await.map_err(|error| local(&error))?;
    while let Some(operation) = handle.next().await {
        console.operation(&operation.map_err(|error| local(&error))?);
    }
    let download = handle
        .until_done()
        .await
        .map_err(|error| about_password(local(&error), has_password, &arguments.input))?;
    let warnings = download.warnings.clone();
    let written = save::save(download, Some(format), &arguments.output).await?;
    console.done();
    if written.len() > 1 {
        let first = written
            .first()
            .map_or_else(String::new, |path| path.display().to_string());
        console.note(&if save::has_files(format) {
            let (output, beside) = (arguments.output.display(), written.len() - 1);
            format!("written as `{output}` with {beside} files in a folder beside it")
        } else {
            format!("{} slides, written as `{first}` and so on", written.len())
        });
    }
    console.warnings(&warnings);
    let files: Vec<_> = written
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    console.event(&json!({ "event": "done", "files": files, "warnings": warnings.len() }));
    Ok(())
}

/// The service speaks of its header, which is no help here.
fn about_password(mut failure: Failure, was_given: bool, input: &Path) -> Failure {
    if failure.message.starts_with(INVALID_PASSWORD) {
        let input = input.display();
        failure.message = if was_given {
            format!("the password does not open `{input}`")
        } else {
            format!("`{input}` is protected and no password was given")
        };
    }
    failure
}

/// A refusal of the service in this process is a failed conversion, and its id means nothing outside.
fn local(error: &Error) -> Failure {
    let mut failure = Failure::from_sdk(error);
    if failure.exit == Exit::Service {
        failure.exit = Exit::Failed;
    }
    if failure.exit == Exit::Deadline {
        "the time given by `--timeout` was not enough".clone_into(&mut failure.message);
        failure.hint = None;
    }
    failure
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
