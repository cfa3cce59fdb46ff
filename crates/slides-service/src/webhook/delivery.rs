use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use slides_types::Operation;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{WebhookCall, Webhooks, signature};
use crate::clock;
use crate::queue::{EndEvent, Micros, StoreError};
use crate::stats::Counters;

/// Tries of an event.
const TRIES: u32 = 8;
/// Wait after the first try; three times as long after each further one.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Longest wait: with it the tries span about an hour.
const LONGEST_WAIT: Duration = Duration::from_mins(20);
/// Events on their way at one time.
const AT_ONCE: usize = 32;
/// How long a sender keeps an event to itself; longer than a try can take.
const TAKEN: Duration = Duration::from_mins(2);
/// Longest try.
const TRY: Duration = Duration::from_secs(30);
/// How often events that became due are looked for.
const LOOK: Duration = Duration::from_secs(1);

/// What is told to whom.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) address: String,
    pub(crate) client: String,
    pub(crate) operation: Operation,
}

/// The events to send, wherever they are kept.
#[async_trait]
pub(crate) trait Outbox: Send + Sync + 'static {
    /// Takes events that are due and keeps them from others until `again`.
    async fn due(&self, limit: usize, again: Micros) -> Result<Vec<EndEvent>, StoreError>;
    /// What an event says; none when its operation is gone or never had an address.
    async fn notice(&self, operation: &str) -> Result<Option<Notice>, StoreError>;
    /// Removes an event.
    async fn done(&self, operation: &str) -> Result<(), StoreError>;
    /// Puts an event off.
    async fn later(&self, operation: &str, at: Micros) -> Result<(), StoreError>;
    /// Where it is counted.
    fn counters(&self) -> &Counters;
}

/// Sends events until it is told to stop.
pub(crate) struct Delivery<O> {
    pub(crate) outbox: Arc<O>,
    pub(crate) webhooks: Webhooks,
}

impl<O> Clone for Delivery<O> {
    fn clone(&self) -> Self {
        Self {
            outbox: Arc::clone(&self.outbox),
            webhooks: self.webhooks.clone(),
        }
    }
}

