//! Commands against a server: ours or the vendor's.

use std::time::Duration;

use serde_json::json;

use crate::account::{self, Account, USUAL_SERVER};
use crate::arguments::{
    IdArguments, ResultArguments, ServerArguments, StartArguments, WatchArguments,
};
use crate::console::Console;
use crate::deck::Wishes;
use crate::failure::{Exit, Failure};
use crate::sdk::{
    Client, Download, Error, Operation, OperationHandle, OperationId, OperationMethod,
    OperationStatus, Outcome, Payload, PollPolicy, Saved, SecretString, StartConversion,
};
use crate::{deck, save};

fn client(arguments: &ServerArguments) -> Result<Client, Failure> {
    let kept = account::find(arguments.server.as_deref())?;
    client_of(arguments, kept.as_ref())
}

/// A client of the server that is named, or of that of the account.
pub(crate) fn client_of(
    arguments: &ServerArguments,
    kept: Option<&Account>,
) -> Result<Client, Failure> {
    let server = arguments
        .server
        .as_deref()
        .or(kept.map(|account| account.server.as_str()))
        .unwrap_or(USUAL_SERVER);
    let mut builder = Client::builder().base_url(server);
    let auth_server = arguments
        .auth_server
        .as_deref()
        .or(kept.and_then(|account| account.auth_server.as_deref()));
    if let Some(url) = auth_server {
        builder = builder.auth_base_url(url);
    }
    // Only from the environment: the command line of a process is public.
    let secret = std::env::var("SLIDES_CLIENT_SECRET");
    match (&arguments.client_id, kept) {
        (Some(id), kept) => {
            let kept = kept.filter(|account| account.id == *id);
            let secret = secret
                .ok()
                .map(SecretString::from)
                .or(kept.map(|account| account.secret.clone()))
                .ok_or_else(|| {
                    Failure::usage("a client id is set, but no secret").hint("set SLIDES_CLIENT_SECRET, or leave out SLIDES_CLIENT_ID for a server without credentials")
                })?;
            builder = builder.credentials(id, secret);
        }
        (None, Some(account)) => {
            builder = builder.credentials(&account.id, account.secret.clone());
        }
        (None, None) => {}
    }
    if arguments.allow_plain_http || kept.is_some_and(|account| account.allow_plain_http) {
        builder = builder.allow_plain_http();
    }
    builder.build().map_err(|error| {
        let mut failure = Failure::from_sdk(&error);
        failure.exit = Exit::Usage;
        failure
    })
}

pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Exit::Failed, "cannot start the runtime").caused_by(&error)
        })?;
    runtime.block_on(work)
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn from_sdk(error: Error) -> Failure {
    Failure::from_sdk(&error)
}

pub(crate) fn start(arguments: &StartArguments, console: &mut Console) -> Result<(), Failure> {
    let format = deck::format_by_name(&arguments.to)?;
    let wishes = Wishes::new(format, &arguments.export)?;
    if !arguments.stored && !arguments.input.is_file() {
        return Err(Failure::usage(format!(
            "`{}` is not a file here",
            arguments.input.display()
        ))
        .hint("`--stored` takes a deck from the server's storage"));
    }
    let client = client(&arguments.server)?;
    let stored = arguments.input.to_string_lossy();
    let (folder, name) = stored
        .trim_matches('/')
        .rsplit_once('/')
        .unwrap_or(("", stored.trim_matches('/')));
    let upload = || Payload::path(&arguments.input);
    let id = block_on(async {
        match (arguments.stored, &arguments.out_path) {
            (false, None) => id_of(
                dress(client.start_convert(upload(), format), wishes, arguments)
                    .send()
                    .await,
            ),
            (false, Some(out_path)) => id_of(
                dress(
                    client.start_convert_and_save(upload(), format, out_path),
                    wishes,
                    arguments,
                )
                .send()
                .await,
            ),
            (true, None) => {
                let call = client
                    .start_download_presentation(name, format)
                    .folder(folder);
                id_of(dress(call, wishes, arguments).send().await)
            }
            (true, Some(out_path)) => {
                let call = client
                    .start_save_presentation(name, format, out_path)
                    .folder(folder);
                id_of(dress(call, wishes, arguments).send().await)
            }
        }
    })?;
    console.data(
        id.as_str(),
        &json!({ "event": "started", "id": id.as_str() }),
    );
    Ok(())
}

