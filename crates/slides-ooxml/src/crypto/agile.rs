//! Agile encryption (MS-OFFCRYPTO 2.3.4.10 to 2.3.4.15): AES in CBC mode by segments, parameters in XML, and a
//! keyed hash over the package.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::hash::{HashKind, cbc_decrypt};
use super::{damaged_header, equal, split_length, unsupported, utf16};
use crate::error::{Error, Result};
use crate::limits::PackageLimits;
use crate::xml::{self, Node, attr, child, elements, is_named, unsigned};

const SEGMENT: usize = 4096;
const BLOCK: usize = 16;

/// What each derived key is for (MS-OFFCRYPTO 2.3.4.13, 2.3.4.14).
const VERIFIER_INPUT: [u8; 8] = [0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79];
const VERIFIER_VALUE: [u8; 8] = [0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E];
const PACKAGE_KEY: [u8; 8] = [0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6];
const HMAC_KEY: [u8; 8] = [0x5F, 0xB2, 0xAD, 0x01, 0x0C, 0xB9, 0xE1, 0xF6];
const HMAC_VALUE: [u8; 8] = [0xA0, 0x67, 0x7F, 0x02, 0xB2, 0x2C, 0x84, 0x33];

pub(super) struct Info {
    package: Parameters,
    password: Parameters,
    spin_count: u32,
    verifier_input: Vec<u8>,
    verifier_value: Vec<u8>,
    package_key: Vec<u8>,
    /// Encrypted HMAC key and value, where the file has them.
    integrity: Option<(Vec<u8>, Vec<u8>)>,
}

/// `keyData` and `p:encryptedKey` have these in common.
struct Parameters {
    key_bytes: usize,
    hash: HashKind,
    salt: Vec<u8>,
}

/// Reads the XML of `EncryptionInfo`.
pub(super) fn parse(info: &[u8], limits: &PackageLimits) -> Result<Info> {
    // Some writers pad the stream behind the closing tag.
    let end = info
        .iter()
        .rposition(|byte| *byte == b'>')
        .map_or(0, |at| at + 1);
    let info = info.get(..end).unwrap_or_default();
    xml::read("EncryptionInfo", info, limits, |root| {
        // Certificates are the other kind of key encryptor; a password one has a spin count.
        let encryptor = child(root, "keyEncryptors")
            .into_iter()
            .flat_map(elements)
            .filter_map(|encryptor| child(encryptor, "encryptedKey"))
            .find(|key| attr(*key, "spinCount").is_some())
            .ok_or_else(|| unsupported("a certificate alone"))?;
        let spin_count = unsigned(encryptor, "spinCount").ok_or_else(damaged_header)?;
        if spin_count > limits.max_spin_count {
            return Err(Error::limit(format!(
                "the encrypted file asks for {spin_count} hash rounds, which passes the limit `max_spin_count` of {}",
                limits.max_spin_count
            )));
        }
        let integrity = match child(root, "dataIntegrity") {
            Some(node) => Some((
                bytes(node, "encryptedHmacKey")?,
                bytes(node, "encryptedHmacValue")?,
            )),
            None => None,
        };
        Ok(Info {
            package: parameters(child(root, "keyData").ok_or_else(damaged_header)?)?,
            password: parameters(encryptor)?,
            spin_count,
            verifier_input: bytes(encryptor, "encryptedVerifierHashInput")?,
            verifier_value: bytes(encryptor, "encryptedVerifierHashValue")?,
            package_key: bytes(encryptor, "encryptedKeyValue")?,
            integrity,
        })
    })
}

fn parameters(node: Node<'_>) -> Result<Parameters> {
    debug_assert!(is_named(node, "keyData") || is_named(node, "encryptedKey"));
    let cipher = attr(node, "cipherAlgorithm").unwrap_or_default();
    let chaining = attr(node, "cipherChaining").unwrap_or_default();
    if !cipher.eq_ignore_ascii_case("AES") || chaining != "ChainingModeCBC" {
        return Err(unsupported(format!("`{cipher}` in `{chaining}`")));
    }
    let name = attr(node, "hashAlgorithm").unwrap_or_default();
    let key_bytes = match unsigned(node, "keyBits") {
        Some(bits @ (128 | 192 | 256)) => bits as usize / 8,
        _ => return Err(damaged_header()),
    };
    Ok(Parameters {
        key_bytes,
        hash: HashKind::from_name(name).ok_or_else(|| unsupported(format!("the hash `{name}`")))?,
        salt: bytes(node, "saltValue")?,
    })
}

fn bytes(node: Node<'_>, name: &str) -> Result<Vec<u8>> {
    let text: String = attr(node, name)
        .unwrap_or_default()
        .split_ascii_whitespace()
        .collect();
    STANDARD
        .decode(text)
        .map_err(|cause| damaged_header().caused_by(cause))
}

/// A digest cut or padded to a length (MS-OFFCRYPTO 2.3.4.11).
fn fit(mut bytes: Vec<u8>, len: usize) -> Vec<u8> {
    bytes.resize(len, 0x36);
    bytes
}

impl Info {
    /// The package key, when the password is right.
    pub(super) fn unlock(&self, password: &str) -> Result<Option<Vec<u8>>> {
        let Parameters {
            key_bytes,
            hash,
            salt,
        } = &self.password;
        let base = hash.spin(salt, &utf16(password), self.spin_count);
        let iv = fit(salt.clone(), BLOCK);
        let open = |purpose: &[u8], data: &[u8]| -> Result<Vec<u8>> {
            let key = fit(hash.digest(&[&base, purpose]), *key_bytes);
            let mut data = data.to_vec();
            cbc_decrypt(&key, &iv, &mut data)?;
            Ok(data)
        };
        let input = open(&VERIFIER_INPUT, &self.verifier_input)?;
        let value = open(&VERIFIER_VALUE, &self.verifier_value)?;
        // The input was padded to whole blocks; its own length is the salt's.
        let found = hash.digest(&[input.get(..salt.len()).unwrap_or(&input)]);
        if value.len() < hash.len() || !equal(&found, value.get(..hash.len()).unwrap_or_default()) {
            return Ok(None);
        }
        let key = open(&PACKAGE_KEY, &self.package_key)?;
        key.get(..self.package.key_bytes)
            .map(|key| Some(key.to_vec()))
            .ok_or_else(damaged_header)
    }

    /// Checks the package's integrity and decrypts it.
    pub(super) fn decrypt(&self, key: &[u8], package: &[u8]) -> Result<Vec<u8>> {
        let Parameters { hash, salt, .. } = &self.package;
        let iv = |block: &[u8]| fit(hash.digest(&[salt, block]), BLOCK);
        if let Some((hmac_key, hmac_value)) = &self.integrity {
            let (mut hmac_key, mut hmac_value) = (hmac_key.clone(), hmac_value.clone());
            cbc_decrypt(key, &iv(&HMAC_KEY), &mut hmac_key)?;
            cbc_decrypt(key, &iv(&HMAC_VALUE), &mut hmac_value)?;
            hmac_key.truncate(hash.len());
            hmac_value.truncate(hash.len());
            if !hash.authenticates(&hmac_key, package, &hmac_value) {
                return Err(Error::damaged(
                    "the encrypted file fails its integrity check: it was changed or damaged",
                ));
            }
        }
        let (length, data) = split_length(package)?;
        let mut plain = data.to_vec();
        for (index, segment) in plain.chunks_mut(SEGMENT).enumerate() {
            cbc_decrypt(key, &iv(&(index as u32).to_le_bytes()), segment)?;
        }
        plain.truncate(length);
        Ok(plain)
    }
}
