//! The commands of the documents do what they say: they are read from there and run, block after block, as a new user
//! would, at the top of the repository. Programs that the documents show are part of something that is built.
//!
//! The line before a block says what is not plain:
//!
//! - `<!-- not run: REASON -->`: it is left out;
//! - `<!-- no server -->`: it runs when the server that an earlier block started has ended;
//! - `<!-- with PostgreSQL -->`: it runs where the tests have a PostgreSQL;
//! - `<!-- from: PATH -->`: before a program, where it stands.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use slides_tests::{example_program, shared_postgres, slides_program};

/// Measures alone: each command runs for minutes up to hours, most of them on decks that are not in the repository.
/// That they are tasks of `cargo xtask` is a test of that.
const MEASURES: &str = "docs/benchmarks.md";
/// What a reader does to have the program, which is built already; and the tests that these are.
const DONE: [&str; 3] = ["cargo build ", "export PATH=", "cargo xtask test"];

/// A block of commands, or of Rust.
struct Block {
    language: String,
    text: String,
    /// What the comment before it says.
    mark: String,
}

impl Block {
    fn is_rust(&self) -> bool {
        self.language.starts_with("rust")
    }

    /// Commands behind prompts, with what they print.
    fn is_session(&self) -> bool {
        let has_prompts = || self.text.lines().any(|line| line.starts_with("$ "));
        self.language == "console" || matches!(&*self.language, "" | "text") && has_prompts()
    }

    fn is_shell(&self) -> bool {
        matches!(&*self.language, "sh" | "bash" | "shell" | "zsh") || self.is_session()
    }

    /// Why it is not run.
    fn excuse(&self) -> Option<&str> {
        let reason = self.mark.strip_prefix("not run:")?.trim();
        assert!(!reason.is_empty(), "no reason:\n{}", self.text);
        Some(reason)
    }

    /// The commands of a session, each with what it prints.
    fn session(&self) -> Vec<(String, Vec<&str>)> {
        let mut session: Vec<(String, Vec<&str>)> = Vec::new();
        for line in self.text.lines() {
            match (line.strip_prefix("$ "), session.last_mut()) {
                (Some(command), _) => session.push((command.to_owned(), Vec::new())),
                (None, Some((_, output))) => output.push(line),
                (None, None) => panic!("no prompt before:\n{}", self.text),
            }
        }
        session
    }
}

/// Blocks of commands and of Rust, in their order.
fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut block: Option<Block> = None;
    let mut before = "";
    for line in document.lines() {
        match (&mut block, line.trim_start().strip_prefix("```")) {
            (None, Some(language)) => {
                let mark = before.trim_start().strip_prefix("<!-- ");
                let mark = mark.and_then(|rest| rest.strip_suffix(" -->"));
                block = Some(Block {
                    language: language.trim().to_owned(),
                    text: String::new(),
                    mark: mark.unwrap_or_default().to_owned(),
                });
            }
            (Some(_), Some("")) => blocks.extend(block.take()),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
        if !line.is_empty() {
            before = line;
        }
    }
    blocks.retain(|block| block.is_shell() || block.is_rust());
    blocks
}

/// Whether code has these lines, however far they are from its left edge.
fn has_lines(code: &str, shown: &str) -> bool {
    let code: Vec<&str> = code.lines().collect();
    let shown: Vec<&str> = shown.lines().collect();
    let edge = |line: &str| line.len() - line.trim_start().len();
    code.windows(shown.len()).any(|lines| {
        let Some(moved) = edge(lines[0]).checked_sub(edge(shown[0])) else {
            return false;
        };
        lines
            .iter()
            .zip(&shown)
            .all(|(line, shown)| line == shown || line.get(moved..) == Some(*shown))
    })
}

/// All documents, by their paths from the top.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |folder: &Path, folders: &mut Vec<PathBuf>| {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|text| text == "md") {
                found.push(path.strip_prefix(top()).unwrap().display().to_string());
            }
        }
    };
    look(&top(), &mut Vec::new());
    let mut folders = vec![top().join("docs")];
    while let Some(folder) = folders.pop() {
        look(&folder, &mut folders);
    }
    found.sort();
    found
}

