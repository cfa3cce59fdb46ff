//! One operation, from its request to its result.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use slides_core::{
    DocumentSource, FileLocation, Merge, MergeSource, Range, StartCall, StoredDocument, Target,
};
use slides_engine::{ErrorKind, SourceKind};
use slides_types::{ExportFormat, PresentationSource};

use crate::blobs::Blobs;
use crate::failure::Wrong;
use crate::fetch::Fetched;
use crate::libreoffice::{Help, LibreOffice};
use crate::output;
use crate::queue::{Hold, Outcome, Progress, ResultRef};
use crate::request::{QueuedInput, QueuedRequest};
use crate::service::{Inner, Running};
use crate::worker::{
    Job, JobLimits, JobReport, MergeInput, ProducedFile, RunError, password_failure,
};

/// Name of an uploaded deck in the names of a split's files (contract section 7).
const UPLOADED_SPLIT: &str = "sourcePresentation";
/// Name of an uploaded deck without a name of its own.
const UPLOADED: &str = "presentation";
/// Name of a merged deck.
const MERGED: &str = "merged";
/// What a step of a conversion or split is called (contract section 3).
const STEP: &str = "Slide converted";

/// What to do with the files a job made.
enum Publish {
    /// Keep one file for `GetOperationResult`.
    Result,
    /// Write one file into the storage.
    SaveTo(FileLocation),
    /// Write each slide's file into a folder of the storage, if there is one, and keep them as a ZIP.
    Split(Option<FileLocation>),
}

/// A call with everything looked up.
struct Plan {
    job: Job,
    stem: String,
    /// Whether the source may be a PDF by its name; PDF to PDF is passed through (contract section 7).
    maybe_pdf: bool,
    publish: Publish,
}

/// Runs an operation. The result is durable when this returns.
pub(crate) async fn operate(
    inner: &Inner,
    hold: &Hold,
    request: QueuedRequest,
    running: &Running,
) -> Result<Outcome, Wrong> {
    let folder = inner.work_folder(hold);
    let made = folder.clone();
    blocking(move || {
        std::fs::create_dir_all(&made)
            .map_err(|e| Wrong::io("the folder of the operation cannot be made", &e))
    })
    .await?;
    let outcome = in_folder(inner, hold, request, running, &folder).await;
    // What is left is removed at the next start at the latest.
    let _ = blocking(move || {
        std::fs::remove_dir_all(&folder)
            .map_err(|e| Wrong::io("the folder of the operation cannot be removed", &e))
    })
    .await;
    outcome
}

async fn in_folder(
    inner: &Inner,
    hold: &Hold,
    request: QueuedRequest,
    running: &Running,
    folder: &Path,
) -> Result<Outcome, Wrong> {
    let fetched = crate::fetch::sources(inner, &request.call, running, folder).await?;
    let plan = {
        let (planner, folder) = (Planner::new(inner, folder, fetched), folder.to_owned());
        blocking(move || planner.plan(request, &folder)).await?
    };
    let report = convert(inner, &plan, running).await?;
    // From here on the operation is as good as finished; what remains is quick.
    let (job, hold) = (plan.job, hold.clone());
    let (storage, blobs) = (inner.storage.clone(), inner.blobs.clone());
    blocking(move || {
        let location = |base: &FileLocation, name: &str| {
            let path = format!("{}/{name}", base.path.trim_end_matches('/'));
            FileLocation::new(path).in_storage(base.storage.clone())
        };
        let disk = |e: std::io::Error| Wrong::io("the result cannot be written", &e);
        let keep_zip = match &plan.publish {
            Publish::Split(target) => {
                for (file, target) in report.files.iter().zip(target.iter().cycle()) {
                    let name = output::file_name(&plan.stem, file, true);
                    storage.store(&job.out_dir.join(&file.name), &location(target, &name))?;
                }
                true
            }
            Publish::Result | Publish::SaveTo(_) => false,
        };
        let packaged =
            output::package(&job.out_dir, &report.files, &plan.stem, keep_zip).map_err(disk)?;
        let result = if let Publish::SaveTo(target) = &plan.publish {
            storage.store(&packaged.path, target)?;
            None
        } else {
            let blob = Blobs::result_name(&hold.id, hold.epoch);
            let (len, sha256) = blobs.take(&packaged.path, &blob).map_err(disk)?;
            Some(ResultRef {
                blob,
                len,
                sha256,
                media_type: packaged.media_type,
                file_name: packaged.file_name,
            })
        };
        let steps = match job.merge.len() as u32 {
            0 => report.slides,
            sources => sources,
        };
        let progress = (steps > 0).then(|| progress(steps, steps, &job.merge));
        Ok(Outcome::Finished {
            result,
            warnings: report.warnings,
            progress,
        })
    })
    .await
}

