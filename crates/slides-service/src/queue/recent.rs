use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Record;

/// Operations held at one time.
const MAX: usize = 4096;

/// Operations that were read since the last commit: clients that poll do not each open a
/// transaction for a row that has not changed.
#[derive(Debug, Default)]
pub(super) struct Recent {
    commits: AtomicU64,
    /// What was read after that many commits.
    rows: Mutex<(u64, HashMap<String, Arc<Record>>)>,
}

impl Recent {
    /// Commits so far; to be asked before a row is read.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    /// Forgets everything. To be called behind a commit, before anyone is told of it.
    pub(super) fn committed(&self) {
        self.commits.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Record>> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, rows) = &*rows;
        if *at == self.commits() {
            rows.get(id).cloned()
        } else {
            None
        }
    }

    /// Keeps a row that was read when there had been `at` commits.
    pub(super) fn put(&self, at: u64, record: &Arc<Record>) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, rows) = &mut *rows;
        if at > *known || rows.len() >= MAX {
            rows.clear();
            *known = at.max(*known);
        }
        if at == *known {
            rows.insert(record.id.clone(), Arc::clone(record));
        }
    }
}
