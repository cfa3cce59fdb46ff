//! `slides login` and `slides logout`: credentials of servers, kept for the other commands in the user's own folder.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde_json::{Value, json};

use crate::arguments::{LoginArguments, LogoutArguments, ServerArguments};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::sdk::{Error, OperationId, SecretString};
use crate::{password, private, remote};

/// The server that is asked when none is named.
pub(crate) const USUAL_SERVER: &str = "http://127.0.0.1:8080";
/// An operation that no server has: asking for it needs a token and nothing else.
const NO_OPERATION: &str = "00000000-0000-0000-0000-000000000000";
/// Bytes of a secret file that are read.
const MAX_SECRET: u64 = 64 << 10;

/// Credentials of a server.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) server: String,
    pub(crate) id: String,
    pub(crate) secret: SecretString,
    pub(crate) auth_server: Option<String>,
    pub(crate) allow_plain_http: bool,
}

/// Where credentials are kept: `slides/credentials.json` in the user's folder for settings.
pub(crate) fn file() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("slides").join("credentials.json"))
}

/// The account of a server, or of the server of the last login.
pub(crate) fn find(server: Option<&str>) -> Result<Option<Account>, Failure> {
    let Some(path) = file() else {
        return Ok(None);
    };
    let accounts = read(&path)?;
    Ok(match server {
        Some(server) => accounts
            .into_iter()
            .find(|account| same(&account.server, server)),
        None => accounts.into_iter().next(),
    })
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/')
        .eq_ignore_ascii_case(other.trim_end_matches('/'))
}

/// The accounts of a file, the last login first. One that is not there has none.
pub(crate) fn read(path: &Path) -> Result<Vec<Account>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Failure::usage(format!(
                "cannot read the credentials in `{}`",
                path.display()
            ))
            .caused_by(&error)
            .hint("`slides logout --all` removes them, `slides login` keeps new ones"));
        }
    };
    parse(&text).ok_or_else(|| {
        Failure::usage(format!(
            "`{}` is not what `slides login` wrote",
            path.display()
        ))
        .hint("`slides logout --all` removes it, `slides login` writes a new one")
    })
}

fn parse(text: &str) -> Option<Vec<Account>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let one = |account: &Value| {
        let text = |key: &str| account[key].as_str().map(str::to_owned);
        Some(Account {
            server: text("server")?,
            id: text("clientId")?,
            secret: SecretString::from(text("clientSecret")?),
            auth_server: text("authServer"),
            allow_plain_http: account["allowPlainHttp"].as_bool().unwrap_or(false),
        })
    };
    value["servers"].as_array()?.iter().map(one).collect()
}

fn write(path: &Path, accounts: &[Account]) -> io::Result<()> {
    use secrecy::ExposeSecret;
    let servers: Vec<Value> = accounts
        .iter()
        .map(|account| {
            json!({
                "server": account.server,
                "clientId": account.id,
                "clientSecret": account.secret.expose_secret(),
                "authServer": account.auth_server,
                "allowPlainHttp": account.allow_plain_http,
            })
        })
        .collect();
    if let Some(folder) = path.parent() {
        make_private(folder)?;
    }
    private::write(
        path,
        format!("{:#}\n", json!({ "servers": servers })).as_bytes(),
    )
}

/// A folder that its owner alone may look into.
fn make_private(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
    }
    #[cfg(not(unix))]
    fs::create_dir_all(folder)
}

pub(crate) fn login(arguments: &LoginArguments, console: &mut Console) -> Result<(), Failure> {
    let path = file().ok_or_else(|| {
        Failure::new(Exit::Failed, "there is no folder to keep credentials in")
            .hint("set HOME or XDG_CONFIG_HOME, or use SLIDES_CLIENT_ID and SLIDES_CLIENT_SECRET")
    })?;
    let server = arguments
        .server
        .clone()
        .unwrap_or_else(|| USUAL_SERVER.to_owned());
    let id = match &arguments.client_id {
        Some(id) => id.clone(),
        None => ask_id(&server)?,
    };
    let account = Account {
        secret: secret(arguments, &id)?,
        server,
        id,
        auth_server: arguments.auth_server.clone(),
        allow_plain_http: arguments.allow_plain_http,
    };
    check(&account)?;
    let mut accounts: Vec<Account> = read(&path)?
        .into_iter()
        .filter(|known| !same(&known.server, &account.server))
        .collect();
    accounts.insert(0, account.clone());
    write(&path, &accounts).map_err(|error| cannot_keep(&path, &error))?;
    console.note(&format!(
        "logged in to {} as `{}`; kept in `{}` until `slides logout`",
        account.server,
        account.id,
        path.display()
    ));
    console.event(&json!({
        "event": "login",
        "server": account.server,
        "clientId": account.id,
        "kept": path.display().to_string(),
    }));
    Ok(())
}

