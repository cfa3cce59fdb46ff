use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use slides_core::{Error, PollPolicy, Result};
use slides_service::engine::{Engine, NativeEngine, NativeOptions};
use slides_service::{Runner, Service, ServiceOptions};

use crate::Client;

/// Settings of an embedded client: by default the native engine on threads of this process, as
/// many operations at a time as there are processor cores, files in a temporary folder. Handles are told of changes by
/// the service itself ([`PollPolicy::following`]).
///
/// Decks then run with the rights of this process; for decks from outside use worker processes
/// ([`Runner::Process`](crate::service::Runner::Process)) through [`ServiceOptions`].
///
/// ```no_run
/// use slides::{Client, EmbeddedOptions, ExportFormat};
///
/// # async fn run() -> slides::Result<()> {
/// let client = Client::embedded(EmbeddedOptions::default().workers(2))?;
/// let deck = std::path::Path::new("MyPresentation.pptx");
/// client.start_convert(deck, ExportFormat::Pdf).send().await?.await?.save("MyPresentation.pdf").await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "options do nothing until `Client::embedded` takes them"]
pub struct EmbeddedOptions {
    service: ServiceOptions,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self::with_engine(Arc::new(NativeEngine::new(NativeOptions::default())))
    }
}

impl From<ServiceOptions> for EmbeddedOptions {
    fn from(service: ServiceOptions) -> Self {
        Self { service }
    }
}

impl EmbeddedOptions {
    /// Runs another engine, or the native one with settings of its own.
    pub fn with_engine(engine: Arc<dyn Engine>) -> Self {
        Self {
            service: ServiceOptions::new(Runner::InProcess(engine)),
        }
    }

    /// How many operations run at the same time, at least one.
    pub fn workers(mut self, workers: usize) -> Self {
        self.service = self.service.workers(workers);
        self
    }

    /// Folder for the files in place of a temporary one. Its storage stays when the client goes.
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.service = self.service.data_dir(folder);
        self
    }

    /// Wall-time limit of an operation that names none.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.service.timeout = timeout;
        self
    }

    pub(crate) fn client(self) -> Result<Client> {
        // the service starts its workers on the current runtime, and would panic without one
        tokio::runtime::Handle::try_current().map_err(|error| {
            Error::io(
                "an embedded client needs a tokio runtime around it",
                std::io::Error::other(error),
            )
        })?;
        let service = Service::in_process(self.service)?;
        let shared = Arc::new(service.clone());
        let client = Client::from_parts(shared.clone(), Some(shared)).with_sync(service);
        Ok(client.with_poll_policy(PollPolicy::following()))
    }
}

#[cfg(test)]
mod tests {
    use slides_service::engine::{
        EngineError, ErrorKind, Job, Monitor, Report, Sink, SourceKind, Support,
    };
    use slides_types::ExportFormat;

    use super::*;

    /// Ends when it is stopped and not before.
    #[derive(Debug)]
    struct Endless;

    impl Engine for Endless {
        fn support(&self, _: SourceKind, _: ExportFormat) -> Support {
            Support::Native
        }

        fn convert(
            &self,
            _: &Job<'_>,
            _: &mut dyn Sink,
            monitor: &dyn Monitor,
        ) -> std::result::Result<Report, EngineError> {
            while !monitor.is_stopped() {
                std::thread::yield_now();
            }
            Err(EngineError::new(ErrorKind::Stopped, "stopped"))
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_file_that_is_no_deck_fails_with_a_reason() {
        let client = Client::embedded(EmbeddedOptions::default().workers(1)).unwrap();
        client
            .upload_file("Data/a.pptx", b"no deck".to_vec())
            .await
            .unwrap();
        assert!(client.object_exists("Data/a.pptx").await.unwrap().exists);
        let operation = client
            .start_download_presentation("a.pptx", ExportFormat::Pdf)
            .folder("Data")
            .send()
            .await
            .unwrap();
        let error = operation.await.unwrap_err();
        let Error::Failed { error, .. } = error else {
            panic!("{error}")
        };
        assert!(error.message.is_some_and(|message| !message.is_empty()));

        assert_eq!(client.get_api_info().await.unwrap().name, "Slides");
        assert!(
            !client
                .get_available_fonts(None)
                .await
                .unwrap()
                .list
                .is_empty()
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_service_tells_of_the_end() {
        let client = Client::embedded(EmbeddedOptions::default().workers(1)).unwrap();
        let hour = Duration::from_hours(1);
        // polls would come an hour apart: the test ends because the service tells
        let client = client.with_poll_policy(PollPolicy {
            initial: hour,
            max: hour,
            deadline: None,
            ..PollPolicy::following()
        });
        let operation = client
            .start_convert(b"no deck".to_vec(), ExportFormat::Pdf)
            .send()
            .await
            .unwrap();
        assert!(matches!(operation.await, Err(Error::Failed { .. })));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_policy_of_a_client_holds_in_this_process_too() {
        let options = EmbeddedOptions::with_engine(Arc::new(Endless)).workers(1);
        let client = Client::embedded(options).unwrap();
        assert_eq!(client.policy, PollPolicy::following());
        let deck = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/decks/startup-pitch.pptx"
        );
        for held in [None, Some(Duration::from_secs(30))] {
            let client = client.clone().with_poll_policy(PollPolicy {
                held,
                ..PollPolicy::with_deadline(Duration::from_millis(50))
            });
            let deck = slides_core::Payload::path(deck);
            let operation = client.start_convert(deck, ExportFormat::Pdf);
            let mut operation = operation.send().await.unwrap();
            let error = operation.wait().await.unwrap_err();
            let Error::DeadlineExceeded { last, .. } = &error else {
                panic!("{error}")
            };
            assert_eq!(last.id, operation.id().as_str());
            // it runs on until it is told to end
            operation.cancel().await.unwrap();
            let mut operation = operation.with_policy(PollPolicy::following());
            let ended = operation.wait().await.unwrap_err();
            assert!(matches!(ended, Error::Canceled { .. }), "{ended}");
        }
    }

    #[test]
    fn without_a_runtime_it_says_so() {
        let error = Client::embedded(EmbeddedOptions::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "an embedded client needs a tokio runtime around it"
        );
    }
}
