/// Members of the PPTX family. They differ in the content type of the presentation part and in whether macros may
/// be inside (ECMA-376 part 1, 13.3.6; MS-OFFMACRO2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PackageFormat {
    /// Presentation.
    Pptx,
    /// Slide show: opens in show mode.
    Ppsx,
    /// Template.
    Potx,
    /// Presentation with macros.
    Pptm,
    /// Slide show with macros.
    Ppsm,
    /// Template with macros.
    Potm,
}

impl PackageFormat {
    /// Content type of the presentation part.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
            }
            Self::Ppsx => {
                "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml"
            }
            Self::Potx => {
                "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml"
            }
            Self::Pptm => "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
            Self::Ppsm => "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
            Self::Potm => "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
        }
    }

    /// Whether a VBA project may be inside.
    pub fn has_macros(self) -> bool {
        matches!(self, Self::Pptm | Self::Ppsm | Self::Potm)
    }
}
