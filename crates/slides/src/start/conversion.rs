use std::marker::PhantomData;

use slides_core::{
    CallOptions, Download, OperationHandle, Outcome, Password, Payload, Result, Saved, StartCall,
    StartRequest, StoredDocument, Target,
};
use slides_types::{ExportFormat, ExportOptions};

use super::{Background, Foreground, await_sends, call_options, operation_options, sealed::Deck};
use crate::Client;

/// A conversion of one deck, ready to be sent. `S` is where the deck comes from, `T` what the
/// operation leaves, `M` how the call is answered.
#[derive(Debug)]
#[must_use = "nothing is sent until `send`"]
pub struct StartConversion<S, T: Outcome = Download, M = Background> {
    client: Client,
    document: S,
    target: Target,
    out_path: Option<String>,
    call: CallOptions,
    kind: PhantomData<fn() -> (T, M)>,
}

/// A conversion that is answered when it is done.
pub type Conversion<S, T = Download> = StartConversion<S, T, Foreground>;

impl Client {
    /// Converts an uploaded deck; the result is fetched through the handle.
    ///
    /// ```
    /// # use slides::{Client, ExportFormat, types::PdfExportOptions};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> slides::Result<()> {
    /// # let client = Client::new(slides::testing::FakeApi::finishing_with("%PDF"));
    /// # let deck = b"PK".to_vec();
    /// let mut options = PdfExportOptions::default();
    /// options.jpeg_quality = Some(90);
    /// let pdf = client.start_convert(deck, ExportFormat::Pdf).password("secret").options(options).send().await?.await?;
    /// # assert_eq!(pdf.bytes().await?, "%PDF");
    /// # Ok(()) }
    /// ```
    pub fn start_convert(
        &self,
        document: impl Into<Payload>,
        format: ExportFormat,
    ) -> StartConversion<Payload> {
        StartConversion::new(self, document.into(), format, None)
    }

    /// Converts an uploaded deck to a file in the storage. `out_path` is a full path inside it.
    pub fn start_convert_and_save(
        &self,
        document: impl Into<Payload>,
        format: ExportFormat,
        out_path: impl Into<String>,
    ) -> StartConversion<Payload, Saved> {
        StartConversion::new(self, document.into(), format, Some(out_path.into()))
    }

    /// Converts a deck in the storage; the result is fetched through the handle.
    pub fn start_download_presentation(
        &self,
        name: impl Into<String>,
        format: ExportFormat,
    ) -> StartConversion<StoredDocument> {
        StartConversion::new(self, StoredDocument::new(name), format, None)
    }

    /// Converts a deck in the storage to a file in the storage. `out_path` is a full path inside it.
    pub fn start_save_presentation(
        &self,
        name: impl Into<String>,
        format: ExportFormat,
        out_path: impl Into<String>,
    ) -> StartConversion<StoredDocument, Saved> {
        StartConversion::new(
            self,
            StoredDocument::new(name),
            format,
            Some(out_path.into()),
        )
    }

    /// Converts an uploaded deck and waits for the result.
    ///
    /// ```
    /// # use slides::{Client, ExportFormat};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> slides::Result<()> {
    /// # let client = Client::new(slides::testing::FakeApi::finishing_with("%PDF"));
    /// # let deck = b"PK".to_vec();
    /// let pdf = client.convert(deck, ExportFormat::Pdf).slides([1, 3]).send().await?;
    /// # assert_eq!(pdf.bytes().await?, "%PDF");
    /// # Ok(()) }
    /// ```
    pub fn convert(
        &self,
        document: impl Into<Payload>,
        format: ExportFormat,
    ) -> Conversion<Payload> {
        StartConversion::new(self, document.into(), format, None)
    }

    /// Converts an uploaded deck to a file in the storage and waits for it. `out_path` is a full
    /// path inside it.
    pub fn convert_and_save(
        &self,
        document: impl Into<Payload>,
        format: ExportFormat,
        out_path: impl Into<String>,
    ) -> Conversion<Payload, Saved> {
        StartConversion::new(self, document.into(), format, Some(out_path.into()))
    }

    /// Converts a deck in the storage and waits for the result.
    pub fn download_presentation(
        &self,
        name: impl Into<String>,
        format: ExportFormat,
    ) -> Conversion<StoredDocument> {
        StartConversion::new(self, StoredDocument::new(name), format, None)
    }

    /// Converts a deck in the storage to a file in the storage and waits for it. `out_path` is a
    /// full path inside it.
    pub fn save_presentation(
        &self,
        name: impl Into<String>,
        format: ExportFormat,
        out_path: impl Into<String>,
    ) -> Conversion<StoredDocument, Saved> {
        let out_path = Some(out_path.into());
        StartConversion::new(self, StoredDocument::new(name), format, out_path)
    }
}

