use std::marker::PhantomData;

use slides_core::{
    CallOptions, Download, OperationHandle, Password, Payload, Range, Result, Saved, SplitSize,
    StartCall, StartRequest, StoredDocument,
};
use slides_types::{ExportOptions, SlideExportFormat, SplitDocumentResult};

use super::{
    Archive, Background, Foreground, await_sends, call_options, operation_options, sealed::Deck,
};
use crate::Client;

/// A split of one deck into a file for each slide, ready to be sent. The files go to a folder of
/// the storage. `S` is where the deck comes from, `M` how the call is answered.
#[derive(Debug)]
#[must_use = "nothing is sent until `send`"]
pub struct StartSplit<S, M = Background> {
    client: Client,
    document: S,
    format: SlideExportFormat,
    export: Option<ExportOptions>,
    range: Range,
    size: SplitSize,
    dest_folder: Option<String>,
    password: Option<Password>,
    storage: Option<String>,
    fonts_folder: Option<String>,
    call: CallOptions,
    mode: PhantomData<fn() -> M>,
}

/// A split that is answered when it is done: with links to the files in the storage, or as an
/// [`Archive`].
pub type OnlineSplit<S, M = Foreground> = StartSplit<S, M>;

impl Client {
    /// Splits a deck in the storage.
    ///
    /// ```
    /// # use slides::{Client, SlideExportFormat};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> slides::Result<()> {
    /// # let client = Client::new(slides::testing::FakeApi::finishing_with(""));
    /// let saved = client
    ///     .start_split("deck.pptx", SlideExportFormat::Png)
    ///     .folder("Data")
    ///     .from(2)
    ///     .to(5)
    ///     .dest_folder("Data/slides")
    ///     .send()
    ///     .await?
    ///     .await?;
    /// assert_eq!(saved.path.as_deref(), Some("Data/slides"));
    /// # Ok(()) }
    /// ```
    pub fn start_split(
        &self,
        name: impl Into<String>,
        format: SlideExportFormat,
    ) -> StartSplit<StoredDocument> {
        StartSplit::new(self, StoredDocument::new(name), format)
    }

    /// Splits an uploaded deck.
    pub fn start_upload_and_split(
        &self,
        document: impl Into<Payload>,
        format: SlideExportFormat,
    ) -> StartSplit<Payload> {
        StartSplit::new(self, document.into(), format)
    }

    /// Splits a deck in the storage and waits for the links to its files.
    pub fn split(
        &self,
        name: impl Into<String>,
        format: SlideExportFormat,
    ) -> OnlineSplit<StoredDocument> {
        StartSplit::new(self, StoredDocument::new(name), format)
    }

    /// Splits an uploaded deck and waits for a ZIP with the files; none goes into the storage.
    pub fn split_online(
        &self,
        document: impl Into<Payload>,
        format: SlideExportFormat,
    ) -> OnlineSplit<Payload, Archive> {
        let mut split = StartSplit::new(self, document.into(), format);
        split.call.result_only = true;
        split
    }

    /// Splits an uploaded deck to files in the storage and waits for the links to them.
    pub fn split_and_save_online(
        &self,
        document: impl Into<Payload>,
        format: SlideExportFormat,
    ) -> OnlineSplit<Payload> {
        StartSplit::new(self, document.into(), format)
    }
}

impl<S> StartSplit<S> {
    operation_options!();
}

impl<S, M> StartSplit<S, M> {
    fn new(client: &Client, document: S, format: SlideExportFormat) -> Self {
        Self {
            client: client.clone(),
            document,
            format,
            export: None,
            range: Range::default(),
            size: SplitSize::default(),
            dest_folder: None,
            password: None,
            storage: None,
            fonts_folder: None,
            call: CallOptions::default(),
            mode: PhantomData,
        }
    }

