//! What can be told about a request before it is sent.

use slides_types::{ExportFormat, ExportOptions, PresentationSource};

use crate::{
    DocumentSource, Error, Merge, MergeSource, Payload, Range, Result, StartCall, StartRequest,
    StoredDocument, Target,
};

/// Largest side of a picture in pixels.
const MAX_SIDE: u32 = 65_535;

impl StartRequest {
    /// Checks what needs no look at the deck: slide numbers, sizes, paths, options, and whether sources of a merge are
    /// there. [`OperationHandle::start`](crate::OperationHandle::start) does this for every implementer, so that a bad
    /// value is told at once and by its name; [`AsyncApi::start`](crate::AsyncApi::start) does not, since a server takes
    /// more than a client should send.
    ///
    /// ```
    /// use slides_core::{Payload, StartCall, StartRequest, Target, types::ExportFormat};
    ///
    /// let mut target = Target::new(ExportFormat::Pdf);
    /// target.slides = vec![3, 0];
    /// let request = StartRequest::new(StartCall::Convert(target)).document(Payload::bytes("PK"));
    /// let error = request.check().unwrap_err();
    /// assert_eq!(error.to_string(), "slide `0` is out of bounds: slides are numbered from 1");
    /// ```
    ///
    /// # Errors
    /// [`Error::Rejected`] with status 400 and code `invalidArgument`: the message names the option, its value and what
    /// is allowed.
    pub fn check(&self) -> Result<()> {
        match &self.call {
            StartCall::Convert(target) => target.check(),
            StartCall::ConvertAndSave { target, out_path } => {
                file("outPath", out_path)?;
                target.check()
            }
            StartCall::DownloadPresentation { target, document } => {
                document.check()?;
                target.check()
            }
            StartCall::SavePresentation {
                target,
                document,
                out_path,
            } => {
                file("outPath", out_path)?;
                document.check()?;
                target.check()
            }
            StartCall::Merge(merge) => merge.check(&self.documents),
            StartCall::MergeAndSave { merge, out_path } => {
                file("outPath", out_path)?;
                merge.check(&self.documents)
            }
            StartCall::Split {
                document,
                format,
                export,
                range,
                size,
                ..
            } => {
                if let DocumentSource::Storage(document) = document {
                    document.check()?;
                }
                range.check()?;
                for (name, pixels) in [("width", size.width), ("height", size.height)] {
                    if let Some(pixels) = pixels.filter(|pixels| *pixels > MAX_SIDE) {
                        return Err(Error::invalid(format!(
                            "`{name}` `{pixels}` is out of bounds: a picture has 1 to {MAX_SIDE} pixels on a side"
                        )));
                    }
                }
                options(export.as_ref(), (*format).into())
            }
        }
    }
}

impl Target {
    fn check(&self) -> Result<()> {
        self.slides.iter().copied().try_for_each(slide)?;
        options(self.export.as_ref(), self.format)
    }
}

impl StoredDocument {
    fn check(&self) -> Result<()> {
        file("name", &self.name)
    }
}

impl Range {
    fn check(&self) -> Result<()> {
        self.from.into_iter().chain(self.to).try_for_each(slide)?;
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => Err(Error::invalid(format!(
                "slide range `{from}-{to}` is empty: `from` is at most `to`"
            ))),
            _ => Ok(()),
        }
    }
}

impl Merge {
    fn check(&self, documents: &[Payload]) -> Result<()> {
        if self.sources.is_empty() && documents.is_empty() {
            return Err(Error::invalid(
                "a merge needs at least one document: upload some, or name stored ones",
            ));
        }
        self.sources
            .iter()
            .try_for_each(|source| of_merge(source, documents))
    }
}

fn of_merge(source: &MergeSource, documents: &[Payload]) -> Result<()> {
    let path = source.path.as_str();
    file("path", path)?;
    for number in &source.slides {
        slide(u32::try_from(*number).unwrap_or_default())
            .map_err(|_| out_of_bounds(&number.to_string()))?;
    }
    match source.source {
        Some(PresentationSource::Request) if !is_part(path, documents) => {
            let count = documents.len();
            Err(Error::invalid(format!(
                "merge source `{path}` is not in the request: it has {count} documents, named `file1` to `file{{n}}` or by their file names"
            )))
        }
        Some(PresentationSource::Url)
            if !["http://", "https://"]
                .iter()
                .any(|scheme| path.to_ascii_lowercase().starts_with(scheme)) =>
        {
            Err(Error::invalid(format!(
                "merge source `{path}` is no address: it starts with `https://` or `http://`"
            )))
        }
        _ => Ok(()),
    }
}

/// Whether a document of the request is meant: by its file name, or by `file{n}`, counted from 1.
fn is_part(path: &str, documents: &[Payload]) -> bool {
    let numbered = path
        .get(..4)
        .filter(|prefix| prefix.eq_ignore_ascii_case("file"))
        .and_then(|_| path.get(4..)?.parse::<usize>().ok())
        .is_some_and(|number| (1..=documents.len()).contains(&number));
    let named = |document: &Payload| {
        document
            .name()
            .is_some_and(|name| name.eq_ignore_ascii_case(path))
    };
    numbered || documents.iter().any(named)
}

fn options(export: Option<&ExportOptions>, format: ExportFormat) -> Result<()> {
    let checked = export.map_or(Ok(()), |export| export.check(format));
    checked.map_err(|error| Error::invalid(error.to_string()))
}

