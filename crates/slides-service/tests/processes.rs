//! Worker processes: what a deck can do to one, and what is left of it.
//!
//! This executable is its own worker program, so it has a `main` of its own.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use slides_core::types::{ExportFormat, Operation, OperationStatus};
use slides_core::{AsyncApi, CallOptions, Payload, StartCall, StartRequest, Target};
use slides_service::{
    Runner, Service, ServiceOptions, Soffice, WorkerProgram, probe_sandbox, probe_without_sandbox,
};

#[path = "support/fake_engine.rs"]
#[allow(unreachable_pub, clippy::unnecessary_wraps)]
mod fake_engine;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("__worker") {
        return slides_service::worker_main(|| Arc::new(fake_engine::FakeEngine));
    }
    let trials = vec![
        trial("a_deck_is_converted_in_a_process", converts),
        trial("an_engine_error_crosses_the_process_border", refuses),
        trial("an_aborting_engine_ends_its_process_only", aborts),
        trial("memory_is_bounded", exhausts_memory),
        trial("processor_time_is_bounded", exhausts_time),
        trial("a_time_limit_kills_the_process", overruns),
        trial("a_cancel_kills_the_process", cancels),
        trial("a_program_that_is_not_there_is_reported", lacks_program),
        trial("a_cancel_kills_a_process_that_swells", cancels_swelling),
        trial("the_sandbox_refuses_what_is_allowed_without", shuts_in),
        trial(
            "a_worker_reads_and_writes_its_own_files_only",
            keeps_to_its_files,
        ),
        trial(
            "a_worker_that_tries_the_network_is_killed",
            stays_off_the_network,
        ),
        trial(
            "a_worker_that_becomes_another_program_is_killed",
            stays_itself,
        ),
        trial("a_required_sandbox_must_be_there", requires_sandbox),
        trial(
            "an_office_suite_reaches_its_own_files_only",
            shuts_office_in,
        ),
    ];
    let mut arguments = Arguments::from_args();
    // Each trial looks for workers that are left: one after another.
    arguments.test_threads = Some(1);
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial<F: Future<Output = ()> + 'static>(name: &str, test: fn() -> F) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        runtime.block_on(test());
        Ok(())
    })
}

fn program() -> WorkerProgram {
    WorkerProgram::new(std::env::current_exe().unwrap())
}

fn options() -> ServiceOptions {
    let mut options = ServiceOptions::new(Runner::Process(program())).workers(1);
    options.soffice = Soffice::Off;
    options
}

fn request(orders: &'static str) -> StartRequest {
    StartRequest::new(StartCall::Convert(Target::new(ExportFormat::Pdf)))
        .document(Payload::bytes(orders.as_bytes()))
}

async fn run(options: ServiceOptions, request: StartRequest) -> (Service, Operation) {
    let service = Service::in_process(options).unwrap();
    let id = service.start(request).await.unwrap();
    let operation = service.ended(&id).await.unwrap().operation;
    (service, operation)
}

async fn failure(options: ServiceOptions, orders: &'static str) -> (i32, String) {
    let (_, operation) = run(options, request(orders)).await;
    let error = operation.error.unwrap();
    (error.http_status_code, error.message.unwrap())
}

async fn converts() {
    let (service, operation) = run(options(), request("slides=3 warn")).await;
    assert_eq!(
        operation.status,
        OperationStatus::Finished,
        "{:?}",
        operation.error
    );
    let progress = operation.progress.unwrap();
    assert_eq!((progress.step_index, progress.step_count), (3, 3));
    let result = service.result(&operation.id.as_str().into()).await.unwrap();
    assert_eq!(result.warnings, ["slide 1: chart: left out"]);
    assert_eq!(result.bytes().await.unwrap(), "slide 1\nslide 2\nslide 3\n");
}

async fn refuses() {
    let expected = (
        400,
        "Failed to load the presentation: it has no slides".to_owned(),
    );
    assert_eq!(failure(options(), "no deck").await, expected);
}

async fn aborts() {
    let (service, operation) = run(options(), request("slides=1 abort")).await;
    let error = operation.error.unwrap();
    assert_eq!(error.http_status_code, 500);
    assert!(
        error.message.as_deref().unwrap().contains("aborted"),
        "{error:?}"
    );
    assert_eq!(service.stats().await.unwrap().retried_total, 1);
    // The service goes on.
    let id = service.start(request("slides=1")).await.unwrap();
    assert_eq!(
        service.ended(&id).await.unwrap().operation.status,
        OperationStatus::Finished
    );
}

