//! Presentations that merges take from addresses, by a server that this program runs.

use async_trait::async_trait;
use slides_service::{FetchUrl, FetchesUrls};

use crate::arguments::ServeArguments;
use crate::failure::Failure;
use crate::sdk::{AllowedHost, Download, Error, OutsideClient, OutsideLimits};

/// What the server fetches presentations with; nothing unless the operator allows some.
pub(crate) fn of(arguments: &ServeArguments) -> Result<Option<FetchesUrls>, Failure> {
    if arguments.allow_url_sources.is_empty() {
        return Ok(None);
    }
    let (all, hosts): (Vec<&String>, Vec<&String>) = arguments
        .allow_url_sources
        .iter()
        .partition(|text| *text == "*");
    let hosts = hosts
        .into_iter()
        .map(|text| {
            text.parse::<AllowedHost>().map_err(|error| {
                Failure::usage(format!("`{text}` cannot be allowed: {error}, nor `*`"))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let limits = OutsideLimits::default();
    let client = if all.is_empty() {
        OutsideClient::only(hosts, limits)
    } else {
        OutsideClient::new(hosts, limits)
    };
    let client = client.map_err(|error| Failure::from_sdk(&error))?;
    Ok(Some(FetchesUrls::new(Fetcher(client))))
}

struct Fetcher(OutsideClient);

#[async_trait]
impl FetchUrl for Fetcher {
    fn check(&self, address: &str) -> Result<(), Error> {
        self.0.check(address)
    }

    async fn fetch(&self, address: &str) -> Result<Download, Error> {
        self.0.get(address).await
    }
}
