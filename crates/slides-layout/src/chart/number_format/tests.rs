use super::*;

fn shown(code: &str, value: f64) -> String {
    NumberFormat::new(code).text(value, Setting::default())
}

fn table(rows: &[(&str, f64, &str)]) {
    for (code, value, expected) in rows {
        assert_eq!(shown(code, *value), *expected, "{value} as `{code}`");
    }
}

#[test]
fn general_has_eleven_characters_and_no_float_noise() {
    table(&[
        ("General", 0.0, "0"),
        ("General", -0.0, "0"),
        ("general", 5.0, "5"),
        ("", 5.5, "5.5"),
        ("General", 32_644.479_999_999_992, "32644.48"),
        ("General", 196.429_999_999_999_98, "196.43"),
        ("General", 0.1 + 0.2, "0.3"),
        ("General", 1.0 / 3.0, "0.333333333"),
        ("General", -1.0 / 3.0, "-0.333333333"),
        ("General", 1_234.567_890_123, "1234.56789"),
        ("General", 12_345_678_901.0, "12345678901"),
        ("General", 99_999_999_999.9, "1E+11"),
        ("General", 123_456_789_012.0, "1.23457E+11"),
        ("General", 1e308, "1E+308"),
        ("General", 0.000_123_456_78, "0.000123457"),
        ("General", 0.000_01, "0.00001"),
        ("General", 0.000_012_345_678, "1.23457E-05"),
        ("General", 5e-324, "4.94066E-324"),
        ("General\" kg\"", 2.5, "2.5 kg"),
        ("General", f64::NAN, ""),
        ("General", f64::INFINITY, ""),
    ]);
}

#[test]
fn digits_fill_their_places() {
    table(&[
        ("0", 2.5, "3"),
        ("0", -2.5, "-3"),
        ("0", -0.4, "0"),
        ("0.00", 2.675, "2.68"),
        ("0.00", 1.005, "1.01"),
        ("0.0", 9.95, "10.0"),
        ("000", 7.0, "007"),
        ("#", 0.0, ""),
        ("#.##", 0.5, ".5"),
        ("#.##", 3.0, "3."),
        ("0.0#", 3.0, "3.0"),
        ("0.0?", 3.0, "3.0 "),
        ("??0", 5.0, "  5"),
        (".00", 12.345, "12.35"),
        ("00-00", 1234.0, "12-34"),
        ("0-00", 12_345.0, "123-45"),
        ("(000) 000-0000", 5_551_234_567.0, "(555) 123-4567"),
        ("0\\x", 4.0, "4x"),
        ("0.0_)", 1.0, "1.0 "),
        ("* 0", 1.0, "1"),
        ("$#,##0", 1234.0, "$1,234"),
        ("0 \"Stück\"", 3.0, "3 Stück"),
    ]);
}

#[test]
fn thousands_group_and_scale() {
    table(&[
        ("#,##0", 999.0, "999"),
        ("#,##0", 1000.0, "1,000"),
        ("#,##0", 1_234_567.0, "1,234,567"),
        ("#,##0.00", -1234.5, "-1,234.50"),
        ("#,#", 1_234_567.0, "1,234,567"),
        ("0,000", 7.0, "0,007"),
        ("#,##0,", 1_234_567.0, "1,235"),
        ("0.0,,", 1_250_000.0, "1.3"),
        ("0.0,,\"M\"", 12_300_000.0, "12.3M"),
        ("#,##0,.0", 1_234_567.0, "1,234.6"),
        ("0,\"K\"", 1500.0, "2K"),
        (
            "[>=1000000]0.0,,\"M\";[>=1000]0,\"K\";0",
            2_500_000.0,
            "2.5M",
        ),
        ("[>=1000000]0.0,,\"M\";[>=1000]0,\"K\";0", 2500.0, "3K"),
        ("[>=1000000]0.0,,\"M\";[>=1000]0,\"K\";0", 25.0, "25"),
        ("[>=1000]0,\"K\";0", -5.0, "-5"),
    ]);
}

