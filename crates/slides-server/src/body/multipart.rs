//! Incremental multipart parser that takes what the vendor's ten SDKs send
//! (contract sections 2.2 and 2.3): it never looks at a part's own content
//! type, and it keeps part bytes exactly.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;

/// Longest line that may follow a boundary before its line end.
const MAX_PADDING: usize = 256;

/// What the parser found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A part begins.
    Part(PartHead),
    /// Bytes of the current part.
    Data(Bytes),
    /// The current part is complete.
    PartEnd,
}

/// The headers of a part that matter here.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct PartHead {
    /// First `name` parameter of the disposition, if it is not empty.
    pub(crate) name: Option<String>,
    /// Base name of the `filename` parameter, if it is not empty.
    pub(crate) file_name: Option<String>,
    /// Whether the part says that it holds JSON.
    pub(crate) is_json: bool,
}

/// Why a body cannot be read as multipart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MultipartError {
    #[error("the boundary of the multipart body does not occur in it")]
    NoBoundary,
    #[error("the headers of a multipart part are longer than {0} bytes")]
    HeadersTooLong(usize),
    #[error("a multipart boundary is followed by something else than a line end")]
    BadBoundaryLine,
    #[error("the multipart body ends inside the headers of a part")]
    CutHeaders,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble { skipped: usize },
    AfterBoundary,
    Headers,
    Body { at_start: bool },
    Done,
}

#[derive(Debug)]
pub(crate) struct Parser {
    /// `--` and the boundary.
    delimiter: Vec<u8>,
    buffer: BytesMut,
    state: State,
    /// Line ends of the first boundary line: an LF-only sender's CR is data.
    crlf: Option<bool>,
    max_head: usize,
}

impl Parser {
    /// `boundary` without its leading dashes; `max_head` bounds the preamble and each part's headers.
    pub(crate) fn new(boundary: &[u8], max_head: usize) -> Self {
        Self {
            delimiter: [b"--", boundary].concat(),
            buffer: BytesMut::new(),
            state: State::Preamble { skipped: 0 },
            crlf: None,
            max_head,
        }
    }

    pub(crate) fn push(&mut self, chunk: &[u8]) {
        if self.state != State::Done {
            self.buffer.extend_from_slice(chunk);
        }
    }

    /// The next event; `None` means more bytes are needed, or the end when `eof` is set.
    pub(crate) fn next(&mut self, eof: bool) -> Result<Option<Event>, MultipartError> {
        loop {
            match self.state {
                State::Preamble { skipped } => match self.find_delimiter(skipped == 0, eof) {
                    Found::At(at) if skipped + at <= self.max_head => {
                        self.buffer.advance(at + self.delimiter.len());
                        self.state = State::AfterBoundary;
                    }
                    Found::At(_) => return Err(MultipartError::NoBoundary),
                    Found::Nothing { safe } | Found::Unsure { safe } => {
                        if eof || skipped + safe > self.max_head {
                            return Err(MultipartError::NoBoundary);
                        }
                        self.buffer.advance(safe);
                        self.state = State::Preamble {
                            skipped: skipped + safe,
                        };
                        return Ok(None);
                    }
                },
                State::AfterBoundary => {
                    if self.buffer.starts_with(b"--") {
                        self.finish();
                        return Ok(None);
                    }
                    match memchr::memchr(b'\n', &self.buffer) {
                        Some(end) => {
                            let line = self.buffer.split_to(end + 1);
                            if !line.iter().all(u8::is_ascii_whitespace) {
                                return Err(MultipartError::BadBoundaryLine);
                            }
                            self.crlf.get_or_insert(line.ends_with(b"\r\n"));
                            self.state = State::Headers;
                        }
                        None if self.buffer.len() > MAX_PADDING => {
                            return Err(MultipartError::BadBoundaryLine);
                        }
                        None => {
                            if eof {
                                self.finish();
                            }
                            return Ok(None);
                        }
                    }
                }
                State::Headers => match head_end(&self.buffer) {
                    Some(end) if end <= self.max_head => {
                        let head = self.buffer.split_to(end);
                        self.state = State::Body { at_start: true };
                        return Ok(Some(Event::Part(PartHead::parse(&head))));
                    }
                    None if self.buffer.len() <= self.max_head => {
                        return if eof {
                            Err(MultipartError::CutHeaders)
                        } else {
                            Ok(None)
                        };
                    }
                    _ => return Err(MultipartError::HeadersTooLong(self.max_head)),
                },
                State::Body { at_start } => {
                    let data = match self.find_delimiter(at_start, eof) {
                        Found::At(at) => {
                            let data = self.before_line_end(at);
                            if data == 0 {
                                self.buffer.advance(at + self.delimiter.len());
                                self.state = State::AfterBoundary;
                                return Ok(Some(Event::PartEnd));
                            }
                            data
                        }
                        // The closing boundary is missing; HTTP itself says that the body is whole.
                        Found::Nothing { .. } | Found::Unsure { .. } if eof => {
                            if self.buffer.is_empty() {
                                self.finish();
                                return Ok(Some(Event::PartEnd));
                            }
                            self.buffer.len()
                        }
                        Found::Nothing { safe } | Found::Unsure { safe } => safe,
                    };
                    if data == 0 {
                        return Ok(None);
                    }
                    self.state = State::Body { at_start: false };
                    return Ok(Some(Event::Data(self.buffer.split_to(data).freeze())));
                }
                State::Done => return Ok(None),
            }
        }
    }

