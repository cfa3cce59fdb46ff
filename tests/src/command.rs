//! The program as a person or a script starts it: in an empty folder, away from this machine's settings.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::slides_program;

/// Longest run of a command.
const DEADLINE: Duration = Duration::from_mins(2);

/// A deck of the repository.
pub fn deck(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("decks")
        .join(name);
    path.to_string_lossy().into_owned()
}

/// A folder to be in, and the program in it.
#[derive(Debug)]
pub struct Place(tempfile::TempDir);

impl Default for Place {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }
}

impl Place {
    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Puts a file into it, and the folders it needs.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.join(name);
        let folder = path.parent().unwrap_or(self.path());
        std::fs::create_dir_all(folder).expect("a folder can be made");
        std::fs::write(path, bytes).expect("a file can be written");
    }

    /// Puts a deck of the repository into it.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn put_deck(&self, name: &str, deck: &str) {
        self.put(
            name,
            std::fs::read(self::deck(deck)).expect("the deck is there"),
        );
    }

    /// All files below it, sorted.
    pub fn files(&self) -> Vec<String> {
        let (mut files, mut queue) = (Vec::new(), vec![self.path().to_owned()]);
        while let Some(folder) = queue.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    queue.push(path);
                } else {
                    let below = path.strip_prefix(self.path()).unwrap_or(&path);
                    files.push(below.to_string_lossy().into_owned());
                }
            }
        }
        files.sort();
        files
    }

    /// The program, ready to be given more.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(slides_program());
        command
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::null())
            .env("XDG_CONFIG_HOME", self.join("config"))
            .env("HOME", self.path());
        for name in [
            "SLIDES_SERVER",
            "SLIDES_CLIENT_ID",
            "SLIDES_CLIENT_SECRET",
            "SLIDES_AUTH_SERVER",
            "SLIDES_LOG",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments), &[])
    }
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub bytes: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Said {
    /// Runs a command with this on its standard input; one that does not end is killed.
    ///
    /// # Panics
    /// When it cannot be started or does not end.
    pub fn of(mut command: Command, input: &[u8]) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read is no error of the test.
            let _ = stdin.write_all(input);
        }
        Self::from(&ended(child))
    }

    /// Standard output as text.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// JSON lines of standard output.
    ///
    /// # Panics
    /// When a line is no JSON.
    pub fn events(&self) -> Vec<serde_json::Value> {
        self.stdout()
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON line"))
            .collect()
    }

    /// All of it in one text, to be compared as a whole.
    pub fn all(&self) -> String {
        format!("{}{}exit {}\n", self.stdout(), self.stderr, self.status)
    }
}

impl From<&Output> for Said {
    fn from(output: &Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            bytes: output.stdout.clone(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

fn ended(child: Child) -> Output {
    let id = child.id().to_string();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    receiver
        .recv_timeout(DEADLINE)
        .unwrap_or_else(|_| {
            let _ = Command::new("kill").args(["-9", &id]).status();
            panic!("the program does not end");
        })
        .expect("the program can be waited for")
}

/// A server of ours with one client, `me` with the secret `s3cret`; ended when dropped.
#[derive(Debug)]
pub struct Served {
    child: Child,
    /// Its address.
    pub url: String,
}

impl Served {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(place: &Place, arguments: &[&str]) -> Self {
        let mut child = place
            .command(&["serve", "--listen", "127.0.0.1:0", "--data", "data"])
            .args(["--min-free", "0", "--min-free-percent", "0"])
            .args(arguments)
            .envs([
                ("SLIDES_CLIENT_ID", "me"),
                ("SLIDES_CLIENT_SECRET", "s3cret"),
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .expect("the server says where it listens")
            .to_owned();
        Self { child, url }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
