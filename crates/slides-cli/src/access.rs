//! Who may use a server that this program runs: from the environment and from files that are read again on SIGHUP.

use std::path::PathBuf;

use secrecy::{SecretSlice, SecretString};
use slides_server::{Access, Credentials};

use crate::arguments::ServeArguments;
use crate::failure::{Exit, Failure};
use crate::{clients, token_keys};

/// The clients of the environment and of the credentials file.
pub(crate) fn clients(arguments: &ServeArguments) -> Result<Vec<Credentials>, Failure> {
    if arguments.no_auth {
        return Ok(Vec::new());
    }
    let mut list = Vec::new();
    match (
        &arguments.client_id,
        std::env::var("SLIDES_CLIENT_SECRET")
            .ok()
            .map(SecretString::from)
            .or_else(|| arguments.settings.vendor.client_secret.clone()),
    ) {
        (Some(id), Some(secret)) => list.push(Credentials::new(id, secret)),
        (None, None) => {}
        // Half of a pair is a mistake that must not open the server.
        (Some(_), None) => {
            return Err(Failure::usage(
                "a client id is set, but SLIDES_CLIENT_SECRET is not",
            ));
        }
        (None, Some(_)) => {
            return Err(Failure::usage(
                "SLIDES_CLIENT_SECRET is set, but SLIDES_CLIENT_ID is not",
            ));
        }
    }
    if let Some(path) = &arguments.credentials_file {
        list.extend(clients::read(path)?);
    }
    Ok(list)
}

/// The keys that tokens are signed with, the one in use first.
pub(crate) fn keys(arguments: &ServeArguments) -> Result<Vec<SecretSlice<u8>>, Failure> {
    let path = key_file(arguments);
    token_keys::open(&path).map_err(|error| {
        let what = format!("cannot keep the keys of tokens in `{}`", path.display());
        Failure::new(Exit::Failed, what).caused_by(&error)
    })
}

fn key_file(arguments: &ServeArguments) -> PathBuf {
    let default = || arguments.place.data.join("token.key");
    arguments.token_keys.clone().unwrap_or_else(default)
}

/// Reads clients and keys again whenever the process gets SIGHUP. What cannot be read changes nothing. When this
/// returns, the signal does not end the process any more.
#[cfg(unix)]
pub(crate) fn reload_on_hangup(
    access: Access,
    arguments: ServeArguments,
) -> std::io::Result<tokio::task::JoinHandle<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangups = signal(SignalKind::hangup())?;
    Ok(tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            reload(&access, &arguments);
        }
    }))
}

/// There is no such signal here.
#[cfg(not(unix))]
pub(crate) fn reload_on_hangup(
    _access: Access,
    _arguments: ServeArguments,
) -> std::io::Result<tokio::task::JoinHandle<()>> {
    Ok(tokio::spawn(std::future::pending()))
}

#[cfg(unix)]
fn reload(access: &Access, arguments: &ServeArguments) {
    let read = clients(arguments).and_then(|clients| Ok((clients, keys(arguments)?)));
    let (clients, keys) = match read {
        Ok(read) => read,
        Err(failure) => {
            let (reason, causes) = (failure.message, failure.causes.join(": "));
            tracing::error!(reason, causes, "clients and keys stay as they were");
            return;
        }
    };
    let (count, key_count) = (clients.len(), keys.len());
    match access.replace(clients, keys) {
        Ok(()) => tracing::info!(
            secrets = count,
            keys = key_count,
            "clients and keys were read again"
        ),
        Err(error) => tracing::error!(%error, "clients and keys stay as they were"),
    }
}
