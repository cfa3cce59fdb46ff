//! The `slides` command as people and scripts meet it: files, exit status,
//! standard output for data, standard error for the rest.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use slides_tests::slides_program;

fn deck(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("decks")
        .join(name)
}

/// The program in an empty folder, away from this machine's settings.
fn slides(folder: &Path) -> Command {
    let mut command = Command::new(slides_program());
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("XDG_CONFIG_HOME", folder.join(".config"));
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

/// What the program says and how it ends; one that does not end is killed, and the test fails.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let child = slides(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id().to_string();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    receiver
        .recv_timeout(Duration::from_mins(2))
        .unwrap_or_else(|_| {
            Command::new("kill").args(["-9", &id]).status().unwrap();
            panic!("`slides {}` does not end", arguments.join(" "));
        })
        .unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn events(output: &Output) -> Vec<Value> {
    stdout(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn startup() -> String {
    deck("startup-pitch.pptx").to_str().unwrap().to_owned()
}

#[test]
fn a_deck_becomes_a_pdf() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["convert", &startup(), "out.pdf"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).is_empty());
    assert!(
        stderr(&output).contains(": Finished"),
        "{}",
        stderr(&output)
    );
    assert_eq!(listing(folder.path()), ["out.pdf"]);
    assert!(
        std::fs::read(folder.path().join("out.pdf"))
            .unwrap()
            .starts_with(b"%PDF")
    );
}

#[test]
fn several_slides_become_several_images() {
    let folder = tempfile::tempdir().unwrap();
    let png = |name: &str| {
        std::fs::read(folder.path().join(name))
            .unwrap()
            .starts_with(b"\x89PNG")
    };
    let output = run(folder.path(), &["convert", &startup(), "all.png"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(
        listing(folder.path()),
        ["all_1.png", "all_2.png", "all_3.png"]
    );
    assert!(
        png("all_3.png") && stderr(&output).contains("3 slides"),
        "{}",
        stderr(&output)
    );

    assert_eq!(
        status(&run(
            folder.path(),
            &["convert", &startup(), "one.png", "--slides", "2"]
        )),
        0
    );
    assert!(png("one.png"));
    assert_eq!(
        status(&run(
            folder.path(),
            &[
                "convert",
                &startup(),
                "all.zip",
                "--to",
                "png",
                "--slides",
                "1,2-3"
            ]
        )),
        0
    );
    assert!(
        std::fs::read(folder.path().join("all.zip"))
            .unwrap()
            .starts_with(b"PK")
    );
}

#[test]
fn scripts_read_json_lines() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--json", "convert", &startup(), "out.pdf"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let events = events(&output);
    let statuses: Vec<_> = events
        .iter()
        .filter_map(|event| event["operation"]["status"].as_str())
        .collect();
    assert_eq!(statuses.last(), Some(&"Finished"));
    let done = events.last().unwrap();
    assert_eq!(
        (&done["event"], &done["files"]),
        (&"done".into(), &serde_json::json!(["out.pdf"]))
    );
    let warnings = events
        .iter()
        .filter(|event| event["event"] == "warning")
        .count();
    assert!(done["warnings"].as_u64().unwrap() >= warnings as u64);

    let failed = run(
        folder.path(),
        &["--json", "convert", "none.pptx", "out.pdf"],
    );
    let error = self::events(&failed).pop().unwrap();
    assert_eq!(
        (status(&failed), &error["event"], &error["exit"]),
        (2, &"error".into(), &2.into())
    );
}

#[test]
fn passwords_come_from_a_file_a_variable_or_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let protected = deck("protected.pptx");
    let protected = protected.to_str().unwrap();
    std::fs::write(folder.path().join("pw"), "secret\n").unwrap();
    let convert = |arguments: &[&str]| {
        slides(folder.path())
            .args(["convert", protected, "out.pdf"])
            .args(arguments)
            .env("PW", "secret")
            .output()
            .unwrap()
    };
    for arguments in [
        &["--password-file", "pw"][..],
        &["--password-env", "PW"],
        &["--password", "secret"],
    ] {
        let output = convert(arguments);
        assert_eq!(status(&output), 0, "{arguments:?}: {}", stderr(&output));
        std::fs::remove_file(folder.path().join("out.pdf")).unwrap();
    }
    for arguments in [&[][..], &["--password", "wrong"]] {
        let output = convert(arguments);
        assert_eq!(status(&output), 1, "{arguments:?}");
        assert!(
            stderr(&output).contains("error: ")
                && stderr(&output).contains("\n\nhint: give the password with"),
            "{}",
            stderr(&output)
        );
    }
    assert_eq!(
        status(&convert(&["--password", "a", "--password-env", "PW"])),
        2
    );
    assert_eq!(listing(folder.path()), ["pw"]);
}

#[test]
fn bad_decks_fail_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read(startup()).unwrap();
    std::fs::write(folder.path().join("cut.pptx"), good.get(..300).unwrap()).unwrap();
    std::fs::write(folder.path().join("empty.pptx"), "").unwrap();
    std::fs::write(folder.path().join("text.pptx"), "hello").unwrap();
    for name in ["cut.pptx", "empty.pptx", "text.pptx"] {
        let output = run(folder.path(), &["convert", name, "out.pdf"]);
        assert_eq!(status(&output), 1, "{name}: {}", stderr(&output));
        assert!(
            stderr(&output).contains("error: ") && !stderr(&output).contains("panicked"),
            "{}",
            stderr(&output)
        );
    }
    assert_eq!(
        listing(folder.path()),
        ["cut.pptx", "empty.pptx", "text.pptx"]
    );
}