impl<O: Outbox> Delivery<O> {
    /// Sends what is due; `ended` tells that there may be more. What is on its way when `stop` is set is waited for:
    /// it ends within the bounded time of a try.
    pub(crate) async fn run(self, ended: &Notify, stop: &CancellationToken) {
        let mut under_way = JoinSet::new();
        while !stop.is_cancelled() {
            let free = AT_ONCE - under_way.len();
            let due = self.take(free).await;
            let is_all = due.len() < free;
            for event in due {
                let delivery = self.clone();
                under_way.spawn(async move { delivery.send(event).await });
            }
            if !is_all && under_way.len() < AT_ONCE {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = under_way.join_next() => {}
                () = ended.notified(), if under_way.len() < AT_ONCE => {}
                () = tokio::time::sleep(LOOK), if under_way.len() < AT_ONCE => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn take(&self, limit: usize) -> Vec<EndEvent> {
        if limit == 0 {
            return Vec::new();
        }
        let again = clock::after(clock::now(), TAKEN);
        self.outbox.due(limit, again).await.unwrap_or_else(|error| {
            tracing::error!(%error, "webhooks cannot be read from the queue");
            Vec::new()
        })
    }

    async fn send(&self, event: EndEvent) {
        let counters = self.outbox.counters();
        let id = event.operation.as_str();
        let outcome = match self.outbox.notice(id).await {
            Ok(None) => Some(true),
            Ok(Some(notice)) => self.try_once(&event, notice).await,
            // It comes again by itself.
            Err(error) => return tracing::error!(%error, id, "an operation cannot be read"),
        };
        let kept = if let Some(is_taken) = outcome {
            if !is_taken {
                counters.webhooks_given_up.add(1);
                tracing::warn!(id, tries = event.attempts, "a webhook is given up");
            }
            self.outbox.done(id).await
        } else {
            let wait = back_off(event.attempts, rand::random());
            self.outbox
                .later(id, clock::after(clock::now(), wait))
                .await
        };
        // It is sent again then: its id tells the receiver.
        if let Err(error) = kept {
            tracing::error!(%error, id, "what became of a webhook cannot be recorded");
        }
    }

    /// Whether the event was taken; nothing when it is to be tried again.
    async fn try_once(&self, event: &EndEvent, notice: Notice) -> Option<bool> {
        let counters = self.outbox.counters();
        let call = self.call(event, notice);
        let id = event.operation.as_str();
        let sent = tokio::time::timeout(TRY, self.webhooks.deliver.deliver(call)).await;
        let status = match sent {
            Ok(Ok(status @ 200..300)) => {
                counters.webhooks_delivered.add(1);
                counters.webhook_took(clock::now().saturating_sub(event.at));
                tracing::info!(id, status, attempt = event.attempts, "webhook delivered");
                return Some(true);
            }
            Ok(Ok(status)) => Some(status),
            // Never the error's text: it names the address.
            Ok(Err(error)) => {
                let kind = error.kind_text();
                tracing::info!(id, error.type = kind, attempt = event.attempts, "webhook not delivered");
                None
            }
            Err(_) => None,
        };
        counters.webhooks_failed.add(1);
        if let Some(status) = status {
            tracing::info!(id, status, attempt = event.attempts, "webhook not taken");
        }
        // 410: the receiver wants no more of it.
        (event.attempts >= TRIES || status == Some(410)).then_some(false)
    }

    fn call(&self, event: &EndEvent, notice: Notice) -> WebhookCall {
        let id = format!("{}.ended", event.operation);
        let body = serde_json::json!({
            "id": id,
            "type": "operation.ended",
            "created": clock::timestamp(event.at).as_str(),
            "operation": notice.operation,
        });
        let body = body.to_string().into_bytes();
        let seconds = clock::now() / 1_000_000;
        let keys = &self.webhooks.keys;
        WebhookCall {
            signature: signature::sign(keys, &notice.client, seconds, &body),
            address: notice.address,
            event: id,
            body,
        }
    }
}

/// The wait after a try, a fifth shorter or longer by chance: receivers that were down are not all told at once.
fn back_off(attempts: u32, chance: f64) -> Duration {
    let factor = 3_u32.saturating_pow(attempts.saturating_sub(1));
    let wait = FIRST_WAIT.saturating_mul(factor).min(LONGEST_WAIT);
    wait.mul_f64(0.8 + 0.4 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use slides_core::{Error, Result};
    use slides_types::{OperationMethod, OperationStatus};

    use super::*;
    use crate::webhook::{Deliver, WebhookKey};

    /// Events in memory; time is what the test says.
    #[derive(Default)]
    struct Fake {
        /// Operation to tries and when it is due.
        events: Mutex<BTreeMap<String, (u32, bool)>>,
        waits: Mutex<Vec<Duration>>,
        counters: Counters,
        changed: Notify,
    }

    impl Fake {
        fn with(ids: &[&str]) -> Arc<Self> {
            let fake = Self::default();
            let events = ids.iter().map(|id| ((*id).to_owned(), (0, true)));
            *fake.events.lock().unwrap() = events.collect();
            Arc::new(fake)
        }
    }

    #[async_trait]
    impl Outbox for Fake {
        async fn due(&self, limit: usize, _: Micros) -> Result<Vec<EndEvent>, StoreError> {
            let mut events = self.events.lock().unwrap();
            let due = events.iter_mut().filter(|(_, (_, is_due))| *is_due);
            let taken = due.take(limit).map(|(id, (attempts, is_due))| {
                *attempts += 1;
                *is_due = false;
                EndEvent {
                    operation: id.clone(),
                    attempts: *attempts,
                    at: 0,
                }
            });
            Ok(taken.collect())
        }

        async fn notice(&self, operation: &str) -> Result<Option<Notice>, StoreError> {
            let notice = || Notice {
                address: format!("https://hooks.example/{operation}"),
                client: "me".to_owned(),
                operation: Operation::new(
                    operation,
                    OperationMethod::Convert,
                    OperationStatus::Finished,
                ),
            };
            Ok((operation != "gone").then(notice))
        }

        async fn done(&self, operation: &str) -> Result<(), StoreError> {
            self.events.lock().unwrap().remove(operation);
            self.changed.notify_one();
            Ok(())
        }

        async fn later(&self, operation: &str, at: Micros) -> Result<(), StoreError> {
            let wait = Duration::from_micros((at - clock::now()).max(0) as u64);
            self.waits.lock().unwrap().push(wait);
            self.events.lock().unwrap().get_mut(operation).unwrap().1 = true;
            Ok(())
        }

        fn counters(&self) -> &Counters {
            &self.counters
        }
    }

    /// Answers with statuses from a list, then with the last again; 0 is no answer.
    struct Script {
        statuses: Mutex<Vec<u16>>,
        calls: Mutex<Vec<WebhookCall>>,
    }

    impl Script {
        fn new(statuses: &[u16]) -> Arc<Self> {
            Arc::new(Self {
                statuses: Mutex::new(statuses.to_vec()),
                calls: Mutex::default(),
            })
        }
    }

    #[async_trait]
    impl Deliver for Script {
        fn check(&self, _: &str) -> Result<()> {
            Ok(())
        }

        async fn deliver(&self, call: WebhookCall) -> Result<u16> {
            self.calls.lock().unwrap().push(call);
            let next = || {
                let mut statuses = self.statuses.lock().unwrap();
                if statuses.len() > 1 {
                    statuses.remove(0)
                } else {
                    statuses[0]
                }
            };
            match next() {
                0 => Err(Error::unavailable(503, "https://hooks.example", None)),
                1 => std::future::pending().await,
                status => Ok(status),
            }
        }
    }

    async fn run(outbox: &Arc<Fake>, script: &Arc<Script>) {
        let key = WebhookKey::new(vec![7; 32]);
        let delivery = Delivery {
            outbox: Arc::clone(outbox),
            webhooks: Webhooks::new(script.clone(), vec![key]),
        };
        let (ended, stop) = (Notify::new(), CancellationToken::new());
        let watch = async {
            while !outbox.events.lock().unwrap().is_empty() {
                outbox.changed.notified().await;
            }
            stop.cancel();
        };
        tokio::join!(delivery.run(&ended, &stop), watch);
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_is_sent_until_it_is_taken() {
        let (outbox, script) = (Fake::with(&["op-1"]), Script::new(&[500, 0, 302, 204]));
        run(&outbox, &script).await;
        let calls = script.calls.lock().unwrap().clone();
        assert_eq!(calls.len(), 4);
        for call in &calls {
            assert_eq!(call.address, "https://hooks.example/op-1");
            assert_eq!(call.event, "op-1.ended");
            assert_eq!(call.body, calls[0].body);
            assert!(call.signature.starts_with("t=") && call.signature.contains(",v1="));
        }
        let body: serde_json::Value = serde_json::from_slice(&calls[0].body).unwrap();
        assert_eq!(body["type"], "operation.ended");
        assert_eq!(body["operation"]["status"], "Finished");
        let counters = &outbox.counters;
        let counts = [
            counters.webhooks_delivered.get(),
            counters.webhooks_failed.get(),
            counters.webhooks_given_up.get(),
        ];
        assert_eq!(counts, [1, 3, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn tries_are_spent_within_about_an_hour() {
        let (outbox, script) = (Fake::with(&["op-1"]), Script::new(&[503]));
        run(&outbox, &script).await;
        assert_eq!(script.calls.lock().unwrap().len(), 8);
        assert_eq!(outbox.counters.webhooks_given_up.get(), 1);
        let span: Duration = outbox.waits.lock().unwrap().iter().sum();
        assert!((35..75).contains(&(span.as_secs() / 60)), "{span:?}");
        // Silence is bounded, and counts as a try.
        let (outbox, script) = (Fake::with(&["op-1"]), Script::new(&[1]));
        run(&outbox, &script).await;
        assert_eq!(script.calls.lock().unwrap().len(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_gone_is_asked_no_more() {
        let (outbox, script) = (Fake::with(&["gone", "op-1"]), Script::new(&[410]));
        run(&outbox, &script).await;
        assert_eq!(script.calls.lock().unwrap().len(), 1);
        let ids: Vec<String> = (0..100).map(|n| format!("op-{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let (outbox, script) = (Fake::with(&ids), Script::new(&[200]));
        run(&outbox, &script).await;
        assert_eq!(outbox.counters.webhooks_delivered.get(), 100);
    }

    #[test]
    fn waits_grow_and_are_spread() {
        let seconds = |attempts, chance| back_off(attempts, chance).as_secs();
        assert_eq!(
            [seconds(1, 0.5), seconds(2, 0.5), seconds(4, 0.5)],
            [5, 15, 135]
        );
        assert_eq!([seconds(7, 0.0), seconds(70, 1.0)], [960, 1440]);
    }
}
