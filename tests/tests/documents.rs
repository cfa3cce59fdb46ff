//! The commands of the documents do what they say: they are read from there and run, as a new user would, at the top
//! of the repository.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use slides_tests::slides_program;

/// Blocks of a shell, in their order.
fn blocks(document: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in document.lines() {
        match (&mut block, line) {
            (None, "```sh") => block = Some(String::new()),
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(text), line) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// A server that a document's command started.
struct Running(Child);

impl Running {
    /// Waits until it says where it listens.
    fn listens(&mut self) {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with("listening on "), "{line}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A block in a folder that has the repository's decks, with the built program first on the path.
fn shell(block: &str, folder: &Path, server: &str) -> Command {
    let program = slides_program();
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", block])
        .current_dir(folder)
        .env("PATH", path)
        .env("SLIDES_SERVER", server)
        .env("SLIDES_LISTEN", server.trim_start_matches("http://"))
        .env("SLIDES_CLIENT_ID", "my_client_id")
        .env("SLIDES_CLIENT_SECRET", "my_client_secret");
    command
}

fn run(block: &str, folder: &Path, server: &str) {
    let output = shell(block, folder, server).output().unwrap();
    assert!(
        output.status.success(),
        "{block}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A folder that looks like the top of a clone as far as the commands see it.
fn clone() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(top().join("tests"), folder.path().join("tests")).unwrap();
    folder
}

#[test]
fn the_first_ten_minutes() {
    let document = std::fs::read_to_string(top().join("docs/start.md")).unwrap();
    let blocks = blocks(&document);
    let [convert, serve, commands, curl, tutorial] = blocks.as_slice() else {
        panic!("docs/start.md has {} blocks of commands", blocks.len());
    };
    let folder = clone();
    let pdf = folder.path().join("startup-pitch.pdf");
    let is_made = || {
        let bytes = std::fs::read(&pdf).unwrap();
        std::fs::remove_file(&pdf).unwrap();
        assert!(bytes.starts_with(b"%PDF-") && bytes.len() > 10_000);
    };
    // What is built is there already.
    let own: String = convert
        .lines()
        .filter(|line| !line.starts_with("cargo ") && !line.starts_with("export PATH"))
        .collect::<Vec<_>>()
        .join("\n");
    run(&own, folder.path(), "http://127.0.0.1:9");
    is_made();

    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("127.0.0.1:{port}");
    let serve = serve
        .replace("127.0.0.1:8080", &address)
        .replace("slides serve", "exec slides serve");
    let mut server = Running(
        shell(&serve, folder.path(), "")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    server.listens();
    for block in [commands, curl] {
        let block = block.replace("127.0.0.1:8080", &address);
        run(&block, folder.path(), &format!("http://{address}"));
        is_made();
    }
    drop(server);
    // Run by the tests of the examples.
    assert!(
        tutorial.contains("cargo run -p slides --example tutorial -- "),
        "{tutorial}"
    );
}
