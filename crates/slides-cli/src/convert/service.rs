//! One conversion by the service in this process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use slides_service::engine::Engine;
use slides_service::{Runner, ServiceOptions};

use crate::deck::Wishes;
use crate::failure::{DAMAGED, Exit, Failure};
use crate::sdk::{Client, Download, Error, ExportFormat, Operation, Payload, PollPolicy};

/// How the service begins what it says about passwords (contract section 2.6).
const INVALID_PASSWORD: &str = "Invalid password.";
/// How it begins what it says about decks that cannot be read (contract section 2.6).
const UNREADABLE: &str = "Failed to load the presentation: ";

/// A result, and the service that keeps it until it is saved.
pub(super) struct Converted {
    pub(super) download: Download,
    _client: Client,
}

/// Converts a file. `name` is what errors call it.
pub(super) async fn convert(
    engine: Arc<dyn Engine>,
    (input, name): (&Path, &str),
    format: ExportFormat,
    wishes: Wishes,
    timeout: Duration,
    mut each: impl FnMut(&Operation),
) -> Result<Converted, Failure> {
    let mut options = ServiceOptions::new(Runner::InProcess(engine)).workers(1);
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
    // A service for each deck: what it keeps of the deck goes with it.
    let client = Client::embedded(options.into())
        .map_err(|error| local(&error))?
        .with_poll_policy(policy);
    let has_password = wishes.has_password();
    let call = wishes.apply(client.start_convert(Payload::path(input), format));
    let mut handle = call.send().await.map_err(|error| local(&error))?;
    while let Some(operation) = handle.next().await {
        each(&operation.map_err(|error| local(&error))?);
    }
    let download = handle
        .until_done()
        .await
        .map_err(|error| about_deck(local(&error), has_password, name))?;
    Ok(Converted {
        download,
        _client: client,
    })
}

/// The service speaks of its header, which is no help here, and does not know what the deck is called.
fn about_deck(mut failure: Failure, was_given: bool, name: &str) -> Failure {
    if failure.message.starts_with(INVALID_PASSWORD) {
        failure.message = if was_given {
            format!("the password does not open `{name}`")
        } else {
            format!("`{name}` is protected and no password was given")
        };
    } else if let Some(why) = failure.message.strip_prefix(UNREADABLE) {
        failure.message = format!("`{name}`: {why}");
        failure.hint.get_or_insert_with(|| DAMAGED.to_owned());
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
        failure.id = None;
    }
    failure
}