    fn finish(&mut self) {
        self.buffer.clear();
        self.state = State::Done;
    }

    /// Looks for the delimiter at the start of a line.
    fn find_delimiter(&self, at_start: bool, eof: bool) -> Found {
        let buffer = &self.buffer[..];
        let mut from = 0;
        while let Some(at) = buffer
            .get(from..)
            .and_then(|rest| memmem::find(rest, &self.delimiter))
            .map(|at| from + at)
        {
            let starts_line = match at.checked_sub(1) {
                Some(before) => buffer.get(before) == Some(&b'\n'),
                None => at_start,
            };
            if starts_line {
                match buffer.get(at + self.delimiter.len()..).unwrap_or_default() {
                    [] | [b'-'] if !eof => {
                        return Found::Unsure {
                            safe: at.saturating_sub(2),
                        };
                    }
                    [] | [b'\r' | b'\n' | b' ' | b'\t', ..] | [b'-', b'-', ..] => {
                        return Found::At(at);
                    }
                    _ => {}
                }
            }
            from = at + 1;
        }
        // A delimiter may begin in the tail; its line end must stay with it.
        let safe = buffer.len().saturating_sub(self.delimiter.len() + 2);
        Found::Nothing { safe }
    }

    /// Where the data before a delimiter ends: its line end belongs to the delimiter.
    fn before_line_end(&self, at: usize) -> usize {
        let data = self.buffer.get(..at).unwrap_or_default();
        let data = data.strip_suffix(b"\n").unwrap_or(data);
        match data.strip_suffix(b"\r") {
            Some(data) if self.crlf != Some(false) => data.len(),
            _ => data.len(),
        }
    }
}

enum Found {
    At(usize),
    /// Nothing in the first `safe` bytes.
    Nothing {
        safe: usize,
    },
    /// A delimiter, unless the bytes to come say otherwise.
    Unsure {
        safe: usize,
    },
}

/// Position behind the blank line that ends the headers.
fn head_end(buffer: &[u8]) -> Option<usize> {
    let mut line = 0;
    for end in memchr::memchr_iter(b'\n', buffer) {
        if matches!(buffer.get(line..end), Some(b"" | b"\r")) {
            return Some(end + 1);
        }
        line = end + 1;
    }
    None
}

