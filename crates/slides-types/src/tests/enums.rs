use crate::{
    ExportFormat, ExportOptionsClass, OperationMethod, OperationStatus, SlideExportFormat,
    UnknownValue,
};

#[test]
fn status_reads_every_case_and_both_spellings() {
    for (text, expected) in [
        ("Finished", OperationStatus::Finished),
        ("FINISHED", OperationStatus::Finished),
        (" started ", OperationStatus::Started),
        ("Canceled", OperationStatus::Canceled),
        ("cancelled", OperationStatus::Canceled),
        ("Paused", OperationStatus::Unknown("Paused".into())),
        ("", OperationStatus::Unknown("".into())),
    ] {
        assert_eq!(OperationStatus::from(text), expected, "{text}");
    }
}

#[test]
fn known_values_survive_the_wire() {
    for status in OperationStatus::ALL {
        let json = serde_json::to_string(status).unwrap();
        assert_eq!(json, format!("\"{status}\""));
        assert_eq!(
            serde_json::from_str::<OperationStatus>(&json).unwrap(),
            *status
        );
    }
    for method in OperationMethod::ALL {
        assert_eq!(OperationMethod::from(method.as_str()), *method);
    }
    for format in ExportFormat::ALL {
        assert_eq!(format.as_str().to_uppercase().parse(), Ok(*format));
    }
}

#[test]
fn unknown_status_keeps_its_text() {
    let status: OperationStatus = serde_json::from_str("\"OnHold\"").unwrap();
    assert_eq!(status.as_str(), "OnHold");
    assert_eq!(serde_json::to_string(&status).unwrap(), "\"OnHold\"");
}

#[test]
fn unknown_format_lists_the_allowed_ones() {
    let error = "docx".parse::<ExportFormat>().unwrap_err();
    assert_eq!((error.kind, error.value.as_str()), ("ExportFormat", "docx"));
    assert_eq!(error.allowed.len(), ExportFormat::ALL.len());
    let text = error.to_string();
    assert!(
        text.starts_with("invalid value `docx` for `ExportFormat`: expected one of `Pdf`, `Xps`"),
        "{text}"
    );
}

#[test]
fn a_long_bad_value_is_cut() {
    let error: UnknownValue = "ü".repeat(5000).parse::<ExportFormat>().unwrap_err();
    assert_eq!(error.value.chars().count(), 102);
}

#[test]
fn extensions_are_the_lower_case_names_but_for_two() {
    for format in ExportFormat::ALL {
        let expected = match format {
            ExportFormat::Html5 => "html".into(),
            ExportFormat::Mpeg4 => "mp4".into(),
            other => other.as_str().to_lowercase(),
        };
        assert_eq!(format.extension(), expected);
        assert!(format.media_type().contains('/'));
    }
}

#[test]
fn slide_formats_are_formats_without_film() {
    for format in SlideExportFormat::ALL {
        let whole = ExportFormat::from(*format);
        assert_eq!(whole.as_str(), format.as_str());
        assert_eq!(SlideExportFormat::try_from(whole), Ok(*format));
        assert_eq!(
            (whole.extension(), whole.media_type()),
            (format.extension(), format.media_type())
        );
    }
    let missing: Vec<_> = ExportFormat::ALL
        .iter()
        .filter(|format| SlideExportFormat::try_from(**format).is_err())
        .collect();
    assert_eq!(missing, [&ExportFormat::Swf, &ExportFormat::Mpeg4]);
}

#[test]
fn pictures_share_a_class_of_options() {
    for (format, class) in [
        (ExportFormat::Png, ExportOptionsClass::Image),
        (ExportFormat::Jpeg, ExportOptionsClass::Image),
        (ExportFormat::Gif, ExportOptionsClass::Gif),
        (ExportFormat::Mpeg4, ExportOptionsClass::Video),
        (ExportFormat::Odp, ExportOptionsClass::Pptx),
    ] {
        assert_eq!(format.options_class(), class);
    }
}
