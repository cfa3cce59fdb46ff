//! `slides queue`: the queue in an operator's hands, whether its server runs or not.

use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde_json::{Value, json};
use slides_service::queue::{Canceled, Filter, Record, State};
use slides_service::{QueueAdmin, Runner, ServiceOptions};

use crate::arguments::{
    ImportArguments, ListArguments, PruneArguments, QueueArguments, QueueCommand, QueuePlace,
};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::sdk::Error;

/// Operations read at one time.
const PAGE: usize = 500;

/// What the place of a queue is for [`ServiceOptions`].
pub(crate) fn set_place(place: &QueuePlace, options: &mut ServiceOptions) -> Result<(), Failure> {
    #[cfg(feature = "postgres")]
    if let Some(database) = &place.database {
        use slides_service::queue::PostgresOptions;
        // The words never repeat the address, which may hold a password.
        let database = PostgresOptions::new(database)
            .map_err(|error| Failure::usage(error.to_string()))?
            .schema(&place.database_schema);
        options.queue = slides_service::QueuePlace::Postgres(database);
    }
    options.data_dir = Some(place.data.clone());
    options.key_file.clone_from(&place.key_file);
    if let Some(blobs) = &place.blobs {
        let named = format!("blobs={blobs}").parse::<slides_service::NamedStorage>();
        options.blobs = named.map_err(|error| Failure::from_sdk(&error))?.kind;
    }
    Ok(())
}

