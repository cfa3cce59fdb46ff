//! What a person reads in the first ten minutes when something is wrong: each text as a whole, kept in
//! `golden/cli_errors`. After a change that is meant, `SLIDES_BLESS=1` writes them anew.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use slides_tests::command::{Place, Said, Served};

const PITCH: &str = "startup-pitch.pptx";

/// A folder with a good deck, a protected one, and some that are none.
fn place() -> Place {
    let place = Place::default();
    place.put_deck("deck.pptx", PITCH);
    place.put_deck("protected.pptx", "protected.pptx");
    place.put("text.pptx", "hello");
    place.put("empty.pptx", "");
    place.put("folder/notes.txt", "no deck");
    place
}

/// What was typed and what was said, as on a terminal.
#[derive(Default)]
struct Session(String);

impl Session {
    fn add(&mut self, place: &Place, arguments: &[&str], said: &Said) {
        let here = place.path().display().to_string();
        // Which states are seen on the way depends on the machine.
        let is_shown =
            |line: &&str| !line.starts_with("status: ") && !line.starts_with("operation ");
        let all: String = said
            .all()
            .replace(&here, "/here")
            .split_inclusive('\n')
            .filter(is_shown)
            .collect();
        writeln!(self.0, "$ slides {}\n{all}", arguments.join(" ")).unwrap();
    }

    fn run(&mut self, place: &Place, arguments: &[&str]) {
        let said = place.run(arguments);
        self.add(place, arguments, &said);
    }

    /// Puts a name in the place of what differs from run to run.
    fn hide(&mut self, text: &str, name: &str) {
        self.0 = self.0.replace(text, name);
    }

