//! Which formats are written, and why others are not.

use slides_types::ExportFormat;

use super::package;

/// Whether the native engine writes a format.
pub fn writes(format: ExportFormat) -> bool {
    use ExportFormat::{Bmp, Emf, Gif, Html, Html5, Jpeg, Md, Pdf, Png, Svg, Tiff, Xaml, Xps};
    matches!(
        format,
        Pdf | Xps | Png | Jpeg | Bmp | Gif | Tiff | Svg | Emf | Xaml | Html | Html5 | Md
    ) || package::format(format).is_some()
}

/// Why a format is written by no engine, and what to use instead; none for formats that one of them writes.
pub fn refusal(format: ExportFormat) -> Option<&'static str> {
    Some(match format {
        ExportFormat::Mpeg4 => "it needs a video encoder, use `Gif` or `Html`",
        ExportFormat::Swf => "nothing plays Flash any more, use `Html`",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_not_refused() {
        for format in ExportFormat::ALL.iter().copied() {
            assert!(!writes(format) || refusal(format).is_none(), "{format:?}");
        }
    }
}
