//! Limits on how often something may happen, in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Lets `count` things of a key happen in a `period`, all at once or spread; places come back one by one.
///
/// For each key there is one time: when it will have all its places again (the generic cell rate algorithm). At
/// most `keys` are remembered; those nearest to being whole again are forgotten first.
#[derive(Debug)]
pub(crate) struct Rate<K> {
    /// Time in which one place comes back.
    interval: Duration,
    period: Duration,
    keys: usize,
    whole_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Hash + Eq> Rate<K> {
    pub(crate) fn new(count: u32, period: Duration, keys: usize) -> Self {
        Self {
            interval: period / count.max(1),
            period,
            keys: keys.max(1),
            whole_at: Mutex::default(),
        }
    }

    /// Takes a place, or tells how long there is none.
    pub(crate) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        self.check(&key, now)?;
        self.count(key, now);
        Ok(())
    }

    /// How long there is no place, if so.
    pub(crate) fn check(&self, key: &K, now: Instant) -> Result<(), Duration> {
        let whole_at = self.times().get(key).copied().unwrap_or(now);
        let owed = whole_at.saturating_duration_since(now);
        match (owed + self.interval).checked_sub(self.period) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }

    /// Takes a place whether there is one or not.
    pub(crate) fn count(&self, key: K, now: Instant) {
        let mut times = self.times();
        if times.len() >= self.keys && !times.contains_key(&key) {
            forget(&mut times, now);
        }
        let whole_at = times.entry(key).or_insert(now);
        // Never more than a period in debt: who goes on is not punished for longer.
        *whole_at = ((*whole_at).max(now) + self.interval).min(now + self.period);
    }

    fn times(&self) -> MutexGuard<'_, HashMap<K, Instant>> {
        self.whole_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.times().len()
    }
}

/// Forgets what is over, and an eighth of all at least.
fn forget<K: Hash + Eq>(times: &mut HashMap<K, Instant>, now: Instant) {
    let mut sorted: Vec<Instant> = times.values().copied().collect();
    sorted.sort_unstable();
    let at = sorted
        .get(sorted.len() / 8)
        .copied()
        .unwrap_or(now)
        .max(now);
    times.retain(|_, whole_at| *whole_at > at);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn places_are_used_up_and_come_back() {
        let rate = Rate::new(3, MINUTE, 10);
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(rate.take("a", start), Ok(()));
        }
        assert_eq!(rate.take("a", start), Err(MINUTE / 3));
        assert_eq!(rate.take("b", start), Ok(()));
        let later = start + MINUTE / 3;
        assert_eq!(rate.take("a", later), Ok(()));
        assert_eq!(rate.take("a", later), Err(MINUTE / 3));
        let whole = later + MINUTE;
        for _ in 0..3 {
            assert_eq!(rate.take("a", whole), Ok(()));
        }
    }

    #[test]
    fn counting_on_costs_no_more_than_a_period() {
        let rate = Rate::new(2, MINUTE, 10);
        let start = Instant::now();
        for _ in 0..1000 {
            rate.count("a", start);
        }
        assert_eq!(rate.check(&"a", start), Err(MINUTE / 2));
        assert_eq!(rate.check(&"a", start + MINUTE / 2), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_the_worst_are_remembered() {
        let rate = Rate::new(5, MINUTE, 100);
        let start = Instant::now();
        for _ in 0..5 {
            rate.count(0, start);
        }
        for key in 1..10_000 {
            rate.count(key, start);
            assert!(rate.len() <= 100);
        }
        assert!(rate.check(&0, start).is_err());
    }
}
