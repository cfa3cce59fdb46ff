//! `slides formats`: what is written, by whom, and what becomes of the options.

use serde_json::json;
use slides_service::engine::{OptionSupport, option_support, refusal, writes};
use slides_service::libreoffice_writes;

use crate::arguments::FormatsArguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::sdk::ExportFormat;
use crate::{deck, options};

/// Who writes a format, and why nobody does.
fn writer(format: ExportFormat) -> (&'static str, &'static str) {
    if writes(format) {
        ("native", "")
    } else if libreoffice_writes(format) {
        (
            "libreoffice",
            "LibreOffice has to be installed, and options are refused",
        )
    } else {
        (
            "refused",
            refusal(format).unwrap_or("there is no writer for it"),
        )
    }
}

pub(crate) fn run(arguments: &FormatsArguments, console: &mut Console) -> Result<(), Failure> {
    if let Some(name) = &arguments.format {
        let format = deck::format_by_name(name)?;
        let (writer, reason) = writer(format);
        let rows = option_support(format);
        if rows.is_empty() {
            let line = format!("{:<30} {writer:<12} {reason}", format.as_str());
            let event = json!({ "format": format.as_str(), "writer": writer, "reason": reason });
            console.data(line.trim_end(), &event);
        }
        for (option, support) in rows {
            let (what, reason) = match support {
                OptionSupport::Honoured => ("honoured", ""),
                OptionSupport::NoEffect(reason) => ("no effect", reason),
                OptionSupport::Refused(instead) => ("refused", instead),
                _ => ("other", ""),
            };
            let takes = options::values(format, option).unwrap_or_default();
            // What is refused or without effect is not asked for.
            let text = if reason.is_empty() { &takes } else { reason };
            let line = format!("{option:<30} {what:<12} {text}");
            let event =
                json!({ "option": option, "support": what, "reason": reason, "takes": takes });
            console.data(line.trim_end(), &event);
        }
        return Ok(());
    }
    for format in ExportFormat::ALL.iter().copied() {
        let (writer, reason) = writer(format);
        let line = format!("{:<8} {writer:<12} {reason}", format.as_str());
        let event = json!({ "format": format.as_str(), "writer": writer, "reason": reason });
        console.data(line.trim_end(), &event);
    }
    console.note("read natively: PPTX, PPTM, PPSX, PPSM, POTX, POTM; by LibreOffice: PPT, ODP");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_a_writer_or_a_reason() {
        for format in ExportFormat::ALL.iter().copied() {
            let (writer, reason) = writer(format);
            assert_eq!(writer == "native", reason.is_empty(), "{format:?}");
            assert_eq!(
                writer == "refused",
                refusal(format).is_some(),
                "{format:?}: a refusal says what to use instead"
            );
        }
        assert_eq!(writer(ExportFormat::Tiff).0, "native");
        assert_eq!(writer(ExportFormat::Odp).0, "libreoffice");
        assert_eq!(writer(ExportFormat::Swf).0, "refused");
    }
}
