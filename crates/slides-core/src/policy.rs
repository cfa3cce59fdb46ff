use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use crate::OperationId;

/// How a handle waits for its operation. Every limit is a field.
///
/// The wait between two polls is the larger of the back-off and the server's `Retry-After`, spread
/// by [`jitter`](Self::jitter), and never reaches past the deadline: the last poll happens at the
/// deadline itself. The first poll is due at once, unless [`first_within`](Self::first_within) says otherwise.
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
    /// The first poll is made at a random time within this, so that many operations resumed together are not asked for
    /// together. Default 0: at once.
    pub first_within: Duration,
    /// Wait after the first poll. Default 500 ms.
    pub initial: Duration,
    /// Growth of the wait from poll to poll. Values below 1 count as 1. Default 1.5.
    pub factor: f64,
    /// Longest back-off between two polls. Default 5 s.
    pub max: Duration,
    /// How far waits are spread, so that many operations started together are not asked for
    /// together: 0 for not at all, up to 1. Without a `Retry-After` a wait is a random one between
    /// `(1 - jitter)` times the back-off and the back-off; with one it is never shorter than that,
    /// and up to `jitter` times the larger of the two longer. Default 0.5.
    pub jitter: f64,
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
    /// Leave the wait to [`AsyncApi::changed`](crate::AsyncApi::changed), up to this long at a time: the end is then
    /// known when it happens and not at the next poll, where the implementer can tell (the service in this process, a
    /// `slides serve`). Others are asked again and again all the same. Not used after a status that is unknown, nor when
    /// the last wait was dropped midway. Default none: polls by the waits above, which every server can answer.
    pub held: Option<Duration>,
    /// How long an id may be unknown to the server (404) before the first good reply. Default 5 s.
    pub not_found_grace: Duration,
}

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            first_within: Duration::ZERO,
            initial: Duration::from_millis(500),
            factor: 1.5,
            max: Duration::from_secs(5),
            jitter: 0.5,
            retry_after_max: Duration::from_mins(1),
            deadline: Some(Duration::from_mins(15)),
            last_call: Duration::from_secs(10),
            transient_errors: 5,
            unknown_statuses: 5,
            held: None,
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

    /// The default policy for an implementer that can tell of changes: its answers are held back for 30 s at a time.
    pub fn following() -> Self {
        Self {
            held: Some(Duration::from_secs(30)),
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

    /// The wait before the next poll. `random` is in 0..1.
    pub(crate) fn wait(
        &self,
        backoff: Duration,
        retry_after: Option<Duration>,
        random: f64,
    ) -> Duration {
        let floor = retry_after.unwrap_or_default().min(self.retry_after_max);
        let jitter = if self.jitter.is_finite() {
            self.jitter.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let times = |wait: Duration, factor: f64| {
            Duration::try_from_secs_f64(wait.as_secs_f64() * factor).unwrap_or(wait)
        };
        times(backoff, 1.0 - jitter)
            .max(floor)
            .saturating_add(times(backoff.max(floor), jitter * random))
    }
}

/// Random numbers for the jitter of one wait, not for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Jitter(u64);

impl Jitter {
    /// A sequence of its own for each id and process.
    pub(crate) fn for_id(id: &OperationId) -> Self {
        Self(RandomState::new().hash_one(id.as_str()))
    }

    /// A sequence that is known.
    #[cfg(test)]
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, in 0..1 (SplitMix64).
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        // the 53 bits that a float holds
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_spreads_the_wait_and_never_undercuts_the_server() {
        let half = PollPolicy::default();
        let none = PollPolicy {
            jitter: 0.0,
            ..PollPolicy::default()
        };
        let odd = PollPolicy {
            jitter: f64::NAN,
            ..PollPolicy::default()
        };
        // policy, back-off, Retry-After, random, wait in milliseconds
        for (policy, backoff, retry_after, random, expected) in [
            (&half, 4000, None, 0.0, 2000),
            (&half, 4000, None, 0.5, 3000),
            (&half, 4000, None, 1.0, 4000),
            (&half, 4000, Some(3000), 0.0, 3000),
            (&half, 4000, Some(3000), 1.0, 5000),
            (&half, 4000, Some(8000), 0.0, 8000),
            (&half, 4000, Some(8000), 1.0, 12_000),
            (&half, 4000, Some(86_400_000), 0.0, 60_000),
            (&none, 4000, None, 0.7, 4000),
            (&none, 4000, Some(8000), 0.7, 8000),
            (&odd, 4000, Some(8000), 0.7, 8000),
        ] {
            let ms = Duration::from_millis;
            let wait = policy.wait(ms(backoff), retry_after.map(ms), random);
            assert_eq!(wait, ms(expected), "{backoff} {retry_after:?} {random}");
        }
        let huge = half.wait(Duration::MAX, Some(Duration::MAX), 1.0);
        assert!(huge >= Duration::from_mins(1));
    }

    /// Ten thousand operations started at the same instant, by the clock of their policies.
    #[test]
    fn operations_started_together_are_not_asked_for_together() {
        const OPERATIONS: u64 = 10_000;
        /// Windows in which polls are counted, in milliseconds.
        const WINDOW: usize = 100;
        let (from, to) = (20_000, 50_000);
        for retry_after in [None, Some(Duration::from_secs(2))] {
            let policy = PollPolicy::default();
            let mut polls = vec![0_u32; to / WINDOW];
            for seed in 0..OPERATIONS {
                let mut jitter = Jitter::seeded(seed);
                let (mut at, mut backoff) = (Duration::ZERO, policy.initial);
                while let Some(count) = polls.get_mut(at.as_millis() as usize / WINDOW) {
                    *count += 1;
                    at += policy.wait(backoff, retry_after, jitter.next());
                    backoff = policy.grow(backoff);
                }
            }
            let steady = &polls[from / WINDOW..];
            let mean = f64::from(steady.iter().sum::<u32>()) / steady.len() as f64;
            let most = f64::from(*steady.iter().max().unwrap());
            assert!(
                most < 2.0 * mean,
                "{retry_after:?}: {most} polls in a window, mean {mean}"
            );
        }
    }
}
