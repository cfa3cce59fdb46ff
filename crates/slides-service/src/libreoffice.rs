//! LibreOffice as the optional second engine, for what the native one does not read or write.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use slides_engine::{ErrorKind, SourceKind, option_support, options_in_use, refusal, sniff};
use slides_types::ExportFormat;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::options::Soffice;
use crate::stats::{Counters, Death};
use crate::worker::{
    Group, Guard, Job, JobReport, ProducedFile, ProgramOrder, Reach, RunError, Worker,
};

/// What to do when it is needed and not there.
const HOW_TO_INSTALL: &str = "install LibreOffice (`apt install libreoffice-impress`) or name its executable with the setting `soffice`";

/// An installed LibreOffice. Each job gets a profile of its own, so that jobs run side by side.
#[derive(Debug, Clone)]
pub(crate) struct LibreOffice {
    program: PathBuf,
    /// The worker that shuts it in; without one it runs as this process does, for decks that are trusted.
    worker: Option<Worker>,
    counters: Arc<Counters>,
}

/// What LibreOffice can do for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Help {
    /// Write the format itself.
    Direct,
    /// Make a PPTX for the native engine.
    ViaPptx,
}

impl LibreOffice {
    /// Finds the executable.
    pub(crate) fn find(
        setting: &Soffice,
        worker: Option<Worker>,
        counters: Arc<Counters>,
    ) -> Option<Self> {
        let program = match setting {
            Soffice::Off => return None,
            Soffice::At(path) => path.clone(),
            Soffice::Search => std::env::split_paths(&std::env::var_os("PATH")?)
                .map(|folder| folder.join("soffice"))
                .find(|path| path.is_file())?,
        };
        Some(Self {
            program,
            worker,
            counters,
        })
    }

    /// Whether and how it can help with a job that the native engine does not do.
    pub(crate) fn help_for(job: &Job, source: SourceKind) -> Option<Help> {
        if !matches!(source, SourceKind::Pptx | SourceKind::Ppt | SourceKind::Odp) {
            return None;
        }
        // What nobody writes stays refused.
        if refusal(job.format).is_some() {
            return None;
        }
        // It knows page ranges for PDF only, and no file per slide.
        let whole = job.slides.is_empty() && job.from.is_none();
        // It takes none of the options: where there are some, it reads the source and the native engine writes.
        let direct = !job.per_slide
            && filter(job.format).is_some()
            && in_use(job).is_empty()
            && (whole || job.format == ExportFormat::Pdf);
        if direct {
            Some(Help::Direct)
        } else if source == SourceKind::Pptx {
            None
        } else {
            Some(Help::ViaPptx)
        }
    }

    /// The error for options of a format that it alone writes: it takes none.
    pub(crate) fn refusal(job: &Job, source: SourceKind) -> Option<RunError> {
        if filter(job.format).is_none() || !option_support(job.format).is_empty() {
            return None;
        }
        let option = in_use(job).into_iter().next()?;
        let format = job.format.as_str();
        Some(RunError::Engine {
            kind: ErrorKind::InvalidOption,
            message: format!(
                "option `{option}` is not supported for `{format}`: LibreOffice writes this format and takes no options, leave it out"
            ),
            source,
        })
    }

    /// The error for a job that neither engine can do here.
    pub(crate) fn missing(reason: String, source: SourceKind, could_help: bool) -> RunError {
        let message = if could_help {
            format!("{reason}; {HOW_TO_INSTALL}")
        } else {
            reason
        };
        RunError::Engine {
            kind: ErrorKind::UnsupportedFormat,
            message,
            source,
        }
    }