/// Runs the job with the engine that can do it.
async fn convert(inner: &Inner, plan: &Plan, running: &Running) -> Result<JobReport, Wrong> {
    let job = &plan.job;
    let on_progress =
        |done: u32, total: u32| running.set_progress(progress(done, total, &job.merge));
    if !job.merge.is_empty() {
        let merged = inner.runner.run(job, &on_progress, &running.stop).await;
        return merged.map_err(|error| match password_failure(&error) {
            Some(message) => Wrong::fail(400, "invalidArgument", message),
            None => error.into(),
        });
    }
    if plan.maybe_pdf && job.format == ExportFormat::Pdf && !job.per_slide {
        let (source, out_dir, whole) = (
            job.source.clone(),
            job.out_dir.clone(),
            job.slides.is_empty(),
        );
        if let Some(report) = blocking(move || pass_through(&source, &out_dir, whole)).await? {
            return Ok(report);
        }
    }
    let native = inner.runner.run(job, &on_progress, &running.stop).await;
    let Err(RunError::Engine {
        kind: ErrorKind::UnsupportedFormat,
        message,
        source,
    }) = native
    else {
        return Ok(native?);
    };
    if let Some(refusal) = LibreOffice::refusal(job, source) {
        return Err(refusal.into());
    }
    let help = LibreOffice::help_for(job, source);
    let (Some(help), Some(office)) = (help, &inner.libreoffice) else {
        return Err(LibreOffice::missing(message, source, help.is_some()).into());
    };
    Ok(match help {
        Help::Direct => office.convert(job, &running.stop).await?,
        Help::ViaPptx => {
            let pptx = office.to_pptx(job, &running.stop).await?;
            let job = Job {
                source: pptx,
                ..job.clone()
            };
            let mut report = inner.runner.run(&job, &on_progress, &running.stop).await?;
            report.warnings.insert(
                0,
                "the source was read by LibreOffice, as the native engine does not read it"
                    .to_owned(),
            );
            report
        }
    })
}

/// A PDF that is asked for as PDF is its own result. Nothing when the bytes are no PDF.
fn pass_through(source: &Path, out_dir: &Path, whole: bool) -> Result<Option<JobReport>, Wrong> {
    let disk = |e: std::io::Error| Wrong::io("the document cannot be copied", &e);
    let mut head = Vec::new();
    std::io::Read::read_to_end(
        &mut std::io::Read::take(std::fs::File::open(source).map_err(disk)?, 1024),
        &mut head,
    )
    .map_err(disk)?;
    if slides_engine::sniff(&head) != SourceKind::Pdf {
        return Ok(None);
    }
    if !whole {
        return Err(Wrong::fail(
            415,
            "unsupportedFormat",
            "pages of a PDF source cannot be selected: leave `slides` out",
        ));
    }
    let name = "source.pdf".to_owned();
    std::fs::copy(source, out_dir.join(&name)).map_err(disk)?;
    let file = ProducedFile {
        slide: None,
        extension: ExportFormat::Pdf.extension().to_owned(),
        media_type: ExportFormat::Pdf.media_type().to_owned(),
        name,
        path: None,
    };
    Ok(Some(JobReport {
        files: vec![file],
        slides: 0,
        warnings: Vec::new(),
    }))
}

fn progress(done: u32, total: u32, sources: &[MergeInput]) -> Progress {
    let description = if sources.is_empty() {
        Some(STEP.to_owned())
    } else {
        let last = (done as usize).checked_sub(1);
        last.and_then(|last| sources.get(last))
            .map(|source| format!("Processed {}", source.name))
    };
    Progress {
        step_index: done,
        step_count: total,
        description,
    }
}

/// The last segment of a path.
fn plain_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn part_name(index: usize, input: &QueuedInput) -> String {
    let name = input.name.as_deref().map(plain_name);
    let name = name.filter(|name| !name.trim().is_empty());
    name.map_or_else(|| format!("file{}", index + 1), str::to_owned)
}