#[test]
fn percent_and_powers() {
    table(&[
        ("0%", 0.285, "29%"),
        ("0.00%", 0.071_25, "7.13%"),
        ("0%", -0.5, "-50%"),
        ("%0", 0.5, "%50"),
        ("0.00E+00", 1e9, "1.00E+09"),
        ("0.00E+00", 0.001_234, "1.23E-03"),
        ("0.0E+0", 9.99, "1.0E+1"),
        ("##0.0E+0", 123_456.0, "123.5E+3"),
        ("##0.0E+0", 999_960.0, "1.0E+6"),
        ("0E-0", 1500.0, "2E3"),
        ("0.00E+00", 0.0, "0.00E+00"),
        ("\"~\"0.0E+0\" m\"", -1500.0, "-~1.5E+3 m"),
    ]);
}

#[test]
fn sections_by_sign_and_condition() {
    table(&[
        ("0;(0)", -5.0, "(5)"),
        ("0;(0)", 5.0, "5"),
        ("0;(0)", 0.0, "0"),
        ("0;-0;\"none\"", 0.0, "none"),
        ("0;-0;;@", 0.0, ""),
        (";;;", 5.0, ""),
        ("\"up\";\"down\";\"flat\"", -3.0, "down"),
        ("0;@", -5.0, "-5"),
        ("[<0]\"neg \"0;0", -5.0, "-neg 5"),
        ("[>=0]0;\"minus \"0", -5.0, "minus 5"),
        ("[=1]\"one\";[=2]\"two\";0", 2.0, "two"),
        ("[=1]\"one\";[=2]\"two\";0", 3.0, "3"),
        (
            "_(* #,##0.00_);_(* \\(#,##0.00\\);_(* \"-\"??_);_(@_)",
            -12.0,
            " (12.00)",
        ),
        (
            "_(* #,##0.00_);_(* \\(#,##0.00\\);_(* \"-\"??_);_(@_)",
            12.0,
            " 12.00 ",
        ),
        ("0;1;2;3;4;5", 7.0, "7"),
    ]);
    let code = NumberFormat::new("[Red]0;[Color 5]-0");
    assert_eq!(code.show(1.0, Setting::default()).color, Some(0xFF_0000));
    assert_eq!(code.show(-1.0, Setting::default()).color, Some(0x00_00FF));
    assert_eq!(shown("[Blue][<10]0.0", 3.0), "3.0");
    let code = NumberFormat::new("0;0;0;\"<\"@\">\"");
    assert_eq!(code.text_value("a"), "<a>");
    assert_eq!(NumberFormat::new("0.0").text_value("a"), "a");
}

#[test]
fn fractions() {
    table(&[
        ("# ?/?", 1.25, "1 1/4"),
        ("# ??/??", std::f64::consts::PI, "3  1/7 "),
        ("# ???/???", std::f64::consts::PI, "3  16/113"),
        ("?/?", 1.5, "3/2"),
        ("# ?/16", 0.5, " 8/16"),
        ("# ?/?", 5.0, "5    "),
        ("# ?/?", -0.5, "- 1/2"),
        ("# ?/?", 0.999, "1    "),
        ("0/0", 0.0, "0/1"),
    ]);
}

#[test]
fn dates_and_times() {
    table(&[
        ("yyyy-mm-dd", 43_831.0, "2020-01-01"),
        ("m/d/yy", 1.0, "1/1/00"),
        ("d mmm yyyy", 60.0, "29 Feb 1900"),
        ("d mmm yyyy", 61.0, "1 Mar 1900"),
        ("dddd, mmmm d", 45_351.0, "Thursday, February 29"),
        ("ddd mmmmm", 45_351.0, "Thu F"),
        ("yy", 2_958_465.0, "99"),
        ("h:mm AM/PM", 0.0, "12:00 AM"),
        ("h:mm AM/PM", 0.75, "6:00 PM"),
        ("hh:mm:ss", 0.5 + 59.0 / 86_400.0, "12:00:59"),
        ("mm:ss.00", 61.239 / 86_400.0, "01:01.24"),
        ("mm:ss", 59.999_9 / 86_400.0, "01:00"),
        ("[h]:mm", 1.5, "36:00"),
        ("[mm]:ss", 0.5, "720:00"),
        ("[ss]", 0.5, "43200"),
        ("h \"h\" m \"min\"", 0.25, "6 h 0 min"),
        ("yyyy\"年\"m\"月\"d\"日\"", 43_831.0, "2020年1月1日"),
        ("mmm-yy", 42_005.0, "Jan-15"),
        ("a/p", 0.6, "p"),
        ("yyyy", -1.0, "-1"),
        ("yyyy", 1e300, "1E+300"),
        ("yyyy-mm-dd hh:mm", 43_830.999_999_999, "2020-01-01 00:00"),
    ]);
    let setting = Setting {
        date1904: true,
        ..Setting::default()
    };
    assert_eq!(NumberFormat::new("d/m/yyyy").text(0.0, setting), "1/1/1904");
    assert!(NumberFormat::new("[$-407]mmmm").is_date());
    assert!(!NumberFormat::new("0.0 \"days\"").is_date());
}

