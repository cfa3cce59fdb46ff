//! `slides serve`: the durable service behind HTTP, conversions in worker processes.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use slides_server::{Credentials, Sample, Server};
use slides_service::{Runner, Service, ServiceOptions, ServiceStats, Soffice};

use crate::arguments::ServeArguments;
use crate::console::Console;
use crate::convert::interrupted;
use crate::failure::{Exit, Failure};
use crate::sdk::SecretString;

/// How long conversions in flight may take when the server is told to end.
const GRACE: Duration = Duration::from_secs(20);
/// Bytes of the key that tokens are signed with.
const KEY_LEN: usize = 32;
/// Bytes of a credentials file.
const MAX_CREDENTIALS: u64 = 1 << 20;

pub(crate) fn run(arguments: &ServeArguments, console: &mut Console) -> Result<(), Failure> {
    let credentials = credentials(arguments)?;
    let is_open = credentials.is_empty();
    if is_open && !arguments.listen.ip().is_loopback() && !arguments.allow_open {
        return Err(Failure::usage(format!("`{}` can be reached by others and no credentials are set", arguments.listen)).hint(
            "set SLIDES_CLIENT_ID and SLIDES_CLIENT_SECRET, name a file with `--credentials-file`, or allow it with `--allow-open`",
        ));
    }
    allow_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Exit::Failed, "cannot start the runtime").caused_by(&error)
        })?;
    runtime.block_on(serve(arguments, credentials, console))
}

/// Lets the process have as many connections as the machine allows: the usual limit is meant for
/// programs that wait with `select`.
fn allow_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        // With a refusal the server takes fewer connections.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: maximum,
                maximum,
            },
        );
    }
}

async fn serve(
    arguments: &ServeArguments,
    credentials: Vec<Credentials>,
    console: &mut Console,
) -> Result<(), Failure> {
    let data = &arguments.place.data;
    let cannot = |what: &str, error: &io::Error| {
        Failure::new(Exit::Failed, format!("{what} `{}`", data.display())).caused_by(error)
    };
    fs::create_dir_all(data).map_err(|error| cannot("cannot make the data folder", &error))?;
    // Before the service: without an address no operation may begin.
    let listener = tokio::net::TcpListener::bind(arguments.listen)
        .await
        .map_err(|error| {
            Failure::new(
                Exit::Service,
                format!("cannot listen on `{}`", arguments.listen),
            )
            .caused_by(&error)
        })?;
    let service = Service::open(options(arguments, credentials.len())?)
        .await
        .map_err(|error| Failure::from_sdk(&error))?;
    // The service holds the folder's lock: no other server writes uploads there now, and what an
    // earlier one left belongs to no operation.
    let spool = data.join("uploads");
    let _ = fs::remove_dir_all(&spool);
    fs::create_dir_all(&spool)
        .map_err(|error| cannot("cannot write in the data folder", &error))?;
    let key = token_key(&data.join("token.key"))
        .map_err(|error| cannot("cannot keep the key of tokens in", &error))?;
    let address = listener
        .local_addr()
        .map_err(|error| cannot("cannot listen for", &error))?;

    let is_open = credentials.is_empty();
    let (ready, figures, fonts) = (service.clone(), service.clone(), service.clone());
    let clients = service.clone();
    let mut server = Server::builder(Arc::new(service.clone()), Arc::new(service.clone()))
        .token_key(key)
        .for_client(move |client| Arc::new(clients.for_client(client)))
        .fonts(move |folder| {
            let service = fonts.clone();
            async move { service.fonts(folder).await }
        })
        .max_body(arguments.max_body)
        .max_file(arguments.max_file)
        .spool_dir(spool)
        .sync_timeout(arguments.sync_timeout)
        .allow_open(arguments.allow_open)
        .vendor_messages(arguments.vendor_messages)
        .ready(move || {
            if ready.is_ready() {
                Ok(())
            } else {
                Err("the queue takes no operations".to_owned())
            }
        })
        .samples(move || {
            let service = figures.clone();
            async move {
                service
                    .stats()
                    .await
                    .map(|stats| samples(&stats))
                    .unwrap_or_default()
            }
        });
    for client in credentials {
        server = server.credentials(client);
    }
    server = server
        .cors(arguments.cors_origin.iter().map(String::as_str))
        .map_err(|error| Failure::usage(error.to_string()))?;
    // Whoever reads the address may ask for the end at once.
    let end = interrupted();
    announce(address, is_open, console);
    let served = server.build().serve(listener, end).await;
    service.shutdown(GRACE).await;
    served.map_err(|error| Failure::new(Exit::Usage, error.to_string()).caused_by(&error))
}

fn announce(address: SocketAddr, is_open: bool, console: &Console) {
    if is_open {
        console.note("note: no credentials are set, whoever reaches this address may use it");
    }
    let url = format!("http://{address}");
    console.data(
        &format!("listening on {url}"),
        &json!({ "event": "listening", "url": url, "open": is_open }),
    );
}