    /// Writes the job's format into its folder.
    pub(crate) async fn convert(
        &self,
        job: &Job,
        stop: &CancellationToken,
    ) -> Result<JobReport, RunError> {
        let Some(mut how) = filter(job.format).map(str::to_owned) else {
            return Err(Self::missing(
                "LibreOffice does not write this format".to_owned(),
                SourceKind::Unknown,
                false,
            ));
        };
        if !job.slides.is_empty() {
            let range = job
                .slides
                .iter()
                .map(u32::to_string)
                .collect::<Vec<_>>()
                .join(",");
            how = format!(
                "pdf:impress_pdf_Export:{{\"PageRange\":{{\"type\":\"string\",\"value\":\"{range}\"}}}}"
            );
        }
        let path = self.run(job, &how, job.format.extension(), stop).await?;
        let file = ProducedFile {
            slide: None,
            extension: job.format.extension().to_owned(),
            media_type: job.format.media_type().to_owned(),
            name: path,
            path: None,
        };
        let warning =
            "converted by LibreOffice, as the native engine does not do this pair of formats";
        Ok(JobReport {
            files: vec![file],
            slides: 0,
            warnings: vec![warning.to_owned()],
        })
    }

    /// Makes a PPTX of the job's source; gives its path.
    pub(crate) async fn to_pptx(
        &self,
        job: &Job,
        stop: &CancellationToken,
    ) -> Result<PathBuf, RunError> {
        Ok(job.out_dir.join(self.run(job, "pptx", "pptx", stop).await?))
    }

    /// Runs `soffice` once; gives the name of the file it wrote into the job's folder.
    async fn run(
        &self,
        job: &Job,
        how: &str,
        extension: &str,
        stop: &CancellationToken,
    ) -> Result<String, RunError> {
        let cannot =
            |e: io::Error| RunError::Io(format!("LibreOffice cannot be given the document: {e}"));
        let folder = job.out_dir.join("libreoffice");
        let written = folder.join("out");
        let source = job.source.clone();
        let input = tokio::task::spawn_blocking({
            let (folder, written) = (folder.clone(), written.clone());
            move || prepare(&source, &folder, &written)
        })
        .await
        .map_err(|e| cannot(io::Error::other(e)))?
        .map_err(cannot)?;

        let arguments = [
            format!(
                "-env:UserInstallation={}",
                file_url(&folder.join("profile"))
            )
            .into(),
            "--headless".into(),
            "--norestore".into(),
            "--nolockcheck".into(),
            "--nodefault".into(),
            "--nofirststartwizard".into(),
            "--convert-to".into(),
            how.into(),
            "--outdir".into(),
            written.into_os_string(),
            input.into_os_string(),
        ];
        let environment = [
            ("PATH".into(), std::env::var_os("PATH").unwrap_or_default()),
            ("HOME".into(), folder.clone().into_os_string()),
            ("TMPDIR".into(), folder.clone().into_os_string()),
            ("LANG".into(), "C.UTF-8".into()),
        ];
        let order = ProgramOrder {
            program: self.program.clone(),
            arguments: arguments.into(),
            environment: environment.into(),
            guard: Guard::Try,
            limits: job.limits.process,
            reach: reach(&self.program, &folder),
            folder,
        };
        let exit = match &self.worker {
            Some(worker) => worker.run(order, &self.counters, stop).await?,
            None => self.run_unconfined(order, stop).await?,
        };
        let name = format!("libreoffice/out/input.{extension}");
        // Not through a link: what it points to would be taken for the result.
        if fs::symlink_metadata(job.out_dir.join(&name)).is_ok_and(|found| found.is_file()) {
            return Ok(name);
        }
        if exit.success() {
            // It exits with 0 when it cannot load a document.
            let message = "LibreOffice cannot read the document".to_owned();
            return Err(RunError::Engine {
                kind: ErrorKind::BadInput,
                message,
                source: SourceKind::Unknown,
            });
        }
        Err(RunError::Died {
            death: Death::Crash,
            message: format!("LibreOffice ended without a result ({exit})"),
        })
    }

