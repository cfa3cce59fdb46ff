//! A PostgreSQL server for tests.
//!
//! `SLIDES_TEST_POSTGRES` names a server to use, one whose content nobody needs, or is `off`: then the tests that need
//! a server do nothing. Without it each test program starts one of its own, from the programs in
//! `/usr/lib/postgresql` or on the `PATH`.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The setting that names the server.
const SETTING: &str = "SLIDES_TEST_POSTGRES";
/// Runs the server, ends it when the test program is gone, however it went, and removes the folder then.
const WATCH: &str = r#"
    folder=$1; shift
    "$@" & server=$!
    exec 2> /dev/null
    read -r word
    kill -QUIT $server; wait $server
    [ "$word" = keep ] || rm -rf "$folder"
"#;

/// A server of this test's own; it ends with this value.
#[derive(Debug)]
pub struct PostgresServer {
    folder: PathBuf,
    programs: PathBuf,
    user: Option<User>,
    settings: Vec<String>,
    environment: Vec<(String, String)>,
    running: Option<(Child, ChildStdin)>,
}

/// Whom the server runs as when root runs the tests: PostgreSQL refuses to run as root.
#[derive(Debug, Clone)]
struct User {
    uid: u32,
    gid: u32,
}

/// The address of a server that the tests of this program share, or nothing when they are told to do without.
///
/// # Panics
/// When there is none and none can be started.
pub fn shared_postgres() -> Option<&'static str> {
    static SHARED: OnceLock<Option<(String, Option<PostgresServer>)>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match std::env::var(SETTING) {
        Ok(off) if off == "off" => None,
        Ok(address) => Some((address, None)),
        Err(_) => {
            // What it holds ends with this program: it need not reach the disk.
            let server = PostgresServer::start(&["fsync=off", "full_page_writes=off"]);
            Some((server.address(), Some(server)))
        }
    });
    shared.as_ref().map(|(address, _)| address.as_str())
}

/// The name of a schema that no other test has.
pub fn fresh_schema() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("t{}_{}_{count}", std::process::id(), since.as_micros())
}

impl PostgresServer {
    /// Makes an empty database cluster and starts a server on it, with settings such as `fsync=off`. It listens on a
    /// socket in its folder only.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    pub fn start(settings: &[&str]) -> Self {
        Self::start_in(settings, |_| Vec::new())
    }

    /// The same in an environment, which may refer to files in the server's folder.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_in(
        settings: &[&str],
        environment: impl FnOnce(&Path) -> Vec<(String, String)>,
    ) -> Self {
        let Some(programs) = programs() else {
            panic!(
                "PostgreSQL is not installed, and these tests need it: install it (on Debian `apt-get install postgresql`), name a server with {SETTING}=postgres://…, or leave them out with {SETTING}=off"
            );
        };
        let user = is_root().then(|| {
            User::named("postgres")
                .or_else(|| User::named("nobody"))
                .expect("there is no user that PostgreSQL can run as")
        });
        let folder = std::env::temp_dir().join(format!("slides-{}", fresh_schema()));
        std::fs::create_dir(&folder).expect("the folder of the database can be made");
        if let Some(user) = &user {
            std::os::unix::fs::chown(&folder, Some(user.uid), Some(user.gid))
                .expect("the folder of the database can be given away");
        }
        let mut server = Self {
            folder,
            programs,
            user,
            settings: settings.iter().map(ToString::to_string).collect(),
            environment: Vec::new(),
            running: None,
        };
        let made = Command::new("env")
            .args(server.program(
                "initdb",
                &[
                    "--username=slides",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--no-sync",
                ],
            ))
            .current_dir(&server.folder)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .expect("initdb can be started");
        assert!(
            made.status.success(),
            "initdb failed: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        server.environment = environment(&server.folder);
        server.run();
        server
    }

    /// The address for a client.
    pub fn address(&self) -> String {
        format!(
            "postgres://slides@localhost/postgres?host={}",
            self.folder.display()
        )
    }

    /// The socket that the server listens on.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// Ends the server at once, as a crash does.
    pub fn stop(&mut self) {
        if let Some((mut child, mut watch)) = self.running.take() {
            watch.write_all(b"keep\n").ok();
            drop(watch);
            child.wait().ok();
        }
    }

    /// Starts the server again on what it holds.
    ///
    /// # Panics
    /// When it does not start.
    pub fn run(&mut self) {
        let settings = [
            "listen_addresses=",
            "max_connections=200",
            "shared_buffers=32MB",
        ];
        let folder = self.folder.to_string_lossy().into_owned();
        let mut arguments = vec!["-k".to_owned(), folder];
        for setting in settings
            .iter()
            .copied()
            .chain(self.settings.iter().map(String::as_str))
        {
            arguments.extend(["-c".to_owned(), setting.to_owned()]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut child = Command::new("sh")
            .args(["-c", WATCH, "sh"])
            .arg(&self.folder)
            .args(self.program("postgres", &arguments))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server can be started");
        let watch = child.stdin.take().expect("standard input is a pipe");
        let log = child.stderr.take().expect("standard error is a pipe");
        let mut log = BufReader::new(log).lines();
        let mut said = Vec::new();
        loop {
            let Some(Ok(line)) = log.next() else {
                panic!("PostgreSQL did not start: {}", said.join("\n"));
            };
            if line.contains("ready to accept connections") {
                break;
            }
            said.push(line);
        }
        std::thread::spawn(move || log.for_each(drop));
        self.running = Some((child, watch));
    }

    /// A program of PostgreSQL on this cluster, with its arguments, as the user it may run as.
    fn program(&self, name: &str, arguments: &[&str]) -> Vec<OsString> {
        let mut line: Vec<OsString> = Vec::new();
        if let Some(User { uid, gid }) = &self.user {
            line.push("setpriv".into());
            line.push(format!("--reuid={uid}").into());
            line.push(format!("--regid={gid}").into());
            line.push("--clear-groups".into());
        }
        line.push(self.programs.join(name).into());
        line.push("-D".into());
        line.push(self.folder.join("data").into());
        line.extend(arguments.iter().map(OsString::from));
        line
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.stop();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

impl User {
    fn named(name: &str) -> Option<Self> {
        let id = |which: &str| id(&[which, name]);
        Some(Self {
            uid: id("-u")?,
            gid: id("-g")?,
        })
    }
}

fn is_root() -> bool {
    id(&["-u"]) == Some(0)
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// The folder of PostgreSQL's programs: the newest of Debian's, or one on the `PATH`.
fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut debian: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort_by_key(|bin| {
        let version = bin
            .parent()
            .and_then(|version| version.file_name()?.to_str()?.parse().ok());
        std::cmp::Reverse(version.unwrap_or(0u32))
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = debian.into_iter().chain(std::env::split_paths(&path));
    all.find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
}
