//! Counts and latencies of requests, and the caller's own figures, as
//! Prometheus text.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge as Level;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// One figure of the caller, read when `/metrics` is asked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// Name in snake case, without the `slides_` prefix and without `_total`.
    pub name: String,
    /// A sentence that says what is counted, with its unit.
    pub help: String,
    /// Names and values that tell it from others of its name.
    pub labels: Vec<(&'static str, String)>,
    /// Current value.
    pub value: SampleValue,
}

/// The kind of a figure.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SampleValue {
    /// Goes up and down.
    Gauge(f64),
    /// Only goes up.
    Counter(u64),
    /// How often values were up to each bound.
    Histogram {
        /// Sum of all values.
        sum: f64,
        /// Upper bounds, rising, and how many values were in each bucket alone; values above the last one are in a
        /// bucket of [`f64::MAX`].
        buckets: Vec<(f64, u64)>,
    },
}

impl Sample {
    /// A figure that goes up and down.
    pub fn gauge(name: impl Into<String>, help: impl Into<String>, value: f64) -> Self {
        Self {
            name: name.into(),
            help: help.into(),
            labels: Vec::new(),
            value: SampleValue::Gauge(value),
        }
    }

    /// How values are spread: their sum, and for each upper bound how many were in its bucket alone.
    pub fn histogram(
        name: impl Into<String>,
        help: impl Into<String>,
        sum: f64,
        buckets: Vec<(f64, u64)>,
    ) -> Self {
        Self {
            name: name.into(),
            help: help.into(),
            labels: Vec::new(),
            value: SampleValue::Histogram { sum, buckets },
        }
    }

    /// The same figure of one of several things, such as `status` and `Started`. Samples of one name that differ in
    /// labels must follow each other.
    #[must_use]
    pub fn label(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((name, value.into()));
        self
    }

    /// A figure that only goes up.
    pub fn counter(name: impl Into<String>, help: impl Into<String>, value: u64) -> Self {
        Self {
            name: name.into(),
            help: help.into(),
            labels: Vec::new(),
            value: SampleValue::Counter(value),
        }
    }
}

pub(crate) type Samples =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Vec<Sample>> + Send>> + Send + Sync>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    call: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabel {
    call: &'static str,
}

pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Family<CallLabel, Histogram>,
    in_flight: Level,
    samples: Option<Samples>,
    callers: Callers,
}

/// Buckets in seconds.
fn latencies() -> Histogram {
    Histogram::new([
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
    ])
}

impl Metrics {
    pub(crate) fn new(samples: Option<Samples>) -> Self {
        let mut registry = Registry::with_prefix("slides");
        let requests = Family::default();
        let seconds = Family::new_with_constructor(latencies as fn() -> Histogram);
        let in_flight = Level::default();
        let callers = Callers::default();
        registry.register(
            "http_requests",
            "Answered requests by call and status",
            requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time to the head of the answer",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests that are being answered",
            in_flight.clone(),
        );
        registry.register_collector(Box::new(callers.clone()));
        Self {
            registry,
            requests,
            seconds,
            in_flight,
            samples,
            callers,
        }
    }

    /// Counts a request until the guard is dropped.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    pub(crate) fn record(&self, call: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Labels { call, status }).inc();
        self.seconds
            .get_or_create(&CallLabel { call })
            .observe(took.as_secs_f64());
    }

    pub(crate) async fn text(&self) -> Result<String, fmt::Error> {
        if let Some(samples) = &self.samples {
            let samples = samples().await;
            *self
                .callers
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = samples;
        }
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) struct InFlight(Level);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The caller's figures as of the last question.
#[derive(Debug, Clone, Default)]
struct Callers(Arc<Mutex<Vec<Sample>>>);

impl Collector for Callers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for group in samples.chunk_by(|one, next| one.name == next.name) {
            let Some(Sample {
                name, help, value, ..
            }) = group.first()
            else {
                continue;
            };
            let kind = match value {
                SampleValue::Gauge(_) => MetricType::Gauge,
                SampleValue::Counter(_) => MetricType::Counter,
                SampleValue::Histogram { .. } => MetricType::Histogram,
            };
            let mut metric = encoder.encode_descriptor(name, help, None, kind)?;
            for Sample { labels, value, .. } in group {
                let labels: Vec<(&str, &str)> = labels
                    .iter()
                    .map(|(name, value)| (*name, value.as_str()))
                    .collect();
                encode(&mut metric, &labels, value)?;
            }
        }
        Ok(())
    }
}

fn encode(
    metric: &mut MetricEncoder<'_>,
    labels: &[(&str, &str)],
    value: &SampleValue,
) -> Result<(), fmt::Error> {
    if labels.is_empty() {
        encode_value(metric, value)
    } else {
        encode_value(&mut metric.encode_family(&labels)?, value)
    }
}

fn encode_value(metric: &mut MetricEncoder<'_>, value: &SampleValue) -> Result<(), fmt::Error> {
    match value {
        SampleValue::Gauge(value) => metric.encode_gauge(value),
        SampleValue::Counter(value) => metric.encode_counter::<NoLabelSet, u64, f64>(value, None),
        SampleValue::Histogram { sum, buckets } => {
            let count = buckets.iter().map(|(_, count)| count).sum();
            metric.encode_histogram::<NoLabelSet>(*sum, count, buckets, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_and_the_callers_figures_are_shown() {
        let samples: Samples = Arc::new(|| {
            Box::pin(std::future::ready(vec![
                Sample::gauge("queue_depth", "Operations that wait", 3.0),
                Sample::counter("operations", "Operations accepted", 7),
                Sample::gauge("kept", "Operations kept", 1.0).label("status", "Failed"),
                Sample::gauge("kept", "Operations kept", 2.0).label("status", "Finished"),
                Sample::histogram(
                    "wait_seconds",
                    "Waits",
                    4.5,
                    vec![(1.0, 2), (2.5, 1), (f64::MAX, 1)],
                )
                .label("format", "pdf"),
            ]))
        });
        let metrics = Metrics::new(Some(samples));
        let guard = metrics.begin();
        metrics.record("StartConvert", 201, Duration::from_millis(7));
        let text = metrics.text().await.unwrap();
        for line in [
            "slides_http_requests_total{call=\"StartConvert\",status=\"201\"} 1",
            "slides_http_request_duration_seconds_bucket{le=\"0.01\",call=\"StartConvert\"} 1",
            "slides_http_requests_in_flight 1",
            "slides_queue_depth 3.0",
            "slides_operations_total 7",
            "slides_kept{status=\"Failed\"} 1.0",
            "slides_kept{status=\"Finished\"} 2.0",
            "slides_wait_seconds_bucket{le=\"1.0\",format=\"pdf\"} 2",
            "slides_wait_seconds_bucket{le=\"2.5\",format=\"pdf\"} 3",
            "slides_wait_seconds_bucket{le=\"+Inf\",format=\"pdf\"} 4",
            "slides_wait_seconds_sum{format=\"pdf\"} 4.5",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        drop(guard);
        assert!(
            metrics
                .text()
                .await
                .unwrap()
                .contains("slides_http_requests_in_flight 0")
        );
    }
}