    /// First slide, numbered from 1.
    #[allow(clippy::should_implement_trait, reason = "named after the wire field")]
    pub fn from(mut self, slide: u32) -> Self {
        self.range.from = Some(slide);
        self
    }

    /// Last slide, included.
    pub fn to(mut self, slide: u32) -> Self {
        self.range.to = Some(slide);
        self
    }

    /// Width of output images in pixels.
    pub fn width(mut self, pixels: u32) -> Self {
        self.size.width = Some(pixels);
        self
    }

    /// Height of output images in pixels.
    pub fn height(mut self, pixels: u32) -> Self {
        self.size.height = Some(pixels);
        self
    }

    /// Storage folder for the files. Without it, the folder of a stored deck, or the root.
    pub fn dest_folder(mut self, folder: impl Into<String>) -> Self {
        self.dest_folder = Some(folder.into());
        self
    }

    /// Open password of the deck. It is ignored for a deck that has none.
    pub fn password(mut self, password: impl Into<Password>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Export options of the format.
    pub fn options(mut self, options: impl Into<ExportOptions>) -> Self {
        self.export = Some(options.into());
        self
    }

    /// Storage to read from and write to. Without it, the default one.
    pub fn storage(mut self, storage: impl Into<String>) -> Self {
        self.storage = Some(storage.into());
        self
    }

    /// Storage folder with font files.
    pub fn fonts_folder(mut self, folder: impl Into<String>) -> Self {
        self.fonts_folder = Some(folder.into());
        self
    }

    call_options!();
}

impl<M> StartSplit<StoredDocument, M> {
    /// Folder of the deck. Without it, the storage's root.
    pub fn folder(mut self, folder: impl Into<String>) -> Self {
        self.document.folder = Some(folder.into());
        self
    }
}

#[allow(private_bounds, reason = "sealed")]
impl<S: Deck> StartSplit<S> {
    /// Sends the call.
    ///
    /// # Errors
    /// As [`StartConversion::send`](crate::StartConversion::send).
    ///
    /// # Cancel safety
    /// As [`StartConversion::send`](crate::StartConversion::send).
    pub async fn send(self) -> Result<OperationHandle<Saved>> {
        let (client, request) = self.into_request();
        super::send(&client, request).await
    }
}

#[allow(private_bounds, reason = "sealed")]
impl<S: Deck> StartSplit<S, Foreground> {
    /// Sends the call and gives a link to each slide's file.
    ///
    /// # Errors
    /// As [`Conversion::send`](crate::Conversion::send).
    ///
    /// # Cancel safety
    /// As [`Conversion::send`](crate::Conversion::send).
    pub async fn send(self) -> Result<SplitDocumentResult> {
        let (client, request) = self.into_request();
        super::slides(&client, request).await
    }
}

impl StartSplit<Payload, Archive> {
    /// Sends the call and gives the ZIP.
    ///
    /// # Errors
    /// As [`Conversion::send`](crate::Conversion::send).
    ///
    /// # Cancel safety
    /// As [`Conversion::send`](crate::Conversion::send).
    pub async fn send(self) -> Result<Download> {
        let (client, request) = self.into_request();
        super::file(&client, request).await
    }
}

impl<S: Deck, M> StartSplit<S, M> {
    fn into_request(self) -> (Client, StartRequest) {
        let (document, upload) = self.document.into_parts();
        let call = StartCall::Split {
            document,
            format: self.format,
            export: self.export,
            range: self.range,
            size: self.size,
            dest_folder: self.dest_folder,
            password: self.password,
            storage: self.storage,
            fonts_folder: self.fonts_folder,
        };
        let mut request = StartRequest::new(call).options(self.call);
        request.documents.extend(upload);
        (self.client, request)
    }
}

await_sends!([S: Deck] StartSplit<S> => OperationHandle<Saved>);
await_sends!([S: Deck] OnlineSplit<S> => SplitDocumentResult);
await_sends!([] OnlineSplit<Payload, Archive> => Download);
