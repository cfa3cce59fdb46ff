//! Bodies of any shape, cut in any way, give what was put in.

use futures_util::{FutureExt, StreamExt};
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
struct Shape {
    boundary: String,
    crlf: bool,
    preamble: bool,
    quoted: bool,
    closed: bool,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    name: Option<String>,
    file_name: Option<String>,
    json: bool,
    extra_header: bool,
    content: Vec<u8>,
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => proptest::collection::vec(any::<u8>(), 0..40),
        1 => Just(b"\r\n--".to_vec()),
        1 => Just(b"--bound".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"{\"format\":\"pdf\"}".to_vec()),
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn part() -> impl Strategy<Value = Part> {
    let name = prop_oneof![
        Just("file1"),
        Just("attachments[]"),
        Just("document"),
        Just("pipeline"),
        Just("DATA"),
        Just("ünï code")
    ];
    let file = prop_oneof![Just("a b.pptx"), Just("data"), Just("한.pptx")];
    (
        proptest::option::of(name),
        proptest::option::of(file),
        any::<bool>(),
        any::<bool>(),
        content(),
    )
        .prop_map(|(name, file_name, json, extra_header, content)| Part {
            name: name.map(str::to_owned),
            file_name: file_name.map(str::to_owned),
            json,
            extra_header,
            content,
        })
}

fn shape() -> impl Strategy<Value = Shape> {
    (
        "[a-zA-Z0-9'+_,./:=?-]{1,60}[a-zA-Z0-9]",
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        proptest::collection::vec(part(), 1..6),
    )
        .prop_map(|(boundary, crlf, preamble, quoted, closed, parts)| Shape {
            boundary,
            crlf,
            preamble,
            quoted,
            closed,
            parts,
        })
}

impl Shape {
    /// Whether no content could be taken for a boundary, or ends where line ends are unclear.
    fn is_clear(&self) -> bool {
        let delimiter = format!("--{}", self.boundary);
        self.parts
            .iter()
            .all(|part| memchr::memmem::find(&part.content, delimiter.as_bytes()).is_none())
    }

    fn bytes(&self) -> Vec<u8> {
        let end = if self.crlf { "\r\n" } else { "\n" };
        let mut body = Vec::new();
        if self.preamble {
            body.extend_from_slice(end.as_bytes());
        }
        let last = self.parts.len() - 1;
        for (index, part) in self.parts.iter().enumerate() {
            let mut head = format!("--{}{end}", self.boundary);
            if part.extra_header {
                head.extend([format!("Content-Length: {}{end}", part.content.len())]);
            }
            if part.json {
                head.extend([format!("Content-Type: text/json{end}")]);
            }
            head += "Content-Disposition: form-data";
            for (key, value) in [("name", &part.name), ("filename", &part.file_name)] {
                match value {
                    Some(value) if self.quoted => head.extend([format!("; {key}=\"{value}\"")]),
                    Some(value) => head.extend([format!("; {key}={value}")]),
                    None => {}
                }
            }
            head += end;
            head += end;
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(&part.content);
            if index < last || self.closed {
                body.extend_from_slice(end.as_bytes());
            }
        }
        if self.closed {
            body.extend_from_slice(format!("--{}--{end}", self.boundary).as_bytes());
        }
        body
    }
}

/// Files and metadata of a body that comes in these chunks.
fn read_in(
    chunks: Vec<Bytes>,
    content_type: Option<&str>,
) -> Result<(Vec<Vec<u8>>, Option<Bytes>), u16> {
    let stream = futures_util::stream::iter(chunks.into_iter().map(Ok::<_, std::io::Error>));
    let limits = BodyLimits::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let upload = runtime
        .block_on(read(
            content_type,
            None,
            &mut Body::from_stream(stream),
            Expect::Merge,
            &limits,
            None,
        ))
        .map_err(|error| error.status().as_u16())?;
    let files = upload.files.iter().map(|file| {
        let (stream, _) = file.content.open().now_or_never().unwrap().unwrap();
        let chunks: Vec<_> = stream.collect().now_or_never().unwrap();
        chunks
            .into_iter()
            .flat_map(|chunk| chunk.unwrap())
            .collect()
    });
    Ok((files.collect(), upload.metadata))
}

/// Cuts at the positions, which may lie behind the end.
fn cut(body: &[u8], at: &[usize]) -> Vec<Bytes> {
    let mut at: Vec<usize> = at.iter().map(|at| at % (body.len() + 1)).collect();
    at.extend([0, body.len()]);
    at.sort_unstable();
    at.windows(2)
        .map(|pair| Bytes::copy_from_slice(&body[pair[0]..pair[1]]))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn parts_survive_any_shape_and_any_cut(
        shape in shape(),
        cuts in proptest::collection::vec(any::<usize>(), 0..12),
        named in any::<bool>(),
    ) {
        prop_assume!(shape.is_clear());
        let body = shape.bytes();
        let content_type = format!("multipart/form-data; boundary=\"{}\"", shape.boundary);
        // Without the boundary in the header it is found in the body, unless something stands before it.
        let content_type = if named || (shape.preamble && !shape.crlf) { &*content_type } else { "multipart/form-data" };
        let whole = read_in(vec![Bytes::from(body.clone())], Some(content_type));
        prop_assert_eq!(&read_in(cut(&body, &cuts), Some(content_type)), &whole);
        let (files, metadata) = whole.unwrap();
        let is_metadata = |part: &&Part| {
            let known = part.name.as_deref().is_some_and(|name| {
                METADATA_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
            });
            match (&part.name, &part.file_name) {
                (None, None) => true,
                (_, None) => known,
                (Some(_), Some(_)) => known && part.json,
                (None, Some(_)) => false,
            }
        };
        let expected: Vec<_> = shape.parts.iter().filter(|part| !is_metadata(part)).map(|part| part.content.clone()).collect();
        prop_assert_eq!(files, expected);
        let first = shape.parts.iter().filter(is_metadata).map(|part| {
            let text = part.content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&part.content);
            text.trim_ascii().to_vec()
        });
        let first = first.into_iter().find(|text| !text.is_empty() && text != b"null");
        prop_assert_eq!(metadata.map(|text| text.to_vec()), first);
    }

    #[test]
    fn any_bytes_in_any_cut_are_read_the_same(
        body in proptest::collection::vec(prop_oneof![
            Just(b'-'), Just(b'b'), Just(b'\r'), Just(b'\n'), Just(b':'), Just(b'{'), any::<u8>()
        ], 0..400),
        cuts in proptest::collection::vec(any::<usize>(), 0..6),
        multipart in any::<bool>(),
    ) {
        let content_type = multipart.then_some("multipart/form-data; boundary=b");
        let whole = read_in(vec![Bytes::from(body.clone())], content_type);
        prop_assert_eq!(read_in(cut(&body, &cuts), content_type), whole);
    }
}
