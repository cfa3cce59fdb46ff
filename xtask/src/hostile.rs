//! Broken and malicious decks, by the command line, by a server, and through every writer.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use serde_json::Value;

use crate::{http, packages, process, server::Server, test, workspace};

/// Converts hostile decks and compares with what is expected of each.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder with `make.py`, which writes the decks, and `check.py`, which converts them.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Use the release build.
    #[arg(long)]
    release: bool,
}

/// Time a server may take on top of a deck's limit: queue, start of a worker, polls.
const GRACE: Duration = Duration::from_secs(10);

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    packages::need(&["python3"], &["python3"])?;
    let folder = workspace::target()?.join("hostile");
    let decks = folder.join("decks");
    fs::create_dir_all(&decks).with_context(|| format!("`{}` cannot be made", decks.display()))?;
    let script = |name: &str| {
        let path = arguments.dir.join(name);
        fs::canonicalize(&path).with_context(|| format!("`{}` does not exist", path.display()))
    };
    process::run(
        process::command("python3")
            .arg(script("make.py")?)
            .arg(&decks),
    )?;
    let program = if arguments.release {
        workspace::released()?
    } else {
        test::program()?
    };
    let check = script("check.py")?;
    let by_command = process::step("hostile decks by the command line", || {
        let convert = format!("{} convert {{in}} {{out}}", program.display());
        let mut command = process::command("python3");
        process::run(command.arg(check).arg(&decks).args(["--cmd", &convert]))
    });
    // All are worth knowing, so the others run even when the first failed.
    let by_server = process::step("hostile decks by the server", || {
        by_server(&program, &folder, &decks)
    });
    let by_writer = process::step("hostile decks through every writer", || {
        process::run(
            process::cargo(test::WHOLE)
                .args(["--test", "hostile_exports", "--", "--nocapture"])
                .env("SLIDES_HOSTILE_DECKS", &decks),
        )
    });
    by_command.and(by_server).and(by_writer)
}

/// How an operation or a refused start ended.
enum End {
    Pdf(Vec<u8>),
    Error(String),
}

fn by_server(program: &Path, folder: &Path, decks: &Path) -> Result<()> {
    let expected: Value = serde_json::from_str(&fs::read_to_string(decks.join("expected.json"))?)?;
    let expected = expected
        .as_object()
        .ok_or_else(|| anyhow!("expected.json is no object"))?;
    let mut server = Server::start(program, folder, None)?;
    let mut failed = 0;
    for (name, facts) in expected {
        let deck =
            fs::read(decks.join(name)).with_context(|| format!("`{name}` cannot be read"))?;
        let start = Instant::now();
        let limit = Duration::from_secs(facts.get("max_s").and_then(Value::as_u64).unwrap_or(60));
        let verdict = convert(server.address(), &deck, limit).and_then(|end| judge(facts, &end));
        server.check()?;
        let seconds = start.elapsed().as_secs_f64();
        match verdict {
            Ok(()) => println!("ok   {name:<44} {seconds:>6.2}s"),
            Err(error) => {
                failed += 1;
                println!("FAIL {name:<44} {seconds:>6.2}s  {error:#}");
            }
        }
    }
    if let Some(peak) = peak_memory(server.id()) {
        println!("peak memory of the server process: {peak} MiB");
    }
    println!("{} passed, {failed} failed", expected.len() - failed);
    if failed > 0 {
        bail!("{failed} hostile decks did not end as expected");
    }
    Ok(())
}

