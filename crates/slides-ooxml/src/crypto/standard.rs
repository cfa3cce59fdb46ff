//! Standard encryption (MS-OFFCRYPTO 2.3.4.5 to 2.3.4.9): AES in ECB mode, keys from SHA-1.

use super::hash::{HashKind, ecb_decrypt};
use super::{damaged_header, equal, split_length, unsupported, utf16};
use crate::error::Result;

/// Hash rounds, fixed by the scheme.
const SPIN_COUNT: u32 = 50_000;
const FLAG_CRYPTO_API: u32 = 0x04;
const FLAG_AES: u32 = 0x20;
const SHA1: u32 = 0x8004;

pub(super) struct Info {
    key_bytes: usize,
    salt: Vec<u8>,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
}

/// Reads `EncryptionInfo` behind its version.
pub(super) fn parse(info: &[u8]) -> Result<Info> {
    let u32_at = |at: usize| -> Result<u32> {
        let bytes = info
            .get(at..at.saturating_add(4))
            .and_then(|b| b.try_into().ok())
            .ok_or_else(damaged_header)?;
        Ok(u32::from_le_bytes(bytes))
    };
    let slice = |at: usize, len: usize| -> Result<Vec<u8>> {
        let end = at.checked_add(len).ok_or_else(damaged_header)?;
        info.get(at..end)
            .map(<[u8]>::to_vec)
            .ok_or_else(damaged_header)
    };
    // Flags, size of the header, then the header itself.
    let header_size = u32_at(4)? as usize;
    let (flags, algorithm, hash) = (u32_at(8)?, u32_at(16)?, u32_at(20)?);
    if flags & FLAG_CRYPTO_API == 0 || flags & FLAG_AES == 0 {
        return Err(unsupported("RC4 or an own provider"));
    }
    let from_algorithm = match algorithm {
        0x660E | 0 => 128,
        0x660F => 192,
        0x6610 => 256,
        other => return Err(unsupported(format!("algorithm `{other:#06x}`"))),
    };
    if hash != SHA1 && hash != 0 {
        return Err(unsupported(format!("hash algorithm `{hash:#06x}`")));
    }
    let key_bits = match u32_at(24)? {
        0 => from_algorithm,
        bits @ (128 | 192 | 256) => bits,
        other => return Err(unsupported(format!("keys of {other} bits"))),
    };
    let verifier = 8usize.checked_add(header_size).ok_or_else(damaged_header)?;
    let salt_size = u32_at(verifier)?;
    if salt_size != 16 {
        return Err(damaged_header());
    }
    Ok(Info {
        key_bytes: key_bits as usize / 8,
        salt: slice(verifier + 4, 16)?,
        verifier: slice(verifier + 20, 16)?,
        verifier_hash: slice(verifier + 40, 32)?,
    })
}

impl Info {
    /// The key, when the password is right.
    pub(super) fn unlock(&self, password: &str) -> Result<Option<Vec<u8>>> {
        let key = self.key(password);
        let mut verifier = self.verifier.clone();
        let mut expected = self.verifier_hash.clone();
        ecb_decrypt(&key, &mut verifier)?;
        ecb_decrypt(&key, &mut expected)?;
        let found = HashKind::Sha1.digest(&[&verifier]);
        Ok(equal(&found, expected.get(..20).unwrap_or_default()).then_some(key))
    }

    /// MS-OFFCRYPTO 2.3.4.7.
    fn key(&self, password: &str) -> Vec<u8> {
        let hash = HashKind::Sha1.spin(&self.salt, &utf16(password), SPIN_COUNT);
        let hash = HashKind::Sha1.digest(&[&hash, &0u32.to_le_bytes()]);
        let half = |pad: u8| {
            let mut block = [pad; 64];
            for (byte, hash) in block.iter_mut().zip(&hash) {
                *byte ^= hash;
            }
            HashKind::Sha1.digest(&[&block])
        };
        let mut key = [half(0x36), half(0x5C)].concat();
        key.truncate(self.key_bytes);
        key
    }
}

/// Decrypts `EncryptedPackage`.
pub(super) fn decrypt(key: &[u8], package: &[u8]) -> Result<Vec<u8>> {
    let (length, data) = split_length(package)?;
    let mut plain = data.to_vec();
    ecb_decrypt(key, &mut plain)?;
    plain.truncate(length);
    Ok(plain)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{Cursor, Write};

    use aes::cipher::generic_array::GenericArray;
    use aes::cipher::{BlockEncrypt, KeyInit};

    use super::*;

    /// Version 3.2, AES-128 and SHA-1, as PowerPoint 2007 writes it.
    pub(crate) fn encrypt(plain: &[u8], password: &str) -> Vec<u8> {
        let mut info = Info {
            key_bytes: 16,
            salt: (1..=16).collect(),
            verifier: vec![7; 16],
            verifier_hash: Vec::new(),
        };
        let key = info.key(password);
        let cipher = aes::Aes128::new_from_slice(&key).unwrap();
        let seal = |data: &[u8]| {
            let mut data = data.to_vec();
            data.resize(data.len().next_multiple_of(16), 0);
            for block in data.chunks_exact_mut(16) {
                cipher.encrypt_block(GenericArray::from_mut_slice(block));
            }
            data
        };
        info.verifier_hash = seal(&HashKind::Sha1.digest(&[&info.verifier]));
        let flags = FLAG_CRYPTO_API | FLAG_AES;
        let header: Vec<u8> = [flags, 0, 0x660E, SHA1, 128, 0x18, 0, 0]
            .iter()
            .flat_map(|n| n.to_le_bytes())
            .collect();
        let stream = [
            &[3, 0, 2, 0][..],
            &flags.to_le_bytes(),
            &(header.len() as u32).to_le_bytes(),
            &header,
            &16u32.to_le_bytes(),
            &info.salt,
            &seal(&info.verifier),
            &20u32.to_le_bytes(),
            &info.verifier_hash,
        ]
        .concat();
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream("/EncryptionInfo")
            .unwrap()
            .write_all(&stream)
            .unwrap();
        let package = [&(plain.len() as u64).to_le_bytes()[..], &seal(plain)].concat();
        file.create_stream("/EncryptedPackage")
            .unwrap()
            .write_all(&package)
            .unwrap();
        file.flush().unwrap();
        file.into_inner().into_inner()
    }

    #[test]
    fn a_cut_header_is_damaged_not_a_panic() {
        for len in 0..120 {
            assert!(parse(&vec![0xFF; len]).is_err());
            assert!(parse(&vec![0x24; len]).is_err());
        }
    }
}