fn options(arguments: &ServeArguments, clients: usize) -> Result<ServiceOptions, Failure> {
    let runner = Runner::current_exe().map_err(|error| {
        Failure::new(Exit::Failed, "cannot find this program for its workers").caused_by(&error)
    })?;
    let mut options = ServiceOptions::new(runner);
    crate::queue::set_place(&arguments.place, &mut options)?;
    if let Some(workers) = arguments.workers {
        options = options.workers(workers);
    }
    options.soffice = match &arguments.soffice {
        None => Soffice::Search,
        Some(path) if path.as_os_str() == "off" => Soffice::Off,
        Some(path) => Soffice::At(path.clone()),
    };
    options.limits.max_upload_bytes = arguments.max_body;
    options.limits.max_queue_depth = arguments.max_queue;
    options.limits.max_queued_bytes = arguments.max_queued;
    options.limits.max_priority = arguments.max_priority;
    options.limits.max_client_depth = arguments.max_client_queue.unwrap_or(match clients {
        0 | 1 => u64::MAX,
        _ => arguments.max_queue.div_ceil(2),
    });
    options.process_limits.memory_bytes = arguments.job_memory;
    options.timeout = arguments.job_timeout;
    options.max_timeout = options.max_timeout.max(arguments.job_timeout);
    options.retention = arguments.retention;
    options.vendor_messages = arguments.vendor_messages;
    options
        .default_storage
        .clone_from(&arguments.default_storage);
    for storage in &arguments.storage {
        options.storages.push(
            storage
                .parse::<slides_service::NamedStorage>()
                .map_err(|error| Failure::from_sdk(&error))?,
        );
    }
    Ok(options)
}

fn samples(stats: &ServiceStats) -> Vec<Sample> {
    let seconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64();
    vec![
        Sample::gauge(
            "operations_enqueued",
            "Operations that wait for a worker",
            stats.enqueued as f64,
        ),
        Sample::gauge(
            "operations_started",
            "Operations that run",
            stats.started as f64,
        ),
        Sample::gauge(
            "operations_oldest_wait_seconds",
            "How long the oldest waiting operation has been waiting",
            seconds(stats.oldest_wait),
        ),
        Sample::gauge(
            "operations_mean_run_seconds",
            "Mean time of a run, lately",
            seconds(stats.mean_run),
        ),
        Sample::gauge(
            "workers",
            "Operations that can run at the same time",
            stats.workers as f64,
        ),
        Sample::counter(
            "operations_accepted",
            "Operations accepted",
            stats.accepted_total,
        ),
        Sample::counter(
            "operations_refused",
            "Operations refused because the queue was full",
            stats.refused_total,
        ),
        Sample::counter(
            "operations_finished",
            "Operations that ended well",
            stats.finished_total,
        ),
        Sample::counter(
            "operations_failed",
            "Operations that failed",
            stats.failed_total,
        ),
        Sample::counter(
            "operations_canceled",
            "Operations that were canceled",
            stats.canceled_total,
        ),
        Sample::counter(
            "operations_retried",
            "Operations given back to the queue for another try",
            stats.retried_total,
        ),
        Sample::counter(
            "operations_rescued",
            "Operations taken back from workers that were gone",
            stats.rescued_total,
        ),
        Sample::counter(
            "operations_fenced",
            "Ends of operations that came too late",
            stats.fenced_total,
        ),
    ]
}

fn credentials(arguments: &ServeArguments) -> Result<Vec<Credentials>, Failure> {
    if arguments.no_auth {
        return Ok(Vec::new());
    }
    let mut clients = Vec::new();
    match (
        &arguments.client_id,
        std::env::var("SLIDES_CLIENT_SECRET").ok(),
    ) {
        (Some(id), Some(secret)) => clients.push(Credentials::new(id, SecretString::from(secret))),
        (None, None) => {}
        // Half of a pair is a mistake that must not open the server.
        (Some(_), None) => {
            return Err(Failure::usage(
                "a client id is set, but SLIDES_CLIENT_SECRET is not",
            ));
        }
        (None, Some(_)) => {
            return Err(Failure::usage(
                "SLIDES_CLIENT_SECRET is set, but SLIDES_CLIENT_ID is not",
            ));
        }
    }
    if let Some(path) = &arguments.credentials_file {
        use io::Read;
        let mut text = String::new();
        fs::File::open(path)
            .and_then(|file| file.take(MAX_CREDENTIALS).read_to_string(&mut text))
            .map_err(|error| {
                Failure::usage(format!(
                    "cannot read the credentials in `{}`",
                    path.display()
                ))
                .caused_by(&error)
            })?;
        let listed = parse_credentials(&text).map_err(|line| {
            Failure::usage(format!(
                "line {line} of `{}` is not valid: write `id:secret`",
                path.display()
            ))
        })?;
        if listed.is_empty() {
            return Err(Failure::usage(format!(
                "`{}` lists no client",
                path.display()
            )));
        }
        clients.extend(listed);
    }
    Ok(clients)
}

/// One `id:secret` a line; `#` begins a remark. The error is the number of a bad line.
fn parse_credentials(text: &str) -> Result<Vec<Credentials>, usize> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| match line.split_once(':') {
            Some((id, secret)) if !id.is_empty() && !secret.is_empty() => {
                Ok(Credentials::new(id, SecretString::from(secret)))
            }
            _ => Err(number),
        })
        .collect()
}

/// The key that tokens are signed with: made once, so that tokens survive a restart.
fn token_key(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Ok(key) if key.len() >= KEY_LEN => return Ok(key),
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let key = rand::random::<[u8; KEY_LEN]>().to_vec();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(&key)?;
    file.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_files_are_read() {
        assert_eq!(
            parse_credentials("# who\n\n a:b \nc:d:e\n").map(|list| list.len()),
            Ok(2)
        );
        for (text, line) in [("a", 1), ("a:b\n:c", 2), ("a:", 1)] {
            assert_eq!(
                parse_credentials(text).map(|list| list.len()),
                Err(line),
                "{text}"
            );
        }
    }

    #[test]
    fn the_key_of_tokens_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.key");
        let key = token_key(&path).unwrap();
        assert_eq!(token_key(&path).unwrap(), key);
        fs::write(&path, "short").unwrap();
        assert_eq!(token_key(&path).unwrap().len(), KEY_LEN);
    }
}
