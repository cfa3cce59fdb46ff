//! `slides serve`: the durable service behind HTTP, conversions in worker processes.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use secrecy::ExposeSecret as _;
use serde_json::json;
use slides_server::{Credentials, RateLimits, Server};
use slides_service::{NamedStorage, Runner, Service, ServiceOptions, Soffice};

use crate::access;
use crate::arguments::ServeArguments;
use crate::console::Console;
use crate::convert::interrupted;
use crate::failure::{Exit, Failure};
#[cfg(feature = "otlp")]
use crate::traces::Collector;
use crate::{figures, settings};

pub(crate) fn run(arguments: &ServeArguments, console: &mut Console) -> Result<(), Failure> {
    if arguments.print_config {
        settings::print(&arguments.settings, console);
        return Ok(());
    }
    for note in &arguments.settings.vendor.notes {
        console.note(&format!("note: {note}"));
    }
    let credentials = access::clients(arguments)?;
    let is_open = credentials.is_empty() && !arguments.only_workers;
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
        Failure::new(Exit::Failed, format!("{what} `{}`", data.display()))
            .caused_by(error)
            .hint("name another folder with `--data DIR`; `slides doctor --data DIR` tries one")
    };
    fs::create_dir_all(data).map_err(|error| cannot("cannot make the data folder", &error))?;
    // Before the service: without an address no operation may begin.
    let listener = tokio::net::TcpListener::bind(arguments.listen)
        .await
        .map_err(|error| {
            let failure = Failure::new(
                Exit::Service,
                format!("cannot listen on `{}`", arguments.listen),
            )
            .caused_by(&error);
            match error.kind() {
                io::ErrorKind::AddrInUse => failure.hint(format!(
                    "another program listens there, a server of yours perhaps: `--listen {}` takes a port that is free",
                    SocketAddr::new(arguments.listen.ip(), 0)
                )),
                io::ErrorKind::PermissionDenied => {
                    failure.hint("ports below 1024 are kept for root: take one such as 8080")
                }
                io::ErrorKind::AddrNotAvailable => failure
                    .hint("this machine has no such address: `--listen 127.0.0.1:8080` is its own"),
                _ => failure,
            }
        })?;
    #[cfg_attr(
        not(feature = "otlp"),
        expect(unused_mut, reason = "traces alone are set here")
    )]
    let mut options = options(arguments, credentials.len())?;
    #[cfg(feature = "otlp")]
    let collector = collector(arguments)?;
    #[cfg(feature = "otlp")]
    if let Some(collector) = &collector {
        options.traces = Some(Arc::<Collector>::clone(collector));
    }
    let service = Service::open(options)
        .await
        .map_err(|error| Failure::from_sdk(&error))?;
    // The service holds the folder's lock: no other server writes uploads there now, and what an
    // earlier one left belongs to no operation.
    let spool = data.join("uploads");
    let _ = fs::remove_dir_all(&spool);
    fs::create_dir_all(&spool)
        .map_err(|error| cannot("cannot write in the data folder", &error))?;
    let keys = access::keys(arguments)?;
    let address = listener
        .local_addr()
        .map_err(|error| cannot("cannot listen for", &error))?;

    let is_open = credentials.is_empty() && !arguments.only_workers;
    let (ready, figures, fonts) = (service.clone(), service.clone(), service.clone());
    let (clients, admits) = (service.clone(), service.clone());
    let (lists, retries) = (service.clone(), service.clone());
    let mut server = Server::builder(Arc::new(service.clone()), Arc::new(service.clone()))
        .for_client(move |client| Arc::new(clients.for_client(client)))
        .fonts(move |folder| {
            let service = fonts.clone();
            async move { service.fonts(folder).await }
        })
        .list_operations(move |client, which| {
            let service = lists.for_client(client);
            async move {
                let before = which.before;
                service.list(&which.statuses, before, which.limit).await
            }
        })
        .retry_operation(move |client, id| {
            let service = retries.for_client(client);
            async move { service.retry(&id).await }
        })
        .ui(!arguments.no_ui)
        .max_body(arguments.max_body)
        .max_file(arguments.max_file)
        .spool_dir(spool)
        .sync_timeout(arguments.sync_timeout)
        .allow_open(arguments.allow_open || arguments.only_workers)
        .health_only(arguments.only_workers)
        .vendor_messages(arguments.vendor_messages)
        .ready(move || ready.readiness())
        .admit(move |client| {
            let service = admits.for_client(client);
            async move { service.admit().await }
        })
        .samples(move || {
            let service = figures.clone();
            async move {
                service
                    .stats()
                    .await
                    .map(|stats| figures::samples(&stats))
                    .unwrap_or_default()
            }
        });
    for key in keys {
        server = server.old_token_key(key);
    }
    if let Some(key) = &arguments.settings.vendor.signing_key {
        server = server.token_key(key.expose_secret().as_bytes().to_vec());
    }
    let sandbox = service.sandbox();
    if sandbox.is_none_or(|report| !report.is_complete()) {
        let found = sandbox.map_or_else(|| "unknown".to_owned(), ToString::to_string);
        server = server.remark(format!("warning: the sandbox is not complete: {found}"));
    }
    for client in credentials {
        server = server.credentials(client);
    }
    let mut rates = RateLimits::default();
    rates.failed_logins = arguments.max_failed_logins;
    rates.requests = arguments.max_requests_per_minute;
    rates.behind_proxy = arguments.behind_proxy;
    server = server.rate_limits(rates);
    server = server
        .cors(arguments.cors_origin.iter().map(String::as_str))
        .map_err(|error| Failure::usage(error.to_string()))?;
    let server = server.build();
    let reload = access::reload_on_hangup(server.access(), arguments.clone())
        .map_err(|error| cannot("cannot wait for signals to", &error))?;
    // Whoever reads the address may ask for the end at once.
    let end = interrupted();
    announce(address, is_open, console);
    if !arguments.no_ui && !arguments.only_workers {
        console.note(&format!("note: http://{address}/ui is a page for people"));
    }
    let served = server.serve(listener, end).await;
    reload.abort();
    service.shutdown(arguments.grace).await;
    #[cfg(feature = "otlp")]
    if let Some(collector) = collector {
        // It waits for the network on this thread.
        let _ = tokio::task::spawn_blocking(move || collector.flush()).await;
    }
    served.map_err(|error| Failure::new(Exit::Usage, error.to_string()).caused_by(&error))
}

