//! Whether the service can take work and do it.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::options::ServiceLimits;

/// How long no worker may have shown itself: they do every few seconds, idle or not.
const SILENCE: Duration = Duration::from_mins(1);

/// What was seen last of disk and workers.
#[derive(Debug)]
pub(crate) struct Health {
    disk: Mutex<Option<Disk>>,
    begun: Instant,
    /// Milliseconds from the beginning.
    worker_seen: AtomicU64,
}

/// Space of a disk in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Disk {
    pub(crate) free: u64,
    pub(crate) total: u64,
}

impl Health {
    pub(crate) fn new() -> Self {
        Self {
            disk: Mutex::new(None),
            begun: Instant::now(),
            worker_seen: AtomicU64::new(0),
        }
    }

    /// Looks at the disk of a folder. Blocks as long as the file system takes.
    pub(crate) fn look(&self, folder: &Path) {
        let disk = Disk::of(folder);
        *self.disk.lock().unwrap_or_else(PoisonError::into_inner) = disk;
    }

    /// What was seen of the disk; nothing where it is not looked at.
    pub(crate) fn disk(&self) -> Option<Disk> {
        *self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why no documents can be taken, if so.
    pub(crate) fn full(&self, limits: &ServiceLimits) -> Option<String> {
        self.disk().and_then(|disk| disk.full(limits))
    }

    /// A worker got an answer from the queue.
    pub(crate) fn worker_seen(&self) {
        let since = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.worker_seen.store(since, Ordering::Relaxed);
    }

    /// Whether workers show themselves.
    pub(crate) fn workers_answer(&self) -> bool {
        let seen = Duration::from_millis(self.worker_seen.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(seen) < SILENCE
    }
}

impl Disk {
    #[cfg(unix)]
    fn of(folder: &Path) -> Option<Self> {
        let disk = rustix::fs::statvfs(folder).ok()?;
        Some(Self {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            total: disk.f_blocks.saturating_mul(disk.f_frsize),
        })
    }

    #[cfg(not(unix))]
    fn of(_folder: &Path) -> Option<Self> {
        None
    }

    fn full(self, limits: &ServiceLimits) -> Option<String> {
        let share = self.total / 100 * u64::from(limits.min_free_percent.min(100));
        let needed = share.max(limits.min_free_bytes);
        (self.free < needed).then(|| {
            format!(
                "the disk of the data folder has {} MiB free, {} are needed (`min_free_percent`, `min_free_bytes`)",
                self.free >> 20,
                needed >> 20
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_full_by_share_or_by_bytes() {
        const GIB: u64 = 1 << 30;
        let limits = ServiceLimits::default();
        for (free, total, is_full) in [
            (3, 10, false),
            (1, 10, true),
            (9, 1000, true),
            (11, 1000, false),
            (0, 0, true),
        ] {
            let disk = Disk {
                free: free * GIB,
                total: total * GIB,
            };
            assert_eq!(disk.full(&limits).is_some(), is_full, "{free} of {total}");
        }
        let none = ServiceLimits {
            min_free_bytes: 0,
            min_free_percent: 0,
            ..limits
        };
        assert_eq!(Disk { free: 0, total: 0 }.full(&none), None);
    }

    #[test]
    fn what_was_seen_is_remembered() {
        let health = Health::new();
        assert!(health.workers_answer() && health.disk().is_none());
        health.worker_seen();
        assert!(health.workers_answer());
        health.look(&std::env::temp_dir());
        assert!(cfg!(not(unix)) || health.disk().unwrap().total > 0);
        health.look(Path::new("/nowhere/at/all"));
        assert_eq!(health.disk(), None);
    }
}
