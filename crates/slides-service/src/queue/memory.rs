use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::record::turn;
use super::state::rescue_event;
use super::store::{LONGEST_WAIT, attempts_spent};
use super::{
    Beat, Canceled, EndEvent, Ended, Event, Expired, Filter, Hold, IdempotencyKey, Micros,
    NewOperation, Newest, NewestPage, Outcome, Progress, Record, Rescue, Rescued, State, Store,
    StoreError, StoreStats, Submitted, Waiting, transition,
};

/// A queue in memory, for embedded use: nothing outlives the process.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    last: i64,
    by_seq: BTreeMap<i64, Record>,
    by_id: HashMap<String, i64>,
    keys: HashMap<(String, String), (String, String)>,
    /// Ends to be told of, with the time of the next try.
    events: BTreeMap<String, (Micros, EndEvent)>,
}

impl MemoryStore {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // Each change is a whole one before the next statement can panic.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn get_mut(&mut self, id: &str) -> Option<&mut Record> {
        let seq = self.by_id.get(id)?;
        self.by_seq.get_mut(seq)
    }

    /// Adds a row under the next number.
    fn add(&mut self, record: Record) -> Result<(), StoreError> {
        if self.by_id.contains_key(&record.id) {
            return Err(StoreError::DuplicateId { id: record.id });
        }
        if let Some(IdempotencyKey { key, request_hash }) = &record.idempotency {
            self.keys.insert(
                (record.tenant.clone(), key.clone()),
                (record.id.clone(), request_hash.clone()),
            );
        }
        self.last += 1;
        self.by_id.insert(record.id.clone(), self.last);
        let row = Record {
            seq: self.last,
            ..record
        };
        self.by_seq.insert(self.last, row);
        Ok(())
    }

    fn turn(&self, tenant: &str, priority: i16) -> i64 {
        let waiting = || {
            let rows = self.by_seq.values();
            rows.filter(|row| row.state == State::Enqueued && row.priority == priority)
        };
        let own = waiting().filter(|row| row.tenant == tenant);
        turn(
            waiting().map(|row| row.turn).min(),
            own.map(|row| row.turn).max(),
        )
    }

    /// Notes the ends that somebody wants to be told of.
    fn tell(&mut self, ids: &[String], now: Micros) {
        for id in ids {
            if self.get_mut(id).is_some_and(|row| row.webhook.is_some()) {
                let event = EndEvent {
                    operation: id.clone(),
                    attempts: 0,
                    at: now,
                };
                self.events.insert(id.clone(), (now, event));
            }
        }
    }

    /// Removes an ended row with all that belongs to it.
    fn remove(&mut self, seq: i64) -> Option<Expired> {
        let row = self.by_seq.remove(&seq)?;
        self.by_id.remove(&row.id);
        self.keys.retain(|_, (id, _)| *id != row.id);
        self.events.remove(&row.id);
        let blobs = row.inputs.into_iter().chain(row.result.map(|r| r.blob));
        Some(Expired {
            id: row.id,
            blobs: blobs.collect(),
        })
    }

    /// The row if `hold` is its current one.
    fn held(&mut self, hold: &Hold) -> Option<&mut Record> {
        self.get_mut(&hold.id)
            .filter(|row| row.state == State::Started && row.epoch == hold.epoch)
    }
}

/// Ends a row: state, time, retention; nothing else refers to a lease then.
fn end_row(row: &mut Record, to: State, now: Micros, expires: Micros) {
    row.state = to;
    row.ended = Some(now);
    row.expires = Some(expires);
    row.lease_until = None;
}

/// Hands a row to a worker, if it waits.
fn claim_row(row: &mut Record, worker: &str, lease_until: Micros, now: Micros) -> Option<Record> {
    row.state = transition(row.state, Event::Claim)?;
    row.epoch += 1;
    row.attempts += 1;
    row.worker = Some(worker.to_owned());
    row.lease_until = Some(lease_until);
    row.started.get_or_insert(now);
    row.progress = None;
    Some(row.clone())
}

