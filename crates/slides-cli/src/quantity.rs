//! Sizes, times and slide lists as people write them.

use std::net::SocketAddr;
use std::time::Duration;

/// Slides of one list.
const MAX_SLIDES: usize = 25_000;

/// `90`, `90s`, `5m`, `24h`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let (digits, factor) = match text.chars().last() {
        Some('s') => (text.strip_suffix('s'), 1),
        Some('m') => (text.strip_suffix('m'), 60),
        Some('h') => (text.strip_suffix('h'), 3600),
        Some('d') => (text.strip_suffix('d'), 86_400),
        _ => (Some(text), 1),
    };
    let seconds = digits
        .and_then(|digits| digits.parse::<u64>().ok())
        .and_then(|number| number.checked_mul(factor));
    match seconds {
        Some(seconds @ 1..=31_536_000) => Ok(Duration::from_secs(seconds)),
        Some(_) => Err("a time is from `1s` to `365d`".to_owned()),
        None => Err(
            "a time is a whole number of seconds, or one with `s`, `m`, `h` or `d` behind it"
                .to_owned(),
        ),
    }
}

/// `1048576`, `64K`, `200M`, `2G`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let upper = text.to_ascii_uppercase();
    let number = upper.trim_end_matches("IB").trim_end_matches('B');
    let (digits, shift) = match number.chars().last() {
        Some('K') => (number.strip_suffix('K'), 10),
        Some('M') => (number.strip_suffix('M'), 20),
        Some('G') => (number.strip_suffix('G'), 30),
        _ => (Some(number), 0),
    };
    digits
        .and_then(|digits| digits.parse::<u64>().ok())
        .and_then(|number| number.checked_mul(1 << shift))
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| {
            "a size is a whole number of bytes, or one with `K`, `M` or `G` behind it".to_owned()
        })
}

/// A size where 0 is one.
pub(crate) fn parse_size_or_none(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    parse_size(text)
}

/// `127.0.0.1:8080`, `[::1]:0`.
pub(crate) fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "an address is a number address and a port, such as `127.0.0.1:8080` or `[::1]:8080`"
            .to_owned()
    })
}

/// `1,3-5`: numbers and ranges, in the order given.
pub(crate) fn parse_slides(text: &str) -> Result<Vec<u32>, String> {
    let mut slides = Vec::new();
    for item in text.split(',') {
        let wrong = |why: &str| {
            format!(
                "slide range `{}` is not valid: {why}, write a list such as `1,3-5`",
                item.trim()
            )
        };
        let bad = || wrong("slides are numbered from 1");
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| bad());
        let (first, last) = item.trim().split_once('-').unwrap_or((item, item));
        let (first, last) = (number(first)?, number(last)?);
        if first == 0 {
            return Err(bad());
        }
        if last < first {
            return Err(wrong("its first slide comes after its last"));
        }
        if slides.len() + (last - first) as usize >= MAX_SLIDES {
            return Err(format!(
                "slide list `{text}` has more than {MAX_SLIDES} slides"
            ));
        }
        slides.extend(first..=last);
    }
    Ok(slides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, seconds) in [
            ("90", Some(90)),
            ("90s", Some(90)),
            ("5m", Some(300)),
            ("24h", Some(86_400)),
            ("0", None),
            ("1.5s", None),
            ("m", None),
            ("", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(
                parse_duration(text).ok().map(|time| time.as_secs()),
                seconds,
                "{text}"
            );
        }
    }

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("10", Some(10)),
            ("64K", Some(65_536)),
            ("200m", Some(200 << 20)),
            ("2GiB", Some(2 << 30)),
            ("0", None),
            ("-1", None),
            ("G", None),
            ("", None),
        ] {
            assert_eq!(parse_size(text).ok(), bytes, "{text}");
        }
        assert!(parse_size("0").is_err());
        assert_eq!(parse_size_or_none("0"), Ok(0));
        assert_eq!(parse_size_or_none("1K"), Ok(1024));
        assert!(parse_size_or_none("-1").is_err());
    }

    #[test]
    fn addresses_and_counts_are_read() {
        for (text, good) in [
            ("127.0.0.1:8080", true),
            ("[::1]:0", true),
            ("8080", false),
            ("localhost:8080", false),
        ] {
            assert_eq!(parse_address(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn slide_lists_are_read() {
        for (text, slides) in [
            ("1", Some(vec![1])),
            ("1,3-5", Some(vec![1, 3, 4, 5])),
            (" 4 , 2 - 2", Some(vec![4, 2])),
            ("0", None),
            ("0-3", None),
            ("5-3", None),
            ("1,", None),
            ("a", None),
            ("1-4294967295", None),
        ] {
            assert_eq!(parse_slides(text).ok(), slides, "{text}");
        }
    }
}
