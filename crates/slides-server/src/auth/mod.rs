//! Client credentials and signed tokens (contract sections 1.2 and 1.3).
//!
//! A token says who it is for and until when, and is signed with the server's
//! key and the client's secret: it survives a restart with the same key, and
//! dies with the secret. Keys and clients can be replaced while the server runs.

mod credentials;
mod form;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use subtle::Choice;

use credentials::Verifier;
pub use credentials::{Credentials, InvalidCredentials};
pub(crate) use form::TokenForm;

type HmacSha256 = Hmac<Sha256>;

/// Life of a token: SDKs never look at it, so it is the vendor's (contract section 1.2).
const TOKEN_LIFE: Duration = Duration::from_hours(24);
/// Longest token that is looked at.
const MAX_TOKEN: usize = 2048;
/// Client id that tokens of an open server carry.
const ANYONE: &str = "";
/// Secrets that are compared at least, so that the time does not tell how many a client has.
const COMPARED: usize = 2;

/// Who may call, and the keys that tokens are signed with: as of now, since both can be replaced.
pub(crate) struct Authority(RwLock<Arc<State>>);

struct State {
    clients: HashMap<String, Vec<Verifier>>,
    /// The first signs, all verify.
    keys: Vec<SecretSlice<u8>>,
}

/// Why clients and keys are not replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError {
    /// There would be no credentials any more.
    #[error(
        "the server asks for credentials and there would be none any more: that would open it to everyone, restart it if that is meant"
    )]
    WouldOpen,
    /// There is no key, or an empty one.
    #[error("tokens need at least one key, and no key may be empty")]
    NoKey,
}

/// Why no token is given; the text of the `error` field (RFC 6749, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    InvalidClient,
    UnsupportedGrantType,
}

impl TokenRefusal {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }
}

/// A token that was given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) token: String,
    /// Life in seconds.
    pub(crate) seconds: u64,
}

impl Authority {
    pub(crate) fn new(clients: Vec<Credentials>, keys: Vec<SecretSlice<u8>>) -> Self {
        Self(RwLock::new(Arc::new(State::new(clients, keys))))
    }

    /// Puts other clients and keys in place of those there are. Tokens signed with a key that is still there, for
    /// a client whose secret is still there, stay good.
    pub(crate) fn replace(
        &self,
        clients: Vec<Credentials>,
        keys: Vec<SecretSlice<u8>>,
    ) -> Result<(), ReplaceError> {
        if clients.is_empty() && !self.is_open() {
            return Err(ReplaceError::WouldOpen);
        }
        if keys.is_empty() || keys.iter().any(|key| key.expose_secret().is_empty()) {
            return Err(ReplaceError::NoKey);
        }
        let state = Arc::new(State::new(clients, keys));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(())
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether anyone may call.
    pub(crate) fn is_open(&self) -> bool {
        self.state().is_open()
    }

    /// Answers a token request.
    pub(crate) fn grant(
        &self,
        form: &TokenForm<'_>,
        now: SystemTime,
    ) -> Result<Grant, TokenRefusal> {
        if form
            .grant_type
            .is_some_and(|text| !text.matches("client_credentials"))
        {
            return Err(TokenRefusal::UnsupportedGrantType);
        }
        let state = self.state();
        let (client, verifier) = if state.is_open() {
            (ANYONE, &Verifier::of_anyone())
        } else {
            state.check(form).ok_or(TokenRefusal::InvalidClient)?
        };
        let token = state
            .sign(client, verifier, now + TOKEN_LIFE)
            .ok_or(TokenRefusal::InvalidClient)?;
        Ok(Grant {
            client: client.to_owned(),
            token,
            seconds: TOKEN_LIFE.as_secs(),
        })
    }

    /// Whom an `Authorization` header opens the API for; on an open server that is [`ANYONE`].
    pub(crate) fn client_of(
        &self,
        authorization: Option<&[u8]>,
        now: SystemTime,
    ) -> Option<String> {
        let state = self.state();
        if state.is_open() {
            return Some(ANYONE.to_owned());
        }
        state.verify(bearer(authorization?)?, now)
    }
}

impl State {
    fn new(list: Vec<Credentials>, keys: Vec<SecretSlice<u8>>) -> Self {
        let mut clients: HashMap<String, Vec<Verifier>> = HashMap::new();
        for client in list {
            let (id, secret) = client.into_parts();
            clients.entry(id).or_default().push(secret);
        }
        Self { clients, keys }
    }

    fn is_open(&self) -> bool {
        self.clients.is_empty()
    }

