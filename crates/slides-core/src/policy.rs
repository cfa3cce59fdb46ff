use std::time::Duration;

/// How a handle waits for its operation. Every limit is a field.
///
/// The wait between two polls is the larger of the back-off and the server's `Retry-After`, and
/// never reaches past the deadline: the last poll happens at the deadline itself.
///
/// ```
/// use std::time::Duration;
/// use slides_core::PollPolicy;
///
/// let patient = PollPolicy { deadline: Some(Duration::from_secs(3600)), ..PollPolicy::default() };
/// assert_eq!(patient.initial, Duration::from_millis(500));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PollPolicy {
    /// Wait after the first poll. Default 500 ms.
    pub initial: Duration,
    /// Growth of the wait from poll to poll. Values below 1 count as 1. Default 1.5.
    pub factor: f64,
    /// Longest back-off between two polls. Default 5 s.
    pub max: Duration,
    /// Longest `Retry-After` that is obeyed; a longer one counts as this. Default 60 s.
    pub retry_after_max: Duration,
    /// How long to wait in all, from the first poll. `None` waits without end. Default 15 min.
    pub deadline: Option<Duration>,
    /// How much longer than the deadline a status call that is under way may take. Default 10 s.
    pub last_call: Duration,
    /// How many transient errors in a row are tolerated. Default 5.
    pub transient_errors: u32,
    /// How many unknown statuses in a row are tolerated. Default 5.
    pub unknown_statuses: u32,
    /// How long an id may be unknown to the server (404) before the first good reply. Default 5 s.
    pub not_found_grace: Duration,
}

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            initial: Duration::from_millis(500),
            factor: 1.5,
            max: Duration::from_secs(5),
            retry_after_max: Duration::from_mins(1),
            deadline: Some(Duration::from_mins(15)),
            last_call: Duration::from_secs(10),
            transient_errors: 5,
            unknown_statuses: 5,
            not_found_grace: Duration::from_secs(5),
        }
    }
}

impl PollPolicy {
    /// The default policy with another deadline; `None` waits without end.
    pub fn with_deadline(deadline: impl Into<Option<Duration>>) -> Self {
        Self {
            deadline: deadline.into(),
            ..Self::default()
        }
    }

    /// The back-off that follows `current`.
    pub(crate) fn grow(&self, current: Duration) -> Duration {
        let factor = if self.factor.is_finite() {
            self.factor.max(1.0)
        } else {
            1.0
        };
        Duration::try_from_secs_f64(current.as_secs_f64() * factor)
            .unwrap_or(self.max)
            .min(self.max)
    }

    /// The wait before the next poll.
    pub(crate) fn wait(&self, backoff: Duration, retry_after: Option<Duration>) -> Duration {
        backoff.max(retry_after.unwrap_or_default().min(self.retry_after_max))
    }
}
