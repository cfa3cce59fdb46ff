use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecrypt, BlockDecryptMut, KeyInit, KeyIvInit};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::error::Result;

/// Hash functions that encrypted packages name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HashKind {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl HashKind {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().replace('-', "").as_str() {
            "SHA1" => Self::Sha1,
            "SHA256" => Self::Sha256,
            "SHA384" => Self::Sha384,
            "SHA512" => Self::Sha512,
            _ => return None,
        })
    }

    /// Bytes of a digest.
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Digest of the concatenation.
    pub(super) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        fn of<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut hasher = D::new();
            for part in parts {
                hasher.update(part);
            }
            hasher.finalize().to_vec()
        }
        match self {
            Self::Sha1 => of::<Sha1>(parts),
            Self::Sha256 => of::<Sha256>(parts),
            Self::Sha384 => of::<Sha384>(parts),
            Self::Sha512 => of::<Sha512>(parts),
        }
    }

    /// Digest of salt and password, hashed `rounds` times with a counter in front (MS-OFFCRYPTO 2.3.4.7, 2.3.4.11).
    pub(super) fn spin(self, salt: &[u8], password: &[u8], rounds: u32) -> Vec<u8> {
        fn of<D: Digest>(salt: &[u8], password: &[u8], rounds: u32) -> Vec<u8> {
            let mut hash = D::new()
                .chain_update(salt)
                .chain_update(password)
                .finalize();
            for round in 0..rounds {
                hash = D::new()
                    .chain_update(round.to_le_bytes())
                    .chain_update(&hash)
                    .finalize();
            }
            hash.to_vec()
        }
        match self {
            Self::Sha1 => of::<Sha1>(salt, password, rounds),
            Self::Sha256 => of::<Sha256>(salt, password, rounds),
            Self::Sha384 => of::<Sha384>(salt, password, rounds),
            Self::Sha512 => of::<Sha512>(salt, password, rounds),
        }
    }

    /// Whether `tag` is the HMAC of `data` under `key`.
    pub(super) fn authenticates(self, key: &[u8], data: &[u8], tag: &[u8]) -> bool {
        macro_rules! verify {
            ($hash:ty) => {
                <Hmac<$hash> as Mac>::new_from_slice(key)
                    .is_ok_and(|mac| mac.chain_update(data).verify_slice(tag).is_ok())
            };
        }
        match self {
            Self::Sha1 => verify!(Sha1),
            Self::Sha256 => verify!(Sha256),
            Self::Sha384 => verify!(Sha384),
            Self::Sha512 => verify!(Sha512),
        }
    }
}

/// Calls a function that is generic over the cipher for the key's length.
macro_rules! by_key_length {
    ($key:expr, $function:ident($($argument:expr),*)) => {
        match $key.len() {
            16 => $function::<aes::Aes128>($($argument),*),
            24 => $function::<aes::Aes192>($($argument),*),
            32 => $function::<aes::Aes256>($($argument),*),
            _ => Err(super::damaged_header()),
        }
    };
}

/// AES in ECB mode without padding, in place; whole blocks only.
pub(super) fn ecb_decrypt(key: &[u8], data: &mut [u8]) -> Result<()> {
    fn of<C: BlockDecrypt + KeyInit>(key: &[u8], data: &mut [u8]) -> Result<()> {
        let cipher = C::new_from_slice(key).map_err(|_| super::damaged_header())?;
        for block in data.chunks_exact_mut(16) {
            cipher.decrypt_block(GenericArray::from_mut_slice(block));
        }
        Ok(())
    }
    by_key_length!(key, of(key, data))
}

/// AES in CBC mode without padding, in place; whole blocks only.
pub(super) fn cbc_decrypt(key: &[u8], iv: &[u8], data: &mut [u8]) -> Result<()> {
    fn of<C: BlockDecrypt + KeyInit + aes::cipher::BlockCipher>(
        key: &[u8],
        iv: &[u8],
        data: &mut [u8],
    ) -> Result<()> {
        let mut cipher =
            cbc::Decryptor::<C>::new_from_slices(key, iv).map_err(|_| super::damaged_header())?;
        for block in data.chunks_exact_mut(16) {
            cipher.decrypt_block_mut(GenericArray::from_mut_slice(block));
        }
        Ok(())
    }
    by_key_length!(key, of(key, iv, data))
}
