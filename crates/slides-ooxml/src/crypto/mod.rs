//! Encrypted packages (MS-OFFCRYPTO 2.3.4): a compound file with the streams `EncryptionInfo` and
//! `EncryptedPackage`. The password is checked before anything is decrypted.

mod agile;
mod hash;
mod standard;

use std::io::{Cursor, Read};

use crate::error::{Error, ErrorKind, Result};
use crate::limits::PackageLimits;

/// Password of files that are encrypted only to be read-only (MS-OFFCRYPTO 2.4.2.3).
const DEFAULT_PASSWORD: &str = "VelvetSweatshop";

/// `EncryptionInfo` is a header of a few hundred bytes or a few kilobytes of XML.
const MAX_INFO_BYTES: u64 = 64 << 10;

/// What the package is encrypted with.
enum Info {
    Standard(standard::Info),
    Agile(Box<agile::Info>),
}

/// Decrypts an encrypted package to the ZIP inside.
///
/// # Errors
/// No password was given and the default one does not fit, the password is wrong, the scheme is not read, the
/// container is damaged, or a limit is passed.
pub(crate) fn decrypt(
    bytes: &[u8],
    password: Option<&str>,
    limits: &PackageLimits,
) -> Result<Vec<u8>> {
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|cause| {
        Error::damaged("the encrypted file's container is damaged").caused_by(cause)
    })?;
    let mut stream = |name: &str, cap: u64| -> Result<Vec<u8>> {
        let damaged = |cause| {
            Error::damaged(format!(
                "the stream `{name}` of the encrypted file is damaged"
            ))
            .caused_by(cause)
        };
        let mut data = Vec::new();
        let reader = file.open_stream(format!("/{name}")).map_err(damaged)?;
        reader
            .take(cap.saturating_add(1))
            .read_to_end(&mut data)
            .map_err(damaged)?;
        if data.len() as u64 > cap {
            return Err(Error::limit(format!(
                "the stream `{name}` of the encrypted file has more than {cap} bytes, which passes the limit `max_total_bytes`"
            )));
        }
        Ok(data)
    };
    let info = stream("EncryptionInfo", MAX_INFO_BYTES)?;
    let info = parse(&info, limits).map_err(|error| match error.kind {
        // Whatever else is wrong, nothing can be done without a password.
        ErrorKind::Damaged if password.is_none() => password_required().caused_by(error),
        _ => error,
    })?;
    let key = find_key(&info, password)?;
    let package = stream("EncryptedPackage", limits.max_total_bytes)?;
    let plain = match &info {
        Info::Standard(_) => standard::decrypt(&key, &package)?,
        Info::Agile(info) => info.decrypt(&key, &package)?,
    };
    if !plain.starts_with(b"PK") {
        return Err(Error::damaged(
            "the encrypted file is damaged: what it decrypts to is no package",
        ));
    }
    Ok(plain)
}

fn parse(info: &[u8], limits: &PackageLimits) -> Result<Info> {
    let version = info
        .first_chunk::<4>()
        .map(|[a, b, c, d]| (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d])));
    match version {
        Some((4, 4)) => agile::parse(info.get(8..).unwrap_or_default(), limits)
            .map(Box::new)
            .map(Info::Agile),
        Some((2..=4, 2)) => standard::parse(info.get(4..).unwrap_or_default()).map(Info::Standard),
        Some((major, minor)) => Err(unsupported(format!("version {major}.{minor}"))),
        None => Err(Error::damaged(
            "the stream `EncryptionInfo` of the encrypted file is cut short",
        )),
    }
}

fn find_key(info: &Info, password: Option<&str>) -> Result<Vec<u8>> {
    let unlock = |password: &str| match info {
        Info::Standard(info) => info.unlock(password),
        Info::Agile(info) => info.unlock(password),
    };
    if let Some(key) = password.map(unlock).transpose()?.flatten() {
        return Ok(key);
    }
    if let Some(key) = unlock(DEFAULT_PASSWORD)? {
        return Ok(key);
    }
    Err(match password {
        Some(_) => Error::new(
            ErrorKind::WrongPassword,
            "the password does not open the presentation",
        ),
        None => password_required(),
    })
}

fn password_required() -> Error {
    Error::new(
        ErrorKind::PasswordRequired,
        "the presentation is protected: give the password that opens it",
    )
}

