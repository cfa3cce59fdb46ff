//! The client for programs without async code. Each client has a thread of its own that runs the
//! calls, so it may be used and dropped anywhere, inside async code too; there it blocks the thread
//! that calls it.
//!
//! ```
//! use slides::{ExportFormat, blocking};
//!
//! # fn main() -> slides::Result<()> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let output = folder.path().join("MyPresentation.pdf");
//! # let client = blocking::Client::new(|| Ok(slides::Client::new(slides::testing::FakeApi::finishing_with("%PDF"))))?;
//! # let deck = b"PK".to_vec();
//! let call = client.calls().start_convert(deck, ExportFormat::Pdf).slides([1, 3]);
//! let mut operation = client.start(call)?;
//! while let Some(now) = operation.next() {
//!     println!("Current operation status: {}", now?.status);
//! }
//! operation.wait()?.save(&output)?;
//! # assert_eq!(std::fs::read(&output).unwrap(), b"%PDF");
//! # Ok(()) }
//! ```

use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;

use bytes::Bytes;
use slides_core::{Error, FileLocation, OperationHandle, OperationId, Outcome, Payload, Result};
use slides_types::{
    DiscUsage, FileVersions, FilesList, FilesUploadResult, ObjectExist, Operation as Status,
    StorageExist,
};

/// A [`Client`](crate::Client) whose calls block. Cloning is cheap; the thread ends with the last
/// clone, operation and download.
///
/// # Errors
/// Every call fails as the one of [`Client`](crate::Client) does that has its name, and with
/// [`Error::Io`] if the thread ended early.
#[derive(Debug, Clone)]
pub struct Client {
    client: crate::Client,
    thread: Arc<Thread>,
}

impl Client {
    /// A client that `make` makes on the client's own thread, inside a runtime.
    ///
    /// # Errors
    /// Those of `make`; [`Error::Io`] when the system gives no thread.
    pub fn new(make: impl FnOnce() -> Result<crate::Client> + Send + 'static) -> Result<Self> {
        let thread = Arc::new(Thread::start()?);
        let client = thread.run(async move { make() })?;
        Ok(Self { client, thread })
    }

    /// The vendor's cloud; see [`Client::cloud`](crate::Client::cloud).
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "http")]
    pub fn cloud(
        client_id: impl Into<String>,
        client_secret: impl Into<slides_http::SecretString>,
    ) -> Result<Self> {
        let (id, secret) = (client_id.into(), client_secret.into());
        Self::new(move || crate::Client::cloud(id, secret))
    }

    /// A self-hosted server; see [`Client::connect`](crate::Client::connect).
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "http")]
    pub fn connect(url: impl Into<String>) -> Result<Self> {
        let url = url.into();
        Self::new(move || crate::Client::connect(url))
    }

    /// Queue, workers and engine in this process; see
    /// [`Client::embedded`](crate::Client::embedded).
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "embedded")]
    pub fn embedded(options: crate::EmbeddedOptions) -> Result<Self> {
        Self::new(move || crate::Client::embedded(options))
    }

    /// The client that makes the calls, to be given to [`start`](Self::start) or
    /// [`call`](Self::call).
    pub fn calls(&self) -> &crate::Client {
        &self.client
    }

    /// Sends a call that starts an operation.
    pub fn start<T, C>(&self, call: C) -> Result<Operation<T>>
    where
        T: Outcome,
        C: IntoFuture<Output = Result<OperationHandle<T>>>,
        C::IntoFuture: Send + 'static,
    {
        let handle = self.thread.run(call.into_future())?;
        Ok(self.follow(handle))
    }

    /// Sends any other call, such as a synchronous one, and gives its answer.
    pub fn call<T, C>(&self, call: C) -> Result<T::Local>
    where
        T: Local + Send + 'static,
        C: IntoFuture<Output = Result<T>>,
        C::IntoFuture: Send + 'static,
    {
        let answer = self.thread.run(call.into_future())?;
        Ok(answer.local(Here(self.thread.clone())))
    }

    /// Follows an operation that was started before, here or in another process.
    pub fn operation<T: Outcome>(&self, id: impl Into<OperationId>) -> Operation<T> {
        self.follow(self.client.operation(id))
    }

    fn follow<T: Outcome>(&self, handle: OperationHandle<T>) -> Operation<T> {
        Operation {
            handle: Some(handle),
            thread: self.thread.clone(),
        }
    }

    fn with<T, F>(&self, call: impl FnOnce(crate::Client) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.thread.run(call(self.client.clone()))
    }

    /// Reads a file.
    pub fn download_file(&self, file: impl Into<FileLocation>) -> Result<Download> {
        let file = file.into();
        let download = self.with(|client| async move { client.download_file(file).await })?;
        Ok(download.local(Here(self.thread.clone())))
    }

    /// Writes a file, with its parent folders, over what was there.
    pub fn upload_file(
        &self,
        file: impl Into<FileLocation>,
        content: impl Into<Payload>,
    ) -> Result<FilesUploadResult> {
        let (file, content) = (file.into(), content.into());
        self.with(|client| async move { client.upload_file(file, content).await })
    }

    /// Whether a storage exists.
    pub fn storage_exists(&self, storage: impl Into<String>) -> Result<StorageExist> {
        let storage = storage.into();
        self.with(|client| async move { client.storage_exists(&storage).await })
    }

    /// Used and total bytes of a storage; the default one when there is no name.
    pub fn get_disc_usage(&self, storage: Option<&str>) -> Result<DiscUsage> {
        let storage = storage.map(str::to_owned);
        self.with(|client| async move { client.get_disc_usage(storage.as_deref()).await })
    }

    /// Deletes a folder; one that is not empty needs `recursive`.
    pub fn delete_folder(&self, folder: impl Into<FileLocation>, recursive: bool) -> Result<()> {
        let folder = folder.into();
        self.with(|client| async move { client.delete_folder(folder, recursive).await })
    }
}

