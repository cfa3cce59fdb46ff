//! Clients and their secrets, as the server keeps them.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::{hex, unhex};

/// What a line with a hashed secret has in front of it.
const SCHEME: &str = "$sha256$";
/// Bytes of a made secret: too many to guess, so that a fast hash of it is as good as a slow one.
const SECRET_LEN: usize = 32;
/// Bytes of a salt.
const SALT_LEN: usize = 16;
/// Bytes of a client id.
const MAX_ID: usize = 256;

/// A client that may use the server. Two of the same id are one client with two secrets, each as good as
/// the other: that is how a secret is changed without an outage.
#[derive(Clone)]
pub struct Credentials {
    id: String,
    secret: Verifier,
}

/// Tells whether a secret is the right one.
#[derive(Clone)]
pub(super) struct Verifier {
    /// Empty for a secret that was given in plain.
    salt: Vec<u8>,
    hash: [u8; 32],
}

/// A line that describes no client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is neither `id:secret` nor `id:$sha256$SALT$HASH` with a salt and a SHA-256 in hexadecimal digits"
)]
pub struct InvalidCredentials;

impl Credentials {
    /// A client id and its secret. Plain ASCII letters and digits pass through every SDK; five of
    /// them send `&`, `+` and `%` unescaped (contract section 1.2).
    pub fn new(id: impl Into<String>, secret: impl Into<SecretString>) -> Self {
        Self {
            id: id.into(),
            secret: Verifier::of(Vec::new(), secret.into().expose_secret().as_bytes()),
        }
    }

    /// A client with a new random secret of 256 bits, and that secret: it is not kept and cannot be told again.
    pub fn generate(id: impl Into<String>) -> (Self, SecretString) {
        let secret = hex(&rand::random::<[u8; SECRET_LEN]>());
        let salt = rand::random::<[u8; SALT_LEN]>().to_vec();
        let client = Self {
            id: id.into(),
            secret: Verifier::of(salt, secret.as_bytes()),
        };
        (client, SecretString::from(secret))
    }

    /// Reads a line of a credentials file: `id:$sha256$SALT$HASH` with a hashed secret, or `id:secret` with a plain
    /// one.
    ///
    /// # Errors
    /// [`InvalidCredentials`], which does not repeat the line: it may hold a secret.
    pub fn parse(line: &str) -> Result<Self, InvalidCredentials> {
        let (id, secret) = line.trim().split_once(':').ok_or(InvalidCredentials)?;
        if id.is_empty() || id.len() > MAX_ID || secret.is_empty() {
            return Err(InvalidCredentials);
        }
        let Some(hashed) = secret.strip_prefix(SCHEME) else {
            return Ok(Self::new(id, SecretString::from(secret)));
        };
        let (salt, hash) = hashed.split_once('$').ok_or(InvalidCredentials)?;
        let salt = unhex(salt)
            .filter(|salt| !salt.is_empty())
            .ok_or(InvalidCredentials)?;
        let hash = unhex(hash)
            .and_then(|hash| hash.try_into().ok())
            .ok_or(InvalidCredentials)?;
        Ok(Self {
            id: id.to_owned(),
            secret: Verifier { salt, hash },
        })
    }

    /// The line of a credentials file with the secret hashed. A secret that was given in plain gets a salt of its
    /// own only by [`generate`](Self::generate), so it has no such line.
    pub fn to_line(&self) -> Option<String> {
        let Verifier { salt, hash } = &self.secret;
        (!salt.is_empty()).then(|| format!("{}:{SCHEME}{}${}", self.id, hex(salt), hex(hash)))
    }

    /// The client's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn into_parts(self) -> (String, Verifier) {
        (self.id, self.secret)
    }
}

impl Verifier {
    fn of(salt: Vec<u8>, secret: &[u8]) -> Self {
        let hash = digest(&salt, secret);
        Self { salt, hash }
    }

    /// One that nothing fits: its hash has no secret that anyone knows.
    pub(super) fn nothing() -> Self {
        Self {
            salt: vec![0; SALT_LEN],
            hash: [0; 32],
        }
    }

    /// What tokens of an open server are bound to.
    pub(super) fn of_anyone() -> Self {
        Self::of(Vec::new(), b"")
    }

    /// Whether this is the secret, in constant time.
    pub(super) fn fits(&self, secret: &[u8]) -> Choice {
        digest(&self.salt, secret).ct_eq(&self.hash)
    }

    /// What a token is bound to: it dies with the secret.
    pub(super) fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

fn digest(salt: &[u8], secret: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(salt)
        .chain_update(secret)
        .finalize()
        .into()
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_secret_is_kept_as_a_salted_hash() {
        let (client, secret) = Credentials::generate("me");
        let (_, other) = Credentials::generate("me");
        assert_ne!(secret.expose_secret(), other.expose_secret());
        assert_eq!(secret.expose_secret().len(), 64);
        assert!(
            secret
                .expose_secret()
                .bytes()
                .all(|b| b.is_ascii_alphanumeric())
        );
        let line = client.to_line().unwrap();
        assert!(line.starts_with("me:$sha256$") && !line.contains(secret.expose_secret()));
        let again = Credentials::parse(&line).unwrap();
        assert_eq!(again.to_line().unwrap(), line);
        let fits = |text: &str| bool::from(again.secret.fits(text.as_bytes()));
        assert!(fits(secret.expose_secret()));
        assert!(!fits(other.expose_secret()) && !fits(""));
    }

    #[test]
    fn plain_lines_are_read_and_bad_ones_are_not() {
        let plain = Credentials::parse("c:d:e").unwrap();
        assert_eq!(plain.id(), "c");
        assert!(bool::from(plain.secret.fits(b"d:e")));
        assert_eq!(plain.to_line(), None);
        let hash = "00".repeat(32);
        for line in [
            "a",
            ":b",
            "a:",
            "a:$sha256$",
            "a:$sha256$00",
            "a:$sha256$00$ff",
            &format!("a:$sha256$${hash}"),
            &format!("a:$sha256$0x${hash}"),
            &format!("a:$sha256$00${hash}00"),
            &format!("{}:b", "a".repeat(MAX_ID + 1)),
        ] {
            assert!(Credentials::parse(line).is_err(), "{line}");
        }
        assert!(Credentials::parse(&format!("a:$sha256$00${hash}")).is_ok());
    }

    #[test]
    fn nothing_fits_nothing() {
        for secret in [&b""[..], b"x", &[0; 32]] {
            assert!(!bool::from(Verifier::nothing().fits(secret)));
        }
    }
}