/// Adds everything that was asked for.
fn dress<S, T: Outcome>(
    call: StartConversion<S, T>,
    wishes: Wishes,
    arguments: &StartArguments,
) -> StartConversion<S, T> {
    let mut call = wishes.apply(call);
    if let Some(storage) = &arguments.storage {
        call = call.storage(storage);
    }
    if let Some(folder) = &arguments.fonts_folder {
        call = call.fonts_folder(folder);
    }
    if let Some(timeout) = arguments.timeout {
        call = call.timeout(timeout);
    }
    call = call.priority(arguments.priority);
    if let Some(address) = &arguments.webhook {
        call = call.webhook(address);
    }
    match &arguments.idempotency_key {
        Some(key) => call.idempotency_key(key),
        None => call,
    }
}

fn id_of<T: Outcome>(sent: Result<OperationHandle<T>, Error>) -> Result<OperationId, Failure> {
    sent.map(|handle| handle.id().clone()).map_err(from_sdk)
}

pub(crate) fn status(arguments: &IdArguments, console: &mut Console) -> Result<(), Failure> {
    let client = client(&arguments.server)?;
    let id = OperationId::from(arguments.id.as_str());
    let operation = block_on(async { client.api().status(&id).await.map_err(from_sdk) })?.operation;
    let mut line = match &operation.progress {
        Some(progress) => format!(
            "{} {}/{}",
            operation.status, progress.step_index, progress.step_count
        ),
        None => operation.status.to_string(),
    };
    if let Some(message) = operation
        .error
        .as_ref()
        .and_then(|error| error.message.as_deref())
    {
        line.push_str(": ");
        line.push_str(message);
    }
    console.data(&line, &json!({ "event": "status", "operation": operation }));
    Ok(())
}

pub(crate) fn watch(arguments: &WatchArguments, console: &mut Console) -> Result<(), Failure> {
    let client = client(&arguments.server)?;
    let policy = PollPolicy {
        deadline: Some(arguments.timeout),
        not_found_grace: Duration::ZERO,
        ..PollPolicy::default()
    };
    let id = OperationId::from(arguments.id.as_str());
    let last = block_on(async {
        // A handle is told beforehand what its operation leaves.
        let first = client.api().status(&id).await.map_err(from_sdk)?.operation;
        match first.method {
            OperationMethod::ConvertAndSave
            | OperationMethod::SavePresentation
            | OperationMethod::MergeAndSave => {
                follow(
                    client.operation::<Saved>(id.clone()).with_policy(policy),
                    console,
                )
                .await
            }
            _ => {
                follow(
                    client.operation::<Download>(id.clone()).with_policy(policy),
                    console,
                )
                .await
            }
        }
    })?;
    console.done();
    match last {
        Some(operation) if operation.status == OperationStatus::Finished => {
            console.data("Finished", &json!({ "event": "done", "id": id.as_str() }));
            Ok(())
        }
        Some(operation) if operation.status == OperationStatus::Canceled => {
            Err(from_sdk(Error::Canceled { id }))
        }
        Some(operation) => Err(from_sdk(Error::Failed {
            id,
            error: Box::new(operation.error.unwrap_or_default()),
        })),
        None => Err(Failure::new(Exit::Service, "the server told no status")),
    }
}

/// Shows each status; gives the last one.
async fn follow<T: Outcome>(
    mut handle: OperationHandle<T>,
    console: &mut Console,
) -> Result<Option<Operation>, Failure> {
    let mut last = None;
    while let Some(operation) = handle.next().await {
        let operation = operation.map_err(from_sdk)?;
        console.operation(&operation);
        last = Some(operation);
    }
    Ok(last)
}

pub(crate) fn result(arguments: &ResultArguments, console: &mut Console) -> Result<(), Failure> {
    let client = client(&arguments.server)?;
    let id = OperationId::from(arguments.id.as_str());
    let format = deck::format_by_extension(&arguments.output).ok();
    let (warnings, written) = block_on(async {
        let download = client.api().result(&id).await.map_err(from_sdk)?;
        let warnings = download.warnings.clone();
        Ok((
            warnings,
            save::save(download, format, &arguments.output).await?,
        ))
    })?;
    console.warnings(&warnings);
    let files: Vec<_> = written
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    console.event(&json!({ "event": "done", "files": files, "warnings": warnings.len() }));
    Ok(())
}

pub(crate) fn cancel(arguments: &IdArguments, console: &mut Console) -> Result<(), Failure> {
    let client = client(&arguments.server)?;
    let id = OperationId::from(arguments.id.as_str());
    block_on(async { client.api().cancel(&id).await.map_err(from_sdk) })?;
    console.note(&format!("operation {id}: cancel asked"));
    console.event(&json!({ "event": "canceled", "id": id.as_str() }));
    Ok(())
}
