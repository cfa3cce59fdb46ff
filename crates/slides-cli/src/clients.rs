//! The file of clients that may use a server, and the commands that edit it.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use secrecy::ExposeSecret;
use serde_json::json;
use slides_server::Credentials;

use crate::arguments::{ClientsArguments, ClientsCommand};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::private;

/// Bytes of a credentials file.
const MAX_FILE: u64 = 1 << 20;
/// Secrets of one client: the one in use and the one that replaces it.
const MAX_SECRETS: usize = 2;

/// The clients of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<Credentials>, Failure> {
    let clients: Vec<_> = File::read(path)?
        .lines
        .into_iter()
        .filter_map(|line| line.client)
        .collect();
    if clients.is_empty() {
        return Err(
            Failure::usage(format!("`{}` lists no client", path.display()))
                .hint("`slides clients add ID --file FILE` makes one"),
        );
    }
    Ok(clients)
}

pub(crate) fn run(arguments: &ClientsArguments, console: &mut Console) -> Result<(), Failure> {
    let path = &arguments.file;
    let mut file = match File::read(path) {
        Err(failure)
            if matches!(arguments.command, ClientsCommand::Add { .. }) && !path.exists() =>
        {
            drop(failure);
            File { lines: Vec::new() }
        }
        other => other?,
    };
    match &arguments.command {
        ClientsCommand::List => {
            for (id, secrets) in file.clients() {
                console.data(
                    &id,
                    &json!({ "event": "client", "id": id, "secrets": secrets }),
                );
            }
            return Ok(());
        }
        ClientsCommand::Add { id } => {
            if file.secrets_of(id) > 0 {
                return Err(Failure::usage(format!("client `{id}` is there already"))
                    .hint("`slides clients rotate ID` gives it a new secret"));
            }
            file.make(id, console)?;
        }
        ClientsCommand::Rotate { id } => {
            file.must_have(id)?;
            // The one before the last change goes: a client has at most two.
            file.keep_newest(id, MAX_SECRETS - 1);
            file.make(id, console)?;
        }
        ClientsCommand::Retire { id } => {
            file.must_have(id)?;
            file.keep_newest(id, 1);
        }
        ClientsCommand::Remove { id } => {
            file.must_have(id)?;
            file.keep_newest(id, 0);
        }
    }
    private::write(path, file.text().as_bytes()).map_err(|error| cannot("write", path, &error))?;
    console.note("a running server takes it up on SIGHUP");
    Ok(())
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("cannot {what} the credentials in `{}`", path.display()),
    )
    .caused_by(error)
}

/// A credentials file, remarks and all.
struct File {
    lines: Vec<Line>,
}

struct Line {
    text: String,
    client: Option<Credentials>,
}