impl PartHead {
    fn parse(head: &[u8]) -> Self {
        let mut part = Self::default();
        for line in head.split(|&b| b == b'\n') {
            let line = String::from_utf8_lossy(line);
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            match name.trim().to_ascii_lowercase().as_str() {
                "content-disposition" => {
                    let mut plain = None;
                    for (key, value) in parameters(value) {
                        match key.as_str() {
                            "name" if part.name.is_none() => part.name = non_empty(value),
                            "filename" if plain.is_none() => plain = non_empty(base_name(&value)),
                            "filename*" if part.file_name.is_none() => {
                                part.file_name =
                                    extended(&value).and_then(|name| non_empty(base_name(&name)));
                            }
                            _ => {}
                        }
                    }
                    part.file_name = part.file_name.take().or(plain);
                }
                "content-type" => {
                    let kind = value
                        .split(';')
                        .next()
                        .unwrap_or_default()
                        .trim()
                        .to_ascii_lowercase();
                    part.is_json = kind.ends_with("/json") || kind.ends_with("+json");
                }
                _ => {}
            }
        }
        part
    }
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn base_name(path: &str) -> String {
    path.rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// RFC 8187 value: `UTF-8''percent-encoded`.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, text) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// Parameters behind the first `;`, keys in lower case. Values may be quoted or bare, bare ones with blanks.
pub(crate) fn parameters(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = value.split_once(';').map_or("", |(_, rest)| rest);
    while !rest.is_empty() {
        let (key, after) = match rest.find(['=', ';']) {
            Some(at) if rest.as_bytes().get(at) == Some(&b'=') => rest.split_at(at),
            Some(at) => {
                rest = rest.get(at + 1..).unwrap_or_default();
                continue;
            }
            None => break,
        };
        let after = after.get(1..).unwrap_or_default().trim_start();
        let (text, next) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => match after.split_once(';') {
                Some((text, next)) => (text.trim().to_owned(), next),
                None => (after.trim().to_owned(), ""),
            },
        };
        found.push((key.trim().to_ascii_lowercase(), text));
        rest = next;
    }
    found
}

/// Text up to the closing quote, and what follows its `;`.
fn unquote(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let rest = quoted.get(at + 1..).unwrap_or_default();
                return (text, rest.split_once(';').map_or("", |(_, next)| next));
            }
            // Only quotes and backslashes are escaped; others are part of a Windows path.
            '\\' if matches!(chars.peek(), Some((_, '"' | '\\'))) => {
                text.extend(chars.next().map(|(_, c)| c));
            }
            _ => text.push(c),
        }
    }
    (text.trim_end().to_owned(), "")
}

