use std::fmt;

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

use crate::files::hex;

type HmacSha256 = Hmac<Sha256>;

/// What secrets of clients are derived for, so that the key can serve nothing else by accident.
const PURPOSE: &[u8] = b"slides webhook secret\0";

/// A key of a server that signs webhooks. Each client has a secret derived from it, so that no client can sign what
/// another one believes.
#[derive(Clone)]
pub struct WebhookKey(SecretSlice<u8>);

impl WebhookKey {
    /// A key; 32 random bytes are enough.
    pub fn new(key: impl Into<SecretSlice<u8>>) -> Self {
        Self(key.into())
    }

    /// The secret of a client, which checks its webhooks with it: 64 hexadecimal digits, taken as text. The empty id
    /// is anyone's on a server without credentials.
    pub fn secret_of(&self, client: &str) -> SecretString {
        let digest = mac(self.0.expose_secret(), &[PURPOSE, client.as_bytes()]);
        SecretString::from(hex(&digest))
    }
}

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey")
    }
}

/// The signature of a body sent to a client at a time in seconds since 1970: over `SECONDS.BODY`, so that an old
/// call cannot be sent again as a new one.
pub(crate) fn sign(keys: &[WebhookKey], client: &str, seconds: i64, body: &[u8]) -> String {
    let mut text = format!("t={seconds}");
    for key in keys {
        let secret = key.secret_of(client);
        let stamp = format!("{seconds}.");
        let digest = mac(secret.expose_secret().as_bytes(), &[stamp.as_bytes(), body]);
        text.push_str(",v1=");
        text.push_str(&hex(&digest));
    }
    text
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // Keys of any length are taken.
    let Ok(mut mac) = HmacSha256::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_any_hmac() {
        let key = WebhookKey::new(vec![7; 32]);
        let secret = key.secret_of("me");
        // python3: hmac.new(bytes([7])*32, b'slides webhook secret\0me', 'sha256').hexdigest()
        assert_eq!(
            secret.expose_secret(),
            "d8678e45f4655ae9f1a0d1049f6305d14a7c841d4507f17233208486bc2bb577"
        );
        // python3: hmac.new(secret.encode(), b'1700000000.{}', 'sha256').hexdigest()
        assert_eq!(
            sign(&[key], "me", 1_700_000_000, b"{}"),
            "t=1700000000,v1=17065658195aab363c4eddebd4ae8e80cb1785e326b2a2e16f82d5ee8b3014f2"
        );
    }

    #[test]
    fn each_client_and_each_key_has_its_own() {
        let (old, new) = (WebhookKey::new(vec![1; 32]), WebhookKey::new(vec![2; 32]));
        let one = sign(std::slice::from_ref(&old), "me", 1, b"x");
        assert_ne!(one, sign(std::slice::from_ref(&old), "you", 1, b"x"));
        assert_ne!(one, sign(std::slice::from_ref(&old), "me", 1, b"y"));
        let both = sign(&[old, new], "me", 1, b"x");
        assert!(both.starts_with(&one) && both.matches(",v1=").count() == 2);
    }
}