async fn exhausts_memory() {
    let mut options = options();
    options.process_limits.memory_bytes = 1 << 30;
    let (status, message) = failure(options, "slides=1 exhaust").await;
    assert_eq!(status, 500);
    assert!(
        message.contains("1073741824 bytes memory (`memory_bytes`)"),
        "{message}"
    );
}

async fn exhausts_time() {
    let mut options = options();
    options.process_limits.cpu_seconds = 1;
    let (status, message) = failure(options, "slides=1 spin").await;
    assert_eq!(status, 413);
    assert!(message.contains("`cpu_seconds`"), "{message}");
}

async fn overruns() {
    let mut call = CallOptions::default();
    call.timeout = Some(Duration::from_millis(500));
    let (service, operation) = run(options(), request("slides=1 spin").options(call)).await;
    assert_eq!(operation.error.unwrap().http_status_code, 408);
    assert_eq!(kills(&service, "time_limit").await, 1);
    assert_eq!(children(), Vec::<PathBuf>::new(), "a worker is left");
}

async fn cancels() {
    let service = Service::in_process(options()).unwrap();
    let id = service.start(request("slides=1 spin")).await.unwrap();
    while service.status(&id).await.unwrap().operation.status != OperationStatus::Started {
        tokio::task::yield_now().await;
    }
    service.cancel(&id).await.unwrap();
    assert_eq!(
        service.ended(&id).await.unwrap().operation.status,
        OperationStatus::Canceled
    );
    assert_eq!(children(), Vec::<PathBuf>::new(), "a worker is left");
}

async fn cancels_swelling() {
    let service = Service::in_process(options()).unwrap();
    let id = service.start(request("slides=2 swell")).await.unwrap();
    // Its progress tells that it holds what it wants.
    while service
        .status(&id)
        .await
        .unwrap()
        .operation
        .progress
        .is_none()
    {
        tokio::task::yield_now().await;
    }
    service.cancel(&id).await.unwrap();
    assert_eq!(
        service.ended(&id).await.unwrap().operation.status,
        OperationStatus::Canceled
    );
    assert_eq!(children(), Vec::<PathBuf>::new(), "a worker is left");
    assert_eq!(kills(&service, "cancel").await, 1);
}

async fn kills(service: &Service, cause: &str) -> u64 {
    let stats = service.stats().await.unwrap();
    let (_, count) = stats.kills.iter().find(|(name, _)| *name == cause).unwrap();
    *count
}

/// Whether this kernel has both layers; the tests below need them.
fn has_sandbox() -> bool {
    let report = probe_sandbox(&program()).unwrap();
    report.landlock.is_some() && report.seccomp
}

async fn shuts_in() {
    let control = probe_without_sandbox(&program()).unwrap();
    assert_eq!(
        control.allowed,
        ["read", "write", "execute", "TCP", "UDP", "unix sockets"],
        "what the probe tries does not work without a sandbox either"
    );
    assert!(!control.is_complete());
    if has_sandbox() {
        let report = probe_sandbox(&program()).unwrap();
        assert!(report.is_complete(), "{report}");
    }
}

async fn keeps_to_its_files() {
    if !has_sandbox() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (secret, made) = (folder.path().join("secret"), folder.path().join("made"));
    std::fs::write(&secret, "secret").unwrap();
    for orders in [
        format!("slides=1 read={}", secret.display()),
        format!("slides=1 write={}", made.display()),
        format!("slides=1 write={}", secret.display()),
    ] {
        let (status, message) = failure(options(), orders.clone().leak()).await;
        assert_eq!(status, 400, "{orders}: {message}");
        assert!(message.contains("ermission denied"), "{orders}: {message}");
    }
    assert!(!made.exists());
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "secret");
    // Without the sandbox's list of folders the same file is read.
    let mut options = options();
    let mut program = program();
    program.readable.push(folder.path().to_owned());
    options.runner = Runner::Process(program);
    let orders = format!("slides=1 read={}", secret.display());
    let (_service, operation) = run(options, request(orders.leak())).await;
    assert_eq!(
        operation.status,
        OperationStatus::Finished,
        "{:?}",
        operation.error
    );
}

