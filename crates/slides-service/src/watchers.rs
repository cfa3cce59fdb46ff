use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Whoever waits for news of an operation, by its id. There is an entry while someone waits, so that news costs
/// next to nothing when nobody does, and wakes nobody else.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Mutex<HashMap<String, Entry>>);

#[derive(Debug, Default)]
struct Entry {
    news: Arc<Notify>,
    waiting: usize,
}

/// One who waits.
pub(crate) struct Watch<'a> {
    watchers: &'a Watchers,
    id: &'a str,
    news: Arc<Notify>,
}

impl Watchers {
    /// Begins to wait for news of an operation.
    pub(crate) fn watch<'a>(&'a self, id: &'a str) -> Watch<'a> {
        let mut entries = self.entries();
        let entry = entries.entry(id.to_owned()).or_default();
        entry.waiting += 1;
        let news = Arc::clone(&entry.news);
        Watch {
            watchers: self,
            id,
            news,
        }
    }

    /// Tells that there is news of an operation.
    pub(crate) fn tell(&self, id: &str) {
        if let Some(entry) = self.entries().get(id) {
            entry.news.notify_waiters();
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch<'_> {
    /// The next news; what is told after this call counts, even before it is awaited.
    pub(crate) fn news(&self) -> tokio::sync::futures::Notified<'_> {
        self.news.notified()
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let mut entries = self.watchers.entries();
        if let Some(entry) = entries.get_mut(self.id) {
            entry.waiting -= 1;
            if entry.waiting == 0 {
                entries.remove(self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn news_goes_to_those_who_wait_for_it_and_nothing_is_left_behind() {
        let watchers = Watchers::default();
        watchers.tell("a");
        let (one, two, other) = (
            watchers.watch("a"),
            watchers.watch("a"),
            watchers.watch("b"),
        );
        let (first, second, third) = (one.news(), two.news(), other.news());
        watchers.tell("a");
        first.await;
        second.await;
        let patience = std::time::Duration::from_secs(1);
        assert!(tokio::time::timeout(patience, third).await.is_err());
        drop((one, other));
        assert_eq!(watchers.entries().len(), 1);
        drop(two);
        assert!(watchers.entries().is_empty());
    }
}
