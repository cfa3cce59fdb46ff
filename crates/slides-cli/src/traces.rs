//! Traces of operations, sent to a collector of OpenTelemetry over HTTP.
//!
//! A run of an operation makes three spans: the operation from its acceptance to the end of the run, and within it the
//! wait for a worker and the worker's run. They belong to the trace of the call that started it; without one, the id of
//! the operation is the id of its trace.

use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor as _,
};
use slides_service::{RunEnd, RunTrace, Traces};

use crate::failure::{Exit, Failure};
use crate::sdk::{Body, HyperTransport, Transport as _};

/// How long a connection to the collector and one export may take.
const CONNECT: Duration = Duration::from_secs(5);
const EXPORT: Duration = Duration::from_secs(10);
/// Largest answer of the collector that is read.
const MAX_ANSWER: usize = 64 << 10;
/// How long the last spans may take at the end.
const LAST: Duration = Duration::from_secs(5);

/// Sends spans behind the workers' backs; what a collector does not take in time is dropped.
#[derive(Debug)]
pub(crate) struct Collector {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
}

impl Collector {
    /// The collector at a base address such as `http://127.0.0.1:4318`. It is not called before there is a span.
    pub(crate) fn at(address: &str) -> Result<Self, Failure> {
        let cannot = |error: &dyn fmt::Display| {
            Failure::new(
                Exit::Usage,
                format!("cannot send traces to `{address}`: {error}"),
            )
            .hint("give `--otlp-endpoint` the base address of a collector, such as `http://127.0.0.1:4318`")
        };
        let base = address.trim_end_matches('/');
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new(base.starts_with("https:")).map_err(|e| cannot(&e))?)
            .with_endpoint(format!("{base}/v1/traces"))
            .with_timeout(EXPORT)
            .build()
            .map_err(|error| cannot(&error))?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        // The environment's OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go over it.
        let name = KeyValue::new("service.name", "slides");
        let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
            None => Resource::builder().with_attribute(name).build(),
            Some(_) => Resource::builder().build(),
        };
        processor.set_resource(&resource);
        Ok(Self {
            processor,
            scope: InstrumentationScope::builder("slides")
                .with_version(env!("CARGO_PKG_VERSION"))
                .build(),
        })
    }

    /// Sends what is left.
    pub(crate) fn flush(&self) {
        if let Err(error) = self.processor.shutdown_with_timeout(LAST) {
            tracing::warn!(%error, "the last traces did not reach the collector");
        }
    }
}

impl Traces for Collector {
    fn ran(&self, run: RunTrace) {
        for span in spans(&run, &self.scope) {
            self.processor.on_end(span);
        }
    }
}

/// The spans of a run: the whole, the wait, the work.
fn spans(run: &RunTrace, scope: &InstrumentationScope) -> [SpanData; 3] {
    let (trace, parent) = trace_of(run);
    let context = |id| SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE);
    let whole = SpanId::from_bytes(rand::random());
    let span = |id, parent, name: String, kind, (start, end): (SystemTime, SystemTime)| SpanData {
        span_context: context(id),
        parent_span_id: parent,
        parent_span_is_remote: false,
        span_kind: kind,
        name: name.into(),
        start_time: start,
        end_time: end.max(start),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: scope.clone(),
    };
    let mut operation = span(
        whole,
        parent,
        run.method.clone(),
        SpanKind::Consumer,
        (run.accepted, run.left),
    );
    operation.parent_span_is_remote = parent != SpanId::INVALID;
    operation.attributes = vec![
        KeyValue::new("slides.operation.id", run.operation.clone()),
        KeyValue::new("slides.operation.method", run.method.clone()),
        KeyValue::new("slides.operation.attempt", i64::from(run.attempt)),
    ];
    for (key, value) in [
        ("slides.format", &run.format),
        ("slides.client", &run.client),
    ] {
        if !value.is_empty() {
            operation.attributes.push(KeyValue::new(key, value.clone()));
        }
    }
    let (end, error) = match &run.end {
        RunEnd::Finished => ("Finished", None),
        RunEnd::Failed(code) => ("Failed", Some(code)),
        RunEnd::Canceled => ("Canceled", None),
        _ => ("GivenBack", None),
    };
    operation
        .attributes
        .push(KeyValue::new("slides.run.end", end));
    if let Some(code) = error {
        operation
            .attributes
            .push(KeyValue::new("error.type", code.clone()));
        operation.status = Status::error(code.clone());
    }
    let part = |name: &str, times| {
        let id = SpanId::from_bytes(rand::random());
        span(id, whole, name.to_owned(), SpanKind::Internal, times)
    };
    [
        part("wait", (run.accepted, run.claimed)),
        part("run", (run.claimed, run.left)),
        operation,
    ]
}

