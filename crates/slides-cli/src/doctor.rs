//! `slides doctor`: what this machine has for conversions, and the command that mends what it lacks.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::account;
use crate::arguments::DoctorArguments;
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Free space below which `serve` is in danger.
const MIN_FREE: u64 = 2 << 30;
/// Free space of the temporary folder below which a large deck may not fit.
const MIN_TEMPORARY: u64 = 1 << 30;
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
        temporary_folder(&std::env::temp_dir()),
        credentials(account::file().as_deref()),
        environment(|name| std::env::var_os(name).is_some()),
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
        install(&CJK_FONTS),
    )
}

/// A package by the names it has for apt-get, dnf, pacman, apk and brew.
type Package = [&'static str; 5];

const CJK_FONTS: Package = [
    "fonts-noto-cjk",
    "google-noto-sans-cjk-fonts",
    "noto-fonts-cjk",
    "font-noto-cjk",
    "--cask font-noto-sans-cjk",
];
const LIBREOFFICE: Package = [
    "libreoffice-impress",
    "libreoffice-impress",
    "libreoffice-fresh",
    "libreoffice",
    "--cask libreoffice",
];
const INSTALLERS: [(&str, &str); 5] = [
    ("apt-get", "apt-get install"),
    ("dnf", "dnf install"),
    ("pacman", "pacman -S"),
    ("apk", "apk add"),
    ("brew", "brew install"),
];

/// The command of this machine that installs a package; Debian's where none is found.
fn install(package: &Package) -> String {
    let installers = INSTALLERS.iter().zip(package);
    let found = installers
        .clone()
        .find(|((program, _), _)| on_path(program).is_some())
        .or_else(|| installers.clone().next());
    found.map_or_else(String::new, |((_, command), name)| {
        format!("{command} {name}")
    })
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
    on_path("soffice")
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

fn libreoffice() -> Check {
    match soffice() {
        Some(file) => Check::ok("LibreOffice", file.display().to_string()),
        None => Check::bad(
            "LibreOffice",
            Level::Warning,
            "`soffice` is not on PATH: formats that the native engine does not read or write will fail",
            install(&LIBREOFFICE),
        ),
    }
}

/// What `serve` would find: workers of this program try what none may do.
fn sandbox() -> Check {
    let tried = std::env::current_exe().and_then(|program| {
        slides_service::probe_sandbox(&slides_service::WorkerProgram::new(program))
    });
    let fix = "`uname -r` has to say 5.13 or more and `cat /sys/kernel/security/lsm` to name landlock (boot with `lsm=landlock,...`); in a container: `docker run --security-opt seccomp=PROFILE` with a profile that allows landlock and seccomp";
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
            format!(
                "sudo mkdir -p '{0}' && sudo chown \"$(id -u)\" '{0}'",
                data.display()
            ),
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
                    format!(
                        "slides queue --data '{}' prune --older-than 1h    (or keep the data elsewhere: `slides serve --data DIR`)",
                        data.display()
                    ),
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

/// Conversions of this command keep their deck and their result there until they are done.
fn temporary_folder(folder: &Path) -> Check {
    let name = "temporary folder";
    if let Err(error) = tempfile::tempfile_in(folder) {
        return Check::bad(
            name,
            Level::Failed,
            format!("`{}` cannot be written: {error}", folder.display()),
            "export TMPDIR=DIR, a folder that you may write in",
        );
    }
    match free_bytes(folder) {
        Ok(free) if free < MIN_TEMPORARY => Check::bad(
            name,
            Level::Warning,
            format!("{} MiB free in `{}`", free >> 20, folder.display()),
            "export TMPDIR=DIR, a folder with more room",
        ),
        _ => Check::ok(name, format!("`{}` can be written", folder.display())),
    }
}

/// What `slides login` kept.
fn credentials(file: Option<&Path>) -> Check {
    let name = "credentials";
    let Some(file) = file.filter(|file| file.exists()) else {
        return Check::ok(name, "none kept by `slides login`");
    };
    match account::read(file) {
        Err(failure) => Check::bad(
            name,
            Level::Failed,
            failure.message,
            "slides logout --all && slides login",
        ),
        Ok(_) if is_open(file) => Check::bad(
            name,
            Level::Warning,
            format!("others on this machine can read `{}`", file.display()),
            format!("chmod 600 '{}'", file.display()),
        ),
        Ok(accounts) => {
            let servers: Vec<_> = accounts
                .iter()
                .map(|account| account.server.as_str())
                .collect();
            Check::ok(name, format!("kept for {}", servers.join(", ")))
        }
    }
}

#[cfg(unix)]
fn is_open(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_file: &Path) -> bool {
    false
}

/// Half of a pair of settings is a mistake that other commands stumble over.
fn environment(is_set: impl Fn(&str) -> bool) -> Check {
    let (id, secret) = ("SLIDES_CLIENT_ID", "SLIDES_CLIENT_SECRET");
    match (is_set(id), is_set(secret)) {
        (true, false) => Check::bad(
            "settings",
            Level::Warning,
            format!("{id} is set, {secret} is not"),
            format!("unset {id} && slides login    (or export {secret} as well)"),
        ),
        (false, true) => Check::bad(
            "settings",
            Level::Warning,
            format!("{secret} is set, {id} is not"),
            format!("unset {secret} && slides login    (or export {id} as well)"),
        ),
        _ => Check::ok("settings", "nothing contradicts itself"),
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
            (Level::Warning, Some(install(&CJK_FONTS).as_str()))
        );
        assert!(install(&CJK_FONTS).contains("noto"));
        fs::create_dir(folder.path().join("noto")).unwrap();
        fs::write(folder.path().join("noto/NotoSansCJK-Regular.ttc"), "").unwrap();
        let check = fonts(&[folder.path().to_owned()], true);
        assert_eq!(check.level, Level::Ok);
        assert!(check.found.contains("1 font files"), "{}", check.found);
        assert_eq!(fonts(&[], false).level, Level::Ok);
    }

    #[test]
    fn settings_that_do_not_fit_are_found() {
        for (set, level) in [
            (&[][..], Level::Ok),
            (&["SLIDES_CLIENT_ID", "SLIDES_CLIENT_SECRET"], Level::Ok),
            (&["SLIDES_CLIENT_ID"], Level::Warning),
            (&["SLIDES_CLIENT_SECRET"], Level::Warning),
        ] {
            let check = environment(|name| set.contains(&name));
            assert_eq!(check.level, level, "{set:?}");
            assert_eq!(check.fix.is_some(), level != Level::Ok);
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials.json");
        assert_eq!(credentials(Some(&file)).level, Level::Ok);
        fs::write(&file, "{").unwrap();
        assert_eq!(credentials(Some(&file)).level, Level::Failed);
        fs::write(&file, r#"{"servers":[]}"#).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
            let fix = credentials(Some(&file)).fix.unwrap();
            assert!(fix.starts_with("chmod 600 '"), "{fix}");
        }
        assert_eq!(temporary_folder(&file).level, Level::Failed);
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
