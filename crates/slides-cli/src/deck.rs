//! From arguments to what the SDK takes: format, slides, password, options.

use std::path::Path;

use serde_json::{Map, Value};

use crate::arguments::ExportArguments;
use crate::failure::Failure;
use crate::quantity::parse_slides;
use crate::sdk::{ExportFormat, ExportOptions, Outcome, Password, StartConversion};

/// Bytes of a password file that are read.
const MAX_PASSWORD_FILE: u64 = 64 << 10;

/// What is asked of a conversion, checked.
#[derive(Debug)]
pub(crate) struct Wishes {
    slides: Vec<u32>,
    password: Option<Password>,
    options: Option<ExportOptions>,
}

impl Wishes {
    pub(crate) fn new(format: ExportFormat, arguments: &ExportArguments) -> Result<Self, Failure> {
        Ok(Self {
            slides: arguments
                .slides
                .as_deref()
                .map(parse_slides)
                .transpose()
                .map_err(Failure::usage)?
                .unwrap_or_default(),
            password: password(arguments)?,
            options: options(format, &arguments.options)?,
        })
    }

    pub(crate) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    pub(crate) fn apply<S, T: Outcome>(
        self,
        mut call: StartConversion<S, T>,
    ) -> StartConversion<S, T> {
        call = call.slides(self.slides);
        if let Some(password) = self.password {
            call = call.password(password);
        }
        match self.options {
            Some(options) => call.options(options),
            None => call,
        }
    }
}

/// The format that a name means: `pdf`, `jpg`, `html5`.
pub(crate) fn format_by_name(name: &str) -> Result<ExportFormat, Failure> {
    find(name).ok_or_else(|| {
        let all: Vec<_> = ExportFormat::ALL
            .iter()
            .map(|format| format.as_str().to_ascii_lowercase())
            .collect();
        Failure::usage(format!(
            "format `{name}` is not known: it is one of {}",
            all.join(", ")
        ))
    })
}

/// The format that the extension of a file means.
pub(crate) fn format_by_extension(path: &Path) -> Result<ExportFormat, Failure> {
    let extension = path
        .extension()
        .map(|text| text.to_string_lossy().into_owned());
    match extension.as_deref() {
        Some(text) if text.eq_ignore_ascii_case("zip") => {
            Err(Failure::usage(format!("`{}` can hold files of any format: say which with `--to`", path.display())))
        }
        Some(text) => find(text).ok_or_else(|| {
            Failure::usage(format!("the extension of `{}` is no format: use another one, or say the format with `--to`", path.display()))
        }),
        None => Err(Failure::usage(format!("`{}` has no extension: add one such as `.pdf`, or say the format with `--to`", path.display()))),
    }
}

fn find(text: &str) -> Option<ExportFormat> {
    let text = text.to_ascii_lowercase();
    let text = match text.as_str() {
        "jpg" => "jpeg",
        "tif" => "tiff",
        "htm" => "html",
        "markdown" => "md",
        "mp4" => "mpeg4",
        other => other,
    };
    text.parse().ok()
}

fn password(arguments: &ExportArguments) -> Result<Option<Password>, Failure> {
    if let Some(path) = &arguments.password_file {
        use std::io::Read;
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_PASSWORD_FILE).read_to_string(&mut text))
            .map_err(|error| {
                Failure::usage(format!(
                    "cannot read the password file `{}`",
                    path.display()
                ))
                .caused_by(&error)
            })?;
        return Ok(Some(Password::from(
            text.lines().next().unwrap_or_default(),
        )));
    }
    if let Some(name) = &arguments.password_env {
        let text = std::env::var(name).map_err(|error| {
            Failure::usage(format!(
                "cannot read the password from the variable `{name}`"
            ))
            .caused_by(&error)
        })?;
        return Ok(Some(Password::from(text)));
    }
    Ok(arguments.password.as_deref().map(Password::from))
}