/// The trace that a run belongs to, and the span of it that it is part of.
fn trace_of(run: &RunTrace) -> (TraceId, SpanId) {
    let given = run.traceparent.as_deref().and_then(|text| {
        let mut parts = text.split('-').skip(1);
        let trace = TraceId::from_hex(parts.next()?).ok()?;
        let parent = SpanId::from_hex(parts.next()?).ok()?;
        Some((trace, parent))
    });
    let own = || {
        let hex = run.operation.replace('-', "");
        let trace = TraceId::from_hex(&hex).ok();
        trace.filter(|trace| *trace != TraceId::INVALID)
    };
    given.unwrap_or_else(|| {
        let trace = own().unwrap_or_else(|| TraceId::from_bytes(rand::random()));
        (trace, SpanId::INVALID)
    })
}

/// The SDK's own way to the network, for the exporter's thread.
struct Client {
    transport: HyperTransport,
    /// The exporter runs on a thread of its own, outside of the server's runtime.
    runtime: Mutex<tokio::runtime::Runtime>,
}

impl Client {
    fn new(https: bool) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self {
            transport: HyperTransport::new(CONNECT, https)?,
            runtime: Mutex::new(
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?,
            ),
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let exchange = async {
            let answer = self.transport.send(request.map(Body::from_bytes)).await?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        };
        let runtime = self.runtime.lock();
        let runtime = runtime.unwrap_or_else(std::sync::PoisonError::into_inner);
        runtime.block_on(async { tokio::time::timeout(EXPORT, exchange).await? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(traceparent: Option<&str>, end: RunEnd) -> RunTrace {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let mut run = RunTrace::new("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "Convert", end);
        run.traceparent = traceparent.map(str::to_owned);
        (run.accepted, run.claimed, run.left) = (at(10), at(12), at(15));
        run
    }

    fn made(run: &RunTrace) -> [SpanData; 3] {
        spans(run, &InstrumentationScope::builder("test").build())
    }

    #[test]
    fn an_operation_is_part_of_the_trace_that_started_it() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let [wait, work, whole] = made(&run(Some(parent), RunEnd::Finished));
        for span in [&wait, &work, &whole] {
            let trace = span.span_context.trace_id().to_string();
            assert_eq!(trace, "0af7651916cd43dd8448eb211c80319c");
        }
        assert_eq!(whole.parent_span_id.to_string(), "b7ad6b7169203331");
        assert!(whole.parent_span_is_remote);
        for part in [&wait, &work] {
            assert_eq!(part.parent_span_id, whole.span_context.span_id());
        }
        let seconds = |span: &SpanData| {
            let lasted = span.end_time.duration_since(span.start_time);
            lasted.unwrap().as_secs()
        };
        assert_eq!([&wait, &work, &whole].map(seconds), [2, 3, 5]);
    }

    #[test]
    fn without_a_trace_the_operation_is_one() {
        for parent in [None, Some("nonsense"), Some("00-zz-b7ad6b7169203331-01")] {
            let [.., whole] = made(&run(parent, RunEnd::Canceled));
            let trace = whole.span_context.trace_id().to_string();
            assert_eq!(trace, "4bf92f3577b34da6a3ce929d0e0e4736");
            assert_eq!(whole.parent_span_id, SpanId::INVALID);
        }
    }

    #[test]
    fn a_failure_is_an_error_with_its_code() {
        let [_, work, whole] = made(&run(None, RunEnd::Failed("timeout".to_owned())));
        assert_eq!(whole.status, Status::error("timeout"));
        assert_eq!(work.status, Status::Unset);
        let attribute = |key: &str| {
            let found = whole.attributes.iter().find(|a| a.key.as_str() == key);
            found.map(|a| a.value.to_string())
        };
        assert_eq!(attribute("error.type").as_deref(), Some("timeout"));
        assert_eq!(attribute("slides.run.end").as_deref(), Some("Failed"));
        assert_eq!(attribute("slides.client"), None);
    }
}