impl Store for MemoryStore {
    fn submit(&self, operation: NewOperation, now: Micros) -> Result<Submitted, StoreError> {
        let mut rows = self.rows();
        if let Some(key) = &operation.idempotency {
            let slot = (operation.tenant.clone(), key.key.clone());
            if let Some((id, hash)) = rows.keys.get(&slot) {
                if *hash != key.request_hash {
                    return Err(StoreError::KeyConflict {
                        key: key.key.clone(),
                    });
                }
                return Ok(Submitted::Existing(id.clone()));
            }
        }
        let turn = rows.turn(&operation.tenant, operation.priority);
        rows.add(Record {
            seq: 0,
            id: operation.id,
            tenant: operation.tenant,
            method: operation.method,
            state: State::Enqueued,
            request: operation.request,
            inputs: operation.inputs,
            input_bytes: operation.input_bytes,
            priority: operation.priority,
            turn,
            idempotency: operation.idempotency,
            webhook: operation.webhook,
            epoch: 0,
            worker: None,
            lease_until: None,
            attempts: 0,
            max_attempts: operation.max_attempts,
            cancel_requested: None,
            run_at: now,
            progress: None,
            error: None,
            result: None,
            warnings: Vec::new(),
            created: now,
            enqueued: now,
            started: None,
            ended: None,
            expires: None,
        })?;
        Ok(Submitted::New)
    }

    fn get(&self, id: &str) -> Result<Option<Record>, StoreError> {
        Ok(self.rows().get_mut(id).cloned())
    }

    fn claim(
        &self,
        worker: &str,
        lease_until: Micros,
        now: Micros,
    ) -> Result<Option<Record>, StoreError> {
        let mut rows = self.rows();
        let next = rows
            .by_seq
            .iter_mut()
            .filter(|(_, row)| row.state == State::Enqueued && row.run_at <= now)
            .min_by_key(|(seq, row)| (Reverse(row.priority), row.turn, **seq));
        Ok(next.and_then(|(_, row)| claim_row(row, worker, lease_until, now)))
    }

    fn claim_one(
        &self,
        id: &str,
        worker: &str,
        lease_until: Micros,
        now: Micros,
    ) -> Result<Option<Record>, StoreError> {
        let mut rows = self.rows();
        let row = rows.get_mut(id).filter(|row| row.run_at <= now);
        Ok(row.and_then(|row| claim_row(row, worker, lease_until, now)))
    }

    fn heartbeat(
        &self,
        hold: &Hold,
        lease_until: Micros,
        progress: Option<Progress>,
        _now: Micros,
    ) -> Result<Beat, StoreError> {
        let mut rows = self.rows();
        let Some(row) = rows.held(hold) else {
            return Ok(Beat::Lost);
        };
        row.lease_until = Some(lease_until);
        if progress.is_some() {
            row.progress = progress;
        }
        Ok(Beat::Held {
            cancel: row.cancel_requested.is_some(),
        })
    }

    fn end(
        &self,
        hold: &Hold,
        outcome: Outcome,
        now: Micros,
        expires: Micros,
    ) -> Result<Ended, StoreError> {
        let mut rows = self.rows();
        let Some(row) = rows.held(hold) else {
            return Ok(Ended::Fenced);
        };
        let event = match &outcome {
            Outcome::Finished { .. } => Event::Finish,
            Outcome::Failed(_) => Event::Fail,
            Outcome::Canceled => Event::Cancel,
        };
        let Some(to) = transition(row.state, event) else {
            return Ok(Ended::Fenced);
        };
        end_row(row, to, now, expires);
        match outcome {
            Outcome::Finished {
                result,
                warnings,
                progress,
            } => {
                row.result = result;
                row.warnings = warnings;
                if progress.is_some() {
                    row.progress = progress;
                }
            }
            Outcome::Failed(failure) => row.error = Some(failure),
            Outcome::Canceled => {}
        }
        rows.tell(std::slice::from_ref(&hold.id), now);
        Ok(Ended::Recorded)
    }