#[test]
fn a_deck_is_not_overwritten_by_its_conversion() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("deck.pptx");
    std::fs::copy(startup(), &deck).unwrap();
    let before = std::fs::read(&deck).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("deck.pptx", folder.path().join("link.pptx")).unwrap();
    let link = if cfg!(unix) { "link.pptx" } else { "deck.pptx" };
    for output in ["deck.pptx", "./deck.pptx", link] {
        let output = run(
            folder.path(),
            &["convert", "deck.pptx", output, "--to", "pdf"],
        );
        assert_eq!(status(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains("is the deck itself"));
    }
    assert_eq!(std::fs::read(&deck).unwrap(), before);
}

#[test]
fn mistakes_on_the_command_line_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (
            &["convert", &startup(), "out.docx"][..],
            "the extension of `out.docx` is no format",
        ),
        (&["convert", &startup(), "out.zip"], "say which with `--to`"),
        (
            &["convert", &startup(), "out.pdf", "--to", "docx"],
            "format `docx` is not known",
        ),
        (
            &["convert", &startup(), "out.pdf", "--slides", "0-3"],
            "slide range `0-3` is not valid",
        ),
        (
            &["convert", &startup(), "out.pdf", "--option", "jpegQualty=3"],
            "option `jpegQualty` is not known",
        ),
        (
            &["convert", &startup(), "nowhere/out.pdf"],
            "the folder `nowhere` does not exist",
        ),
        (
            &["convert", "none.pptx", "out.pdf"],
            "cannot read `none.pptx`",
        ),
        (&["convert"], "required arguments"),
        (
            &["serve", "--listen", "0.0.0.0:0"],
            "no credentials are set",
        ),
        (&["serve", "--max-body", "lots"], "a size is"),
        (&["serve", "--listen", "8080"], "an address is"),
        (&["serve", "--workers", "many"], "invalid value 'many'"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(status(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    assert!(listing(folder.path()).is_empty());
}

#[test]
fn the_doctor_says_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--json", "doctor", "--data", "data"]);
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    let names: Vec<_> = events(&output)
        .iter()
        .map(|event| event["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "version",
            "fonts",
            "LibreOffice",
            "sandbox",
            "data folder",
            "disk",
            "temporary folder",
            "credentials",
            "settings"
        ]
    );
    // A check that found something missing names the command that mends it.
    for event in events(&output) {
        assert_eq!(event["result"] == "ok", event["mend"].is_null(), "{event}");
    }
    assert!(listing(folder.path()).is_empty());
}

#[test]
fn a_server_that_is_not_there_exits_with_4() {
    let folder = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = run(
        folder.path(),
        &["status", "x", "--server", &format!("http://{closed}")],
    );
    assert_eq!(status(&output), 4);
    assert!(
        stderr(&output).contains("caused by: ")
            && stderr(&output).contains("hint: is the server there?"),
        "{}",
        stderr(&output)
    );
}

/// A server of ours; ended when dropped.
struct Served(Child, String);

impl Served {
    fn start(folder: &Path) -> Self {
        Self::with(folder, &[])
    }

    fn with(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = slides(folder)
            .args(["serve", "--listen", "127.0.0.1:0", "--data", "data"])
            .args(["--min-free", "0", "--min-free-percent", "0"])
            .args(arguments)
            .envs([
                ("SLIDES_CLIENT_ID", "me"),
                ("SLIDES_CLIENT_SECRET", "s3cret"),
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned();
        Self(child, url)
    }

    fn call(&self, folder: &Path, arguments: &[&str]) -> Output {
        slides(folder)
            .args(arguments)
            .envs([
                ("SLIDES_SERVER", self.1.as_str()),
                ("SLIDES_CLIENT_ID", "me"),
                ("SLIDES_CLIENT_SECRET", "s3cret"),
            ])
            .output()
            .unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn operations_of_a_server_are_started_followed_and_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let server = Served::start(folder.path());
    let call = |arguments: &[&str]| server.call(folder.path(), arguments);

    let started = call(&["start", &startup(), "--to", "pdf", "--slides", "1"]);
    assert_eq!(status(&started), 0, "{}", stderr(&started));
    let id = stdout(&started).trim().to_owned();
    let watched = call(&["watch", &id]);
    assert_eq!(
        (status(&watched), stdout(&watched).as_str()),
        (0, "Finished\n"),
        "{}",
        stderr(&watched)
    );
    assert!(stdout(&call(&["status", &id])).starts_with("Finished"));
    assert_eq!(status(&call(&["result", &id, "fetched.pdf"])), 0);
    assert!(
        std::fs::read(folder.path().join("fetched.pdf"))
            .unwrap()
            .starts_with(b"%PDF")
    );
    // What has ended cannot be canceled.
    assert_eq!(status(&call(&["cancel", &id])), 4);

    let saved = stdout(&call(&[
        "start",
        &startup(),
        "--to",
        "pdf",
        "--out-path",
        "out/a.pdf",
    ]));
    assert_eq!(status(&call(&["watch", saved.trim()])), 0);
    let missing = stdout(&call(&[
        "start",
        "Data/none.pptx",
        "--stored",
        "--to",
        "pdf",
    ]));
    let watched = call(&["watch", missing.trim()]);
    assert_eq!(status(&watched), 1, "{}", stderr(&watched));
    let unknown = call(&["status", "96b0a57c-d9ae-453f-b56f-3b154eb10cda"]);
    assert_eq!(status(&unknown), 4);
    assert!(
        stderr(&unknown).contains("does not exist"),
        "{}",
        stderr(&unknown)
    );
    let denied = slides(folder.path())
        .args(["status", &id, "--server", &server.1])
        .output()
        .unwrap();
    assert_eq!(status(&denied), 4);
    assert!(
        stderr(&denied).contains("SLIDES_CLIENT_ID"),
        "{}",
        stderr(&denied)
    );
}

#[test]
fn an_operator_looks_cancels_and_moves_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let queue = |arguments: &[&str]| {
        let mut all = vec!["queue", "--data", "data"];
        all.extend(arguments);
        run(folder.path(), &all)
    };
    assert_eq!(status(&queue(&["ls"])), 1, "there is no queue yet");
    let server = Served::with(folder.path(), &["--workers", "0"]);
    let start = || {
        let started = server.call(folder.path(), &["start", &startup(), "--to", "pdf"]);
        assert_eq!(status(&started), 0, "{}", stderr(&started));
        stdout(&started).trim().to_owned()
    };
    let (one, two) = (start(), start());
    // Beside the server.
    let listed = stdout(&queue(&["ls"]));
    assert_eq!(listed.lines().count(), 2);
    assert!(
        listed.contains(&format!("{one}  Enqueued")) && listed.contains("Convert  me"),
        "{listed}"
    );
    let canceled = queue(&["cancel", &one]);
    assert_eq!(status(&canceled), 0, "{}", stderr(&canceled));
    assert!(stdout(&server.call(folder.path(), &["status", &one])).starts_with("Canceled"));
    let shown = stdout(&queue(&["show", &one]));
    assert!(
        shown.contains("status: Canceled") && !shown.contains("worker"),
        "{shown}"
    );
    let only = stdout(&queue(&["ls", "--status", "Enqueued", "--client", "me"]));
    assert!(
        only.starts_with(&two) && only.lines().count() == 1,
        "{only}"
    );
    let busy = queue(&["export", "queue.tar"]);
    assert_eq!(status(&busy), 1);
    assert!(
        stderr(&busy).contains("in use by another process"),
        "{}",
        stderr(&busy)
    );
    assert!(!folder.path().join("queue.tar").exists());
    for wrong in [&["show", "x"], &["cancel", "x"], &["retry", "x"]] {
        assert_eq!(status(&queue(wrong)), 4, "{wrong:?}");
    }
    drop(server);

    let gone = queue(&["retry", &one]);
    assert!(
        stderr(&gone).contains("documents are gone"),
        "{}",
        stderr(&gone)
    );
    let exported = queue(&["export", "queue.tar"]);
    assert_eq!(status(&exported), 0, "{}", stderr(&exported));
    assert_eq!(
        status(&queue(&["export", "queue.tar"])),
        1,
        "it is there already"
    );
    let other = |arguments: &[&str]| {
        let mut all = vec!["queue", "--data", "other"];
        all.extend(arguments);
        run(folder.path(), &all)
    };
    let without = other(&["import", "queue.tar"]);
    assert_eq!(status(&without), 4);
    assert!(
        stderr(&without).contains("another key"),
        "{}",
        stderr(&without)
    );
    let import = ["import", "queue.tar", "--from-key", "data/queue.key"];
    let imported = other(&import);
    assert_eq!(status(&imported), 0, "{}", stderr(&imported));
    assert!(stdout(&imported).starts_with("2 operations put in, 0 were"));
    // The moved operation runs to its end where it is now.
    std::fs::rename(folder.path().join("data"), folder.path().join("old")).unwrap();
    std::fs::rename(folder.path().join("other"), folder.path().join("data")).unwrap();
    let server = Served::start(folder.path());
    let watched = server.call(folder.path(), &["watch", &two]);
    assert_eq!(stdout(&watched), "Finished\n", "{}", stderr(&watched));
    let pruned = queue(&["prune", "--status", "Canceled"]);
    assert_eq!(stdout(&pruned), "1 ended operations removed\n");
    assert_eq!(stdout(&queue(&["ls"])).lines().count(), 1);
}

#[test]
fn a_second_server_leaves_the_folder_of_the_first_alone() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Served::start(folder.path());
    let upload = folder.path().join("data/uploads/half");
    std::fs::write(&upload, "in flight").unwrap();
    let second = run(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--data", "data"],
    );
    assert_eq!(status(&second), 1, "{}", stderr(&second));
    assert!(
        stderr(&second).contains("is in use by another process"),
        "{}",
        stderr(&second)
    );
    assert!(upload.exists());
}

#[cfg(unix)]
#[test]
fn a_server_that_is_asked_to_end_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Served::start(folder.path());
    let asked = Command::new("kill")
        .arg(server.0.id().to_string())
        .status()
        .unwrap();
    assert!(asked.success());
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
    // The data folder is free for the next server.
    Served::start(folder.path());
}