async fn stays_off_the_network() {
    if !has_sandbox() {
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let orders = format!("slides=1 connect={}", listener.local_addr().unwrap());
    forbidden(orders).await;
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody has connected");
}

async fn stays_itself() {
    if has_sandbox() {
        forbidden(format!("slides=1 become={}", program().path.display())).await;
    }
}

/// The operation fails at once, with a reason, and is counted.
async fn forbidden(orders: String) {
    let (service, operation) = run(options(), request(orders.leak())).await;
    let error = operation.error.unwrap();
    assert_eq!(error.http_status_code, 500);
    let message = error.message.unwrap();
    assert!(message.contains("its sandbox forbids"), "{message}");
    assert_eq!(kills(&service, "forbidden_call").await, 1);
    assert_eq!(service.stats().await.unwrap().retried_total, 0);
}

/// A stand-in for LibreOffice that looks around.
async fn shuts_office_in() {
    if !has_sandbox() {
        return;
    }
    let installation = tempfile::tempdir().unwrap();
    let others = tempfile::tempdir().unwrap();
    std::fs::write(others.path().join("secret"), "a secret\n").unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let script = format!(
        "#!/bin/bash\n{{ head -c 2 \"${{@: -1}}\"; echo; cat '{0}/secret'; echo x > '{0}/made' && echo wrote; \
         exec 3<>/dev/tcp/127.0.0.1/{1} && echo connected; }} > \"$HOME/out/input.odp\" 2> /dev/null\n",
        others.path().display(),
        listener.local_addr().unwrap().port()
    );
    let folder = installation.path().join("program");
    std::fs::create_dir(&folder).unwrap();
    let program = folder.join("soffice");
    std::fs::write(&program, script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, executable).unwrap();
    let deck = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/decks/code-coverage.pptx"
    );
    let engine = Runner::InProcess(Arc::new(fake_engine::FakeEngine));
    for (runner, found) in [
        // Without a worker nothing is refused: what it tries works.
        (engine, "PK\na secret\nwrote\nconnected\n"),
        (options().runner, "PK\n"),
    ] {
        let mut options = options();
        options.runner = runner;
        options.soffice = Soffice::At(program.clone());
        let request = StartRequest::new(StartCall::Convert(Target::new(ExportFormat::Odp)))
            .document(Payload::path(deck));
        let (service, operation) = run(options, request).await;
        assert_eq!(
            operation.status,
            OperationStatus::Finished,
            "{:?}",
            operation.error
        );
        let result = service.result(&operation.id.as_str().into()).await.unwrap();
        assert_eq!(result.bytes().await.unwrap(), found);
    }
}

async fn requires_sandbox() {
    let mut options = options();
    options.require_sandbox = true;
    if has_sandbox() {
        let (service, operation) = run(options.clone(), request("slides=1")).await;
        assert_eq!(
            operation.status,
            OperationStatus::Finished,
            "{:?}",
            operation.error
        );
        assert!(service.stats().await.unwrap().sandboxed);
        assert!(service.sandbox().unwrap().is_complete());
    }
    options.runner = Runner::InProcess(Arc::new(fake_engine::FakeEngine));
    let refused = Service::in_process(options.clone())
        .unwrap_err()
        .to_string();
    assert!(refused.contains("`require_sandbox`"), "{refused}");
    options.runner = Runner::Process(WorkerProgram::new("no/such/program"));
    assert!(Service::in_process(options).is_err());
}

async fn lacks_program() {
    let mut options = options();
    options.runner = Runner::Process(WorkerProgram::new("no/such/program"));
    options.timeout = Duration::from_mins(1);
    let service = Service::in_process(options).unwrap();
    let id = service.start(request("slides=1")).await.unwrap();
    while service.stats().await.unwrap().retried_total == 0 {
        tokio::task::yield_now().await;
    }
    service.cancel(&id).await.unwrap();
    assert_eq!(
        service.ended(&id).await.unwrap().operation.status,
        OperationStatus::Canceled
    );
}

/// Live children of this process, by their folders in `/proc`.
fn children() -> Vec<PathBuf> {
    let own = std::process::id().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let path = entry.path();
        let Ok(stat) = std::fs::read_to_string(path.join("stat")) else {
            continue;
        };
        // After the name in brackets: state, parent.
        let Some((_, rest)) = stat.rsplit_once(')') else {
            continue;
        };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        if fields.get(1) == Some(&own.as_str()) && fields.first() != Some(&"Z") {
            found.push(path);
        }
    }
    found
}
