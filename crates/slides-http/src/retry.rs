use std::time::Duration;

use slides_core::{Error, TransportErrorKind};

/// How a call that failed is tried again.
///
/// What may be repeated follows from the call: reads, deletions and uploads after lost
/// connections, time-outs, 408, 429 and 5xx; a `Start…` call only when it surely was not accepted
/// (no connection, 429, 503), unless it carries an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all, the first included. 1 means never again. Default 4.
    pub attempts: u32,
    /// Upper bound of the first wait; it doubles with each try. Default 500 ms.
    pub initial: Duration,
    /// Upper bound of any wait that the server did not ask for. Default 10 s.
    pub max: Duration,
    /// No try starts later than this after the first. Default 60 s.
    pub total: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            initial: Duration::from_millis(500),
            max: Duration::from_secs(10),
            total: Duration::from_mins(1),
        }
    }
}

impl RetryPolicy {
    /// Tries once.
    pub fn never() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }

    /// The wait after try `tries` (1 for the first): full jitter, with the server's wish as floor.
    /// `random` is in 0..1.
    pub(crate) fn wait(&self, tries: u32, random: f64, retry_after: Option<Duration>) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
        let bound = self.initial.saturating_mul(doubled).min(self.max);
        bound
            .mul_f64(random.clamp(0.0, 1.0))
            .max(retry_after.unwrap_or_default())
    }
}

/// What repeating a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// The same as doing it once.
    Harmless,
    /// Possibly the work twice.
    Twice,
}

impl Repeat {
    /// Whether a call that ended like this may be sent again.
    pub(crate) fn allows(self, error: &Error) -> bool {
        match (self, error) {
            (_, Error::Transport(error))
                if error.kind == TransportErrorKind::Connect || !error.request_sent =>
            {
                error.kind != TransportErrorKind::Tls
            }
            (Self::Harmless, Error::Transport(_)) => error.is_retryable(),
            (Self::Harmless, Error::Unavailable(error)) => !matches!(error.status, 501 | 505),
            (Self::Twice, Error::Unavailable(error)) => matches!(error.status, 429 | 503),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use slides_core::TransportError;

    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_bound_and_never_undercuts_the_server() {
        let policy = RetryPolicy::default();
        for (tries, random, retry_after, expected_ms) in [
            (1, 1.0, None, 500),
            (2, 1.0, None, 1000),
            (3, 1.0, None, 2000),
            (3, 0.5, None, 1000),
            (3, 0.0, None, 0),
            (9, 1.0, None, 10_000),
            (u32::MAX, 1.0, None, 10_000),
            (1, 0.2, Some(7), 7000),
            (9, 1.0, Some(7), 10_000),
        ] {
            let wait = policy.wait(tries, random, retry_after.map(Duration::from_secs));
            assert_eq!(
                wait.as_millis(),
                expected_ms,
                "{tries} {random} {retry_after:?}"
            );
        }
    }

    #[test]
    fn only_a_start_that_was_surely_not_taken_is_repeated() {
        let cut = |kind, sent| Error::from(TransportError::new(kind, sent, ""));
        for (error, harmless, start) in [
            (cut(TransportErrorKind::Connect, false), true, true),
            (cut(TransportErrorKind::Timeout, true), true, false),
            (cut(TransportErrorKind::Interrupted, true), true, false),
            (cut(TransportErrorKind::Interrupted, false), true, true),
            (cut(TransportErrorKind::Tls, false), false, false),
            (cut(TransportErrorKind::Other, true), false, false),
            (Error::unavailable(408, "", None), true, false),
            (Error::unavailable(429, "", None), true, true),
            (Error::unavailable(500, "", None), true, false),
            (Error::unavailable(501, "", None), false, false),
            (Error::unavailable(503, "", None), true, true),
            (Error::unavailable(504, "", None), true, false),
            (Error::invalid(""), false, false),
            (Error::not_found(""), false, false),
        ] {
            let got = (
                Repeat::Harmless.allows(&error),
                Repeat::Twice.allows(&error),
            );
            assert_eq!(got, (harmless, start), "{error:?}");
        }
    }
}