pub(crate) fn run(arguments: &QueueArguments, console: &mut Console) -> Result<(), Failure> {
    let runner = Runner::current_exe().map_err(|error| {
        Failure::new(Exit::Failed, "cannot find this program").caused_by(&error)
    })?;
    let mut options = ServiceOptions::new(runner);
    set_place(&arguments.place, &mut options)?;
    // Whole queues are moved while nobody works on them.
    let alone = matches!(
        arguments.command,
        QueueCommand::Export { .. } | QueueCommand::Import(_)
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Exit::Failed, "cannot start the runtime").caused_by(&error)
        })?;
    let _guard = runtime.enter();
    let admin = QueueAdmin::open(options, alone).map_err(|error| Failure::from_sdk(&error))?;
    match &arguments.command {
        QueueCommand::Ls(which) => list(&admin, which, console),
        QueueCommand::Show { id } => show(&admin, id, console),
        QueueCommand::Retry { ids } => ids.iter().try_for_each(|id| retry(&admin, id, console)),
        QueueCommand::Cancel { ids } => ids.iter().try_for_each(|id| cancel(&admin, id, console)),
        QueueCommand::Prune(which) => prune(&admin, which, console),
        QueueCommand::Export { file } => export(&admin, file, console),
        QueueCommand::Import(what) => import(&admin, what, console),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` has it")]
fn from_sdk(error: Error) -> Failure {
    Failure::from_sdk(&error)
}

fn unknown(id: &str) -> Failure {
    Failure::new(Exit::Service, format!("the queue has no operation `{id}`"))
        .hint("`slides queue ls` lists what it has")
}

fn time(at: i64) -> String {
    let at = Timestamp::from_microsecond(at).unwrap_or_default();
    format!("{at:.0}")
}

fn event(record: &Record) -> Value {
    json!({
        "id": record.id,
        "client": record.tenant,
        "method": record.method,
        "status": record.state.as_str(),
        "priority": record.priority,
        "attempts": record.attempts,
        "bytes": record.input_bytes,
        "created": time(record.created),
        "started": record.started.map(time),
        "ended": record.ended.map(time),
        "expires": record.expires.map(time),
        "worker": record.worker,
        "progress": record.progress,
        "error": record.error,
        "warnings": record.warnings,
        "resultBytes": record.result.as_ref().map(|result| result.len),
        "resultSha256": record.result.as_ref().map(|result| &result.sha256),
    })
}

/// One line: id, state, since when, method, client.
fn line(record: &Record) -> String {
    let since = record.ended.or(record.started).unwrap_or(record.created);
    let mut line = format!(
        "{}  {:<8}  {}  {}",
        record.id,
        record.state.as_str(),
        time(since),
        record.method
    );
    if !record.tenant.is_empty() {
        line.push_str("  ");
        line.push_str(&record.tenant);
    }
    if let Some(error) = &record.error {
        line.push_str("  ");
        line.extend(
            error
                .message
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c }),
        );
    }
    line
}

fn list(admin: &QueueAdmin, which: &ListArguments, console: &Console) -> Result<(), Failure> {
    let mut filter = Filter {
        states: which.status.clone(),
        tenant: which.client.clone(),
        ..Filter::default()
    };
    let mut left = which.limit;
    while left > 0 {
        filter.limit = left.min(PAGE);
        let page = admin.list(&filter).map_err(from_sdk)?;
        let Some(last) = page.last() else {
            break;
        };
        filter.after = last.seq;
        left -= page.len().min(left);
        for record in &page {
            console.data(&line(record), &event(record));
        }
    }
    Ok(())
}

fn show(admin: &QueueAdmin, id: &str, console: &Console) -> Result<(), Failure> {
    let record = admin
        .get(id)
        .map_err(from_sdk)?
        .ok_or_else(|| unknown(id))?;
    let event = event(&record);
    let lines: Vec<String> = event
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null() && **value != json!([]))
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}: {text}"),
            value => format!("{name}: {value}"),
        })
        .collect();
    console.data(&lines.join("\n"), &event);
    Ok(())
}

fn retry(admin: &QueueAdmin, id: &str, console: &Console) -> Result<(), Failure> {
    let new = admin.retry(id).map_err(|error| match error {
        Error::NotFound { .. } => unknown(id),
        error => from_sdk(error),
    })?;
    console.data(
        new.as_str(),
        &json!({ "event": "started", "id": new.as_str(), "of": id }),
    );
    Ok(())
}

fn cancel(admin: &QueueAdmin, id: &str, console: &Console) -> Result<(), Failure> {
    let words = match admin.cancel(id).map_err(from_sdk)? {
        Canceled::Unknown => return Err(unknown(id)),
        Canceled::Now | Canceled::TooLate(State::Canceled) => "canceled",
        Canceled::Requested => "its worker is told at its next heartbeat",
        Canceled::TooLate(state) => {
            let words = format!("`{id}` has ended as {state}: it cannot be canceled any more");
            return Err(Failure::new(Exit::Failed, words));
        }
    };
    console.data(
        &format!("{id}: {words}"),
        &json!({ "event": "cancel", "id": id, "result": words }),
    );
    Ok(())
}

fn prune(admin: &QueueAdmin, which: &PruneArguments, console: &Console) -> Result<(), Failure> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let before = now.saturating_sub(which.older_than.unwrap_or(Duration::ZERO));
    let before = i64::try_from(before.as_micros()).unwrap_or(i64::MAX);
    let removed = admin.prune(before, &which.status).map_err(from_sdk)?;
    console.data(
        &format!("{removed} ended operations removed"),
        &json!({ "event": "pruned", "removed": removed }),
    );
    Ok(())
}

fn export(admin: &QueueAdmin, path: &Path, console: &Console) -> Result<(), Failure> {
    let cannot = |error: &io::Error| {
        Failure::new(
            Exit::Failed,
            format!("cannot write the archive `{}`", path.display()),
        )
        .caused_by(error)
    };
    let file = File::create_new(path).map_err(|error| cannot(&error))?;
    let exported = admin.export(BufWriter::new(&file)).map_err(|error| {
        // Half an archive looks like a whole one.
        let _ = std::fs::remove_file(path);
        from_sdk(error)
    })?;
    file.sync_all().map_err(|error| cannot(&error))?;
    console.data(
        &format!(
            "{} operations with {} documents and results ({} bytes) written",
            exported.operations, exported.blobs, exported.bytes
        ),
        &json!({
            "event": "exported",
            "operations": exported.operations,
            "blobs": exported.blobs,
            "bytes": exported.bytes,
        }),
    );
    Ok(())
}

fn import(admin: &QueueAdmin, what: &ImportArguments, console: &Console) -> Result<(), Failure> {
    let file = File::open(&what.file).map_err(|error| {
        let words = format!("cannot read the archive `{}`", what.file.display());
        Failure::new(Exit::Failed, words).caused_by(&error)
    })?;
    let imported = admin
        .import(BufReader::new(file), what.from_key.as_deref())
        .map_err(|error| {
            from_sdk(error).hint("an import can be repeated: what is there already stays as it is")
        })?;
    console.data(
        &format!(
            "{} operations put in, {} were there already",
            imported.operations, imported.known
        ),
        &json!({
            "event": "imported",
            "operations": imported.operations,
            "known": imported.known,
            "blobs": imported.blobs,
        }),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_seconds_of_utc() {
        assert_eq!(time(1_701_358_718_810_335), "2023-11-30T15:38:38Z");
    }
}