fn convert(address: &str, deck: &[u8], limit: Duration) -> Result<End> {
    let start = Instant::now();
    let answer = http::call(address, "POST", "/v3.0/slides/async/convert/pdf", deck)?;
    match answer.status {
        201 => {}
        400..=499 => return Ok(End::Error(message(&answer)?)),
        status => bail!("StartConvert answered {status}: {}", answer.text()),
    }
    let path = format!("/v3.0/slides/async/{}", answer.text().trim());
    loop {
        let answer = http::call(address, "GET", &path, b"")?;
        if answer.status != 200 {
            bail!(
                "GetOperationStatus answered {}: {}",
                answer.status,
                answer.text()
            );
        }
        let operation: Value =
            serde_json::from_slice(&answer.body).context("the status is no JSON")?;
        match operation.get("status").and_then(Value::as_str) {
            Some("Finished") => {
                let result = http::call(address, "GET", &format!("{path}/result"), b"")?;
                if result.status != 200 {
                    bail!(
                        "GetOperationResult answered {}: {}",
                        result.status,
                        result.text()
                    );
                }
                return Ok(End::Pdf(result.body));
            }
            Some("Failed") => {
                let message = operation
                    .pointer("/error/message")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                return Ok(End::Error(message.to_owned()));
            }
            Some("Canceled") => bail!("the operation was canceled"),
            _ if start.elapsed() > limit + GRACE => {
                bail!("no end after {:.0} s", start.elapsed().as_secs_f64())
            }
            _ => thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn message(answer: &http::Answer) -> Result<String> {
    let body: Value = serde_json::from_slice(&answer.body).context("the error is no JSON")?;
    let message = body.pointer("/error/message").and_then(Value::as_str);
    message
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("the error has no message: {body}"))
}

/// Compares an end with the class expected.json gives: `ok`, `error` or `either`.
fn judge(facts: &Value, end: &End) -> Result<()> {
    let class = facts
        .get("class")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (class, end) {
        ("ok", End::Error(message)) => bail!("refused, but a PDF was due: {message}"),
        ("error", End::Pdf(_)) => bail!("accepted, but an error was due"),
        ("error" | "either", End::Error(message)) => {
            if message.trim().is_empty() {
                bail!("failed without a message");
            }
            if message.contains("panicked at") || message.contains("stack overflow") {
                bail!("the message shows a crash: {message}");
            }
            Ok(())
        }
        ("ok" | "either", End::Pdf(pdf)) => {
            if !pdf.starts_with(b"%PDF-") {
                bail!("the result is no PDF");
            }
            let due = facts.get("pages").and_then(Value::as_u64);
            match (due, pages(pdf)) {
                (Some(due), Some(found)) if class == "ok" && due != found => {
                    bail!("{found} pages, {due} due")
                }
                _ => Ok(()),
            }
        }
        (other, _) => bail!("expected.json has the class `{other}`, which is not known"),
    }
}

/// Pages of a PDF, where its page objects are not packed into streams.
fn pages(pdf: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(pdf);
    let found = text
        .split("/Type")
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix("/Page"))
        .filter(|rest| !rest.starts_with(|letter: char| letter.is_ascii_alphabetic()))
        .count();
    (found > 0).then_some(found as u64)
}

/// The most memory a process ever held, in MiB.
fn peak_memory(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{End, judge, pages};

    #[test]
    fn judges_by_class() {
        let pdf = || End::Pdf(b"%PDF-1.7 /Type /Pages /Type/Page".to_vec());
        let error = |text: &str| End::Error(text.into());
        for (class, end, fine) in [
            ("ok", pdf(), true),
            ("ok", error("no"), false),
            ("error", error("no such part"), true),
            ("error", error(""), false),
            ("error", error("thread panicked at x"), false),
            ("error", pdf(), false),
            ("either", pdf(), true),
            ("either", End::Pdf(b"PK".to_vec()), false),
            ("new", pdf(), false),
        ] {
            assert_eq!(
                judge(&json!({ "class": class, "pages": 1 }), &end).is_ok(),
                fine,
                "{class}"
            );
        }
        assert!(judge(&json!({ "class": "ok", "pages": 2 }), &pdf()).is_err());
    }

    #[test]
    fn counts_page_objects_only() {
        assert_eq!(
            pages(b"<</Type/Pages>> <</Type /Page /A 1>> <</Type/Page/B 2>> /Type /PageLabel"),
            Some(2)
        );
        assert_eq!(pages(b"all packed"), None);
    }
}