    /// The client of a token request and the secret it showed, both taken as they were sent or decoded. The same
    /// work is done for an id that is not known: the time does not tell which ids there are.
    fn check(&self, form: &TokenForm<'_>) -> Option<(&str, &Verifier)> {
        let (id, secret) = (form.client_id?, form.client_secret?);
        let decoded_id = id.decoded();
        let known = [id.as_sent(), &decoded_id].into_iter().find_map(|id| {
            let id = std::str::from_utf8(id).ok()?;
            self.clients.get_key_value(id)
        });
        let nothing = Verifier::nothing();
        let decoded = secret.decoded();
        let fits = |verifier: &Verifier| -> Choice {
            verifier.fits(secret.as_sent()) | verifier.fits(&decoded)
        };
        let (id, secrets) = match known {
            Some((id, secrets)) => (id.as_str(), secrets.as_slice()),
            None => (ANYONE, &[][..]),
        };
        let mut found = None;
        for verifier in secrets {
            if bool::from(fits(verifier)) {
                found = Some((id, verifier));
            }
        }
        for _ in secrets.len()..COMPARED {
            let _ = std::hint::black_box(fits(&nothing));
        }
        found
    }

    fn sign(&self, client: &str, verifier: &Verifier, expires: SystemTime) -> Option<String> {
        let seconds = expires
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()?
            .as_secs();
        let claims = [&seconds.to_be_bytes()[..], client.as_bytes()].concat();
        let signature = mac(self.keys.first()?, verifier, &claims)?
            .finalize()
            .into_bytes();
        Some(format!("{}.{}", hex(&claims), hex(&signature)))
    }

    /// The client of a token that is good now.
    fn verify(&self, token: &str, now: SystemTime) -> Option<String> {
        if token.len() > MAX_TOKEN {
            return None;
        }
        let (claims, signature) = token.split_once('.')?;
        let (claims, signature) = (unhex(claims)?, unhex(signature)?);
        let (seconds, client) = claims.split_first_chunk::<8>()?;
        let client = std::str::from_utf8(client).ok()?;
        let secrets = self.clients.get(client)?;
        let is_signed = self.keys.iter().any(|key| {
            secrets.iter().any(|secret| {
                mac(key, secret, &claims).is_some_and(|mac| mac.verify_slice(&signature).is_ok())
            })
        });
        if !is_signed {
            return None;
        }
        let expires = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(u64::from_be_bytes(*seconds)))?;
        (now < expires).then(|| client.to_owned())
    }
}

/// The signature of claims for a client with this secret.
fn mac(key: &SecretSlice<u8>, secret: &Verifier, claims: &[u8]) -> Option<HmacSha256> {
    let mut mac = HmacSha256::new_from_slice(key.expose_secret()).ok()?;
    mac.update(secret.hash());
    mac.update(claims);
    Some(mac)
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Authority")
            .field("clients", &state.clients.keys().collect::<Vec<_>>())
            .field("keys", &state.keys.len())
            .finish_non_exhaustive()
    }
}