/// Runs file work off the asynchronous threads.
async fn blocking<R: Send + 'static>(
    run: impl FnOnce() -> Result<R, Wrong> + Send + 'static,
) -> Result<R, Wrong> {
    tokio::task::spawn_blocking(run)
        .await
        .map_err(|e| Wrong::disk(format!("file work broke off: {e}")))?
}

/// A call that a newer version put into the queue.
fn unknown_call() -> Wrong {
    Wrong::fail(
        501,
        "notImplemented",
        "this version of the server does not know the operation",
    )
}

/// What is needed to look a call's files up.
struct Planner {
    storage: crate::storage::Storages,
    /// Where copies of stored files may lie.
    scratch: PathBuf,
    blobs: Blobs,
    options: Arc<crate::options::ServiceOptions>,
    fetched: Fetched,
}

/// A deck that was found.
struct Found {
    path: PathBuf,
    name: Option<String>,
    uploaded: bool,
}

impl Planner {
    fn new(inner: &Inner, scratch: &Path, fetched: Fetched) -> Self {
        Self {
            fetched,
            scratch: scratch.to_owned(),
            storage: inner.storage.clone(),
            blobs: inner.blobs.clone(),
            options: Arc::clone(&inner.options),
        }
    }

    fn plan(&self, request: QueuedRequest, folder: &Path) -> Result<Plan, Wrong> {
        if let Some(reason) = request.unfit {
            return Err(Wrong::fail(400, "invalidArgument", reason));
        }
        let (inputs, result_only) = (request.inputs, request.result_only);
        match request.call {
            StartCall::Convert(target) => {
                let deck = self.uploaded(&inputs)?;
                self.conversion(target, deck, None, folder)
            }
            StartCall::ConvertAndSave { target, out_path } => {
                let deck = self.uploaded(&inputs)?;
                self.conversion(target, deck, Some(out_path), folder)
            }
            StartCall::DownloadPresentation { target, document } => {
                let deck = self.stored(&document, target.storage.as_deref())?;
                self.conversion(target, deck, None, folder)
            }
            StartCall::SavePresentation {
                target,
                document,
                out_path,
            } => {
                let deck = self.stored(&document, target.storage.as_deref())?;
                self.conversion(target, deck, Some(out_path), folder)
            }
            StartCall::Split {
                document,
                format,
                export,
                range,
                size,
                dest_folder,
                password,
                storage,
                fonts_folder,
            } => {
                let (deck, source_folder) = match document {
                    DocumentSource::Request => (self.uploaded(&inputs)?, None),
                    DocumentSource::Storage(document) => {
                        (self.stored(&document, storage.as_deref())?, document.folder)
                    }
                    _ => return Err(unknown_call()),
                };
                let stem = if deck.uploaded {
                    UPLOADED_SPLIT.to_owned()
                } else {
                    output::stem(deck.name.as_deref(), UPLOADED_SPLIT)
                };
                let into = dest_folder.or(source_folder).unwrap_or_default();
                let into = FileLocation::new(into).in_storage(storage.clone());
                let mut target = Target::new(format.into());
                (target.password, target.export) = (password, export);
                (target.storage, target.fonts_folder) = (storage, fonts_folder);
                let mut job = self.job(target, deck.path, folder)?;
                (job.slides, job.from) = self.slides_of(range)?;
                job.size = (size.width, size.height);
                job.per_slide = true;
                Ok(Plan {
                    job,
                    stem,
                    maybe_pdf: false,
                    publish: Publish::Split((!result_only).then_some(into)),
                })
            }
            StartCall::Merge(merge) => self.merge(&merge, &inputs, None, folder),
            StartCall::MergeAndSave { merge, out_path } => {
                self.merge(&merge, &inputs, Some(out_path), folder)
            }
            _ => Err(unknown_call()),
        }
    }

