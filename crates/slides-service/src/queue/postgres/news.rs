//! What processes tell each other by LISTEN and NOTIFY: a hint, never more. What is lost is found by whoever looks
//! at the table each second.
//!
//! A notification is not sent within the transaction it tells of: PostgreSQL takes one lock of the whole server for
//! the commit of each transaction that notifies, and holds it while the log is flushed, which ends the sharing of
//! flushes between commits (2,900 commits a second became 280 where this was measured). It follows behind the commit,
//! many in one, in a session that does not wait for the flush.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::{Notify, broadcast};
use tokio::time::timeout;

use super::super::News;
use super::connect::connect;

/// News kept for a slow listener of this process, and for a server that does not answer.
const MAX_NEWS: usize = 1024;
/// Bytes of an id that fits into a notification.
const MAX_ID: usize = 1000;
/// Waits between tries to connect: the first, doubled each time up to the last.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How long a connection may be silent before it is asked for a sign of life, and how long that may take.
const SILENCE: Duration = Duration::from_secs(15);
const ANSWER: Duration = Duration::from_secs(5);

/// Tells other processes, and hears from them.
pub(super) struct Messenger {
    /// Tells news of this process from those of others.
    sender: String,
    channel: String,
    waiting: Mutex<Vec<News>>,
    wake: Notify,
    heard: broadcast::Sender<News>,
}

impl Messenger {
    pub(super) fn new(schema: &str) -> Self {
        Self {
            sender: uuid::Uuid::new_v4().simple().to_string(),
            channel: format!("slides_{schema}"),
            waiting: Mutex::default(),
            wake: Notify::new(),
            heard: broadcast::channel(MAX_NEWS).0,
        }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<News> {
        self.heard.subscribe()
    }

    /// Has something told, when it can be.
    pub(super) fn tell(&self, news: News) {
        let mut waiting = self.waiting();
        if news == News::Ready && waiting.contains(&news) {
            return;
        }
        if waiting.len() < MAX_NEWS {
            waiting.push(news);
        } else {
            *waiting = vec![News::Missed];
        }
        drop(waiting);
        self.wake.notify_one();
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<News>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self, news: &News) -> String {
        match news {
            News::Ready => format!("{} ready", self.sender),
            News::Ended(id) if id.len() <= MAX_ID => format!("{} ended {id}", self.sender),
            News::CancelRequested(id) if id.len() <= MAX_ID => {
                format!("{} cancel {id}", self.sender)
            }
            _ => format!("{} missed", self.sender),
        }
    }

    /// What another process told; nothing when it was this one.
    fn read(&self, text: &str) -> Option<News> {
        let (sender, news) = text.split_once(' ')?;
        if sender == self.sender {
            return None;
        }
        Some(match news.split_once(' ') {
            None if news == "ready" => News::Ready,
            Some(("ended", id)) => News::Ended(id.to_owned()),
            Some(("cancel", id)) => News::CancelRequested(id.to_owned()),
            // Of a newer version: it may be anything.
            _ => News::Missed,
        })
    }
}

/// Sends what is told, for ever.
pub(super) async fn send(messenger: Arc<Messenger>, server: PgConnectOptions) {
    let mut connection: Option<PgConnection> = None;
    loop {
        messenger.wake.notified().await;
        let news = std::mem::take(&mut *messenger.waiting());
        let texts: Vec<String> = news.iter().map(|news| messenger.text(news)).collect();
        // A connection that rested may be gone: one more try with a new one.
        for _ in 0..2 {
            let sent = timeout(ANSWER, notify(&mut connection, &server, &messenger, &texts)).await;
            if matches!(sent, Ok(Ok(()))) {
                break;
            }
            connection = None;
        }
    }
}

async fn notify(
    connection: &mut Option<PgConnection>,
    server: &PgConnectOptions,
    messenger: &Messenger,
    texts: &[String],
) -> Result<(), ()> {
    let open = match connection {
        Some(open) => open,
        None => connection.insert(connect(server).await.map_err(drop)?),
    };
    sqlx::query("SELECT pg_notify($1, text)::text FROM unnest($2::text[]) AS text")
        .bind(&messenger.channel)
        .bind(texts)
        .execute(open)
        .await
        .map(drop)
        .map_err(drop)
}

/// Hears what other processes tell, for ever. After each break it says that news were missed.
pub(super) async fn listen(messenger: Arc<Messenger>, server: PgConnectOptions) {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ANSWER)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(server);
    let mut wait = WAITS.0;
    let mut broken = false;
    loop {
        match timeout(ANSWER * 2, open(&pool, &messenger.channel)).await {
            Ok(Ok(listener)) => {
                if broken {
                    tracing::info!("the queue's database notifies again");
                    let _ = messenger.heard.send(News::Missed);
                }
                wait = WAITS.0;
                hear(listener, &messenger).await;
                tracing::warn!(
                    "the connection on which the queue's database notifies was lost: work is looked for each second until it is back"
                );
                let _ = messenger.heard.send(News::Missed);
            }
            Ok(Err(error)) => tracing::debug!(%error, "the queue's database cannot be listened to"),
            Err(_) => tracing::debug!("the queue's database does not answer"),
        }
        broken = true;
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(WAITS.1);
    }
}

async fn open(pool: &sqlx::PgPool, channel: &str) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(channel).await?;
    Ok(listener)
}

/// Hears until the connection is lost.
async fn hear(mut listener: PgListener, messenger: &Messenger) {
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => {
                if let Some(news) = messenger.read(notification.payload()) {
                    // Nobody may be listening here.
                    let _ = messenger.heard.send(news);
                }
            }
            Ok(Ok(None) | Err(_)) => return,
            // A network that drops what is silent says nothing of it.
            Err(_) => {
                let alive = sqlx::query("SELECT 1").execute(&mut listener);
                if !matches!(timeout(ANSWER, alive).await, Ok(Ok(_))) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_read_by_others_only() {
        let (one, other) = (Messenger::new("s"), Messenger::new("s"));
        for news in [
            News::Ready,
            News::Ended("a b".to_owned()),
            News::CancelRequested("c".to_owned()),
            News::Missed,
        ] {
            let text = one.text(&news);
            assert_eq!(one.read(&text), None);
            assert_eq!(other.read(&text), Some(news));
        }
        assert_eq!(other.read("x what"), Some(News::Missed));
        let long = one.text(&News::Ended("i".repeat(8000)));
        assert_eq!(other.read(&long), Some(News::Missed));
    }

    #[test]
    fn what_waits_to_be_told_is_bounded() {
        let messenger = Messenger::new("s");
        for n in 0..MAX_NEWS {
            messenger.tell(News::Ended(n.to_string()));
        }
        messenger.tell(News::Ready);
        assert_eq!(*messenger.waiting(), [News::Missed]);
        for _ in 0..3 {
            messenger.tell(News::Ready);
        }
        assert_eq!(*messenger.waiting(), [News::Missed, News::Ready]);
    }
}