fn document(path: &str) -> Vec<Block> {
    blocks(&std::fs::read_to_string(top().join(path)).unwrap())
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
    stands_for: Vec<(&'static str, String)>,
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
        // Commands write into this one.
        std::fs::create_dir(reader.path("deploy")).unwrap();
        for entry in std::fs::read_dir(top().join("deploy")).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_file() {
                let here = reader.path("deploy").join(entry.file_name());
                std::fs::copy(entry.path(), here).unwrap();
            }
        }
        reader
    }

    fn standing_for(mut self, text: &'static str, ours: impl Into<String>) -> Self {
        self.stands_for.push((text, ours.into()));
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
        let is_open = |line: &&str| !DONE.iter().any(|start| line.starts_with(start));
        let mut text = block.lines().filter(is_open).collect::<Vec<_>>().join("\n");
        for (there, here) in &self.stands_for {
            text = text.replace(there, here);
        }
        let folder = self.folder.path().display();
        for place in [
            "/etc/slides",
            "/etc/systemd",
            "/usr/local/bin",
            "/var/lib/slides",
            "/srv/",
        ] {
            text = text.replace(place, &format!("{folder}{place}"));
        }
        let tutorial = "cargo run -p slides --example tutorial -- ";
        if text.contains(tutorial) {
            let program = example_program("tutorial");
            text = text.replace(tutorial, &format!("{} ", program.display()));
        }
        let program = format!(" {} ", slides_program().display());
        text.replace("cargo run --release -- ", "slides ")
            .replace(" target/release/slides ", &program)
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

    /// Gives back what it printed, errors last.
    fn run(&self, block: &str) -> String {
        let output = self.shell(block).stdin(Stdio::null()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{block}\n{said}");
        said
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
        if block.excuse().is_some() {
            return;
        }
        match block.mark.as_str() {
            "no server" => self.server = None,
            "with PostgreSQL" if shared_postgres().is_none() => return,
            "with PostgreSQL" | "" => {}
            mark => panic!("`{mark}` says nothing of:\n{}", block.text),
        }
        let session = block.is_session().then(|| block.session());
        let commands = |session: &Vec<(String, Vec<&str>)>| {
            let commands: Vec<_> = session.iter().map(|(command, _)| &**command).collect();
            commands.join("\n")
        };
        let text = session.as_ref().map_or(block.text.clone(), commands);
        let text = self.adapted(&text);
        assert!(
            !text.trim().is_empty(),
            "nothing of this is run, so it needs a reason:\n{}",
            block.text
        );
        let serves = |line: &str| {
            let command = line.split(" #").next().unwrap_or_default();
            command.contains("slides serve") && !command.contains("--print-config")
        };
        if text
            .lines()
            .any(|line| !line.starts_with('#') && serves(line))
        {
            self.serve(&text);
            return;
        }
        let Some(session) = session else {
            self.run(&text);
            return;
        };
        for (command, shown) in session {
            let said = self.run(&self.adapted(&command));
            // Steps on the way there differ from run to run.
            if let Some(last) = shown.last() {
                let is_said = said.lines().any(|line| line == *last);
                assert!(is_said, "`{command}` is to say `{last}`, not\n{said}");
            }
        }
    }

    fn reads(&mut self, path: &str) {
        self.reads_each(path, |_, _| {});
    }

    /// Reads a document, and does something after each of its blocks of commands.
    fn reads_each(&mut self, path: &str, after: impl Fn(&Self, &Block)) {
        for block in document(path).iter().filter(|block| block.is_shell()) {
            self.follow(block);
            after(self, block);
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
fn every_block_of_commands_is_run_or_excused() {
    let tests = include_str!("documents.rs");
    let mut open = Vec::new();
    for path in documents() {
        let is_read = ["reads", "reads_each"]
            .iter()
            .any(|name| tests.contains(&format!(".{name}(\"{path}\"")));
        for block in document(&path) {
            if block.is_shell() && path != MEASURES && !is_read && block.excuse().is_none() {
                open.push(format!("{path}:\n{}", block.text));
            }
        }
    }
    assert!(
        open.is_empty(),
        "have a test here read these documents, or say `<!-- not run: REASON -->`:\n\n{}",
        open.join("\n")
    );
}

#[test]
fn every_program_that_is_shown_is_built() {
    for path in documents() {
        for block in document(&path).iter().filter(|block| block.is_rust()) {
            let Some(source) = block.mark.strip_prefix("from: ") else {
                panic!(
                    "{path}: say with `<!-- from: PATH -->` in which example or test this stands:\n{}",
                    block.text
                );
            };
            // Cargo builds what lies there.
            let is_built = source.starts_with("crates/")
                && ["/examples/", "/tests/"]
                    .iter()
                    .any(|part| source.contains(part));
            assert!(is_built, "{path}: `{source}` is no example and no test");
            let code = std::fs::read_to_string(top().join(source))
                .unwrap_or_else(|error| panic!("{path}: {source}: {error}"));
            assert!(
                has_lines(&code, &block.text),
                "{path}: this is not in {source}, change both:\n{}",
                block.text
            );
        }
    }
}

#[test]
fn the_first_ten_minutes() {
    let mut reader = Reader::new();
    reader.reads_each("docs/start.md", |reader, block| {
        if block.text.contains("startup-pitch.pdf") {
            reader.has("startup-pitch.pdf", b"%PDF-");
        }
    });
}

#[test]
fn the_walk() {
    let mut reader = Reader::new();
    reader.reads("docs/walk.md");
    reader.has("startup-pitch.pdf", b"%PDF-");
}

#[test]
fn the_readme() {
    let mut reader = Reader::new().with_decks();
    reader.reads("README.md");
    reader.has("startup-pitch.pdf", b"%PDF-");
    reader.has("deck.pdf", b"%PDF-");
    reader.has("deck.html", b"<!");
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
    let folder = reader.folder.path().display().to_string();
    reader = reader
        .standing_for(
            "postgres://slides:secret@db/slides",
            format!("'{}'", shared_postgres().unwrap_or_default()),
        )
        // No bucket is there when the server starts: this one would be asked then.
        .standing_for(
            "s3://slides/blobs?endpoint=https://s3.internal&region=eu-1",
            format!("local:{folder}/blobs"),
        );
    reader.writes_settings("docs/operations.md");
    let clients = reader.path("etc/slides/clients");
    std::fs::create_dir_all(clients.parent().unwrap()).unwrap();
    std::fs::write(&clients, "another_client:another_secret\n").unwrap();
    let key = clients.with_file_name("queue.key");
    std::fs::write(key, "a key that servers of one queue share").unwrap();
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
    reader.reads("docs/sdk/README.md");
}

#[test]
fn the_guide_of_deploying() {
    let mut reader = Reader::new();
    for folder in ["etc/slides", "etc/systemd/system", "usr/local/bin"] {
        std::fs::create_dir_all(reader.path(folder)).unwrap();
    }
    reader.reads("docs/guide/deploy.md");
    assert!(reader.path("usr/local/bin/slides").exists());
    assert!(reader.path("etc/slides/clients").exists());
}
