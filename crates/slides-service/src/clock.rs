use std::time::{Duration, SystemTime, UNIX_EPOCH};

use slides_types::Timestamp;

use crate::queue::Micros;

/// The time now. The one place of this crate that reads the wall clock for the queue.
pub(crate) fn now() -> Micros {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    micros(since)
}

/// A duration in the queue's unit.
pub(crate) fn micros(duration: Duration) -> Micros {
    Micros::try_from(duration.as_micros()).unwrap_or(Micros::MAX)
}

/// `now + duration`, without overflow.
pub(crate) fn after(now: Micros, duration: Duration) -> Micros {
    now.saturating_add(micros(duration))
}

/// A point in time as the wire writes it: ISO 8601, UTC, six fraction digits.
pub(crate) fn timestamp(at: Micros) -> Timestamp {
    let at = jiff::Timestamp::from_microsecond(at).unwrap_or_default();
    Timestamp::new(format!("{at:.6}"))
}

/// A file's time of change as folder lists write it (contract section 5).
pub(crate) fn file_date(at: SystemTime) -> Timestamp {
    let at = jiff::Timestamp::try_from(at).unwrap_or_default();
    Timestamp::new(at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_contract_says() {
        assert_eq!(
            timestamp(1_701_358_718_810_335).as_str(),
            "2023-11-30T15:38:38.810335Z"
        );
        let at = UNIX_EPOCH + Duration::from_millis(1_708_067_108_900);
        assert_eq!(file_date(at).as_str(), "2024-02-16T07:05:08+00:00");
    }
}