fn unsupported(what: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::UnsupportedEncryption,
        format!(
            "the presentation is encrypted with {what}: standard and agile encryption with AES are read"
        ),
    )
}

fn damaged_header() -> Error {
    Error::damaged("the encryption header of the file is damaged")
}

/// UTF-16LE, as passwords are hashed.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Equality whose time does not depend on where the difference lies.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .fold(0, |difference, (a, b)| difference | (a ^ b))
            == 0
}

/// The ZIP's length in front of the encrypted data, and the data.
fn split_length(package: &[u8]) -> Result<(usize, &[u8])> {
    let (head, data) = package.split_first_chunk::<8>().ok_or_else(|| {
        Error::damaged("the stream `EncryptedPackage` of the encrypted file is cut short")
    })?;
    let length = u64::from_le_bytes(*head);
    if length > data.len() as u64 {
        return Err(Error::damaged(format!(
            "the encrypted file announces {length} bytes but holds {}: it is cut short",
            data.len()
        )));
    }
    Ok((length as usize, data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Package;

    const AGILE: &[u8] = include_bytes!("../../testdata/agile.pptx");
    const PLAIN: &[u8] = include_bytes!("../../testdata/plain.pptx");

    fn open(bytes: &[u8], password: Option<&str>) -> Result<Package> {
        Package::open(bytes, password, &PackageLimits::default())
    }

    #[test]
    fn opens_with_the_right_password_alone() {
        for deck in [AGILE, &standard::tests::encrypt(PLAIN, "secret")] {
            let package = open(deck, Some("secret")).unwrap();
            assert!(package.was_encrypted());
            assert!(package.contains("/ppt/presentation.xml"));
            assert_eq!(
                open(deck, Some("Secret")).unwrap_err().kind,
                ErrorKind::WrongPassword
            );
            assert_eq!(
                open(deck, Some("")).unwrap_err().kind,
                ErrorKind::WrongPassword
            );
            assert_eq!(
                open(deck, None).unwrap_err().kind,
                ErrorKind::PasswordRequired
            );
        }
    }

    #[test]
    fn opens_read_only_files_without_a_password() {
        let bytes = standard::tests::encrypt(b"PK\x05\x06 not really", DEFAULT_PASSWORD);
        let plain = decrypt(&bytes, None, &PackageLimits::default()).unwrap();
        assert_eq!(plain, b"PK\x05\x06 not really");
        assert!(decrypt(&bytes, Some("another"), &PackageLimits::default()).is_ok());
    }

    #[test]
    fn bytes_behind_the_container_do_not_matter() {
        for deck in [AGILE, &standard::tests::encrypt(PLAIN, "secret")] {
            open(&[deck, b"\r\n"].concat(), Some("secret")).unwrap();
        }
    }

    #[test]
    fn a_changed_package_fails_the_integrity_check() {
        let mut file = cfb::CompoundFile::open(Cursor::new(AGILE.to_vec())).unwrap();
        let mut package = Vec::new();
        file.open_stream("/EncryptedPackage")
            .unwrap()
            .read_to_end(&mut package)
            .unwrap();
        let last = package.len() - 20;
        package[last] ^= 1;
        std::io::Write::write_all(
            &mut file.create_stream("/EncryptedPackage").unwrap(),
            &package,
        )
        .unwrap();
        file.flush().unwrap();
        let error = open(&file.into_inner().into_inner(), Some("secret")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Damaged);
        assert!(error.to_string().contains("integrity"), "{error}");
    }

    #[test]
    fn absurd_hash_rounds_are_refused() {
        let xml = "<encryption><keyEncryptors><keyEncryptor><encryptedKey spinCount='4000000000'/></keyEncryptor></keyEncryptors></encryption>";
        let error = agile::parse(xml.as_bytes(), &PackageLimits::default())
            .err()
            .unwrap();
        assert_eq!(error.kind, ErrorKind::Limit);
        assert!(error.to_string().contains("max_spin_count"), "{error}");
    }

    #[test]
    fn other_schemes_are_named() {
        let error = parse(&[4, 0, 3, 0, 0, 0, 0, 0], &PackageLimits::default())
            .err()
            .unwrap();
        assert_eq!(error.kind, ErrorKind::UnsupportedEncryption);
        assert!(error.to_string().contains("4.3"), "{error}");
    }
}
