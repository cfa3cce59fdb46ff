use std::fmt;
use std::path::Path;

use bytes::Bytes;
use futures_util::StreamExt;

use crate::payload::ByteStream;
use crate::{Error, Result};

/// A file on its way down, not buffered.
pub struct Download {
    /// Media type, such as `application/pdf`.
    pub content_type: Option<String>,
    /// File name from `Content-Disposition`, without any folder.
    pub file_name: Option<String>,
    /// Length in bytes where it is known.
    pub len: Option<u64>,
    /// Warnings of the conversion (`slide 3: chart: …`), where the implementer gives them.
    pub warnings: Vec<String>,
    stream: ByteStream,
}

impl Download {
    /// Wraps a stream whose length is known or not.
    pub fn new(stream: ByteStream, len: Option<u64>) -> Self {
        Self {
            content_type: None,
            file_name: None,
            len,
            warnings: Vec::new(),
            stream,
        }
    }

    /// Wraps bytes that are in memory.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let len = bytes.len() as u64;
        Self::new(
            Box::pin(futures_util::stream::once(async move { Ok(bytes) })),
            Some(len),
        )
    }

    /// Sets media type and file name.
    #[must_use]
    pub fn with_type(mut self, content_type: Option<String>, file_name: Option<String>) -> Self {
        self.content_type = content_type;
        self.file_name = file_name;
        self
    }

    /// Sets the warnings of the conversion.
    #[must_use]
    pub fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }

    /// The chunks as they arrive. A body that ends short of `len` ends with an error item.
    pub fn into_stream(self) -> ByteStream {
        let Some(len) = self.len else {
            return self.stream;
        };
        // the end of the stream is an item here, so that a short body cannot pass for a whole one
        let chunks = self
            .stream
            .map(Some)
            .chain(futures_util::stream::iter([None]));
        Box::pin(chunks.scan((0_u64, false), move |(got, broken), chunk| {
            let item = match chunk {
                Some(Ok(chunk)) => {
                    *got += chunk.len() as u64;
                    Some(Ok(chunk))
                }
                Some(Err(error)) => {
                    *broken = true;
                    Some(Err(error))
                }
                None if *got == len || *broken => None,
                None => Some(Err(std::io::Error::new(
                    std::io::ErrorKind::UnexpectedEof,
                    crate::save::wrong_length(len, *got),
                ))),
            };
            std::future::ready(item)
        }))
    }

    /// Reads everything into memory.
    ///
    /// # Errors
    /// [`Error::Io`] when the body breaks off or is shorter than announced.
    pub async fn bytes(mut self) -> Result<Bytes> {
        let mut all = Vec::with_capacity(self.len.unwrap_or(0).min(1 << 20) as usize);
        while let Some(chunk) = self.stream.next().await {
            all.extend_from_slice(&chunk.map_err(|e| Error::io("the download broke off", e))?);
        }
        self.check(all.len() as u64)?;
        Ok(all.into())
    }

    /// Writes to a temporary file beside `path`, then renames: the path holds a whole file or
    /// what it held before.
    ///
    /// # Errors
    /// [`Error::Io`] when the body breaks off, is shorter than announced, or cannot be written.
    pub async fn save(mut self, path: impl AsRef<Path>) -> Result<u64> {
        crate::save::atomically(path.as_ref(), self.len, &mut self.stream).await
    }

    fn check(&self, got: u64) -> Result<()> {
        crate::save::check_length(self.len, got)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("content_type", &self.content_type)
            .field("file_name", &self.file_name)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error as IoError, ErrorKind};

    use super::*;

    fn chunks(items: Vec<std::io::Result<&'static str>>, len: Option<u64>) -> Download {
        Download::new(
            futures_util::stream::iter(items)
                .map(|item| item.map(Bytes::from))
                .boxed(),
            len,
        )
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_whole_body_is_saved_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.pdf");
        std::fs::write(&path, "before").unwrap();
        let len = chunks(vec![Ok("%PDF"), Ok("-1.7")], Some(8))
            .save(&path)
            .await
            .unwrap();
        assert_eq!(
            (len, std::fs::read_to_string(&path).unwrap().as_str()),
            (8, "%PDF-1.7")
        );
        assert_eq!(names(folder.path()), ["out.pdf"]);
    }

    #[tokio::test]
    async fn a_short_or_broken_body_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.pdf");
        std::fs::write(&path, "before").unwrap();
        let short = chunks(vec![Ok("%PDF")], Some(8))
            .save(&path)
            .await
            .unwrap_err();
        assert_eq!(short.to_string(), "the download ended after 4 of 8 bytes");
        let cut = || vec![Ok("%PDF"), Err(IoError::from(ErrorKind::ConnectionReset))];
        assert_eq!(
            chunks(cut(), None)
                .save(&path)
                .await
                .unwrap_err()
                .to_string(),
            "the download broke off"
        );
        assert_eq!(
            chunks(cut(), None).bytes().await.unwrap_err().kind_text(),
            "io"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(names(folder.path()), ["out.pdf"]);
    }

    #[tokio::test]
    async fn a_save_dropped_midway_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.pdf");
        let endless = futures_util::stream::iter([Ok(Bytes::from("%PDF"))])
            .chain(futures_util::stream::pending());
        let save = Download::new(endless.boxed(), None).save(&path);
        let part_was_there = {
            tokio::pin!(save);
            let mut there = false;
            while !there {
                tokio::select! {
                    biased;
                    _ = &mut save => unreachable!("the stream never ends"),
                    () = tokio::task::yield_now() => there = !names(folder.path()).is_empty(),
                }
            }
            there
        };
        assert!(part_was_there);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[tokio::test]
    async fn two_saves_to_one_path_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.pdf");
        let a = chunks(vec![Ok("aaaa"), Ok("aaaa")], Some(8)).save(&path);
        let b = chunks(vec![Ok("bbbb"), Ok("bbbb")], Some(8)).save(&path);
        let (a, b) = tokio::join!(a, b);
        assert_eq!((a.unwrap(), b.unwrap()), (8, 8));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text == "aaaaaaaa" || text == "bbbbbbbb", "{text}");
        assert_eq!(names(folder.path()), ["out.pdf"]);
    }

    #[tokio::test]
    async fn a_stream_that_ends_short_ends_with_an_error_item() {
        let items = |list, len| {
            chunks(list, len)
                .into_stream()
                .map(|item| item.is_ok())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            items(vec![Ok("%PDF"), Ok("-1.7")], Some(8)).await,
            [true, true]
        );
        assert_eq!(items(vec![Ok("%PDF")], Some(8)).await, [true, false]);
        assert_eq!(items(vec![Ok("%PDF")], None).await, [true]);
        let cut = vec![Ok("%PDF"), Err(IoError::from(ErrorKind::ConnectionReset))];
        assert_eq!(
            items(cut, Some(8)).await,
            [true, false],
            "one error is enough"
        );
    }
}