#[test]
fn currencies_and_languages() {
    table(&[
        ("[$€-2] #,##0.00", 1234.5, "€ 1,234.50"),
        ("#,##0.00\\ [$€-407]", 1234.5, "1,234.50 €"),
        ("[$-407]mmmm", 43_891.0, "März"),
        ("[$-40C]dddd", 43_831.0, "mercredi"),
        ("[$-F800]dddd", 43_831.0, "Wednesday"),
        ("[$USD] 0", 3.0, "USD 3"),
    ]);
    let show = |tag: &str, code: &str, value: f64| {
        let setting = Setting {
            locale: Locale::new(tag),
            date1904: false,
        };
        NumberFormat::new(code).text(value, setting)
    };
    assert_eq!(show("de-DE", "General", 19.96), "19,96");
    assert_eq!(show("de-DE", "#,##0.0", 12_345.67), "12.345,7");
    assert_eq!(show("de-DE", "0.0E+00", 12_345.0), "1,2E+04");
    assert_eq!(show("de-CH", "#,##0.0", 12_345.67), "12’345.7");
    assert_eq!(show("fr-FR", "#,##0.0", 12_345.67), "12\u{A0}345,7");
    assert_eq!(show("es-MX", "#,##0.0", 12_345.67), "12,345.7");
    assert_eq!(show("ru_RU", "mmm", 43_831.0), "янв");
    assert_eq!(show("de-DE", "m/d/yyyy", 43_831.0), "1.1.2020");
    assert_eq!(show("xx-YY", "#,##0.0", 1234.5), "1,234.5");
}

#[test]
fn every_language_has_all_names() {
    for language in [
        "en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "sv", "da", "nb", "fi", "cs", "tr",
        "ja", "zh", "ko",
    ] {
        let locale = Locale::of_tag(language).expect("listed");
        for month in 1..=12 {
            assert!(
                !locale.month(month).is_empty() && !locale.month_short(month).is_empty(),
                "{language} {month}"
            );
        }
        for day in 0..7 {
            assert!(
                !locale.weekday(day).is_empty() && !locale.weekday_short(day).is_empty(),
                "{language} {day}"
            );
        }
    }
}

#[test]
fn hostile_codes_and_values_stay_small() {
    let digits = "0".repeat(1000);
    let codes = [
        digits.as_str(),
        "\"open",
        "[open",
        "\\",
        "_",
        "*",
        "/",
        "//",
        "0/",
        "/0",
        "?/000000000000",
        "# ?/0",
        "E+",
        "0E+",
        "E+0",
        ".",
        "..",
        "0.0.0",
        ",",
        ",,,",
        "%%%%%%%%%%%%%%%%",
        "[h",
        "[hhhhhhhhhhhhhhhhhhhhhhhh]",
        "[>]",
        "[>1e999]0",
        "[$",
        "[$-]",
        "[$-FFFFFFFFFFFF]0",
        "\u{1F600}0\u{301}",
        "0\u{301}0",
        "ßss",
        "m",
        "s.000000",
        "@@@@",
        "General General",
        ";",
        ";;;;;;;;",
        "y".repeat(900).as_str().to_owned().leak(),
    ];
    let values = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1e308,
        -1e308,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        2_958_465.999_999_999,
        2_958_466.0,
        1e15,
        1e16,
        4_294_967_296.5,
    ];
    for code in codes {
        let format = NumberFormat::new(code);
        for value in values {
            for date1904 in [false, true] {
                let text = format.text(
                    value,
                    Setting {
                        date1904,
                        ..Setting::default()
                    },
                );
                assert!(
                    text.len() < 4096,
                    "{value} as `{code}` has {} bytes",
                    text.len()
                );
            }
        }
        assert!(format.text_value("x").len() < 1100);
    }
    let long = "0".repeat(5000);
    assert_eq!(shown(&long, 5.0), "5");
}
