//! The options that only PDF has.

use slides_render::{
    DateTime, PdfConformance, PdfOptions, PdfPermissions, PdfProtection, PdfVersion,
};
use slides_types::{
    AccessPermissions, ExportFormat, PdfCompliance, PdfExportOptions, TextCompression,
};

use crate::api::EngineError;

use super::arrange::Arrangement;
use super::settings::{Settings, refused};

/// Settings of a PDF as its options ask for them.
#[derive(Debug, Default)]
pub(super) struct PdfSettings {
    version: PdfVersion,
    conformance: Option<PdfConformance>,
    protection: Option<PdfProtection>,
    /// Resolution that pictures are reduced to; none keeps the writer's default.
    image_dpi: Option<f64>,
    jpeg_quality: Option<u8>,
    is_plain: bool,
}

impl PdfSettings {
    /// Sets what was asked for.
    pub(super) fn apply(&self, options: &mut PdfOptions) {
        options.version = self.version;
        options.conformance = self.conformance;
        options.protection.clone_from(&self.protection);
        options.compress = !self.is_plain;
        if let Some(dpi) = self.image_dpi {
            options.max_image_dpi = Some(dpi);
        }
        if let Some(quality) = self.jpeg_quality {
            options.jpeg_quality = quality;
        }
    }
}

impl Settings {
    pub(super) fn pdf(&mut self, options: &PdfExportOptions) -> Result<(), EngineError> {
        self.show_hidden = options.show_hidden_slides.unwrap_or(false);
        self.default_family
            .clone_from(&options.default_regular_font);
        self.frame = options.draw_slides_frame.unwrap_or(false);
        (self.pdf.version, self.pdf.conformance) = compliance(options.compliance)?;
        if let Some(dpi) = options.sufficient_resolution {
            if !(1.0..=2400.0).contains(&dpi) {
                return Err(refused(
                    "sufficientResolution",
                    dpi,
                    "allowed are 1 to 2400 dots per inch",
                ));
            }
            self.pdf.image_dpi = Some(dpi);
        }
        if let Some(quality) = options.jpeg_quality {
            if !(0..=100).contains(&quality) {
                return Err(refused("jpegQuality", quality, "allowed are 0 to 100"));
            }
            self.pdf.jpeg_quality = u8::try_from(quality.max(1)).ok();
        }
        self.pdf.is_plain = options.text_compression == Some(TextCompression::None);
        self.pdf.protection = protection(
            options.password.as_deref(),
            options.access_permissions.as_ref(),
        );
        if let (Some(_), Some(standard)) = (&self.pdf.protection, options.compliance)
            && self.pdf.conformance.is_some()
            && standard != PdfCompliance::PdfUa
        {
            return Err(refused(
                "compliance",
                standard.as_str(),
                "PDF/A allows neither `password` nor `accessPermissions`",
            ));
        }
        if self.pdf.protection.is_some() && self.pdf.version != PdfVersion::V1_7 {
            self.note("compliance", "protected files are PDF 1.7");
        }
        self.arrangement =
            Arrangement::read(options.slides_layout_options.as_ref(), ExportFormat::Pdf)?;
        Ok(())
    }
}

fn compliance(
    asked: Option<PdfCompliance>,
) -> Result<(PdfVersion, Option<PdfConformance>), EngineError> {
    let standard = |standard| Ok((PdfVersion::V1_7, Some(standard)));
    match asked {
        None | Some(PdfCompliance::Pdf17) => Ok((PdfVersion::V1_7, None)),
        Some(PdfCompliance::Pdf15) => Ok((PdfVersion::V1_5, None)),
        Some(PdfCompliance::Pdf16) => Ok((PdfVersion::V1_6, None)),
        Some(PdfCompliance::PdfA1a) => standard(PdfConformance::A1a),
        Some(PdfCompliance::PdfA1b) => standard(PdfConformance::A1b),
        Some(PdfCompliance::PdfA2a) => standard(PdfConformance::A2a),
        Some(PdfCompliance::PdfA2b) => standard(PdfConformance::A2b),
        Some(PdfCompliance::PdfA2u) => standard(PdfConformance::A2u),
        Some(PdfCompliance::PdfA3a) => standard(PdfConformance::A3a),
        Some(PdfCompliance::PdfA3b) => standard(PdfConformance::A3b),
        Some(PdfCompliance::PdfUa) => standard(PdfConformance::Ua1),
        #[allow(
            unreachable_patterns,
            reason = "later versions of the wire may know more"
        )]
        Some(other) => Err(refused(
            "compliance",
            other.as_str(),
            "allowed are `Pdf15`, `Pdf16`, `Pdf17`, `PdfA1a` to `PdfA3b` and `PdfUa`",
        )),
    }
}

/// A password alone allows all to those who have it; permissions that are not named are not given.
fn protection(
    password: Option<&str>,
    permissions: Option<&AccessPermissions>,
) -> Option<PdfProtection> {
    let password = password.filter(|password| !password.is_empty());
    let mut granted = PdfPermissions::default();
    match permissions {
        None => password?,
        Some(asked) => {
            let given = |value: Option<bool>| value.unwrap_or(false);
            granted.print = given(asked.print_document) || given(asked.high_quality_print);
            granted.modify = given(asked.modify_content);
            granted.copy = given(asked.copy_text_and_graphics);
            granted.annotate = given(asked.add_or_modify_fields);
            granted.fill_in = given(asked.fill_existing_fields);
            granted.extract = given(asked.extract_text_and_graphics);
            granted.assemble = given(asked.assemble_document);
            granted.print_fine = given(asked.high_quality_print);
            password.unwrap_or_default()
        }
    };
    Some(PdfProtection::new(password.unwrap_or_default(), granted))
}

