//! Counts and latencies of requests, and the caller's own gauges, as
//! Prometheus text.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge as Level};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// One value of the caller, read when `/metrics` is asked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Gauge {
    /// Name in snake case, without the `slides_` prefix.
    pub name: String,
    /// A sentence that says what is counted, with its unit.
    pub help: String,
    /// Current value.
    pub value: f64,
}

impl Gauge {
    /// A value with its name and meaning.
    pub fn new(name: impl Into<String>, help: impl Into<String>, value: f64) -> Self {
        Self {
            name: name.into(),
            help: help.into(),
            value,
        }
    }
}

pub(crate) type Gauges = Arc<dyn Fn() -> Vec<Gauge> + Send + Sync>;

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
}

/// Buckets in seconds.
fn latencies() -> Histogram {
    Histogram::new([
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
    ])
}

impl Metrics {
    pub(crate) fn new(gauges: Option<Gauges>) -> Self {
        let mut registry = Registry::with_prefix("slides");
        let requests = Family::default();
        let seconds = Family::new_with_constructor(latencies as fn() -> Histogram);
        let in_flight = Level::default();
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
        if let Some(gauges) = gauges {
            registry.register_collector(Box::new(CallersGauges(gauges)));
        }
        Self {
            registry,
            requests,
            seconds,
            in_flight,
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

    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
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

struct CallersGauges(Gauges);

impl fmt::Debug for CallersGauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallersGauges")
    }
}

impl Collector for CallersGauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for gauge in (self.0)() {
            let metric = ConstGauge::new(gauge.value);
            let encoder =
                encoder.encode_descriptor(&gauge.name, &gauge.help, None, metric.metric_type())?;
            metric.encode(encoder)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_the_callers_gauges_are_shown() {
        let metrics = Metrics::new(Some(Arc::new(|| {
            vec![Gauge::new("queue_depth", "Operations that wait", 3.0)]
        })));
        let guard = metrics.begin();
        metrics.record("StartConvert", 201, Duration::from_millis(7));
        let text = metrics.text().unwrap();
        for line in [
            "slides_http_requests_total{call=\"StartConvert\",status=\"201\"} 1",
            "slides_http_request_duration_seconds_bucket{le=\"0.01\",call=\"StartConvert\"} 1",
            "slides_http_requests_in_flight 1",
            "slides_queue_depth 3.0",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        drop(guard);
        assert!(
            metrics
                .text()
                .unwrap()
                .contains("slides_http_requests_in_flight 0")
        );
    }
}
