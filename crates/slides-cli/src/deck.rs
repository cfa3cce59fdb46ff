//! From arguments to what the SDK takes: format, slides, password, options.

use std::path::Path;

use crate::arguments::ExportArguments;
use crate::failure::Failure;
use crate::quantity::parse_slides;
use crate::sdk::{ExportFormat, ExportOptions, Outcome, Password, StartConversion};
use crate::{options, password};

/// What is asked of a conversion, checked.
#[derive(Debug, Clone)]
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
            password: password::given(&arguments.password)?,
            options: options::read(format, &arguments.options)?,
        })
    }

    /// The slides chosen, in their order; none for all.
    pub(crate) fn slides(&self) -> &[u32] {
        &self.slides
    }

    pub(crate) fn options(&self) -> Option<&ExportOptions> {
        self.options.as_ref()
    }

    pub(crate) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// The password that was given, or that is asked for because one of these decks is protected.
    pub(crate) fn ask_for<'a>(
        &mut self,
        decks: impl IntoIterator<Item = &'a Path>,
        may_ask: bool,
    ) -> Result<(), Failure> {
        if self.password.is_none() && may_ask {
            self.password = password::asked_for(decks)?;
        }
        Ok(())
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
            Failure::usage(format!("the extension of `{}` is no format: use another one, or say the format with `--to`", path.display())).hint("`slides formats` lists the formats")
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
}