    fn release(
        &self,
        hold: &Hold,
        run_at: Micros,
        counted: bool,
        _now: Micros,
    ) -> Result<Ended, StoreError> {
        let mut rows = self.rows();
        let Some(row) = rows.held(hold) else {
            return Ok(Ended::Fenced);
        };
        let Some(to) = transition(row.state, Event::Requeue) else {
            return Ok(Ended::Fenced);
        };
        row.state = to;
        row.run_at = run_at;
        row.lease_until = None;
        if !counted {
            row.attempts = row.attempts.saturating_sub(1);
        }
        Ok(Ended::Recorded)
    }

    fn rescue(&self, which: Rescue, now: Micros, expires: Micros) -> Result<Rescued, StoreError> {
        let mut rescued = Rescued::default();
        let mut rows = self.rows();
        if matches!(which, Rescue::All { .. }) {
            let latest = now.saturating_add(LONGEST_WAIT);
            for row in rows.by_seq.values_mut() {
                if row.state == State::Enqueued && row.run_at > latest {
                    row.run_at = now;
                }
            }
            for (due, _) in rows.events.values_mut() {
                *due = now.min(*due);
            }
        }
        for row in rows
            .by_seq
            .values_mut()
            .filter(|row| row.state == State::Started)
        {
            let (due, counted) = match which {
                Rescue::Expired => (row.lease_until.is_none_or(|until| until < now), true),
                Rescue::All { count_from } => (true, row.epoch >= count_from),
            };
            if !due {
                continue;
            }
            let event = rescue_event(
                row.cancel_requested.is_some(),
                counted,
                row.attempts,
                row.max_attempts,
            );
            let Some(to) = transition(row.state, event) else {
                continue;
            };
            match event {
                Event::Cancel => {
                    end_row(row, to, now, expires);
                    rescued.canceled.push(row.id.clone());
                }
                Event::Fail => {
                    end_row(row, to, now, expires);
                    row.error = Some(attempts_spent(row.attempts));
                    rescued.failed.push(row.id.clone());
                }
                _ => {
                    row.state = to;
                    row.run_at = now;
                    row.lease_until = None;
                    if !counted {
                        row.attempts = row.attempts.saturating_sub(1);
                    }
                    rescued.requeued.push(row.id.clone());
                }
            }
        }
        rows.tell(&rescued.failed, now);
        rows.tell(&rescued.canceled, now);
        Ok(rescued)
    }

    fn cancel(&self, id: &str, now: Micros, expires: Micros) -> Result<Canceled, StoreError> {
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(id) else {
            return Ok(Canceled::Unknown);
        };
        if row.state == State::Started {
            row.cancel_requested.get_or_insert(now);
            return Ok(Canceled::Requested);
        }
        let Some(to) = transition(row.state, Event::Cancel) else {
            return Ok(Canceled::TooLate(row.state));
        };
        row.cancel_requested.get_or_insert(now);
        end_row(row, to, now, expires);
        rows.tell(&[id.to_owned()], now);
        Ok(Canceled::Now)
    }

    fn expire(&self, now: Micros, limit: usize) -> Result<Vec<Expired>, StoreError> {
        let mut rows = self.rows();
        let mut due: Vec<(Micros, i64)> = rows
            .by_seq
            .iter()
            .filter_map(|(seq, row)| row.expires.filter(|at| *at <= now).map(|at| (at, *seq)))
            .collect();
        due.sort_unstable();
        let due = due.into_iter().take(limit);
        Ok(due.filter_map(|(_, seq)| rows.remove(seq)).collect())
    }

    fn remove(&self, ids: &[String]) -> Result<Vec<Expired>, StoreError> {
        let mut rows = self.rows();
        let mut removed = Vec::new();
        for id in ids {
            let ended = rows.get_mut(id).filter(|row| row.state.is_terminal());
            let seq = ended.map(|row| row.seq);
            removed.extend(seq.and_then(|seq| rows.remove(seq)));
        }
        Ok(removed)
    }