    /// Decks to one: the listed ones, or all uploaded ones (contract section 2.4).
    fn merge(
        &self,
        merge: &Merge,
        inputs: &[QueuedInput],
        out_path: Option<String>,
        folder: &Path,
    ) -> Result<Plan, Wrong> {
        let limit = self.options.limits.max_documents;
        if merge.sources.len() > limit {
            return Err(Wrong::fail(
                400,
                "invalidArgument",
                format!(
                    "{} presentations are to be merged, which passes the limit of {limit} (`max_documents`)",
                    merge.sources.len()
                ),
            ));
        }
        let sources = if merge.sources.is_empty() {
            let whole = |(index, input): (usize, &QueuedInput)| {
                Ok(MergeInput {
                    path: self.upload(input)?,
                    name: part_name(index, input),
                    password: None,
                    slides: Vec::new(),
                })
            };
            let inputs = inputs.iter().enumerate().map(whole);
            inputs.collect::<Result<Vec<_>, Wrong>>()?
        } else {
            merge
                .sources
                .iter()
                .map(|source| self.merge_source(source, inputs, merge.storage.as_deref()))
                .collect::<Result<Vec<_>, _>>()?
        };
        let first = sources
            .first()
            .map(|first: &MergeInput| first.path.clone())
            .ok_or_else(|| Wrong::fail(400, "invalidArgument", "the request has no document"))?;
        let publish = match out_path {
            None => Publish::Result,
            Some(path) => {
                Publish::SaveTo(FileLocation::new(path).in_storage(merge.storage.clone()))
            }
        };
        let mut job = self.job(Target::new(ExportFormat::Pptx), first, folder)?;
        job.merge = sources;
        Ok(Plan {
            job,
            stem: MERGED.to_owned(),
            maybe_pdf: false,
            publish,
        })
    }

    fn merge_source(
        &self,
        source: &MergeSource,
        inputs: &[QueuedInput],
        storage: Option<&str>,
    ) -> Result<MergeInput, Wrong> {
        let bad = |message| Wrong::fail(400, "invalidArgument", message);
        let slides =
            source
                .slides
                .iter()
                .map(|number| {
                    u32::try_from(*number).ok().filter(|number| *number > 0).ok_or_else(|| {
                    bad(format!(
                        "slide `{number}` of `{}` is out of bounds: slides are numbered from 1",
                        source.path
                    ))
                })
                })
                .collect::<Result<Vec<_>, _>>()?;
        let by_name = || {
            inputs
                .iter()
                .enumerate()
                .find(|(_, input)| input.name.as_deref() == Some(source.path.as_str()))
                .or_else(|| {
                    let named = |index: usize| format!("file{}", index + 1) == source.path;
                    inputs.iter().enumerate().find(|(index, _)| named(*index))
                })
                .map(|(_, input)| self.upload(input))
                .transpose()
        };
        let by_path = || {
            let location =
                FileLocation::new(source.path.clone()).in_storage(storage.map(str::to_owned));
            let limit = self.options.limits.max_source_bytes;
            self.storage
                .existing_file(&location, &self.scratch, limit)
                .map_err(Wrong::from)
        };
        let path = match &source.source {
            Some(PresentationSource::Request) => by_name()?.ok_or_else(|| {
                bad(format!(
                    "the request has no document named `{}`",
                    source.path
                ))
            })?,
            Some(PresentationSource::Storage) => by_path()?,
            None => match by_name()? {
                Some(path) => path,
                None => by_path()?,
            },
            Some(PresentationSource::Url) => {
                let fetched = self.fetched.get(&source.path).cloned();
                fetched.ok_or_else(unknown_call)?
            }
            // Refused at the start.
            Some(_) => return Err(unknown_call()),
        };
        // An address may have more behind the name of its file.
        let shown = match source.source {
            Some(PresentationSource::Url) => source.path.split(['?', '#']).next(),
            _ => None,
        };
        Ok(MergeInput {
            path,
            name: plain_name(shown.unwrap_or(&source.path)).to_owned(),
            password: source.password.clone(),
            slides,
        })
    }

    fn conversion(
        &self,
        target: Target,
        deck: Found,
        out_path: Option<String>,
        folder: &Path,
    ) -> Result<Plan, Wrong> {
        let publish = match out_path {
            None => Publish::Result,
            Some(path) => {
                Publish::SaveTo(FileLocation::new(path).in_storage(target.storage.clone()))
            }
        };
        let stem = output::stem(deck.name.as_deref(), UPLOADED);
        // SDKs send documents without a name, or with one that says nothing, such as `document`.
        let extension = deck.name.as_deref().and_then(|name| name.rsplit_once('.'));
        let maybe_pdf =
            extension.is_none_or(|(_, extension)| extension.eq_ignore_ascii_case("pdf"));
        let slides = target.slides.clone();
        let mut job = self.job(target, deck.path, folder)?;
        job.slides = slides;
        Ok(Plan {
            job,
            stem,
            maybe_pdf,
            publish,
        })
    }

