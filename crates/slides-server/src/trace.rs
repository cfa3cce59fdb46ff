//! The caller's trace (W3C Trace Context), taken over into the log, the operation and the answer.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Length of `00-TRACE-PARENT-FLAGS`.
const LEN: usize = 55;

/// A trace that a request belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    /// The header's value.
    text: String,
}

impl Trace {
    /// The trace of a request; what cannot be read is left out, as the standard asks.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get("traceparent")?.to_str().ok()?;
        // Later versions may have more behind what we know.
        let (known, rest) = text.split_at_checked(LEN)?;
        let mut parts = known.split('-');
        let (version, trace) = (parts.next()?, parts.next()?);
        let (parent, flags) = (parts.next()?, parts.next()?);
        let is_hex = |part: &str, len: usize| {
            part.len() == len
                && part
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let is_zero = |part: &str| part.bytes().all(|b| b == b'0');
        let is_valid = is_hex(version, 2)
            && version != "ff"
            && is_hex(trace, 32)
            && is_hex(parent, 16)
            && is_hex(flags, 2)
            && !is_zero(trace)
            && !is_zero(parent)
            && (rest.is_empty() || (version != "00" && rest.starts_with('-')));
        is_valid.then(|| Self {
            text: format!("00-{trace}-{parent}-{flags}"),
        })
    }

    /// The header's value, in the version that is known.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The id of the trace.
    pub(crate) fn id(&self) -> &str {
        self.text.get(3..35).unwrap_or_default()
    }

    /// Says in an answer that its request was part of the trace.
    pub(crate) fn echo(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.text) {
            headers.insert(HeaderName::from_static("traceparent"), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn read(text: &str) -> Option<Trace> {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_str(text).unwrap());
        Trace::of(&headers)
    }

    #[test]
    fn traces_are_read_and_nonsense_is_left_out() {
        let trace = read(GOOD).unwrap();
        assert_eq!(trace.id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.text(), GOOD);
        let later = GOOD.replacen("00", "cc", 1) + "-what-may-come";
        assert_eq!(read(&later).unwrap().text(), GOOD);
        for bad in [
            "",
            "00",
            &GOOD.to_ascii_uppercase(),
            &format!("{GOOD}-more"),
            &format!("{GOOD}0"),
            &GOOD.replacen("00", "ff", 1),
            &GOOD.replace('-', "_"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