/// `jpegQuality=80`, `accessPermissions.printDocument=false`, `fontSubstRules=[...]`.
fn options(format: ExportFormat, pairs: &[String]) -> Result<Option<ExportOptions>, Failure> {
    if pairs.is_empty() {
        return Ok(None);
    }
    let mut object = Map::new();
    for pair in pairs {
        let (key, text) = pair.split_once('=').ok_or_else(|| {
            Failure::usage(format!("option `{pair}` has no value: write `key=value`"))
        })?;
        // A text that is no JSON is a text.
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        insert(&mut object, key.trim(), value)
            .ok_or_else(|| Failure::usage(format!("option `{key}` is set twice or in two ways")))?;
    }
    let given = Value::Object(object);
    let options = ExportOptions::from_json(format, &given)
        .map_err(|error| Failure::usage(format!("option: {error}")))?;
    match unknown_key(format, &given) {
        Some(key) => Err(Failure::usage(format!(
            "option `{key}` is not known for `{format}`: keys are those of the export options of the API for the format"
        ))),
        None => Ok(Some(options)),
    }
}

fn insert(object: &mut Map<String, Value>, key: &str, value: Value) -> Option<()> {
    match key.split_once('.') {
        Some((outer, inner)) => insert(
            object
                .entry(outer)
                .or_insert_with(|| Value::Object(Map::new()))
                .as_object_mut()?,
            inner,
            value,
        ),
        None => object.insert(key.to_owned(), value).is_none().then_some(()),
    }
}

/// A key that the format's options do not have. Known keys come back in their own spelling, which never begins with
/// a capital; unknown ones come back as they were written.
fn unknown_key(format: ExportFormat, given: &Value) -> Option<String> {
    let given = given.as_object()?;
    let capitals: Map<String, Value> = given
        .iter()
        .map(|(key, value)| (key.to_ascii_uppercase(), value.clone()))
        .collect();
    let read = ExportOptions::from_json(format, &Value::Object(capitals))
        .ok()?
        .to_json(format);
    given
        .keys()
        .find(|key| read.get(key.to_ascii_uppercase()).is_some())
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_name_and_extension() {
        for (path, format) in [
            ("a.pdf", Some(ExportFormat::Pdf)),
            ("a.b.PNG", Some(ExportFormat::Png)),
            ("a.jpg", Some(ExportFormat::Jpeg)),
            ("a.tif", Some(ExportFormat::Tiff)),
            ("a.docx", None),
            ("a.zip", None),
            ("a", None),
        ] {
            assert_eq!(format_by_extension(Path::new(path)).ok(), format, "{path}");
        }
        assert_eq!(format_by_name("Html5").ok(), Some(ExportFormat::Html5));
        assert!(
            format_by_name("docx")
                .unwrap_err()
                .message
                .contains("pdf, xps")
        );
    }

    #[test]
    fn options_are_typed_and_checked() {
        let read = |pairs: &[&str]| {
            options(
                ExportFormat::Pdf,
                &pairs
                    .iter()
                    .map(|&pair| pair.to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        let json = read(&[
            "jpegquality=80",
            "Compliance=pdfA1b",
            "accessPermissions.printDocument=false",
            "defaultRegularFont=Arial",
        ])
        .unwrap()
        .unwrap()
        .to_json(ExportFormat::Pdf);
        assert_eq!(
            json,
            serde_json::json!({"format": "pdf", "jpegQuality": 80, "compliance": "PdfA1b", "accessPermissions": {"printDocument": false}, "defaultRegularFont": "Arial"})
        );
        for (pairs, words) in [
            (&["jpegQuality"][..], "has no value"),
            (&["jpegQuality=high"], "`jpegQuality`"),
            (&["compliance=Pdf99"], "`Pdf99`"),
            (&["jpegQualty=80"], "`jpegQualty` is not known"),
            (&["jpegQuality=80", "jpegQuality=90"], "set twice"),
        ] {
            let message = read(pairs).unwrap_err().message;
            assert!(message.contains(words), "{message}");
        }
        assert_eq!(read(&[]).unwrap(), None);
    }
}