/// The boundary of a body whose `Content-Type` does not give one: its first line, when the
/// second one looks like a part header.
pub(crate) fn sniff_boundary(start: &[u8]) -> Option<Vec<u8>> {
    let start = start.strip_prefix(b"\r\n").unwrap_or(start);
    let rest = start.strip_prefix(b"--")?;
    let end = memchr::memchr(b'\n', rest)?;
    let line = rest.get(..end)?;
    let boundary = line.trim_ascii_end();
    let second = rest.get(end + 1..)?;
    let looks_like_part = second
        .get(..8)
        .is_some_and(|text| text.eq_ignore_ascii_case(b"content-"));
    (!boundary.is_empty() && boundary.len() <= 200 && looks_like_part).then(|| boundary.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse_in(
        chunks: &[&[u8]],
        boundary: &str,
    ) -> Result<Vec<(PartHead, Vec<u8>)>, MultipartError> {
        let mut parser = Parser::new(boundary.as_bytes(), 1024);
        let mut parts: Vec<(PartHead, Vec<u8>)> = Vec::new();
        let mut ended = 0;
        for step in 0..=chunks.len() {
            if let Some(chunk) = chunks.get(step) {
                parser.push(chunk);
            }
            while let Some(event) = parser.next(step == chunks.len())? {
                match event {
                    Event::Part(head) => parts.push((head, Vec::new())),
                    Event::Data(data) => parts.last_mut().unwrap().1.extend_from_slice(&data),
                    Event::PartEnd => ended += 1,
                }
            }
        }
        assert_eq!(ended, parts.len(), "each part ends once");
        Ok(parts)
    }

    fn bodies(body: &[u8], boundary: &str) -> Vec<Vec<u8>> {
        parse_in(&[body], boundary)
            .unwrap()
            .into_iter()
            .map(|(_, data)| data)
            .collect()
    }

    #[test]
    fn every_way_to_cut_a_body_gives_the_same_parts() {
        let body: &[u8] = b"pre\r\n--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\na\r\n--bee\r\n\r\n--b-\r\nz\r\n--b\r\n\r\n\r\n--b--\r\nepilogue";
        let whole = parse_in(&[body], "b").unwrap();
        assert_eq!(whole.len(), 2);
        assert_eq!(whole[0].1, b"a\r\n--bee\r\n\r\n--b-\r\nz");
        assert_eq!(whole[1].1, b"");
        for cut in 0..body.len() {
            let (head, tail) = body.split_at(cut);
            assert_eq!(parse_in(&[head, tail], "b").unwrap(), whole, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(parse_in(&bytes, "b").unwrap(), whole);
    }

    #[test]
    fn line_ends_of_the_sender_decide_what_a_cr_is() {
        assert_eq!(bodies(b"--b\n\nx\r\n--b--", "b"), [b"x\r"]);
        assert_eq!(bodies(b"--b\r\n\r\nx\r\n--b--", "b"), [b"x"]);
        assert_eq!(bodies(b"--b\r\n\r\nx\r\n\r\n--b--", "b"), [b"x\r\n"]);
    }

    #[test]
    fn a_missing_closing_boundary_ends_the_last_part() {
        assert_eq!(bodies(b"--b\r\n\r\nabc", "b"), [b"abc"]);
    }

    #[test]
    fn bodies_that_are_no_multipart_are_refused() {
        for (body, error) in [
            (b"no boundary here".to_vec(), MultipartError::NoBoundary),
            (
                [b"x".repeat(4000), b"\n--b\r\n".to_vec()].concat(),
                MultipartError::NoBoundary,
            ),
            (
                b"--b\r\nContent-Disposition: form-data".to_vec(),
                MultipartError::CutHeaders,
            ),
            (
                [b"--b\r\nX: ".to_vec(), b"y".repeat(2000)].concat(),
                MultipartError::HeadersTooLong(1024),
            ),
        ] {
            assert_eq!(parse_in(&[&body], "b").unwrap_err(), error);
        }
    }

    #[test]
    fn dispositions_of_all_dialects_are_read() {
        for (line, name, file) in [
            (
                "form-data; name=\"a b\"; filename=\"x;y.pptx\"",
                Some("a b"),
                Some("x;y.pptx"),
            ),
            (
                "form-data; name=a b; filename=a b.pptx",
                Some("a b"),
                Some("a b.pptx"),
            ),
            ("form-data;name=x;filename=y", Some("x"), Some("y")),
            ("form-data", None, None),
            (
                "form-data; name=\"data\"; filename=\"\"",
                Some("data"),
                None,
            ),
            (
                "form-data; name=\"f\"; filename=\"C:\\decks\\a.pptx\"",
                Some("f"),
                Some("a.pptx"),
            ),
            (
                "form-data; name=\"f\"; filename=\"../../etc/passwd\"",
                Some("f"),
                Some("passwd"),
            ),
            (
                "form-data; name=\"f\"; filename=\"a\\\"b.pptx\"",
                Some("f"),
                Some("a\"b.pptx"),
            ),
            (
                "form-data; name=\"f\"; filename=\"_\"; filename*=UTF-8''%ED%95%9C.pptx",
                Some("f"),
                Some("한.pptx"),
            ),
            (
                "form-data; name=\"first\"; name=\"second\"",
                Some("first"),
                None,
            ),
        ] {
            let head = PartHead::parse(format!("Content-Disposition: {line}\r\n\r\n").as_bytes());
            assert_eq!(
                (head.name.as_deref(), head.file_name.as_deref()),
                (name, file),
                "{line}"
            );
        }
    }

    #[test]
    fn a_first_line_is_a_boundary_only_before_a_part_header() {
        assert_eq!(
            sniff_boundary(b"\r\n--x-y\r\ncontent-Type: a\r\n"),
            Some(b"x-y".to_vec())
        );
        assert_eq!(sniff_boundary(b"---\ntitle: front matter\n"), None);
        assert_eq!(sniff_boundary(b"PK\x03\x04"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_survive_in_a_part(data in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..400) {
            let mut body = b"--bound\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n".to_vec();
            body.extend_from_slice(&data);
            body.extend_from_slice(b"\r\n--bound--\r\n");
            let (head, tail) = body.split_at(cut.min(body.len()));
            let parts = parse_in(&[head, tail], "bound").unwrap();
            prop_assert_eq!(parts.len(), 1);
            prop_assert_eq!(&parts[0].1, &data);
        }

        #[test]
        fn no_bytes_panic_the_parser(data in proptest::collection::vec(prop_oneof![Just(b'-'), Just(b'b'), Just(b'\r'), Just(b'\n'), any::<u8>()], 0..200)) {
            let _ = parse_in(&[&data], "b");
        }
    }
}
