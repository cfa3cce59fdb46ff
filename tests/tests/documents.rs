//! The commands of the documents do what they say: they are read from there and run, block after block, as a new user
//! would, at the top of the repository.
//!
//! A block behind `<!-- not run: REASON -->` is left out, one behind `<!-- no server -->` runs when the server that an
//! earlier block started has ended.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use slides_tests::slides_program;

/// Documents whose commands are run here.
const RUN: &[&str] = &[
    "README.md",
    "docs/guide/command-line.md",
    "docs/guide/deploy.md",
    "docs/guide/following.md",
    "docs/guide/moving.md",
    "docs/guide/web-page.md",
    "docs/operations.md",
    "docs/start.md",
    "docs/storages.md",
];
/// Documents whose commands measure, or are run elsewhere.
const ELSEWHERE: &[&str] = &[
    "docs/benchmarks.md",
    "docs/reliability.md",
    "docs/sdk/README.md",
    "docs/walk.md",
];

/// A block of a shell.
struct Block {
    text: String,
    /// What the comment before it says.
    mark: String,
}

/// Blocks of a shell, in their order.
fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut block: Option<Block> = None;
    let mut before = "";
    for line in document.lines() {
        match (&mut block, line) {
            (None, "```sh") => {
                let mark = before.strip_prefix("<!-- ");
                let mark = mark.and_then(|rest| rest.strip_suffix(" -->"));
                block = Some(Block {
                    text: String::new(),
                    mark: mark.unwrap_or_default().to_owned(),
                });
            }
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(block), line) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, _) => {}
        }
        if !line.is_empty() {
            before = line;
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
    fn listens(&mut self, block: &str, log: &Path) {
        let output = BufReader::new(self.0.stdout.take().unwrap());
        let listens = output
            .lines()
            .map_while(Result::ok)
            .any(|line| line.starts_with("listening on "));
        if !listens {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            panic!("the server did not start:\n{block}\n{log}");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whoever follows a document: a folder that looks like the top of a clone, and one shell that lasts.
struct Reader {
    folder: tempfile::TempDir,
    address: String,
    server: Option<Running>,
    /// What stands for something else here.
    stands_for: Vec<(&'static str, &'static str)>,
}

impl Reader {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let reader = Self {
            folder,
            address: format!("127.0.0.1:{port}"),
            server: None,
            stands_for: Vec::new(),
        };
        std::os::unix::fs::symlink(top().join("tests"), reader.path("tests")).unwrap();
        reader
    }

    fn standing_for(mut self, text: &'static str, ours: &'static str) -> Self {
        self.stands_for.push((text, ours));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Decks under the names that the documents give theirs.
    fn with_decks(self) -> Self {
        let decks = top().join("tests/decks");
        for (name, source) in [
            // Has the slides that are asked for.
            ("deck.pptx", "code-coverage.pptx"),
            ("old.pptx", "startup-pitch.pptx"),
            ("new.pptx", "startup-pitch.pptx"),
            ("decks/more/deck.pptx", "startup-pitch.pptx"),
            ("talks/2026/talk.pptx", "startup-pitch.pptx"),
        ] {
            let path = self.path(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::copy(decks.join(source), path).unwrap();
        }
        self
    }

    /// A block as it runs here: with this server's address, below this folder, and with what is built already.
    fn adapted(&self, block: &str) -> String {
        let is_built = |line: &&str| {
            ![
                "cargo build ",
                "cargo xtask ",
                "cargo run -p ",
                "export PATH=",
            ]
            .iter()
            .any(|start| line.starts_with(start))
        };
        let mut text = block
            .lines()
            .filter(is_built)
            .collect::<Vec<_>>()
            .join("\n");
        for (there, here) in &self.stands_for {
            text = text.replace(there, here);
        }
        let folder = self.folder.path().display();
        for place in ["/etc/slides", "/var/lib/slides", "/srv/"] {
            text = text.replace(place, &format!("{folder}{place}"));
        }
        text.replace("cargo run --release -- ", "slides ")
            .replace("127.0.0.1:8080", &self.address)
            .replace("0.0.0.0:8080", &self.address)
            // "And more of the kind."
            .replace(" …", "")
            .replace('…', "")
    }

    /// What earlier blocks set is still set.
    fn shell(&self, block: &str) -> Command {
        let program = slides_program();
        let path = format!(
            "{}:{}",
            program.parent().unwrap().display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let server = self
            .server
            .as_ref()
            .map_or_else(String::new, |server| format!("PID={}", server.0.id()));
        let script = format!(
            "set -a; if [ -f .shell ]; then . ./.shell; fi; {server}\n{block}\nexport -p > .shell\n"
        );
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("SLIDES_SERVER", format!("http://{}", self.address))
            .env("SLIDES_LISTEN", &self.address)
            .env("DECK_PASSWORD", "secret")
            .env("SLIDES_CLIENT_ID", "my_client_id")
            .env("SLIDES_CLIENT_SECRET", "my_client_secret");
        command
    }

    fn run(&self, block: &str) {
        let output = self.shell(block).stdin(Stdio::null()).output().unwrap();
        assert!(
            output.status.success(),
            "{block}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn serve(&mut self, block: &str) {
        // One at a time: the next has the place of the one before.
        self.server = None;
        let log = std::fs::File::create(self.path(".log")).unwrap();
        let mut command = self.shell(&block.replace("slides serve", "exec slides serve"));
        command.stdout(Stdio::piped());
        command.stderr(log).stdin(Stdio::null());
        let mut server = Running(command.spawn().unwrap());
        server.listens(block, &self.path(".log"));
        self.server = Some(server);
    }

    fn follow(&mut self, block: &Block) {
        if let Some(reason) = block.mark.strip_prefix("not run:") {
            assert!(!reason.trim().is_empty(), "no reason:\n{}", block.text);
            return;
        }
        match block.mark.as_str() {
            "no server" => self.server = None,
            mark => assert!(mark.is_empty(), "`{mark}` says nothing of:\n{}", block.text),
        }
        let text = self.adapted(&block.text);
        let serves = |line: &str| {
            let command = line.split(" #").next().unwrap_or_default();
            command.contains("slides serve") && !command.contains("--print-config")
        };
        if text
            .lines()
            .any(|line| !line.starts_with('#') && serves(line))
        {
            self.serve(&text);
        } else {
            self.run(&text);
        }
    }

    fn reads(&mut self, document: &str) {
        assert!(RUN.contains(&document), "{document} is not listed");
        let text = std::fs::read_to_string(top().join(document)).unwrap();
        for block in blocks(&text) {
            self.follow(&block);
        }
    }

    /// Files of the documents' settings: a block of TOML that begins with its name.
    fn writes_settings(&self, document: &str) {
        let text = std::fs::read_to_string(top().join(document)).unwrap();
        for part in text.split("```toml\n# ").skip(1) {
            let (name, rest) = part.split_once('\n').unwrap();
            let (body, _) = rest.split_once("```").unwrap();
            std::fs::write(self.path(name), body).unwrap();
        }
    }

    /// Operations `ID`, that is finished, and `FAILED` at the server `BASE`, asked with `TOKEN`, as documents have them
    /// that begin later.
    fn has_started_one(&mut self) {
        self.serve("slides serve --data slides-data");
        self.run(&format!(
            r#"BASE=http://{}
TOKEN=$(curl -sf "$BASE/connect/token" -d "grant_type=client_credentials&client_id=my_client_id&client_secret=my_client_secret" \
  | sed -E 's/.*"access_token" *: *"([^"]+)".*/\1/')
ID=$(slides start deck.pptx --to pdf)
slides watch "$ID"
FAILED=$(slides start missing.pptx --stored --to pdf)
slides watch "$FAILED" || true"#,
            self.address
        ));
    }

    /// A result that a document promises is there, and is gone then.
    fn has(&self, name: &str, start: &[u8]) {
        let bytes =
            std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(bytes.starts_with(start) && bytes.len() > 1000, "{name}");
        std::fs::remove_file(self.path(name)).unwrap();
    }
}

#[test]
fn every_document_with_commands_is_run_or_excused() {
    let mut found = vec!["README.md".to_owned()];
    let mut folders = vec![top().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|text| text == "md")
                && !blocks(&std::fs::read_to_string(&path).unwrap()).is_empty()
            {
                found.push(path.strip_prefix(top()).unwrap().display().to_string());
            }
        }
    }
    for document in &found {
        let document = document.as_str();
        assert!(
            RUN.contains(&document) || ELSEWHERE.contains(&document),
            "{document} has commands: have a test here run them"
        );
    }
}

#[test]
fn the_first_ten_minutes() {
    let document = std::fs::read_to_string(top().join("docs/start.md")).unwrap();
    let blocks = blocks(&document);
    let [convert, serve, commands, curl, tutorial] = blocks.as_slice() else {
        panic!("docs/start.md has {} blocks of commands", blocks.len());
    };
    let mut reader = Reader::new();
    reader.follow(convert);
    reader.has("startup-pitch.pdf", b"%PDF-");
    reader.follow(serve);
    for block in [commands, curl] {
        reader.follow(block);
        reader.has("startup-pitch.pdf", b"%PDF-");
    }
    // Run by the tests of the examples.
    assert!(
        tutorial
            .text
            .contains("cargo run -p slides --example tutorial -- "),
        "{}",
        tutorial.text
    );
}

#[test]
fn the_readme() {
    let mut reader = Reader::new().with_decks();
    reader.reads("README.md");
    reader.has("startup-pitch.pdf", b"%PDF-");
    reader.has("deck.pdf", b"%PDF-");
    reader.has("deck.html", b"<!");
}

/// The examples are built by the tests.
#[test]
fn the_program_of_the_readme_is_an_example() {
    let text = std::fs::read_to_string(top().join("README.md")).unwrap();
    let (_, rest) = text.split_once("```rust,ignore\n").unwrap();
    let (shown, _) = rest.split_once("```").unwrap();
    let path = "crates/slides/examples/readme.rs";
    let example = std::fs::read_to_string(top().join(path)).unwrap();
    assert!(
        example.ends_with(shown),
        "the first Rust program of README.md is not the end of {path}: change both"
    );
}

#[test]
fn the_guide_of_the_command_line() {
    let mut reader = Reader::new()
        .with_decks()
        // Needs LibreOffice, and what makes one.
        .standing_for(" a.odp", "");
    reader.has_started_one();
    reader.reads("docs/guide/command-line.md");
    reader.has("deck.pdf", b"%PDF-");
    reader.has("deck_3.png", b"\x89PNG");
    reader.has("deck.zip", b"PK");
    reader.has("pdfs/more/deck.pdf", b"%PDF-");
    reader.has("talks/2026/talk.pdf", b"%PDF-");
    reader.has("all.png", b"\x89PNG");
}

#[test]
fn the_guide_of_following() {
    let mut reader = Reader::new().with_decks();
    reader.has_started_one();
    reader.reads("docs/guide/following.md");
}

#[test]
fn the_guide_of_moving() {
    let mut reader = Reader::new().with_decks();
    reader.has_started_one();
    reader.reads("docs/guide/moving.md");
    reader.has("deck.pdf", b"%PDF-");
    reader.has("out/new.pdf", b"%PDF-");
}

#[test]
fn the_operations() {
    let mut reader = Reader::new().with_decks();
    reader.writes_settings("docs/operations.md");
    let clients = reader.path("etc/slides/clients");
    std::fs::create_dir_all(clients.parent().unwrap()).unwrap();
    std::fs::write(clients, "another_client:another_secret\n").unwrap();
    reader.has_started_one();
    reader.reads("docs/operations.md");
    reader.has("queue.tar", b"");
    assert!(reader.path("new-data/queue.db").exists());
}

#[test]
fn the_other_ways_to_start_a_server() {
    let mut reader = Reader::new();
    reader.reads("docs/storages.md");
    reader.reads("docs/guide/web-page.md");
    reader.reads("docs/guide/deploy.md");
}
