//! `slides doctor`: what this machine has for conversions, and the command that mends what it lacks.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::arguments::DoctorArguments;
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Free space below which `serve` is in danger.
const MIN_FREE: u64 = 2 << 30;
/// Files looked at in font folders.
const MAX_FONTS: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warning,
    Failed,
}

#[derive(Debug)]
struct Check {
    name: &'static str,
    level: Level,
    found: String,
    fix: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            level: Level::Ok,
            found: found.into(),
            fix: None,
        }
    }

    fn bad(
        name: &'static str,
        level: Level,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            name,
            level,
            found: found.into(),
            fix: Some(fix.into()),
        }
    }
}

pub(crate) fn run(arguments: &DoctorArguments, console: &mut Console) -> Result<(), Failure> {
    let checks = [
        version(),
        fonts(&font_folders(), soffice().is_some()),
        libreoffice(),
        sandbox(),
        data_folder(&arguments.data),
        free_space(&arguments.data),
    ];
    for check in &checks {
        let sign = match check.level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Failed => "failed",
        };
        let mut line = format!("{sign:<8} {}: {}", check.name, check.found);
        if let Some(fix) = &check.fix {
            line.push_str("\n         mend: ");
            line.push_str(fix);
        }
        console.data(&line, &json!({ "event": "check", "name": check.name, "result": sign, "found": check.found, "mend": check.fix }));
    }
    match checks
        .iter()
        .filter(|check| check.level == Level::Failed)
        .count()
    {
        0 => Ok(()),
        failed => Err(Failure::new(
            Exit::Failed,
            format!("{failed} of {} checks failed", checks.len()),
        )),
    }
}

fn version() -> Check {
    Check::ok(
        "version",
        format!(
            "slides {} on {} {}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        ),
    )
}

/// The native engine sets text in the faces it carries; LibreOffice needs those of the machine.
fn fonts(folders: &[PathBuf], has_libreoffice: bool) -> Check {
    let mut files = 0;
    let mut has_cjk = false;
    let mut queue = folders.to_vec();
    while let Some(folder) = queue.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                queue.push(path);
                continue;
            }
            let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
            if [".ttf", ".otf", ".ttc", ".otc"]
                .iter()
                .any(|end| name.ends_with(end))
            {
                files += 1;
                has_cjk |= [
                    "cjk", "nanum", "malgun", "batang", "gothic", "mincho", "yahei", "simsun",
                    "pingfang", "wqy",
                ]
                .iter()
                .any(|part| name.contains(part));
            }
            if files >= MAX_FONTS {
                queue.clear();
                break;
            }
        }
    }
    let found = format!(
        "built-in faces for the native engine, {files} font files of this machine for LibreOffice"
    );
    if has_cjk || !has_libreoffice {
        return Check::ok("fonts", found);
    }
    Check::bad(
        "fonts",
        Level::Warning,
        format!("{found}, none of them for Chinese, Japanese or Korean text"),
        "apt-get install fonts-noto-cjk",
    )
}

fn font_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = [
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "/Library/Fonts",
        "/System/Library/Fonts",
        "C:\\Windows\\Fonts",
    ]
    .map(PathBuf::from)
    .to_vec();
    if let Some(home) = std::env::home_dir() {
        folders.extend(
            [".fonts", ".local/share/fonts", "Library/Fonts"].map(|folder| home.join(folder)),
        );
    }
    folders
}

fn soffice() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("soffice"))
        .find(|file| file.is_file())
}

fn libreoffice() -> Check {
    match soffice() {
        Some(file) => Check::ok("LibreOffice", file.display().to_string()),
        None => Check::bad(
            "LibreOffice",
            Level::Warning,
            "`soffice` is not on PATH: formats that the native engine does not read or write will fail",
            "apt-get install libreoffice-impress",
        ),
    }
}

/// What `serve` would find: workers of this program try what none may do.
fn sandbox() -> Check {
    let tried = std::env::current_exe().and_then(|program| {
        slides_service::probe_sandbox(&slides_service::WorkerProgram::new(program))
    });
    let fix = "use Linux 5.13 or newer with landlock among its security modules (`lsm=landlock,...`), and a container profile that allows landlock and seccomp";
    match tried {
        Ok(report) if report.is_complete() => Check::ok("sandbox", report.to_string()),
        Ok(report) => Check::bad("sandbox", Level::Warning, report.to_string(), fix),
        Err(error) => Check::bad("sandbox", Level::Warning, format!("unknown: {error}"), fix),
    }
}

fn data_folder(data: &Path) -> Check {
    let exists = data.is_dir();
    let folder = existing(data);
    match tempfile::Builder::new()
        .prefix(".slides-doctor-")
        .tempfile_in(&folder)
    {
        Ok(_) if exists => Check::ok(
            "data folder",
            format!("`{}` can be written", data.display()),
        ),
        Ok(_) => Check::ok(
            "data folder",
            format!("`{}` does not exist yet and can be made", data.display()),
        ),
        Err(error) => Check::bad(
            "data folder",
            Level::Failed,
            format!("`{}` cannot be written: {error}", folder.display()),
            format!("mkdir -p '{0}' && chown \"$(id -u)\" '{0}'", data.display()),
        ),
    }
}

fn free_space(data: &Path) -> Check {
    let folder = existing(data);
    match free_bytes(&folder) {
        Ok(free) => {
            let found = format!("{} MiB free for `{}`", free >> 20, data.display());
            if free >= MIN_FREE {
                Check::ok("disk", found)
            } else {
                Check::bad(
                    "disk",
                    Level::Warning,
                    found,
                    "free some space, or keep the data elsewhere with `--data DIR`",
                )
            }
        }
        Err(error) => Check::bad(
            "disk",
            Level::Warning,
            format!("unknown: {error}"),
            "look at the disk of the data folder",
        ),
    }
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_folder: &Path) -> std::io::Result<u64> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// The nearest folder on the way up that exists.
fn existing(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute
        .ancestors()
        .find(|folder| folder.is_dir())
        .map_or_else(|| PathBuf::from("/"), Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_for_cjk_text_are_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let check = fonts(&[folder.path().to_owned()], true);
        assert_eq!(
            (check.level, check.fix.as_deref()),
            (Level::Warning, Some("apt-get install fonts-noto-cjk"))
        );
        fs::create_dir(folder.path().join("noto")).unwrap();
        fs::write(folder.path().join("noto/NotoSansCJK-Regular.ttc"), "").unwrap();
        let check = fonts(&[folder.path().to_owned()], true);
        assert_eq!(check.level, Level::Ok);
        assert!(check.found.contains("1 font files"), "{}", check.found);
        assert_eq!(fonts(&[], false).level, Level::Ok);
    }

    #[test]
    fn a_data_folder_that_can_be_made_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(data_folder(folder.path()).level, Level::Ok);
        assert!(
            data_folder(&folder.path().join("a/b"))
                .found
                .contains("can be made")
        );
        fs::write(folder.path().join("file"), "").unwrap();
        assert_eq!(data_folder(&folder.path().join("file/x")).level, Level::Ok);
        assert!(free_bytes(folder.path()).unwrap() > 0);
    }
}