    fn job(&self, target: Target, source: PathBuf, folder: &Path) -> Result<Job, Wrong> {
        let fonts = match &target.fonts_folder {
            Some(path) => {
                self.fonts(&FileLocation::new(path).in_storage(target.storage.clone()))?
            }
            None => Vec::new(),
        };
        Ok(Job {
            source,
            password: target.password.map(|password| password.expose().to_owned()),
            format: target.format,
            export: target.export,
            slides: Vec::new(),
            from: None,
            size: (None, None),
            per_slide: false,
            fonts,
            out_dir: folder.to_owned(),
            merge: Vec::new(),
            limits: JobLimits::new(
                &self.options.engine_limits,
                self.options.process_limits,
                self.options.limits.max_source_bytes,
            ),
        })
    }

    fn upload(&self, input: &QueuedInput) -> Result<PathBuf, Wrong> {
        self.blobs
            .fetch(&input.blob, &self.scratch)
            .map_err(|e| Wrong::io("the uploaded document cannot be read", &e))
    }

    fn uploaded(&self, inputs: &[QueuedInput]) -> Result<Found, Wrong> {
        let input = inputs
            .first()
            .ok_or_else(|| Wrong::fail(400, "invalidArgument", "the request has no document"))?;
        Ok(Found {
            path: self.upload(input)?,
            name: input.name.clone(),
            uploaded: true,
        })
    }

    fn stored(&self, document: &StoredDocument, storage: Option<&str>) -> Result<Found, Wrong> {
        let location = FileLocation::new(document.path()).in_storage(storage.map(str::to_owned));
        let limit = self.options.limits.max_source_bytes;
        let path = self
            .storage
            .existing_file(&location, &self.scratch, limit)?;
        Ok(Found {
            path,
            name: Some(document.name.clone()),
            uploaded: false,
        })
    }

    /// The slides of a split's range; with an open end only its first slide is known.
    fn slides_of(&self, range: Range) -> Result<(Vec<u32>, Option<u32>), Wrong> {
        let bad = |from: u32, to: u32, why: &str| {
            Err(Wrong::fail(
                400,
                "invalidArgument",
                format!("slide range `{from}-{to}` is out of bounds: {why}"),
            ))
        };
        let first = range.from.unwrap_or(1);
        match range.to {
            None if range.from.is_none() => Ok((Vec::new(), None)),
            None if first == 0 => bad(0, 0, "slides are numbered from 1"),
            None => Ok((Vec::new(), Some(first))),
            Some(to) if first == 0 || to == 0 => bad(first, to, "slides are numbered from 1"),
            Some(to) if first > to => bad(first, to, "the first slide comes after the last"),
            Some(to) if (to - first) as usize >= self.options.engine_limits.max_slides => bad(
                first,
                to,
                &format!(
                    "at most {} slides are allowed (`max_slides`)",
                    self.options.engine_limits.max_slides
                ),
            ),
            Some(to) => Ok(((first..=to).collect(), None)),
        }
    }

    /// The font files of a storage folder. One that is not there has none, which is no error
    /// (contract section 2.6).
    fn fonts(&self, folder: &FileLocation) -> Result<Vec<PathBuf>, Wrong> {
        let Ok(files) = self.storage.files_in(folder) else {
            return Ok(Vec::new());
        };
        let limits = &self.options.limits;
        let mut bytes = 0;
        let mut fonts = Vec::new();
        for (file, size) in files {
            let extension = Path::new(&file.path)
                .extension()
                .and_then(|e| e.to_str())
                .unwrap_or_default()
                .to_ascii_lowercase();
            if !matches!(extension.as_str(), "ttf" | "otf" | "ttc" | "otc") {
                continue;
            }
            bytes += size;
            if fonts.len() >= limits.max_fonts || bytes > limits.max_font_bytes {
                return Err(Wrong::fail(
                    413,
                    "limitExceeded",
                    format!(
                        "the fonts folder holds more than {} files (`max_fonts`) or {} bytes (`max_font_bytes`)",
                        limits.max_fonts, limits.max_font_bytes
                    ),
                ));
            }
            fonts.push(
                self.storage
                    .existing_file(&file, &self.scratch, limits.max_font_bytes)?,
            );
        }
        Ok(fonts)
    }
}