fn cannot_keep(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Exit::Failed,
        format!("cannot keep credentials in `{}`", path.display()),
    )
    .caused_by(error)
    .hint("use SLIDES_CLIENT_ID and SLIDES_CLIENT_SECRET, or another folder with XDG_CONFIG_HOME")
}

/// Asks the server for a token, and for nothing that matters.
fn check(account: &Account) -> Result<(), Failure> {
    let arguments = ServerArguments {
        server: Some(account.server.clone()),
        client_id: None,
        auth_server: account.auth_server.clone(),
        allow_plain_http: account.allow_plain_http,
    };
    let client = remote::client_of(&arguments, Some(account))?;
    let asked = remote::block_on(async {
        Ok(client.api().status(&OperationId::from(NO_OPERATION)).await)
    })?;
    match asked {
        Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => {
            let failure = Failure::from_sdk(&error);
            Err(match error {
                Error::Auth(_) => failure.hint(
                    "nothing was kept: check id and secret; `slides clients add ID` makes them on a server of your own",
                ),
                _ => failure,
            })
        }
    }
}

fn ask_id(server: &str) -> Result<String, Failure> {
    let no_terminal = || {
        Failure::usage("it is not said who logs in")
            .hint("give `--client-id ID`; the secret is asked for, or comes from SLIDES_CLIENT_SECRET or `--secret-file FILE`")
    };
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(no_terminal());
    }
    let _ = write!(io::stderr(), "Client id for {server}: ");
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| no_terminal().caused_by(&error))?;
    match line.trim() {
        "" => Err(no_terminal()),
        id => Ok(id.to_owned()),
    }
}

fn secret(arguments: &LoginArguments, id: &str) -> Result<SecretString, Failure> {
    use io::Read;
    if let Some(path) = &arguments.secret_file {
        let mut text = String::new();
        fs::File::open(path)
            .and_then(|file| file.take(MAX_SECRET).read_to_string(&mut text))
            .map_err(|error| {
                Failure::usage(format!("cannot read the secret file `{}`", path.display()))
                    .caused_by(&error)
            })?;
        return Ok(SecretString::from(text.lines().next().unwrap_or_default()));
    }
    if let Ok(secret) = std::env::var("SLIDES_CLIENT_SECRET") {
        return Ok(SecretString::from(secret));
    }
    password::ask(&format!("Secret of `{id}`: "))
        .map(|secret| SecretString::from(secret.expose()))
        .map_err(|failure| {
            Failure {
                message: "there is no terminal to ask for the secret on".to_owned(),
                ..failure
            }
            .hint("give it with `--secret-file FILE` or SLIDES_CLIENT_SECRET")
        })
}

pub(crate) fn logout(arguments: &LogoutArguments, console: &mut Console) -> Result<(), Failure> {
    let Some(path) = file().filter(|path| path.exists()) else {
        console.note("no credentials are kept");
        return Ok(());
    };
    let failed = |error: &io::Error| {
        Failure::new(
            Exit::Failed,
            format!("cannot change the credentials in `{}`", path.display()),
        )
        .caused_by(error)
    };
    let mut accounts = if arguments.all {
        Vec::new()
    } else {
        read(&path)?
    };
    let gone = match (&arguments.server, accounts.is_empty()) {
        (Some(server), _) => {
            let at = accounts
                .iter()
                .position(|account| same(&account.server, server));
            let Some(at) = at else {
                let kept: Vec<_> = accounts
                    .iter()
                    .map(|account| account.server.as_str())
                    .collect();
                return Err(
                    Failure::usage(format!("no credentials are kept for {server}"))
                        .hint(format!("there are some for: {}", kept.join(", "))),
                );
            };
            accounts.remove(at).server
        }
        // The last login.
        (None, false) => accounts.remove(0).server,
        (None, true) => "all servers".to_owned(),
    };
    if accounts.is_empty() {
        fs::remove_file(&path).map_err(|error| failed(&error))?;
    } else {
        write(&path, &accounts).map_err(|error| failed(&error))?;
    }
    console.note(&format!("the credentials of {gone} are gone from here"));
    console.event(&json!({ "event": "logout", "server": gone }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn accounts_are_kept_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slides/credentials.json");
        assert!(read(&path).unwrap().is_empty());
        let account = Account {
            server: "http://one".to_owned(),
            id: "me".to_owned(),
            secret: SecretString::from("s3cret"),
            auth_server: None,
            allow_plain_http: false,
        };
        write(&path, std::slice::from_ref(&account)).unwrap();
        let found = read(&path).unwrap();
        assert_eq!(found[0].secret.expose_secret(), "s3cret");
        assert_eq!(
            (found[0].server.as_str(), found[0].id.as_str()),
            ("http://one", "me")
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            assert_eq!(mode(path.parent().unwrap()), 0o700);
        }
        fs::write(&path, "{").unwrap();
        assert!(
            read(&path)
                .unwrap_err()
                .message
                .contains("is not what `slides login` wrote")
        );
        assert!(same("http://One/", "http://one"));
    }
}
