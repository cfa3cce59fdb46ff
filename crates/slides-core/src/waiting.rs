//! Synchronous calls over asynchronous ones: start, wait, fetch.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use slides_types::{
    Document, ExportFormat, Operation, OrderedMergeRequest, PresentationSource,
    PresentationToMerge, PresentationsMergeRequest, ResourceUri, SplitDocumentResult,
};

use crate::{
    AsyncApi, DocumentSource, Download, Error, Merge, OperationHandle, OperationId, Outcome,
    PollPolicy, Result, Saved, StartCall, StartRequest, StoredDeck, SyncApi, SyncReply,
};

/// Name of an uploaded deck in the names of a split's files (contract section 7).
const UPLOADED: &str = "sourcePresentation";

/// [`SyncApi`] over any [`AsyncApi`]. Work that nobody waits for any more is canceled where the implementer can.
///
/// ```
/// # use std::sync::Arc;
/// # use slides_core::{Payload, StartCall, StartRequest, SyncApi, SyncReply, Target, Waiting, testing::FakeApi, types::ExportFormat};
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> slides_core::Result<()> {
/// let api = Waiting::new(Arc::new(FakeApi::finishing_with("%PDF")));
/// let call = StartCall::Convert(Target::new(ExportFormat::Pdf));
/// let reply = api.run(StartRequest::new(call).document(Payload::bytes("PK"))).await?;
/// let SyncReply::File(pdf) = reply else { unreachable!("a conversion gives a file") };
/// assert_eq!(pdf.bytes().await?, "%PDF");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Waiting {
    api: Arc<dyn AsyncApi>,
    policy: PollPolicy,
}

impl Waiting {
    /// Waits as [`PollPolicy`] does by default, but asks sooner: after 2 ms, then up to every 200 ms.
    pub fn new(api: Arc<dyn AsyncApi>) -> Self {
        let policy = PollPolicy {
            initial: Duration::from_millis(2),
            max: Duration::from_millis(200),
            ..PollPolicy::default()
        };
        Self { api, policy }
    }

    /// Sets how to wait.
    #[must_use]
    pub fn with_policy(mut self, policy: PollPolicy) -> Self {
        self.policy = policy;
        self
    }

    async fn ended<T: Outcome>(&self, request: StartRequest) -> Result<(T, OperationHandle<T>)> {
        let handle = OperationHandle::start(self.api.clone(), request).await?;
        let mut handle = handle.with_policy(self.policy.clone());
        let mut left = Left {
            api: self.api.clone(),
            id: Some(handle.id().clone()),
        };
        let outcome = handle.wait().await;
        // an operation that still runs after the deadline is of no use to anyone
        if !matches!(outcome, Err(Error::DeadlineExceeded { .. })) {
            left.id = None;
        }
        Ok((outcome?, handle))
    }

    /// Merges the sources into the first of them.
    async fn append(
        &self,
        deck: &StoredDeck,
        sources: Vec<PresentationToMerge>,
    ) -> Result<Document> {
        if sources.is_empty() {
            return Err(Error::invalid(
                "the request names no presentation to append",
            ));
        }
        let path = deck.document.path();
        let mut base = PresentationToMerge::new(path.as_str());
        base.password = deck.password.as_ref().map(|p| p.expose().to_owned());
        let mut merge = Merge {
            storage: deck.storage.clone(),
            ..Merge::default()
        };
        merge.sources = std::iter::once(base).chain(sources).collect();
        for source in &mut merge.sources {
            source.source = Some(PresentationSource::Storage);
        }
        let call = StartCall::MergeAndSave {
            merge,
            out_path: path.clone(),
        };
        self.ended::<Saved>(StartRequest::new(call))
            .await
            .map(drop)?;
        let mut document = Document::default();
        document.self_uri = Some(link(&path, ExportFormat::Pptx));
        Ok(document)
    }
}

#[async_trait]
impl SyncApi for Waiting {
    async fn run(&self, mut request: StartRequest) -> Result<SyncReply> {
        // two callers that wait must not share an operation: one may go away and cancel it
        request.options.idempotency_key = None;
        request.options.webhook = None;
        let call = request.call.clone();
        match &call {
            StartCall::Convert(_)
            | StartCall::DownloadPresentation { .. }
            | StartCall::Merge(_) => {
                let (file, _) = self.ended::<Download>(request).await?;
                Ok(SyncReply::File(file))
            }
            StartCall::Split { .. } => {
                let result_only = request.options.result_only;
                let (_, handle) = self.ended::<Saved>(request).await?;
                if result_only {
                    return Ok(SyncReply::File(self.api.result(handle.id()).await?));
                }
                Ok(SyncReply::Slides(slides(&call, handle.last())))
            }
            StartCall::ConvertAndSave { .. }
            | StartCall::SavePresentation { .. }
            | StartCall::MergeAndSave { .. } => {
                let (saved, _) = self.ended::<Saved>(request).await?;
                Ok(SyncReply::Saved(saved))
            }
        }
    }

