use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// Bytes read of a key file.
const MAX_KEY_FILE: u64 = 4096;

/// Seals requests before they are written into the queue: they hold passwords.
///
/// XChaCha20-Poly1305 with a random nonce in front; the operation's id is authenticated with it,
/// so that a sealed request cannot be moved to another row.
pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
}

impl Sealer {
    /// A key that lives as long as the process.
    pub(crate) fn ephemeral() -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(&XChaCha20Poly1305::generate_key(&mut OsRng)),
        }
    }

    /// Reads the key file. It is made, readable by its owner alone, when `may_create` is set.
    pub(crate) fn open(path: &Path, may_create: bool) -> io::Result<Self> {
        let mut key = [0; KEY_BYTES];
        match File::open(path) {
            Ok(mut file) => {
                file.read_exact(&mut key)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && may_create => {
                key.copy_from_slice(&XChaCha20Poly1305::generate_key(&mut OsRng));
                create(path, &key)?;
            }
            Err(error) => return Err(error),
        }
        Ok(Self {
            cipher: XChaCha20Poly1305::new(Key::from_slice(&key)),
        })
    }

    /// The key that is made of a file which several servers have: any 32 bytes or more, blanks around them aside.
    pub(crate) fn of_file(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)?
            .take(MAX_KEY_FILE)
            .read_to_end(&mut bytes)?;
        let secret = bytes.trim_ascii();
        if secret.len() < KEY_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "the key file holds {} bytes, {KEY_BYTES} or more are needed",
                    secret.len()
                ),
            ));
        }
        let key = Sha256::new()
            .chain_update(b"slides queue key\0")
            .chain_update(secret)
            .finalize();
        Ok(Self {
            cipher: XChaCha20Poly1305::new(Key::from_slice(&key)),
        })
    }

    /// Seals `plain` for the operation `id`.
    pub(crate) fn seal(&self, id: &str, plain: &[u8]) -> io::Result<Vec<u8>> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let sealed = self
            .cipher
            .encrypt(
                &nonce,
                Payload {
                    msg: plain,
                    aad: id.as_bytes(),
                },
            )
            .map_err(|_| io::Error::other("the request cannot be sealed"))?;
        let mut out = nonce.to_vec();
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what [`seal`](Self::seal) made for the same operation.
    pub(crate) fn open_sealed(&self, id: &str, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let (nonce, body) = sealed
            .split_at_checked(NONCE_BYTES)
            .ok_or_else(|| io::Error::other("the sealed request is cut short"))?;
        self.cipher
            .decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: id.as_bytes() })
            .map_err(|_| {
                io::Error::other("the sealed request cannot be opened: the key file was replaced or the row was altered")
            })
    }
}

/// Writes the key whole or not at all: a half-written key would lock the queue.
fn create(path: &Path, key: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(key)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    crate::files::sync_parent(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_request_opens_with_its_key_and_id_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let sealed = Sealer::open(&path, true)
            .unwrap()
            .seal("a", b"secret")
            .unwrap();
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        let again = Sealer::open(&path, false).unwrap();
        assert_eq!(again.open_sealed("a", &sealed).unwrap(), b"secret");
        assert!(again.open_sealed("b", &sealed).is_err());
        assert!(Sealer::ephemeral().open_sealed("a", &sealed).is_err());
        assert!(again.open_sealed("a", &sealed[..10]).is_err());
    }

    #[test]
    fn a_missing_key_is_made_only_when_allowed() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Sealer::open(&dir.path().join("key"), false).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        Sealer::open(&path, true).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn servers_with_one_key_file_open_each_others_requests() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let secret = "0123456789abcdef0123456789abcdef";
        let one = Sealer::of_file(&file("one", secret)).unwrap();
        let other = Sealer::of_file(&file("other", &format!("{secret}\n"))).unwrap();
        let sealed = one.seal("a", b"secret").unwrap();
        assert_eq!(other.open_sealed("a", &sealed).unwrap(), b"secret");
        let stranger = Sealer::of_file(&file("stranger", &secret.replace('0', "x"))).unwrap();
        stranger.open_sealed("a", &sealed).unwrap_err();
        let short = Sealer::of_file(&file("short", "0123"));
        assert!(short.is_err_and(|error| error.to_string().contains("holds 4 bytes")));
    }
}
