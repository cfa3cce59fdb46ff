//! Client credentials and signed tokens (contract sections 1.2 and 1.3).
//!
//! A token says who it is for and until when, and is signed with the server's
//! key and the client's secret: it survives a restart with the same key, and
//! dies with the secret.

use std::fmt;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

type HmacSha256 = Hmac<Sha256>;

/// Life of a token: SDKs never look at it, so it is the vendor's (contract section 1.2).
const TOKEN_LIFE: Duration = Duration::from_hours(24);
/// Longest token that is looked at.
const MAX_TOKEN: usize = 2048;
/// Client id that tokens of an open server carry.
const ANYONE: &str = "";

/// A client that may use the server.
#[derive(Clone)]
pub struct Credentials {
    id: String,
    secret: SecretString,
}

impl Credentials {
    /// A client id and its secret. Plain ASCII letters and digits pass through every SDK; five of
    /// them send `&`, `+` and `%` unescaped (contract section 1.2).
    pub fn new(id: impl Into<String>, secret: impl Into<SecretString>) -> Self {
        Self {
            id: id.into(),
            secret: secret.into(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Who may call, and the key that tokens are signed with.
pub(crate) struct Authority {
    clients: Vec<Credentials>,
    key: SecretSlice<u8>,
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

impl Authority {
    pub(crate) fn new(clients: Vec<Credentials>, key: SecretSlice<u8>) -> Self {
        Self { clients, key }
    }

    /// Whether anyone may call.
    pub(crate) fn is_open(&self) -> bool {
        self.clients.is_empty()
    }

    /// Answers a token request: the token and its life in seconds.
    pub(crate) fn grant(
        &self,
        form: &[u8],
        now: SystemTime,
    ) -> Result<(String, u64), TokenRefusal> {
        let form = TokenForm::parse(form);
        if form
            .grant_type
            .is_some_and(|text| !text.matches("client_credentials"))
        {
            return Err(TokenRefusal::UnsupportedGrantType);
        }
        let client = if self.is_open() {
            ANYONE
        } else {
            self.check(&form).ok_or(TokenRefusal::InvalidClient)?
        };
        let token = self
            .sign(client, now + TOKEN_LIFE)
            .ok_or(TokenRefusal::InvalidClient)?;
        Ok((token, TOKEN_LIFE.as_secs()))
    }

    /// Whom an `Authorization` header opens the API for; on an open server that is [`ANYONE`].
    pub(crate) fn client_of(
        &self,
        authorization: Option<&[u8]>,
        now: SystemTime,
    ) -> Option<String> {
        if self.is_open() {
            return Some(ANYONE.to_owned());
        }
        self.verify(bearer(authorization?)?, now)
    }

    /// Looks at every client, so that the time tells nothing about which one was near.
    fn check(&self, form: &TokenForm<'_>) -> Option<&str> {
        let (id, secret) = (form.client_id?, form.client_secret?);
        let mut found = None;
        for client in &self.clients {
            let same = id.equals(client.id.as_bytes())
                & secret.equals(client.secret.expose_secret().as_bytes());
            if bool::from(same) {
                found = Some(client.id.as_str());
            }
        }
        found
    }

    fn sign(&self, client: &str, expires: SystemTime) -> Option<String> {
        let seconds = expires
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()?
            .as_secs();
        let claims = [&seconds.to_be_bytes()[..], client.as_bytes()].concat();
        let signature = self.mac(client, &claims)?.finalize().into_bytes();
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
        self.mac(client, &claims)?.verify_slice(&signature).ok()?;
        let expires = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(u64::from_be_bytes(*seconds)))?;
        (now < expires).then(|| client.to_owned())
    }

    /// The signature of a known client's claims.
    fn mac(&self, client: &str, claims: &[u8]) -> Option<HmacSha256> {
        let secret = match self.clients.iter().find(|known| known.id == client) {
            Some(known) => known.secret.expose_secret().as_bytes(),
            None if self.is_open() => &[],
            None => return None,
        };
        let mut mac = HmacSha256::new_from_slice(self.key.expose_secret()).ok()?;
        mac.update(&Sha256::digest(secret));
        mac.update(claims);
        Some(mac)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}

fn bearer(header: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(header).ok()?.trim();
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The three fields of a token request, as they were sent.
#[derive(Debug, Default)]
struct TokenForm<'a> {
    grant_type: Option<FormText<'a>>,
    client_id: Option<FormText<'a>>,
    client_secret: Option<FormText<'a>>,
}

/// A field that may or may not be percent-encoded (contract section 1.2).
#[derive(Debug, Clone, Copy)]
struct FormText<'a>(&'a [u8]);

impl FormText<'_> {
    fn decoded(self) -> Vec<u8> {
        let blanks: Vec<u8> = self
            .0
            .iter()
            .map(|&b| if b == b'+' { b' ' } else { b })
            .collect();
        percent_encoding::percent_decode(&blanks).collect()
    }

    fn matches(self, text: &str) -> bool {
        self.decoded() == text.as_bytes()
    }

    /// Equal as sent or as decoded, in constant time.
    fn equals(self, expected: &[u8]) -> Choice {
        let expected = Sha256::digest(expected);
        Sha256::digest(self.0).ct_eq(&expected) | Sha256::digest(self.decoded()).ct_eq(&expected)
    }
}

impl<'a> TokenForm<'a> {
    /// Fields end where the next known one begins, so that an unescaped `&` in a secret does no harm.
    fn parse(form: &'a [u8]) -> Self {
        const NAMES: [&[u8]; 4] = [b"grant_type=", b"client_id=", b"client_secret=", b"scope="];
        let form = form.trim_ascii();
        let mut starts: Vec<(usize, &[u8])> = Vec::new();
        for (at, _) in
            std::iter::once((0, &b'&')).chain(form.iter().enumerate().filter(|(_, b)| **b == b'&'))
        {
            let at = if form.get(at) == Some(&b'&') {
                at + 1
            } else {
                at
            };
            let rest = form.get(at..).unwrap_or_default();
            if let Some(name) = NAMES.iter().find(|name| rest.starts_with(name)) {
                starts.push((at, name));
            }
        }
        let mut fields = Self::default();
        for (index, (at, name)) in starts.iter().enumerate() {
            let end = starts
                .get(index + 1)
                .map_or(form.len(), |(next, _)| next - 1);
            let value = FormText(form.get(at + name.len()..end).unwrap_or_default());
            match *name {
                b"grant_type=" => fields.grant_type = Some(value),
                b"client_id=" => fields.client_id = Some(value),
                b"client_secret=" => fields.client_secret = Some(value),
                _ => {}
            }
        }
        fields
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
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
        let clients = clients
            .iter()
            .map(|(id, secret)| Credentials::new(*id, SecretString::from(*secret)))
            .collect();
        Authority::new(clients, key.to_vec().into())
    }

    fn admits(authority: &Authority, token: &str, now: SystemTime) -> bool {
        let header = format!("Bearer {token}");
        authority.client_of(Some(header.as_bytes()), now).is_some()
    }

    const FORM: &[u8] = b"grant_type=client_credentials&client_id=me&client_secret=s3cret";

    #[test]
    fn a_token_lives_a_day_and_survives_a_restart() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let (token, life) = authority(&[("me", "s3cret")], b"key")
            .grant(FORM, now)
            .unwrap();
        assert_eq!(life, 86_400);
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
        let (token, _) = authority(&[("me", "s3cret")], b"key")
            .grant(FORM, now)
            .unwrap();
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
        let (token, _) = authority.grant(FORM, now).unwrap();
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
                odd.grant(form, now).map(|_| ()),
                granted,
                "{}",
                String::from_utf8_lossy(form)
            );
        }
    }

    #[test]
    fn an_open_server_gives_tokens_to_anyone_and_needs_none() {
        let open = authority(&[], b"key");
        assert!(
            open.grant(
                b"grant_type=client_credentials&client_id=x&client_secret=y",
                SystemTime::now()
            )
            .is_ok()
        );
        assert_eq!(open.client_of(None, SystemTime::now()).as_deref(), Some(""));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", authority(&[("me", "s3cret")], b"key")).contains("s3cret"));
    }
}