/// Storage calls that take one place.
macro_rules! of_one {
    ($($doc:literal $name:ident -> $answer:ty;)*) => {
        impl Client {
            $(
                #[doc = $doc]
                pub fn $name(&self, at: impl Into<FileLocation>) -> Result<$answer> {
                    let at = at.into();
                    self.with(|client| async move { client.$name(at).await })
                }
            )*
        }
    };
}
of_one! {
    "Deletes a file; one that does not exist is no error." delete_file -> ();
    "Lists a folder's direct children; the empty path is the root." get_files_list -> FilesList;
    "Creates a folder." create_folder -> ();
    "Whether a file or folder exists." object_exists -> ObjectExist;
    "Versions of a file." get_file_versions -> FileVersions;
}

/// Storage calls that take two places.
macro_rules! of_two {
    ($($doc:literal $name:ident;)*) => {
        impl Client {
            $(
                #[doc = $doc]
                pub fn $name(
                    &self,
                    from: impl Into<FileLocation>,
                    to: impl Into<FileLocation>,
                ) -> Result<()> {
                    let (from, to) = (from.into(), to.into());
                    self.with(|client| async move { client.$name(from, to).await })
                }
            )*
        }
    };
}
of_two! {
    "Copies a file." copy_file;
    "Moves a file." move_file;
    "Copies a folder." copy_folder;
    "Moves a folder." move_folder;
}

/// An [`OperationHandle`] whose calls block. Dropping it neither cancels nor loses anything.
#[derive(Debug)]
#[must_use = "an operation runs on the server whether or not it is waited for"]
pub struct Operation<T: Outcome = crate::Download> {
    /// Away only while a call of it runs.
    handle: Option<OperationHandle<T>>,
    thread: Arc<Thread>,
}

impl<T: Outcome> Operation<T> {
    /// The operation's id. Store it to resume in another process; none after a call of this
    /// operation broke off with the thread.
    pub fn id(&self) -> Option<&OperationId> {
        self.handle.as_ref().map(OperationHandle::id)
    }

    /// The next status as soon as it is known, `None` after the last one.
    ///
    /// # Errors
    /// As [`OperationHandle::next`].
    #[allow(clippy::should_implement_trait, reason = "named after the handle's")]
    pub fn next(&mut self) -> Option<Result<Status>> {
        let mut handle = self.handle.take()?;
        let ran = self.thread.run(async move {
            let item = handle.next().await;
            Ok((handle, item))
        });
        match ran {
            Ok((handle, item)) => {
                self.handle = Some(handle);
                item
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Asks the server to cancel the operation.
    ///
    /// # Errors
    /// As [`OperationHandle::cancel`].
    pub fn cancel(&mut self) -> Result<()> {
        let handle = self.handle.take().ok_or_else(ended)?;
        let (handle, outcome) = self.thread.run(async move {
            let outcome = handle.cancel().await;
            Ok((handle, outcome))
        })?;
        self.handle = Some(handle);
        outcome
    }
}

impl<T: Outcome + Local> Operation<T> {
    /// Waits for the end and gives the result.
    ///
    /// # Errors
    /// As [`OperationHandle::until_done`].
    pub fn wait(mut self) -> Result<T::Local> {
        let handle = self.handle.take().ok_or_else(ended)?;
        let answer = self.thread.run(handle.until_done())?;
        Ok(answer.local(Here(self.thread)))
    }
}

/// A [`Download`](crate::Download) whose calls block.
#[derive(Debug)]
pub struct Download {
    download: crate::Download,
    thread: Arc<Thread>,
}

impl Download {
    /// Type, name, length and warnings of the file.
    pub fn about(&self) -> &crate::Download {
        &self.download
    }

    /// Reads the whole file into memory.
    ///
    /// # Errors
    /// As [`Download::bytes`](crate::Download::bytes).
    pub fn bytes(self) -> Result<Bytes> {
        self.thread.run(self.download.bytes())
    }

    /// Writes the file so that `path` holds all of it or what it held before.
    ///
    /// # Errors
    /// As [`Download::save`](crate::Download::save).
    pub fn save(self, path: impl Into<PathBuf>) -> Result<u64> {
        self.thread.run(self.download.save(path.into()))
    }
}

/// The thread an answer goes on with.
#[derive(Debug)]
pub struct Here(Arc<Thread>);

/// What an answer is for a caller that blocks: itself, but for a [`Download`](crate::Download).
/// Sealed by its argument, which only this crate makes.
pub trait Local {
    /// The answer.
    type Local;

    /// Makes it.
    fn local(self, here: Here) -> Self::Local;
}

impl Local for crate::Download {
    type Local = Download;

    fn local(self, here: Here) -> Download {
        Download {
            download: self,
            thread: here.0,
        }
    }
}

macro_rules! itself {
    ($($answer:ty),*) => {
        $(impl Local for $answer {
            type Local = Self;

            fn local(self, _: Here) -> Self {
                self
            }
        })*
    };
}
itself!(crate::Saved, slides_types::SplitDocumentResult);

/// A thread with a runtime of its own.
struct Thread {
    runtime: tokio::runtime::Handle,
    /// Its end is the thread's end.
    _alive: tokio::sync::oneshot::Sender<()>,
}

impl Thread {
    fn start() -> Result<Self> {
        let failed = |error| Error::io("the blocking client's thread cannot start", error);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let handle = runtime.handle().clone();
        let (alive, ended) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("slides-blocking".to_owned())
            .spawn(move || {
                // an error says that the last owner is gone, which is what is waited for
                let _ = runtime.block_on(ended);
            })
            .map_err(failed)?;
        Ok(Self {
            runtime: handle,
            _alive: alive,
        })
    }

    /// Runs a call on the thread and waits for it here. Waiting is a plain block of this thread, so
    /// it is no error inside a runtime.
    fn run<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (give, take) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let _ = give.send(call.await);
        });
        take.recv().unwrap_or_else(|_| Err(ended()))
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Thread")
    }
}

