use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use slides_types::Operation;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::outcome::{self, Outcome};
use crate::policy::Jitter;
use crate::{
    AsyncApi, Download, Error, FileLocation, OperationId, Phase, PhaseExt, PollPolicy, Result,
    Seen, StartRequest, StatusReply, TransportError, TransportErrorKind,
};

/// Shortest time between the news of an operation and the next question for more: one that changes a hundred times a
/// second is looked at ten times.
const BREATH: Duration = Duration::from_millis(100);

/// An accepted operation: ask for its status, wait for its end, cancel it.
///
/// Await it for the result. Dropping it neither cancels nor loses anything: its
/// [`id`](Self::id) is its whole state, and a handle made from the id in another process follows
/// the same operation.
///
/// `T` is what the operation leaves: a [`Download`], or a [`Saved`](crate::Saved) file in the
/// storage.
///
/// ```
/// # use std::sync::Arc;
/// # use slides_core::{OperationHandle, Download, OperationId, testing::FakeApi};
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> slides_core::Result<()> {
/// # let api = Arc::new(FakeApi::finishing_with("%PDF-1.7"));
/// let mut operation: OperationHandle<Download> = OperationHandle::new(api, OperationId::new("op-1"));
/// while let Some(now) = operation.next().await {
///     println!("status: {:?}", now?.status);
/// }
/// let result = operation.await?.bytes().await?;
/// # assert_eq!(&result[..4], b"%PDF");
/// # Ok(()) }
/// ```
#[must_use = "an operation runs on the server whether or not it is awaited; await the handle for its result"]
pub struct OperationHandle<T: Outcome = Download> {
    api: Arc<dyn AsyncApi>,
    id: OperationId,
    policy: PollPolicy,
    location: Option<FileLocation>,
    span: Span,
    wait: Wait,
    jitter: Jitter,
    kind: PhantomData<fn() -> T>,
}

/// State of the wait. But for `listening` it changes only between awaits, so a future that is dropped midway leaves it
/// as it was.
#[derive(Debug, Default)]
struct Wait {
    started: Option<Instant>,
    due: Option<Instant>,
    /// When `changed` may be called next; none for `due`.
    listen: Option<Instant>,
    /// Set while `changed` is waited for, so that it is seen when that was dropped midway.
    listening: bool,
    backoff: Option<Duration>,
    polls: u32,
    transient: u32,
    unknown: u32,
    last: Option<Operation>,
    /// `next` has given its last item.
    stopped: bool,
}

impl<T: Outcome> OperationHandle<T> {
    /// Follows an operation that was started before, here or elsewhere.
    pub fn new(api: Arc<dyn AsyncApi>, id: OperationId) -> Self {
        Self::in_span(api, id, None, operation_span())
    }

    fn in_span(
        api: Arc<dyn AsyncApi>,
        id: OperationId,
        location: Option<FileLocation>,
        span: Span,
    ) -> Self {
        span.record("id", id.as_str());
        Self {
            jitter: Jitter::for_id(&id),
            api,
            id,
            policy: PollPolicy::default(),
            location,
            span,
            wait: Wait::default(),
            kind: PhantomData,
        }
    }

    /// Checks a request (see [`StartRequest::check`]), starts it and follows the operation.
    ///
    /// # Errors
    /// Those of [`AsyncApi::start`]; [`Error::Rejected`], before anything is sent, when the check finds something
    /// or the call does not end in a `T`.
    ///
    /// # Cancel safety
    /// A future that is dropped midway may have started the operation, whose id is then lost;
    /// an idempotency key makes it safe to start again.
    pub async fn start(api: Arc<dyn AsyncApi>, request: StartRequest) -> Result<Self> {
        let method = request.call.method();
        if !T::fits(&method) {
            return Err(Error::invalid(format!(
                "an operation `{method}` does not end in a `{}`",
                T::NAME
            )));
        }
        request.check()?;
        let span = operation_span();
        span.record("method", tracing::field::display(&method));
        if let Some(format) = request.call.format_text() {
            span.record("format", format);
        }
        let location = outcome::location(&request.call);
        let id = api.start(request).instrument(span.clone()).await?;
        Ok(Self::in_span(api, id, location, span))
    }

    /// The operation's id. Store it to resume in another process.
    pub fn id(&self) -> &OperationId {
        &self.id
    }

    /// Sets how to wait, and starts the wait's clock and counters anew.
    pub fn with_policy(mut self, policy: PollPolicy) -> Self {
        self.policy = policy;
        self.wait = Wait {
            last: self.wait.last.take(),
            ..Wait::default()
        };
        self
    }

    /// Tells where the result will lie, for a handle made from an id alone.
    pub fn saved_to(mut self, location: FileLocation) -> Self {
        self.location = Some(location);
        self
    }

    /// The last status seen, without asking.
    pub fn last(&self) -> Option<&Operation> {
        self.wait.last.as_ref()
    }

    /// Waits until the next poll is due, then asks once; with [`PollPolicy::held`] until there is news. The first poll is
    /// due at once; after the end the last status is given again without asking.
    ///
    /// # Errors
    /// Every failure of the status call, tolerated by the policy or not (the tolerated ones are
    /// those with [`Error::is_retryable`]); [`Error::DeadlineExceeded`] when the deadline has passed;
    /// [`Error::UnrecognizedStatus`] when the server keeps saying what this client does not know.
    /// A failed operation is no error here: its status says so.
    ///
    /// # Cancel safety
    /// A future dropped midway changes nothing; call again.
    pub async fn poll(&mut self) -> Result<Operation> {
        if let Some(last) = self.ended() {
            return Ok(last.clone());
        }
        let span = self.span.clone();
        self.ask().instrument(span).await
    }

    /// The next status as soon as it is known, `None` after the last one. Transient errors within
    /// the policy's budget are waited out.
    ///
    /// # Errors
    /// As [`poll`](Self::poll), only for what the policy does not tolerate; such an item is the
    /// last one. Awaiting the handle, or [`with_policy`](Self::with_policy), goes on from there.
    ///
    /// # Cancel safety
    /// A future dropped midway loses no item.
    pub async fn next(&mut self) -> Option<Result<Operation>> {
        if self.wait.stopped {
            return None;
        }
        let item = self.settled().await;
        self.wait.stopped = match &item {
            Ok(operation) => operation.phase().is_terminal(),
            Err(_) => true,
        };
        Some(item)
    }

    /// The statuses of [`next`](Self::next) as a stream.
    pub fn updates(&mut self) -> impl Stream<Item = Result<Operation>> + Send + '_ {
        futures_util::stream::unfold(self, |handle| async move {
            let item = handle.next().await?;
            Some((item, handle))
        })
    }

    /// Waits for the end and gives the result; awaiting the handle does the same.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Canceled`], [`Error::DeadlineExceeded`] (the operation still
    /// runs), [`Error::NotFound`], [`Error::UnrecognizedStatus`], and what the status or result
    /// call failed with once the policy's budget is spent.
    ///
    /// # Cancel safety
    /// A future dropped midway drops the handle, not the operation; keep the id, or use
    /// [`wait`](Self::wait).
    pub async fn until_done(mut self) -> Result<T> {
        self.wait().await
    }

    /// As [`until_done`](Self::until_done), keeping the handle.
    ///
    /// # Errors
    /// As [`until_done`](Self::until_done).
    ///
    /// # Cancel safety
    /// A future dropped midway changes nothing; call again.
    pub async fn wait(&mut self) -> Result<T> {
        loop {
            let operation = self.settled().await?;
            match operation.phase() {
                Phase::Pending | Phase::Unrecognized => {}
                Phase::Succeeded => {
                    let span = self.span.clone();
                    return self.fetch().instrument(span).await;
                }
                Phase::Failed => {
                    return Err(Error::Failed {
                        id: self.id.clone(),
                        error: Box::new(operation.error.unwrap_or_default()),
                    });
                }
                Phase::Canceled => {
                    return Err(Error::Canceled {
                        id: self.id.clone(),
                    });
                }
            }
        }
    }

    /// Asks the server to cancel the operation. Success means the request was taken; the status
    /// tells when it has ended, which may still be `Finished`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the implementer has no such call; [`Error::Rejected`] when the
    /// operation has ended already.
    pub async fn cancel(&self) -> Result<()> {
        self.api
            .cancel(&self.id)
            .instrument(self.span.clone())
            .await
    }

    fn ended(&self) -> Option<&Operation> {
        self.wait
            .last
            .as_ref()
            .filter(|last| last.phase().is_terminal())
    }

    /// Polls until there is an answer that is not a tolerated error.
    async fn settled(&mut self) -> Result<Operation> {
        loop {
            match self.poll().await {
                Err(error) if self.tolerates(&error) => {
                    tracing::debug!(parent: &self.span, error.type = error.kind_text(), "status call failed, asking again");
                }
                other => return other,
            }
        }
    }

    async fn ask(&mut self) -> Result<Operation> {
        let started = *self.wait.started.get_or_insert_with(Instant::now);
        let deadline = self
            .policy
            .deadline
            .and_then(|limit| started.checked_add(limit));
        if self.wait.due.is_none() && !self.policy.first_within.is_zero() {
            let wait = self.policy.first_within.mul_f64(self.jitter.next());
            self.wait.due = started.checked_add(wait);
        }
        let seen = self.listens();
        let due = seen.as_ref().and(self.wait.listen).or(self.wait.due);
        if let Some(due) = due {
            tokio::time::sleep_until(due).await;
        }
        let now = Instant::now();
        let limit = deadline.map_or(Duration::MAX, |at| at.saturating_duration_since(now));
        let limit = limit.min(self.policy.held.unwrap_or_default());
        let call = match seen.clone() {
            Some(seen) => {
                self.wait.listening = true;
                self.api.changed(&self.id, seen, limit)
            }
            None => self.api.status(&self.id),
        };
        let bound = deadline.and_then(|at| at.max(now).checked_add(self.policy.last_call));
        let reply = match bound {
            Some(at) => tokio::time::timeout_at(at, call)
                .await
                .unwrap_or_else(|_| Err(no_answer())),
            None => call.await,
        };
        // from here to the end there is no await: the whole step happens or none of it
        self.wait.polls = self.wait.polls.saturating_add(1);
        self.wait.listening = false;
        self.wait.listen = None;
        let late = deadline.is_some_and(|at| Instant::now() >= at);
        match reply {
            Ok(reply) => {
                // one that answers without news before its time is asked no sooner than it would be by polls
                let told = seen.is_none_or(|seen| seen.is_outdated_by(&reply.operation));
                if told || now.elapsed() >= limit.max(BREATH) {
                    self.wait.listen = Instant::now().checked_add(self.policy.initial.min(BREATH));
                }
                self.take(reply, late, deadline)
            }
            Err(error) => {
                self.wait.transient = self.wait.transient.saturating_add(1);
                self.schedule(error.retry_after(), deadline);
                // a wait that has known the operation ends as a wait, not as its last hiccup
                if late && error.is_retryable() && self.wait.last.is_some() {
                    return Err(self.out_of_time(started));
                }
                Err(error)
            }
        }
    }

    /// What is known of the operation, when the implementer may wait for something else. Who drops its waits again and
    /// again (a progress bar between two frames) would call it each time anew; until the next poll is due it does not.
    fn listens(&self) -> Option<Seen> {
        self.policy.held.filter(|_| !self.wait.listening)?;
        let known = |last: &&Operation| last.phase() != Phase::Unrecognized;
        self.wait.last.as_ref().filter(known).map(Seen::of)
    }

    fn take(
        &mut self,
        reply: StatusReply,
        late: bool,
        deadline: Option<Instant>,
    ) -> Result<Operation> {
        let operation = reply.operation;
        if !T::fits(&operation.method) {
            return Err(Error::invalid(format!(
                "operation `{}` is a `{}`, which does not end in a `{}`",
                self.id,
                operation.method,
                T::NAME
            )));
        }
        self.span
            .record("method", tracing::field::display(&operation.method));
        self.wait.transient = 0;
        self.wait.last = Some(operation.clone());
        let phase = operation.phase();
        self.wait.unknown = if phase == Phase::Unrecognized {
            self.wait.unknown.saturating_add(1)
        } else {
            0
        };
        if phase.is_terminal() {
            return Ok(operation);
        }
        self.schedule(reply.retry_after, deadline);
        if self.wait.unknown > self.policy.unknown_statuses {
            return Err(Error::UnrecognizedStatus {
                id: self.id.clone(),
                status: operation.status.to_string(),
            });
        }
        if late {
            let started = self.wait.started.unwrap_or_else(Instant::now);
            return Err(self.out_of_time(started));
        }
        Ok(operation)
    }

    fn schedule(&mut self, retry_after: Option<Duration>, deadline: Option<Instant>) {
        let backoff = self
            .wait
            .backoff
            .unwrap_or_else(|| self.policy.initial.min(self.policy.max));
        let wait = self.policy.wait(backoff, retry_after, self.jitter.next());
        self.wait.backoff = Some(self.policy.grow(backoff));
        let now = Instant::now();
        let due = now.checked_add(wait).unwrap_or(now);
        self.wait.due = Some(deadline.map_or(due, |at| due.min(at)));
    }

    /// Whether the wait goes on after this error of the poll just made.
    fn tolerates(&self, error: &Error) -> bool {
        let elapsed = self.wait.started.map(|at| at.elapsed()).unwrap_or_default();
        if self.policy.deadline.is_some_and(|limit| elapsed >= limit) {
            return false;
        }
        match error {
            Error::NotFound { .. } => {
                self.wait.last.is_none() && elapsed < self.policy.not_found_grace
            }
            error => error.is_retryable() && self.wait.transient <= self.policy.transient_errors,
        }
    }

    fn out_of_time(&self, started: Instant) -> Error {
        match &self.wait.last {
            Some(last) => Error::DeadlineExceeded {
                last: Box::new(last.clone()),
                elapsed: started.elapsed(),
                polls: self.wait.polls,
            },
            None => no_answer(),
        }
    }

    /// Fetches the result, repeating transient failures as the policy says.
    async fn fetch(&mut self) -> Result<T> {
        let mut backoff = self.policy.initial;
        let mut failures = 0;
        loop {
            match T::fetch(&*self.api, &self.id, self.location.as_ref()).await {
                Err(error) if error.is_retryable() && failures < self.policy.transient_errors => {
                    failures += 1;
                    tracing::debug!(error.type = error.kind_text(), "result call failed, asking again");
                    let random = self.jitter.next();
                    let wait = self.policy.wait(backoff, error.retry_after(), random);
                    tokio::time::sleep(wait).await;
                    backoff = self.policy.grow(backoff);
                }
                other => return other,
            }
        }
    }
}

fn operation_span() -> Span {
    use tracing::field::Empty;
    tracing::info_span!(
        "slides.operation",
        id = Empty,
        method = Empty,
        format = Empty
    )
}

fn no_answer() -> Error {
    TransportError::new(
        TransportErrorKind::Timeout,
        true,
        "the status call did not end before the deadline",
    )
    .into()
}

impl<T: Outcome> IntoFuture for OperationHandle<T> {
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.until_done())
    }
}

impl<T: Outcome> fmt::Debug for OperationHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationHandle")
            .field("id", &self.id)
            .field("status", &self.wait.last.as_ref().map(|last| &last.status))
            .field("polls", &self.wait.polls)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