fn bearer(header: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(header).ok()?.trim();
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority(clients: &[(&str, &str)], key: &[u8]) -> Authority {
        Authority::new(listed(clients), vec![key.to_vec().into()])
    }

    fn listed(clients: &[(&str, &str)]) -> Vec<Credentials> {
        let clients = clients.iter();
        clients
            .map(|(id, secret)| Credentials::new(*id, *secret))
            .collect()
    }

    fn token(authority: &Authority, form: &[u8], now: SystemTime) -> Result<String, TokenRefusal> {
        let grant = authority.grant(&TokenForm::parse(form), now)?;
        Ok(grant.token)
    }

    fn admits(authority: &Authority, token: &str, now: SystemTime) -> bool {
        let header = format!("Bearer {token}");
        authority.client_of(Some(header.as_bytes()), now).is_some()
    }

    const FORM: &[u8] = b"grant_type=client_credentials&client_id=me&client_secret=s3cret";

    #[test]
    fn a_token_lives_a_day_and_survives_a_restart() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let grant = authority(&[("me", "s3cret")], b"key")
            .grant(&TokenForm::parse(FORM), now)
            .unwrap();
        assert_eq!((grant.seconds, grant.client.as_str()), (86_400, "me"));
        let token = grant.token;
        let after_restart = authority(&[("other", "x"), ("me", "s3cret")], b"key");
        assert!(admits(
            &after_restart,
            &token,
            now + Duration::from_secs(86_399)
        ));
        assert!(!admits(
            &after_restart,
            &token,
            now + Duration::from_hours(24)
        ));
    }

    #[test]
    fn a_token_dies_with_its_key_its_client_or_its_secret() {
        let now = SystemTime::now();
        let token = token(&authority(&[("me", "s3cret")], b"key"), FORM, now).unwrap();
        for (clients, key) in [
            (&[("me", "s3cret")][..], &b"other key"[..]),
            (&[("me", "changed")], b"key"),
            (&[("you", "s3cret")], b"key"),
        ] {
            assert!(!admits(&authority(clients, key), &token, now));
        }
    }

    #[test]
    fn garbage_opens_nothing() {
        let now = SystemTime::now();
        let authority = authority(&[("me", "s3cret")], b"key");
        let token = token(&authority, FORM, now).unwrap();
        let forged = token.replacen(token.get(..1).unwrap(), "f", 1);
        for token in [
            "",
            ".",
            "x.y",
            "00.00",
            "0000000000000000.00",
            &forged,
            &format!("{token}00"),
            &"0".repeat(5000),
        ] {
            assert!(!admits(&authority, token, now), "{token}");
        }
        for header in [
            None,
            Some(&b"Basic bWU6czNjcmV0"[..]),
            Some(b"Bearer"),
            Some(b"\xff\xff"),
        ] {
            assert_eq!(authority.client_of(header, now), None);
        }
        let lower = format!("bearer {token}");
        let client = authority.client_of(Some(lower.as_bytes()), now);
        assert_eq!(client.as_deref(), Some("me"));
    }

    #[test]
    fn token_forms_of_all_sdks_are_read() {
        let odd = authority(&[("me", "a&b+c%d")], b"key");
        let now = SystemTime::now();
        for (form, granted) in [
            (
                &b"client_id=me&client_secret=a%26b%2Bc%25d&grant_type=client_credentials"[..],
                Ok(()),
            ),
            (
                b"grant_type=client_credentials&client_id=me&client_secret=a&b+c%d",
                Ok(()),
            ),
            (
                b"grant_type=client_credentials&client_id=me&client_secret=wrong",
                Err(TokenRefusal::InvalidClient),
            ),
            (
                b"grant_type=client_credentials&client_id=me",
                Err(TokenRefusal::InvalidClient),
            ),
            (
                b"grant_type=password&client_id=me&client_secret=a%26b%2Bc%25d",
                Err(TokenRefusal::UnsupportedGrantType),
            ),
            (b"", Err(TokenRefusal::InvalidClient)),
        ] {
            assert_eq!(
                token(&odd, form, now).map(|_| ()),
                granted,
                "{}",
                String::from_utf8_lossy(form)
            );
        }
    }

    #[test]
    fn an_open_server_gives_tokens_to_anyone_and_needs_none() {
        let open = authority(&[], b"key");
        let form = b"grant_type=client_credentials&client_id=x&client_secret=y";
        assert!(token(&open, form, SystemTime::now()).is_ok());
        assert_eq!(open.client_of(None, SystemTime::now()).as_deref(), Some(""));
    }

    #[test]
    fn a_client_may_have_two_secrets_while_one_is_changed() {
        let now = SystemTime::now();
        let form = |secret: &str| {
            format!("grant_type=client_credentials&client_id=me&client_secret={secret}")
                .into_bytes()
        };
        let old = authority(&[("me", "old")], b"key");
        let early = token(&old, &form("old"), now).unwrap();
        let both = authority(&[("me", "old"), ("me", "new")], b"key");
        assert!(admits(&both, &early, now));
        let late = token(&both, &form("new"), now).unwrap();
        assert!(token(&both, &form("old"), now).is_ok());
        assert!(token(&both, &form("else"), now).is_err());
        let new = authority(&[("me", "new")], b"key");
        assert!(admits(&new, &late, now) && !admits(&new, &early, now));
    }

    #[test]
    fn keys_are_changed_while_tokens_of_the_old_one_stay_good() {
        let now = SystemTime::now();
        let keys = |list: &[&[u8]]| {
            list.iter()
                .map(|key| key.to_vec().into())
                .collect::<Vec<_>>()
        };
        let clients = || listed(&[("me", "s3cret")]);
        let server = authority(&[("me", "s3cret")], b"old");
        let early = token(&server, FORM, now).unwrap();
        server.replace(clients(), keys(&[b"new", b"old"])).unwrap();
        assert!(admits(&server, &early, now));
        let late = token(&server, FORM, now).unwrap();
        server.replace(clients(), keys(&[b"new"])).unwrap();
        assert!(admits(&server, &late, now) && !admits(&server, &early, now));
        // What is refused changes nothing.
        assert_eq!(
            server.replace(Vec::new(), keys(&[b"new"])),
            Err(ReplaceError::WouldOpen)
        );
        for none in [&[][..], &[&b""[..]]] {
            assert_eq!(
                server.replace(clients(), keys(none)),
                Err(ReplaceError::NoKey)
            );
        }
        assert!(admits(&server, &late, now) && !server.is_open());
        server
            .replace(listed(&[("you", "x")]), keys(&[b"new"]))
            .unwrap();
        assert!(!admits(&server, &late, now));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", authority(&[("me", "s3cret")], b"key")).contains("s3cret"));
    }
}
