//! Encrypted packages (MS-OFFCRYPTO): a compound file with `EncryptionInfo` and `EncryptedPackage`.
use crate::error::{Error, ErrorKind, Result};
use crate::limits::PackageLimits;
pub(crate) fn decrypt(
    _bytes: &[u8],
    _password: Option<&str>,
    _limits: &PackageLimits,
) -> Result<Vec<u8>> {
    Err(Error::new(ErrorKind::PasswordRequired, "pending"))
}