    async fn merge(
        &self,
        deck: &StoredDeck,
        request: PresentationsMergeRequest,
    ) -> Result<Document> {
        let mut passwords = request.presentation_passwords.into_iter();
        let sources = request.presentation_paths.into_iter().map(|path| {
            let mut source = PresentationToMerge::new(path);
            source.password = passwords.next().filter(|password| !password.is_empty());
            source
        });
        self.append(deck, sources.collect()).await
    }

    async fn ordered_merge(
        &self,
        deck: &StoredDeck,
        request: OrderedMergeRequest,
    ) -> Result<Document> {
        self.append(deck, request.presentations).await
    }
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Cancels its operation when it is dropped with it: the caller went away, or the time is up.
struct Left {
    api: Arc<dyn AsyncApi>,
    id: Option<OperationId>,
}

impl Drop for Left {
    fn drop(&mut self) {
        if let Some(id) = self.id.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let api = Arc::clone(&self.api);
            runtime.spawn(async move {
                if let Err(error) = api.cancel(&id).await {
                    tracing::debug!(error.type = error.kind_text(), "an operation nobody waits for runs on");
                }
            });
        }
    }
}

/// The files of a split, one for each step (contract section 7). The links are paths of the storage: there is no host.
fn slides(call: &StartCall, operation: Option<&Operation>) -> SplitDocumentResult {
    let mut result = SplitDocumentResult::default();
    let StartCall::Split {
        document,
        format,
        range,
        dest_folder,
        ..
    } = call
    else {
        return result;
    };
    let (folder, name) = match document {
        DocumentSource::Storage(deck) => (deck.folder.as_deref(), deck.name.as_str()),
        DocumentSource::Request => (None, UPLOADED),
    };
    let folder = dest_folder.as_deref().or(folder).unwrap_or_default();
    let folder = folder.trim_matches('/');
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let format = ExportFormat::from(*format);
    let steps = operation
        .and_then(|operation| operation.progress.as_ref())
        .map_or(0, |progress| progress.step_count);
    let first = range
        .from
        .and_then(|from| i32::try_from(from).ok())
        .unwrap_or(1);
    let links = (first..first.saturating_add(steps)).map(|number| {
        let path = format!("{folder}/{stem}_{number}.{}", format.extension());
        let mut uri = link(&path, format);
        uri.title = Some(format!("Slide {number}"));
        uri.slide_index = Some(number);
        uri
    });
    result.slides = Some(links.collect());
    result
}

fn link(path: &str, format: ExportFormat) -> ResourceUri {
    let mut uri = ResourceUri::default();
    uri.href = Some(format!("/{}", path.trim_matches('/')));
    uri.relation = Some("self".to_owned());
    uri.link_type = Some(format.media_type().to_owned());
    uri.title = path.rsplit('/').next().map(str::to_owned);
    uri
}

#[cfg(test)]
mod tests {
    use slides_types::SlideExportFormat;

    use super::*;
    use crate::testing::{FakeApi, MockAsyncApi, reply};
    use crate::{CallOptions, Payload, Range, SplitSize, StoredDocument, Target};

    fn split(document: DocumentSource, dest_folder: Option<&str>) -> StartRequest {
        StartRequest::new(StartCall::Split {
            document,
            format: SlideExportFormat::Png,
            export: None,
            range: Range {
                from: Some(2),
                to: None,
            },
            size: SplitSize::default(),
            dest_folder: dest_folder.map(str::to_owned),
            password: None,
            storage: None,
            fonts_folder: None,
        })
    }

    fn fake() -> (Arc<FakeApi>, Waiting) {
        let api = Arc::new(
            FakeApi::new([
                Ok(reply("op-1", "Started")),
                Ok(reply("op-1", "Finished").progress(2, 2)),
            ])
            .with_result("result"),
        );
        (api.clone(), Waiting::new(api))
    }