fn ended() -> Error {
    Error::io(
        "the blocking client's thread ended before the call did",
        std::io::ErrorKind::BrokenPipe.into(),
    )
}

#[cfg(test)]
mod tests {
    use slides_core::testing::{FakeApi, MockStorageApi};
    use slides_types::ExportFormat;

    use super::*;

    fn client() -> Client {
        Client::new(|| {
            let mut storage = MockStorageApi::new();
            storage
                .expect_download_file()
                .returning(|_| Ok(crate::Download::from_bytes("PK")));
            storage.expect_copy_file().returning(|_, _| Ok(()));
            storage
                .expect_file_versions()
                .returning(|file| Err(Error::not_found(file.path.as_str())));
            let api = FakeApi::statuses(["Finished"]).with_result("%PDF");
            Ok(crate::Client::new(api).with_storage(storage))
        })
        .unwrap()
    }

    fn use_it(client: &Client) {
        let deck = || b"PK".to_vec();
        let call = client.calls().start_convert(deck(), ExportFormat::Pdf);
        let mut operation = client.start(call).unwrap();
        assert_eq!(operation.id().unwrap().as_str(), "op-1");
        operation.cancel().unwrap();
        assert!(operation.next().unwrap().is_ok());
        assert!(operation.next().is_none());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pdf");
        assert_eq!(operation.wait().unwrap().save(&path).unwrap(), 4);
        assert_eq!(std::fs::read(&path).unwrap(), b"%PDF");

        let resumed = client.operation::<crate::Download>("op-7");
        assert_eq!(resumed.wait().unwrap().bytes().unwrap(), "%PDF");
        let call = client.calls().convert(deck(), ExportFormat::Pdf);
        assert_eq!(client.call(call).unwrap().about().len, Some(4));
        assert_eq!(client.download_file("a").unwrap().bytes().unwrap(), "PK");
        client.copy_file("a", "b").unwrap();
        let error = client.get_file_versions("gone").unwrap_err();
        assert_eq!(error.to_string(), "`gone` does not exist");
    }

    #[test]
    fn calls_block_without_a_runtime() {
        use_it(&client());
    }

    #[tokio::test]
    async fn calls_and_drops_are_no_error_on_a_runtime_of_one_thread() {
        let client = client();
        use_it(&client);
        drop(client);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn calls_and_drops_are_no_error_on_a_runtime_of_many_threads() {
        let client = client();
        let copy = client.clone();
        tokio::spawn(async move { use_it(&copy) }).await.unwrap();
        drop(client);
    }

    #[test]
    fn what_made_no_client_is_told() {
        let error = Client::new(|| Err(Error::invalid("no such place"))).unwrap_err();
        assert_eq!(error.to_string(), "no such place");
    }

    #[test]
    fn a_call_that_panics_ends_with_an_error() {
        let client = client();
        let error = client
            .with(|_| async { Err::<(), _>(panicking()) })
            .unwrap_err();
        assert!(error.to_string().contains("thread ended before"), "{error}");
        use_it(&client);
    }

    fn panicking() -> Error {
        std::panic::resume_unwind(Box::new("on purpose"))
    }
}