    fn blobs(&self) -> Result<BTreeSet<String>, StoreError> {
        Ok(self
            .rows()
            .by_seq
            .values()
            .flat_map(|row| {
                let inputs = match row.state {
                    State::Finished | State::Canceled => &[][..],
                    _ => &row.inputs[..],
                };
                inputs
                    .iter()
                    .cloned()
                    .chain(row.result.iter().map(|r| r.blob.clone()))
            })
            .collect())
    }

    fn stats(&self) -> Result<StoreStats, StoreError> {
        let mut stats = StoreStats::default();
        for row in self.rows().by_seq.values() {
            *stats.depth.entry(row.state).or_default() += 1;
            if row.state == State::Enqueued {
                let oldest = stats.oldest_enqueued.get_or_insert(row.enqueued);
                *oldest = (*oldest).min(row.enqueued);
            }
        }
        Ok(stats)
    }
    fn list(&self, which: &Filter) -> Result<Vec<Record>, StoreError> {
        let rows = self.rows();
        let found = rows.by_seq.values().filter(|row| which.takes(row));
        Ok(found.take(which.limit).cloned().collect())
    }

    fn newest(&self, which: &Newest) -> Result<NewestPage, StoreError> {
        let rows = self.rows();
        let mut page = NewestPage::default();
        let below = rows.by_seq.range(..which.below()).rev();
        for (looked, (&seq, row)) in below.enumerate() {
            if looked >= which.scan || page.rows.len() >= which.limit {
                page.before = Some(seq.saturating_add(1));
                break;
            }
            if which.takes(row.state, &row.tenant) {
                page.rows.push(row.clone());
            }
        }
        Ok(page)
    }

    fn line(&self, limit: usize) -> Result<Vec<i64>, StoreError> {
        let rows = self.rows();
        let mut waiting: Vec<_> = rows
            .by_seq
            .values()
            .filter(|row| row.state == State::Enqueued)
            .map(|row| (Reverse(row.priority), row.turn, row.seq))
            .collect();
        waiting.sort_unstable();
        Ok(waiting.into_iter().take(limit).map(|row| row.2).collect())
    }

    fn insert(&self, record: &Record, untold: bool) -> Result<(), StoreError> {
        let mut rows = self.rows();
        if let Some(IdempotencyKey { key, .. }) = &record.idempotency
            && !rows.by_id.contains_key(&record.id)
            && rows
                .keys
                .contains_key(&(record.tenant.clone(), key.clone()))
        {
            return Err(StoreError::KeyConflict { key: key.clone() });
        }
        rows.add(record.clone())?;
        if untold {
            rows.tell(
                std::slice::from_ref(&record.id),
                record.ended.unwrap_or(record.created),
            );
        }
        Ok(())
    }

    fn waiting(&self, tenant: &str) -> Result<Waiting, StoreError> {
        let mut waiting = Waiting::default();
        for row in self
            .rows()
            .by_seq
            .values()
            .filter(|row| row.state == State::Enqueued)
        {
            waiting.operations += 1;
            waiting.bytes += row.input_bytes;
            waiting.of_client += u64::from(row.tenant == tenant);
        }
        Ok(waiting)
    }

    fn events_due(
        &self,
        limit: usize,
        again: Micros,
        now: Micros,
    ) -> Result<Vec<EndEvent>, StoreError> {
        let mut rows = self.rows();
        let mut due: Vec<_> = rows
            .events
            .values_mut()
            .filter(|(at, _)| *at <= now)
            .collect();
        due.sort_by(|(a, left), (b, right)| (a, &left.operation).cmp(&(b, &right.operation)));
        let due = due.into_iter().take(limit);
        Ok(due
            .map(|(at, event)| {
                *at = again;
                event.attempts += 1;
                event.clone()
            })
            .collect())
    }

    fn event_done(&self, operation: &str) -> Result<(), StoreError> {
        self.rows().events.remove(operation);
        Ok(())
    }

    fn event_later(&self, operation: &str, at: Micros, _now: Micros) -> Result<(), StoreError> {
        if let Some((next, _)) = self.rows().events.get_mut(operation) {
            *next = at;
        }
        Ok(())
    }
}
