//! Webhooks of a server that this program runs: the keys that sign them and the client that sends them.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::json;
use slides_service::{Deliver, WebhookCall, WebhookKey, Webhooks};

use crate::arguments::{ServeArguments, WebhookSecretArguments};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::sdk::{Error, OutsideClient, OutsideLimits};
use crate::token_keys;

/// What the server sends webhooks with; nothing without a key.
pub(crate) fn of(arguments: &ServeArguments) -> Result<Option<Webhooks>, Failure> {
    let Some(path) = &arguments.webhook_keys else {
        if arguments.webhook_allow.is_empty() {
            return Ok(None);
        }
        return Err(
            Failure::usage("`--webhook-allow` allows nothing without webhooks")
                .hint("name the file of their key with `--webhook-keys`"),
        );
    };
    let keys = keys(path)?;
    let client = OutsideClient::new(arguments.webhook_allow.clone(), OutsideLimits::default())
        .map_err(|error| Failure::from_sdk(&error))?;
    Ok(Some(Webhooks::new(Arc::new(Sender(client)), keys)))
}

/// Prints the secret of a client.
pub(crate) fn secret(
    arguments: &WebhookSecretArguments,
    console: &mut Console,
) -> Result<(), Failure> {
    for key in keys(&arguments.file)? {
        let secret = key.secret_of(&arguments.id);
        console.data(
            secret.expose_secret(),
            &json!({ "event": "secret", "id": arguments.id, "secret": secret.expose_secret() }),
        );
    }
    Ok(())
}

fn keys(path: &Path) -> Result<Vec<WebhookKey>, Failure> {
    let keys = token_keys::open(path).map_err(|error| {
        let what = format!("cannot keep the keys of webhooks in `{}`", path.display());
        Failure::new(Exit::Usage, what).caused_by(&error)
    })?;
    Ok(keys.into_iter().map(WebhookKey::new).collect())
}

struct Sender(OutsideClient);

#[async_trait]
impl Deliver for Sender {
    fn check(&self, address: &str) -> Result<(), Error> {
        self.0.check(address)
    }

    async fn deliver(&self, call: WebhookCall) -> Result<u16, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("slides/", env!("CARGO_PKG_VERSION"))),
        );
        for (name, value) in [
            ("x-slides-event", &call.event),
            ("x-slides-signature", &call.signature),
        ] {
            // Both are plain ASCII; one that is not would be left out and the event refused.
            headers.extend(
                HeaderValue::from_str(value)
                    .map(|value| (http::HeaderName::from_static(name), value)),
            );
        }
        self.0.post(&call.address, headers, call.body.into()).await
    }
}