    async fn run_unconfined(
        &self,
        order: ProgramOrder,
        stop: &CancellationToken,
    ) -> Result<ExitStatus, RunError> {
        let mut command = Command::new(&order.program);
        command
            .args(order.arguments)
            .env_clear()
            .envs(order.environment)
            .current_dir(order.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut group = Group::spawn(&mut command).map_err(|e| {
            Self::missing(
                format!(
                    "LibreOffice at `{}` cannot be started: {e}",
                    self.program.display()
                ),
                SourceKind::Unknown,
                true,
            )
        })?;
        tokio::select! {
            exit = group.wait() => exit.map_err(|e| RunError::Io(format!("LibreOffice cannot be waited for: {e}"))),
            () = stop.cancelled() => {
                group.kill().await;
                Err(RunError::Stopped)
            }
        }
    }
}

/// Names of the options that a job asks something by.
fn in_use(job: &Job) -> Vec<String> {
    let options = job.export.as_ref();
    options.map_or_else(Vec::new, |options| options_in_use(options, job.format))
}

/// Whether LibreOffice, where it is installed, writes a format that holds a whole deck.
pub fn writes(format: ExportFormat) -> bool {
    filter(format).is_some()
}

/// The files LibreOffice needs: its own, the system's libraries and fonts, and the folder of its job.
fn reach(program: &Path, folder: &Path) -> Reach {
    let mut execute: Vec<PathBuf> = ["/usr", "/lib", "/lib64", "/bin", "/opt", "/nix/store"]
        .map(PathBuf::from)
        .to_vec();
    // What lies elsewhere lies beside its program: `program/soffice` of an installation.
    if let Ok(program) = program.canonicalize()
        && let Some(installation) = program.parent().and_then(Path::parent)
        && installation.parent().is_some()
    {
        execute.push(installation.to_owned());
    }
    let read = [
        "/etc/alternatives",
        "/etc/fonts",
        "/etc/ld.so.cache",
        "/etc/ld.so.conf",
        "/etc/ld.so.conf.d",
        "/etc/libreoffice",
        "/etc/localtime",
        "/etc/nsswitch.conf",
        "/etc/passwd",
        "/dev/random",
        "/dev/urandom",
        "/dev/zero",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/var/cache/fontconfig",
        // Where Debian keeps what is installed for all; once root has run LibreOffice it aborts without them.
        "/var/lib/libreoffice",
        "/var/spool/libreoffice",
    ];
    Reach {
        read: read.map(PathBuf::from).to_vec(),
        write: vec![folder.to_owned(), PathBuf::from("/dev/null")],
        execute,
    }
}

/// The `file` URL of an absolute path (RFC 8089): each byte that a path of a URL may not hold as it
/// is, percent-encoded.
fn file_url(path: &Path) -> String {
    use std::fmt::Write;
    let mut url = "file://".to_owned();
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

/// Lays the source under a name whose extension tells LibreOffice what it is.
fn prepare(source: &Path, folder: &Path, written: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(written)?;
    let extension = match sniff(&fs::read(source)?) {
        SourceKind::Ppt => "ppt",
        SourceKind::Odp => "odp",
        _ => "pptx",
    };
    let input = folder.join(format!("input.{extension}"));
    fs::copy(source, &input)?;
    Ok(input)
}

/// LibreOffice's name of a format that holds a whole deck.
fn filter(format: ExportFormat) -> Option<&'static str> {
    Some(match format {
        ExportFormat::Pdf => "pdf",
        ExportFormat::Pptx => "pptx",
        ExportFormat::Ppsx => "ppsx",
        ExportFormat::Potx => "potx",
        ExportFormat::Ppt => "ppt",
        ExportFormat::Pps => "pps",
        ExportFormat::Pot => "pot",
        ExportFormat::Odp => "odp",
        ExportFormat::Otp => "otp",
        ExportFormat::Fodp => "fodp",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_urls() {
        assert_eq!(
            file_url(Path::new("/srv/my decks/100%/a#b/é")),
            "file:///srv/my%20decks/100%25/a%23b/%C3%A9"
        );
    }
}