impl File {
    fn read(path: &Path) -> Result<Self, Failure> {
        let mut text = String::new();
        fs::File::open(path)
            .and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text))
            .map_err(|error| cannot("read", path, &error))?;
        if text.len() as u64 > MAX_FILE {
            return Err(Failure::usage(format!(
                "`{}` has more than {MAX_FILE} bytes",
                path.display()
            )));
        }
        let at = |number: usize, what: &str| {
            Failure::usage(format!(
                "line {number} of `{}` is not valid: {what}",
                path.display()
            ))
        };
        let mut file = Self { lines: Vec::new() };
        for (index, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            let client = if trimmed.is_empty() || trimmed.starts_with('#') {
                None
            } else {
                let client = Credentials::parse(trimmed)
                    .map_err(|error| at(index + 1, &error.to_string()))?;
                if file.secrets_of(client.id()) >= MAX_SECRETS {
                    return Err(at(
                        index + 1,
                        &format!("a client has at most {MAX_SECRETS} secrets"),
                    ));
                }
                Some(client)
            };
            let text = line.to_owned();
            file.lines.push(Line { text, client });
        }
        Ok(file)
    }

    fn text(&self) -> String {
        let lines = self.lines.iter();
        lines.flat_map(|line| [line.text.as_str(), "\n"]).collect()
    }

    /// Ids and how many secrets they have, in the order of the file.
    fn clients(&self) -> Vec<(String, usize)> {
        let mut list: Vec<(String, usize)> = Vec::new();
        for client in self.lines.iter().filter_map(|line| line.client.as_ref()) {
            match list.iter_mut().find(|(id, _)| id == client.id()) {
                Some((_, secrets)) => *secrets += 1,
                None => list.push((client.id().to_owned(), 1)),
            }
        }
        list
    }

    fn secrets_of(&self, id: &str) -> usize {
        let lines = self.lines.iter();
        lines.filter(|line| line.is_of(id)).count()
    }

    fn must_have(&self, id: &str) -> Result<(), Failure> {
        if self.secrets_of(id) > 0 {
            return Ok(());
        }
        Err(Failure::usage(format!("there is no client `{id}`"))
            .hint("`slides clients list` names them"))
    }

    /// Removes the older secrets of a client: the ones further up.
    fn keep_newest(&mut self, id: &str, keep: usize) {
        let mut surplus = self.secrets_of(id).saturating_sub(keep);
        self.lines.retain(|line| {
            let goes = surplus > 0 && line.is_of(id);
            surplus -= usize::from(goes);
            !goes
        });
    }

    /// Adds a new secret and tells it, once.
    fn make(&mut self, id: &str, console: &Console) -> Result<(), Failure> {
        if id.starts_with('#') || id.contains(|c: char| !c.is_ascii_graphic() || c == ':') {
            return Err(Failure::usage(format!(
                "`{}` is no client id: visible ASCII characters without `:`, not `#` in front",
                id.escape_debug()
            )));
        }
        let (client, secret) = Credentials::generate(id);
        let line = client
            .to_line()
            .filter(|line| Credentials::parse(line).is_ok())
            .ok_or_else(|| Failure::usage(format!("`{id}` is too long for a client id")))?;
        self.lines.push(Line {
            text: line,
            client: Some(client),
        });
        console.note("the secret of the client, which is not kept:");
        console.data(
            secret.expose_secret(),
            &json!({ "event": "secret", "id": id, "secret": secret.expose_secret() }),
        );
        Ok(())
    }
}

impl Line {
    fn is_of(&self, id: &str) -> bool {
        self.client.as_ref().is_some_and(|client| client.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(path: &Path, command: ClientsCommand) -> Result<(), Failure> {
        let arguments = ClientsArguments {
            command,
            file: path.to_owned(),
        };
        run(&arguments, &mut Console::new(false, true))
    }

    fn listed(path: &Path) -> Vec<(String, usize)> {
        File::read(path).unwrap().clients()
    }

    #[test]
    fn a_secret_is_added_changed_and_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clients");
        let (me, you) = (|| "me".to_owned(), || "you".to_owned());
        assert!(edit(&path, ClientsCommand::Rotate { id: me() }).is_err());
        edit(&path, ClientsCommand::Add { id: me() }).unwrap();
        assert!(edit(&path, ClientsCommand::Add { id: me() }).is_err());
        edit(&path, ClientsCommand::Add { id: you() }).unwrap();
        let first = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("# ours\n{first}")).unwrap();
        for secrets in [2, 2] {
            edit(&path, ClientsCommand::Rotate { id: me() }).unwrap();
            let mut list = listed(&path);
            list.sort();
            assert_eq!(list, [(me(), secrets), (you(), 1)]);
        }
        edit(&path, ClientsCommand::Retire { id: me() }).unwrap();
        assert_eq!(read(&path).unwrap().len(), 2);
        edit(&path, ClientsCommand::Remove { id: me() }).unwrap();
        assert_eq!(listed(&path), [(you(), 1)]);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# ours\n") && text.contains("you:$sha256$"));
        edit(&path, ClientsCommand::Remove { id: you() }).unwrap();
        assert!(read(&path).is_err());
        for id in ["", "a b", "a:b", "#a", "é"] {
            let bad = ClientsCommand::Add { id: id.to_owned() };
            assert!(edit(&path, bad).is_err(), "{id}");
        }
    }

    #[test]
    fn files_written_by_hand_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clients");
        fs::write(&path, "# who\n\n a:b \nc:d:e\na:x").unwrap();
        assert_eq!(read(&path).unwrap().len(), 3);
        for (text, line) in [
            ("a", "line 1"),
            ("a:b\n:c", "line 2"),
            ("a:", "line 1"),
            ("a:s3cret$\na:$sha256$x", "line 2"),
            ("a:1\na:2\na:3", "line 3"),
        ] {
            fs::write(&path, text).unwrap();
            let message = read(&path).unwrap_err().message;
            assert!(
                message.contains(line) && !message.contains("s3cret"),
                "{message}"
            );
        }
        fs::write(&path, "# nobody\n").unwrap();
        assert!(read(&path).is_err());
    }
}