/// A moment as document properties write it: `2023-05-31T08:15:00Z`, as UTC whatever zone it names. Readers show
/// the day; a deck's date is nobody's clock.
pub(super) fn date(text: &str) -> Option<DateTime> {
    let (date, time) = text.trim().split_once('T').unwrap_or((text.trim(), ""));
    let mut days = date.splitn(3, '-');
    let year = days.next()?.parse::<u16>().ok()?;
    let part = |from: u8, to: u8, part: Option<&str>| {
        let digits: String = part
            .unwrap_or_default()
            .chars()
            .take_while(char::is_ascii_digit)
            .take(2)
            .collect();
        digits.parse::<u8>().unwrap_or(from).clamp(from, to)
    };
    let (month, day) = (part(1, 12, days.next()), part(1, 31, days.next()));
    let mut times = time.splitn(3, ':');
    (1..=9999).contains(&year).then(|| DateTime {
        year,
        month,
        day,
        hour: part(0, 23, times.next()),
        minute: part(0, 59, times.next()),
        second: part(0, 59, times.next()),
    })
}

#[cfg(test)]
mod tests {
    use slides_types::ExportOptions;

    use super::*;
    use crate::api::{ErrorKind, Job};

    fn pdf(change: impl FnOnce(&mut PdfExportOptions)) -> Result<Settings, EngineError> {
        let mut options = PdfExportOptions::default();
        change(&mut options);
        let options = ExportOptions::Pdf(Box::new(options));
        let mut job = Job::new(&[], ExportFormat::Pdf);
        job.options = Some(&options);
        Settings::read(&job)
    }

    #[test]
    fn options_that_would_change_the_result_are_refused_by_name() {
        type Change = fn(&mut PdfExportOptions);
        let rows: [(&str, Change); 6] = [
            ("compliance", |o| {
                o.compliance = Some(PdfCompliance::PdfA2b);
                o.password = Some("x".into());
            }),
            ("embedFullFonts", |o| o.embed_full_fonts = Some(true)),
            ("hideInk", |o| o.hide_ink = Some(true)),
            ("jpegQuality", |o| o.jpeg_quality = Some(101)),
            ("sufficientResolution", |o| {
                o.sufficient_resolution = Some(f64::NAN);
            }),
            ("fontSubstRules", |o| {
                o.font_subst_rules = Some(vec![slides_types::FontSubstRule::default()]);
            }),
        ];
        for (name, change) in rows {
            let error = pdf(change).unwrap_err();
            assert_eq!(error.kind, ErrorKind::InvalidOption);
            assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
        }
    }

    #[test]
    fn options_at_their_defaults_are_accepted() {
        let settings = pdf(|o| {
            o.hide_ink = Some(false);
            o.password = Some(String::new());
            o.font_subst_rules = Some(Vec::new());
            o.compliance = Some(PdfCompliance::Pdf17);
            o.text_compression = Some(TextCompression::Flate);
            o.draw_slides_frame = Some(true);
        })
        .unwrap();
        assert!(settings.frame && settings.warnings.is_empty() && !settings.show_hidden);
        let mut options = PdfOptions::default();
        settings.pdf.apply(&mut options);
        assert!(options.compress && options.protection.is_none() && options.conformance.is_none());
    }

    #[test]
    fn every_level_of_the_wire_is_known() {
        for level in PdfCompliance::ALL {
            let settings = pdf(|o| o.compliance = Some(*level)).unwrap();
            let is_plain = matches!(
                level,
                PdfCompliance::Pdf15 | PdfCompliance::Pdf16 | PdfCompliance::Pdf17
            );
            assert_eq!(settings.pdf.conformance.is_none(), is_plain, "{level:?}");
        }
    }

    #[test]
    fn permissions_that_are_not_named_are_not_given() {
        let settings = pdf(|o| {
            let mut permissions = AccessPermissions::default();
            permissions.print_document = Some(true);
            o.access_permissions = Some(permissions);
        })
        .unwrap();
        let protection = settings.pdf.protection.unwrap();
        assert!(protection.password.is_empty());
        assert!(protection.permissions.print && !protection.permissions.copy);
        let settings = pdf(|o| o.password = Some("secret".into())).unwrap();
        assert_eq!(
            settings.pdf.protection.unwrap().permissions,
            PdfPermissions::default()
        );
    }

    #[test]
    fn dates_of_properties_are_read() {
        let at = date("2023-05-31T08:15:42Z").unwrap();
        assert_eq!(
            (at.year, at.month, at.day, at.hour, at.minute, at.second),
            (2023, 5, 31, 8, 15, 42)
        );
        assert_eq!(date("2001").unwrap().month, 1);
        assert_eq!(date("2001-99-99").unwrap().day, 31);
        assert!(date("yesterday").is_none() && date("").is_none());
    }
}