    fn hrefs(reply: SyncReply) -> Vec<String> {
        let SyncReply::Slides(result) = reply else {
            panic!("{reply:?}")
        };
        let slides = result.slides.unwrap().into_iter();
        slides.map(|uri| uri.href.unwrap()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn each_request_ends_in_what_it_leaves() {
        let target = || Target::new(ExportFormat::Pdf);
        let deck = || StoredDocument::in_folder("a.b.pptx", "Data");
        for call in [
            StartCall::Convert(target()),
            StartCall::DownloadPresentation {
                target: target(),
                document: deck(),
            },
        ] {
            let (_, api) = fake();
            let request = StartRequest::new(call).document(Payload::bytes("PK"));
            let SyncReply::File(file) = api.run(request).await.unwrap() else {
                panic!("no file")
            };
            assert_eq!(file.bytes().await.unwrap(), "result");
        }
        let (_, api) = fake();
        let call = StartCall::SavePresentation {
            target: target(),
            document: deck(),
            out_path: "out/a.pdf".into(),
        };
        let SyncReply::Saved(saved) = api.run(StartRequest::new(call)).await.unwrap() else {
            panic!("nothing saved")
        };
        assert_eq!(saved.path.as_deref(), Some("out/a.pdf"));

        let (_, api) = fake();
        let stored = split(DocumentSource::Storage(deck()), None);
        let links = hrefs(api.run(stored).await.unwrap());
        assert_eq!(links, ["/Data/a.b_2.png", "/Data/a.b_3.png"]);
        let (_, api) = fake();
        let uploaded =
            || split(DocumentSource::Request, Some("out/")).document(Payload::bytes("PK"));
        let links = hrefs(api.run(uploaded()).await.unwrap());
        assert_eq!(
            links,
            [
                "/out/sourcePresentation_2.png",
                "/out/sourcePresentation_3.png"
            ]
        );
        let (_, api) = fake();
        let options = CallOptions {
            result_only: true,
            ..CallOptions::default()
        };
        let reply = api.run(uploaded().options(options)).await.unwrap();
        assert!(matches!(reply, SyncReply::File(_)), "{reply:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn decks_are_appended_to_the_one_that_is_named() {
        let (fake, api) = fake();
        let mut deck = StoredDeck::new(StoredDocument::in_folder("a.pptx", "Data"));
        deck.password = Some("pw".into());
        let mut whole = PresentationsMergeRequest::new(vec!["b.pptx".into(), "c.pptx".into()]);
        whole.presentation_passwords = vec![String::new(), "pc".into()];
        let document = api.merge(&deck, whole).await.unwrap();
        assert_eq!(
            document.self_uri.unwrap().href.as_deref(),
            Some("/Data/a.pptx")
        );
        let StartCall::MergeAndSave { merge, out_path } = fake.started().remove(0).call else {
            panic!("no merge")
        };
        assert_eq!(out_path, "Data/a.pptx");
        let told = merge
            .sources
            .iter()
            .map(|s| (s.path.as_str(), s.password.as_deref()));
        let expected = [
            ("Data/a.pptx", Some("pw")),
            ("b.pptx", None),
            ("c.pptx", Some("pc")),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        let nothing = OrderedMergeRequest::default();
        let error = api.ordered_merge(&deck, nothing).await.unwrap_err();
        assert_eq!(error.status_code(), Some(400));
    }

    #[tokio::test(start_paused = true)]
    async fn work_nobody_waits_for_is_canceled() {
        for dropped in [true, false] {
            let (told, hears) = tokio::sync::oneshot::channel();
            let told = std::sync::Mutex::new(Some(told));
            let mut mock = MockAsyncApi::new();
            mock.expect_start().returning(|_| Ok("op-1".into()));
            mock.expect_status()
                .returning(|id| Ok(reply(id, "Started")));
            mock.expect_cancel().times(1).returning(move |id| {
                let told = told.lock().unwrap().take().unwrap();
                told.send(id.clone()).unwrap();
                Ok(())
            });
            let policy = PollPolicy::with_deadline(Duration::from_secs(5));
            let api = Waiting::new(Arc::new(mock)).with_policy(policy);
            let call = StartCall::Convert(Target::new(ExportFormat::Pdf));
            let work = api.run(StartRequest::new(call).document(Payload::bytes("PK")));
            if dropped {
                let limited = tokio::time::timeout(Duration::from_secs(1), work).await;
                assert!(limited.is_err());
            } else {
                let error = work.await.unwrap_err();
                assert!(matches!(error, Error::DeadlineExceeded { .. }), "{error}");
            }
            assert_eq!(hears.await.unwrap().as_str(), "op-1");
        }
    }
}