#[cfg(feature = "otlp")]
fn collector(arguments: &ServeArguments) -> Result<Option<Arc<Collector>>, Failure> {
    let address = arguments.otlp_endpoint.as_deref();
    let address = address.filter(|address| !address.is_empty());
    address
        .map(|address| Collector::at(address).map(Arc::new))
        .transpose()
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
    options.webhooks = crate::webhooks::of(arguments)?;
    options.url_sources = crate::url_sources::of(arguments)?;
    options.limits.max_upload_bytes = arguments.max_body;
    options.limits.max_queue_depth = arguments.max_queue;
    options.limits.max_queued_bytes = arguments.max_queued;
    options.limits.min_free_bytes = arguments.min_free;
    options.limits.min_free_percent = arguments.min_free_percent;
    options.limits.max_priority = arguments.max_priority;
    options.limits.max_client_depth = arguments.max_client_queue.unwrap_or(match clients {
        0 | 1 => u64::MAX,
        _ => arguments.max_queue.div_ceil(2),
    });
    options.process_limits.memory_bytes = arguments.job_memory;
    options.require_sandbox = arguments.require_sandbox;
    options.lease = arguments.lease;
    options.heartbeat = arguments.lease / 3;
    options.timeout = arguments.job_timeout;
    options.max_timeout = options.max_timeout.max(arguments.job_timeout);
    options.retention = arguments.retention;
    options.vendor_messages = arguments.vendor_messages;
    options
        .default_storage
        .clone_from(&arguments.default_storage);
    for text in &arguments.storage {
        let mut storage = text
            .parse::<NamedStorage>()
            .map_err(|error| Failure::from_sdk(&error))?;
        if let Some(keys) = &arguments.settings.vendor.s3_keys {
            keys.give(text, &mut storage);
        }
        options.storages.push(storage);
    }
    Ok(options)
}
