use std::fmt;
use std::path::Path;

use bytes::Bytes;
use futures_util::StreamExt;

use crate::payload::{ByteStream, Payload};
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
    /// A text that changes with the bytes, where the implementer has one: that of an `ETag` without its quotes.
    pub tag: Option<String>,
    stream: Source,
}

enum Source {
    Stream(ByteStream),
    /// A file that can be read from anywhere.
    File(tokio::fs::File),
}

impl Source {
    fn into_stream(self) -> ByteStream {
        match self {
            Self::Stream(stream) => stream,
            Self::File(file) => Box::pin(tokio_util::io::ReaderStream::with_capacity(
                file,
                Payload::PIECE,
            )),
        }
    }
}

impl Download {
    /// Wraps a stream whose length is known or not.
    pub fn new(stream: ByteStream, len: Option<u64>) -> Self {
        Self {
            content_type: None,
            file_name: None,
            len,
            warnings: Vec::new(),
            tag: None,
            stream: Source::Stream(stream),
        }
    }

    /// Wraps an open file of `len` bytes, read from its start; a part of it is read without what is before it.
    pub fn from_file(file: tokio::fs::File, len: u64) -> Self {
        Self {
            stream: Source::File(file),
            ..Self::new(Box::pin(futures_util::stream::empty()), Some(len))
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

    /// Sets the text that changes with the bytes.
    #[must_use]
    pub fn with_tag(mut self, tag: Option<String>) -> Self {
        self.tag = tag;
        self
    }

    /// The bytes from `start` to before `end`, as they arrive. What is before them is skipped; it is not even read
    /// where the implementer gave a file.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read from `start` on. The stream ends with an error item when the body
    /// ends before `end`.
    pub async fn into_range(self, start: u64, end: u64) -> Result<ByteStream> {
        use tokio::io::AsyncSeekExt;
        let (mut skip, mut left) = (start, end.saturating_sub(start));
        let stream = match self.stream {
            Source::File(mut file) => {
                file.seek(std::io::SeekFrom::Start(start))
                    .await
                    .map_err(|e| Error::io("a part of the file cannot be read", e))?;
                skip = 0;
                Source::File(file).into_stream()
            }
            stream @ Source::Stream(_) => stream.into_stream(),
        };
        let chunks = stream.map(Some).chain(futures_util::stream::iter([None]));
        let cut = chunks.scan(false, move |broken, chunk| {
            let item = match chunk {
                _ if *broken || (left == 0 && skip == 0) => None,
                Some(Ok(mut chunk)) => {
                    let before = (chunk.len() as u64).min(skip);
                    skip -= before;
                    let mut chunk = chunk.split_off(before as usize);
                    chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                    left -= chunk.len() as u64;
                    Some(Ok(chunk))
                }
                Some(Err(error)) => {
                    *broken = true;
                    Some(Err(error))
                }
                None => Some(Err(std::io::Error::new(
                    std::io::ErrorKind::UnexpectedEof,
                    format!("the body ended {left} bytes before the end of the part"),
                ))),
            };
            std::future::ready(item)
        });
        Ok(Box::pin(cut.filter(|item| {
            std::future::ready(!matches!(item, Ok(chunk) if chunk.is_empty()))
        })))
    }

    /// The chunks as they arrive. A body that ends short of `len` ends with an error item.
    pub fn into_stream(self) -> ByteStream {
        let stream = self.stream.into_stream();
        let Some(len) = self.len else {
            return stream;
        };
        // the end of the stream is an item here, so that a short body cannot pass for a whole one
        let chunks = stream.map(Some).chain(futures_util::stream::iter([None]));
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
    pub async fn bytes(self) -> Result<Bytes> {
        let mut all = Vec::with_capacity(self.len.unwrap_or(0).min(1 << 20) as usize);
        let mut stream = self.stream.into_stream();
        while let Some(chunk) = stream.next().await {
            all.extend_from_slice(&chunk.map_err(|e| Error::io("the download broke off", e))?);
        }
        crate::save::check_length(self.len, all.len() as u64)?;
        Ok(all.into())
    }

    /// Writes to a temporary file beside `path`, then renames: the path holds a whole file or
    /// what it held before.
    ///
    /// # Errors
    /// [`Error::Io`] when the body breaks off, is shorter than announced, or cannot be written.
    pub async fn save(self, path: impl AsRef<Path>) -> Result<u64> {
        let mut stream = self.stream.into_stream();
        crate::save::atomically(path.as_ref(), self.len, &mut stream).await
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

    use futures_util::TryStreamExt;

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

    #[tokio::test]
    async fn parts_are_cut_from_streams_and_files_alike() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "0123456789").unwrap();
        for (start, end, expected) in [
            (0, 10, "0123456789"),
            (3, 7, "3456"),
            (9, 10, "9"),
            (4, 4, ""),
        ] {
            let chunks = futures_util::stream::iter(["0123", "", "4567", "89"]);
            let stream =
                Download::new(Box::pin(chunks.map(|text| Ok(Bytes::from(text)))), Some(10));
            let file = Download::from_file(tokio::fs::File::open(&path).await.unwrap(), 10);
            for download in [stream, file] {
                let part: Vec<Bytes> = download
                    .into_range(start, end)
                    .await
                    .unwrap()
                    .try_collect()
                    .await
                    .unwrap();
                assert_eq!(part.concat(), expected.as_bytes(), "{start} to {end}");
            }
        }
        let short = Download::from_bytes("0123").into_range(2, 9).await.unwrap();
        let error = short.try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }
}