impl<S, T: Outcome, M> StartConversion<S, T, M> {
    fn new(client: &Client, document: S, format: ExportFormat, out_path: Option<String>) -> Self {
        Self {
            client: client.clone(),
            document,
            target: Target::new(format),
            out_path,
            call: CallOptions::default(),
            kind: PhantomData,
        }
    }

    /// Slides to keep, numbered from 1. Without it, all.
    pub fn slides(mut self, slides: impl IntoIterator<Item = u32>) -> Self {
        self.target.slides = slides.into_iter().collect();
        self
    }

    /// Open password of the deck. It is ignored for a deck that has none.
    pub fn password(mut self, password: impl Into<Password>) -> Self {
        self.target.password = Some(password.into());
        self
    }

    /// Export options of the format, such as [`PdfExportOptions`](crate::types::PdfExportOptions).
    pub fn options(mut self, options: impl Into<ExportOptions>) -> Self {
        self.target.export = Some(options.into());
        self
    }

    /// Storage to read from and write to. Without it, the default one.
    pub fn storage(mut self, storage: impl Into<String>) -> Self {
        self.target.storage = Some(storage.into());
        self
    }

    /// Storage folder with font files.
    pub fn fonts_folder(mut self, folder: impl Into<String>) -> Self {
        self.target.fonts_folder = Some(folder.into());
        self
    }

    call_options!();
}

impl<S, T: Outcome> StartConversion<S, T> {
    operation_options!();
}

impl<T: Outcome, M> StartConversion<StoredDocument, T, M> {
    /// Folder of the deck. Without it, the storage's root.
    pub fn folder(mut self, folder: impl Into<String>) -> Self {
        self.document.folder = Some(folder.into());
        self
    }
}

#[allow(private_bounds, reason = "sealed")]
impl<S: Deck, T: Outcome> StartConversion<S, T> {
    /// Sends the call.
    ///
    /// # Errors
    /// [`Error::Rejected`](crate::Error::Rejected) for a call that cannot be, [`Error::Io`](crate::Error::Io)
    /// when the document cannot be read, [`Error::NotFound`](crate::Error::NotFound) for an unknown
    /// storage; [`Error::Auth`](crate::Error::Auth), [`Error::Unavailable`](crate::Error::Unavailable)
    /// and [`Error::Transport`](crate::Error::Transport) from the way there. What is wrong with the
    /// deck itself shows later, in the operation.
    ///
    /// # Cancel safety
    /// A future dropped midway may have started the operation; an idempotency key makes it safe to
    /// send again.
    pub async fn send(self) -> Result<OperationHandle<T>> {
        let (client, request) = self.into_request();
        super::send(&client, request).await
    }
}

#[allow(private_bounds, reason = "sealed")]
impl<S: Deck> StartConversion<S, Download, Foreground> {
    /// Sends the call and gives the result.
    ///
    /// # Errors
    /// As [`send`](StartConversion::send) of a start, and what is wrong with the deck:
    /// [`Error::Rejected`](crate::Error::Rejected), [`Error::NotFound`](crate::Error::NotFound) or,
    /// in this process, [`Error::Failed`](crate::Error::Failed).
    ///
    /// # Cancel safety
    /// A future dropped midway may leave the work running, with nobody told.
    pub async fn send(self) -> Result<Download> {
        let (client, request) = self.into_request();
        super::file(&client, request).await
    }
}

#[allow(private_bounds, reason = "sealed")]
impl<S: Deck> StartConversion<S, Saved, Foreground> {
    /// Sends the call and says where the result lies.
    ///
    /// # Errors
    /// As [`Conversion::send`].
    ///
    /// # Cancel safety
    /// As [`Conversion::send`].
    pub async fn send(self) -> Result<Saved> {
        let (client, request) = self.into_request();
        super::saved(&client, request).await
    }
}

impl<S: Deck, T: Outcome, M> StartConversion<S, T, M> {
    fn into_request(self) -> (Client, StartRequest) {
        let Self {
            client,
            document,
            target,
            out_path,
            call: options,
            ..
        } = self;
        let (source, upload) = document.into_parts();
        let call = match (source, out_path) {
            (slides_core::DocumentSource::Storage(document), None) => {
                StartCall::DownloadPresentation { target, document }
            }
            (slides_core::DocumentSource::Storage(document), Some(out_path)) => {
                StartCall::SavePresentation {
                    target,
                    document,
                    out_path,
                }
            }
            (_, None) => StartCall::Convert(target),
            (_, Some(out_path)) => StartCall::ConvertAndSave { target, out_path },
        };
        let mut request = StartRequest::new(call).options(options);
        request.documents.extend(upload);
        (client, request)
    }
}

await_sends!([S: Deck, T: Outcome] StartConversion<S, T> => OperationHandle<T>);
await_sends!([S: Deck] Conversion<S> => Download);
await_sends!([S: Deck] Conversion<S, Saved> => Saved);
