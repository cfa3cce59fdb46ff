use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use slides_types::Timestamp;

use crate::queue::Micros;

/// The time of one run of a service: the wall clock as of its start, and from then on as much as has passed.
///
/// The wall clock may be set by an hour at any moment. Leases would then end while their workers are alive, and what
/// was just enqueued would have to wait for an hour. While the machine sleeps this clock stands still, as workers do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Micros,
    since: Instant,
}

impl Clock {
    /// Begins with what the wall clock says.
    pub(crate) fn start() -> Self {
        Self {
            start: now(),
            since: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> Micros {
        after(self.start, self.since.elapsed())
    }
}

/// The time now by the wall clock, for what is done once. The one place of this crate that reads it for the queue.
pub(crate) fn now() -> Micros {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    micros(since)
}

/// A duration in the queue's unit.
pub(crate) fn system_time(at: Micros) -> std::time::SystemTime {
    std::time::UNIX_EPOCH + Duration::from_micros(u64::try_from(at).unwrap_or(0))
}

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
    fn a_running_clock_does_not_follow_the_wall_clock() {
        // As if the wall clock had been set an hour back, or ahead, after the start.
        for off in [-3_600_000_000, 3_600_000_000] {
            let clock = Clock {
                start: now() + off,
                since: Instant::now(),
            };
            let (first, second) = (clock.now(), clock.now());
            assert!(first >= clock.start && second >= first);
            assert!((first - now() - off).abs() < 1_800_000_000, "{off}");
        }
    }

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
