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
use slides_service::{Runner, Service, ServiceOptions, Soffice, WorkerProgram};

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

fn options() -> ServiceOptions {
    let program = WorkerProgram::new(std::env::current_exe().unwrap());
    let mut options = ServiceOptions::new(Runner::Process(program)).workers(1);
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
    let (_service, operation) = run(options(), request("slides=1 spin").options(call)).await;
    assert_eq!(operation.error.unwrap().http_status_code, 408);
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