fn slide(number: u32) -> Result<()> {
    match number {
        0 => Err(out_of_bounds("0")),
        _ => Ok(()),
    }
}

fn out_of_bounds(number: &str) -> Error {
    Error::invalid(format!(
        "slide `{number}` is out of bounds: slides are numbered from 1"
    ))
}

/// A path that must name a file.
fn file(option: &str, path: &str) -> Result<()> {
    if path.trim_matches(['/', ' ']).is_empty() {
        Err(Error::invalid(format!(
            "`{option}` is empty: name a file in the storage"
        )))
    } else if path.ends_with('/') {
        Err(Error::invalid(format!(
            "`{option}` `{path}` names a folder: end it with the name of a file"
        )))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use slides_types::{ImageExportOptions, PdfExportOptions, SlideExportFormat};

    use super::*;
    use crate::SplitSize;

    fn convert(change: impl FnOnce(&mut Target)) -> StartRequest {
        let mut target = Target::new(ExportFormat::Pdf);
        change(&mut target);
        StartRequest::new(StartCall::Convert(target))
    }

    fn save(out_path: &str) -> StartRequest {
        StartRequest::new(StartCall::ConvertAndSave {
            target: Target::new(ExportFormat::Pdf),
            out_path: out_path.into(),
        })
    }

    fn stored(name: &str) -> StartRequest {
        StartRequest::new(StartCall::DownloadPresentation {
            target: Target::new(ExportFormat::Pdf),
            document: StoredDocument::new(name),
        })
    }

    fn split(from: Option<u32>, to: Option<u32>, width: Option<u32>) -> StartRequest {
        StartRequest::new(StartCall::Split {
            document: DocumentSource::Request,
            format: SlideExportFormat::Png,
            export: None,
            range: Range { from, to },
            size: SplitSize {
                width,
                height: Some(0),
            },
            dest_folder: None,
            password: None,
            storage: None,
            fonts_folder: None,
        })
    }

    fn merge(path: &str, source: Option<PresentationSource>, slides: &[i32]) -> StartRequest {
        let mut item = MergeSource::new(path);
        item.source = source;
        item.slides = slides.to_vec();
        let merge = Merge {
            sources: vec![item],
            storage: None,
        };
        StartRequest::new(StartCall::Merge(merge))
            .document(Payload::bytes("PK"))
            .document(Payload::bytes("PK").named("b.pptx"))
    }

    #[test]
    fn each_request_is_good_or_told_what_is_wrong() {
        use PresentationSource::{Request, Storage, Url};
        let no_slide =
            |number: i32| format!("slide `{number}` is out of bounds: slides are numbered from 1");
        let no_part = |path: &str| {
            format!(
                "merge source `{path}` is not in the request: it has 2 documents, named `file1` to `file{{n}}` or by their file names"
            )
        };
        let ok = || "ok".to_owned();
        let empty = |option: &str| format!("`{option}` is empty: name a file in the storage");
        for (request, expected) in [
            (convert(|target| target.slides = vec![3, 1, 1]), ok()),
            (convert(|target| target.slides = vec![3, 0]), no_slide(0)),
            (
                convert(|target| {
                    target.export = Some(PdfExportOptions::default().jpeg_quality(101).into());
                }),
                "invalid value `101` for `jpegQuality`: expected a whole number from 0 to 100".into(),
            ),
            (
                convert(|target| target.export = Some(ImageExportOptions::default().into())),
                "invalid value `image` for `format`: expected `pdf`, the class of an export to `Pdf`".into(),
            ),
            (save("out/a.pdf"), ok()),
            (save(""), empty("outPath")),
            (save(" / "), empty("outPath")),
            (
                save("out/"),
                "`outPath` `out/` names a folder: end it with the name of a file".into(),
            ),
            (stored("a.pptx"), ok()),
            (stored(""), empty("name")),
            (split(Some(2), Some(2), Some(65_535)), ok()),
            (split(Some(2), None, None), ok()),
            (split(Some(0), None, None), no_slide(0)),
            (split(None, Some(0), None), no_slide(0)),
            (
                split(Some(3), Some(2), None),
                "slide range `3-2` is empty: `from` is at most `to`".into(),
            ),
            (
                split(None, None, Some(65_536)),
                "`width` `65536` is out of bounds: a picture has 1 to 65535 pixels on a side".into(),
            ),
            (merge("a.pptx", Some(Storage), &[2, 1]), ok()),
            (merge("", Some(Storage), &[]), empty("path")),
            (merge("a.pptx", None, &[-1]), no_slide(-1)),
            (merge("file2", Some(Request), &[]), ok()),
            (merge("B.pptx", Some(Request), &[]), ok()),
            (merge("file3", Some(Request), &[]), no_part("file3")),
            (merge("file0", Some(Request), &[]), no_part("file0")),
            (merge("a.pptx", Some(Request), &[]), no_part("a.pptx")),
            (merge("HTTPS://host/a.pptx", Some(Url), &[]), ok()),
            (
                merge("a.pptx", Some(Url), &[]),
                "merge source `a.pptx` is no address: it starts with `https://` or `http://`".into(),
            ),
            (
                StartRequest::new(StartCall::Merge(Merge::default())),
                "a merge needs at least one document: upload some, or name stored ones".into(),
            ),
        ] {
            let outcome = request.check();
            assert!(outcome.as_ref().err().and_then(Error::status_code).is_none_or(|code| code == 400));
            assert_eq!(outcome.map_or_else(|e| e.to_string(), |()| ok()), expected, "{:?}", request.call);
        }
    }
}