    fn is_golden(&self, name: &str) {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/cli_errors/{name}.txt"));
        let text = self.0.trim_end().to_owned() + "\n";
        if std::env::var_os("SLIDES_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(text == golden, "not as in {}:\n{text}", path.display());
    }
}

fn session(place: &Place, commands: &[&[&str]]) -> Session {
    let mut session = Session::default();
    for arguments in commands {
        session.run(place, arguments);
    }
    session
}

#[test]
fn paths_that_are_wrong() {
    session(
        &place(),
        &[
            &["convert", "none.pptx", "out.pdf"],
            &["convert", "deck.pptx"],
            &["convert", "deck.pptx", "out.docx"],
            &["convert", "deck.pptx", "out.pdf", "--to", "docx"],
            &["convert", "deck.pptx", "out"],
            &["convert", "deck.pptx", "out.zip"],
            &["convert", "deck.pptx", "out.mp4"],
            &["convert", "deck.pptx", "nowhere/out.pdf"],
            &["convert", "deck.pptx", "folder"],
            &["convert", "folder", "out.pdf"],
            &["convert", "folder", "--to", "pdf"],
            &["convert", "*.odp", "--to", "pdf"],
            &["convert", "deck.pptx", "text.pptx", "out.pdf"],
            &["convert", "deck.pptx", "--to", "pptx"],
            &["convert", "deck.pptx", "-"],
            &["merge", "deck.pptx", "none.pptx", "-o", "out.pptx"],
            &["merge", "deck.pptx", "-o", "out.pdf"],
            &["merge", "deck.pptx", "-o", "nowhere/out.pptx"],
            &["merge", "deck.pptx:0", "-o", "out.pptx"],
            &["merge", "deck.pptx", "deck.pptx"],
            &["split", "none.pptx"],
            &["split", "deck.pptx", "--out-dir", "text.pptx"],
            &["info", "none.pptx"],
            &["thumbs", "none.pptx"],
            &["diff", "none.pptx", "deck.pptx"],
        ],
    )
    .is_golden("paths");
}

#[test]
fn decks_that_are_none() {
    session(
        &place(),
        &[
            &["convert", "text.pptx", "out.pdf"],
            &["convert", "empty.pptx", "out.pdf"],
            &[
                "convert",
                "text.pptx",
                "empty.pptx",
                "deck.pptx",
                "--to",
                "md",
                "--jobs",
                "1",
            ],
            &["merge", "deck.pptx", "text.pptx", "-o", "out.pptx"],
            &["split", "text.pptx"],
            &["info", "text.pptx"],
            &["info", "empty.pptx"],
            &["thumbs", "text.pptx"],
            &["diff", "deck.pptx", "text.pptx"],
        ],
    )
    .is_golden("decks");
}

#[test]
fn passwords_that_are_missing_or_wrong() {
    let convert = ["convert", "protected.pptx", "out.pdf"];
    let with = |more: &[&'static str]| [&convert[..], more].concat();
    session(
        &place(),
        &[
            &convert,
            &with(&["--password", "wrong"]),
            &with(&["--password-env", "NONE"]),
            &with(&["--password-file", "none"]),
            &["info", "protected.pptx"],
            &["info", "protected.pptx", "--password", "wrong"],
        ],
    )
    .is_golden("passwords");
}

#[test]
fn options_that_are_wrong() {
    let with = |more: &[&'static str]| [&["convert", "deck.pptx", "out.pdf"][..], more].concat();
    session(
        &place(),
        &[
            &with(&["--option", "jpegQualty=3"]),
            &with(&["--option", "compliance=Pdf99"]),
            &with(&["--option", "jpegQuality=300"]),
            &with(&["--option", "showHiddenSlides"]),
            &with(&["--slides", "9"]),
            &with(&["--slides", "3-1"]),
            &with(&["--timeout", "soon"]),
            &["convrt", "deck.pptx", "out.pdf"],
        ],
    )
    .is_golden("options");
}

#[test]
fn libre_office_that_is_not_there() {
    let place = place();
    place.put("old.ppt", old_deck());
    let mut session = Session::default();
    for arguments in [
        &["convert", "old.ppt", "old.pdf"][..],
        &["convert", "deck.pptx", "deck.odp"],
        &["info", "old.ppt"],
    ] {
        // A PATH of nothing has no `soffice`.
        let mut command = place.command(arguments);
        command.env("PATH", place.join("empty"));
        session.add(&place, arguments, &Said::of(command, &[]));
    }
    session.is_golden("libreoffice");
}

/// The smallest compound file that passes for a deck of PowerPoint 97.
fn old_deck() -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    file.create_stream("PowerPoint Document").unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

#[test]
fn servers_that_do_not_do_as_asked() {
    let place = place();
    let mut session = Session::default();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    session.run(
        &place,
        &["status", "x", "--server", &format!("http://{closed}")],
    );
    session.hide(&closed.to_string(), "ADDRESS");

    let server = Served::start(&place, &["--workers", "0"]);
    let address = server.url.trim_start_matches("http://").to_owned();
    let call = |arguments: &[&str], secret: &str| {
        let mut command = place.command(arguments);
        command.envs([
            ("SLIDES_SERVER", server.url.as_str()),
            ("SLIDES_CLIENT_ID", "me"),
            ("SLIDES_CLIENT_SECRET", secret),
        ]);
        Said::of(command, &[])
    };
    for (arguments, secret) in [
        (&["status", "x"][..], "wrong"),
        (&["login"], "wrong"),
        (
            &["status", "96b0a57c-d9ae-453f-b56f-3b154eb10cda"],
            "s3cret",
        ),
        (&["start", "none.pptx", "--to", "pdf"], "s3cret"),
    ] {
        session.add(&place, arguments, &call(arguments, secret));
    }
    let id = call(&["start", "deck.pptx", "--to", "pdf"], "s3cret").stdout();
    let early = ["result", id.trim(), "out.pdf"];
    session.add(&place, &early, &call(&early, "s3cret"));
    session.hide(id.trim(), "ID");
    session.run(&place, &["serve", "--listen", &address, "--data", "other"]);
    session.run(
        &place,
        &["serve", "--listen", "127.0.0.1:0", "--data", "data"],
    );
    session.run(
        &place,
        &["serve", "--listen", "127.0.0.1:0", "--data", "deck.pptx"],
    );
    session.hide(&address, "ADDRESS");
    session.is_golden("servers");
}

#[test]
fn a_result_that_finds_no_room() {
    let place = place();
    let mut session = Session::default();
    let arguments = ["convert", "deck.pptx", "-", "--to", "pdf"];
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let child = place
        .command(&arguments)
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    session.add(
        &place,
        &arguments,
        &Said::from(&child.wait_with_output().unwrap()),
    );
    session.is_golden("full_pipe");

    // A disk of its own, where one may be mounted.
    std::fs::create_dir(place.join("disk")).unwrap();
    let mount = |program: &str, arguments: &[&str]| {
        let status = Command::new(program)
            .args(arguments)
            .arg(place.join("disk"))
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    if !mount("mount", &["-t", "tmpfs", "-o", "size=16k", "slides-test"]) {
        return;
    }
    let arguments = ["convert", "deck.pptx", "disk/out.pdf"];
    let said = place.run(&arguments);
    let left = std::fs::read_dir(place.join("disk")).unwrap().count();
    assert!(mount("umount", &[]), "the disk is still mounted");
    assert_eq!(left, 0, "something is left of the result");
    let mut session = Session::default();
    session.add(&place, &arguments, &said);
    session.is_golden("full_disk");
}

#[test]
fn files_and_folders_without_rights() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let place = place();
    let mode = |name: &str, mode: u32| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(place.join(name), permissions).unwrap();
    };
    mode("", 0o755);
    place.put_deck("secret.pptx", PITCH);
    mode("secret.pptx", 0o000);
    std::fs::create_dir(place.join("closed")).unwrap();
    mode("closed", 0o555);
    let is_root = rustix::process::geteuid().is_root();
    let command = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        if is_root {
            // Nothing is refused to root.
            command.uid(65534).gid(65534);
        }
        command
    };
    // Where the program lies may be closed to others.
    let may_start = command(&["--version"])
        .stdout(Stdio::null())
        .status()
        .is_ok();
    let mut session = Session::default();
    if may_start {
        for arguments in [
            &["convert", "secret.pptx", "out.pdf"][..],
            &["convert", "deck.pptx", "closed/out.pdf"],
            &[
                "convert",
                "deck.pptx",
                "--to",
                "pdf",
                "--out-dir",
                "closed/new",
            ],
            &["serve", "--listen", "127.0.0.1:0", "--data", "closed/data"],
        ] {
            session.add(&place, arguments, &Said::of(command(arguments), &[]));
        }
    }
    mode("closed", 0o755);
    if may_start {
        session.is_golden("rights");
    }
}
