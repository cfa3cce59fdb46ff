//! The body of a token request (contract section 1.2).

/// The three fields of a token request, as they were sent.
#[derive(Debug, Default)]
pub(crate) struct TokenForm<'a> {
    pub(super) grant_type: Option<FormText<'a>>,
    pub(super) client_id: Option<FormText<'a>>,
    pub(super) client_secret: Option<FormText<'a>>,
}

/// A field that may or may not be percent-encoded (contract section 1.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct FormText<'a>(&'a [u8]);

impl FormText<'_> {
    pub(super) fn decoded(self) -> Vec<u8> {
        let blanks: Vec<u8> = self
            .0
            .iter()
            .map(|&b| if b == b'+' { b' ' } else { b })
            .collect();
        percent_encoding::percent_decode(&blanks).collect()
    }

    pub(super) fn as_sent(&self) -> &[u8] {
        self.0
    }

    pub(super) fn matches(self, text: &str) -> bool {
        self.decoded() == text.as_bytes()
    }
}

impl<'a> TokenForm<'a> {
    /// The client id, decoded: who it says it is.
    pub(crate) fn id(&self) -> Vec<u8> {
        self.client_id.map(FormText::decoded).unwrap_or_default()
    }

    /// Fields end where the next known one begins, so that an unescaped `&` in a secret does no harm.
    pub(crate) fn parse(form: &'a [u8]) -> Self {
        const NAMES: [&[u8]; 4] = [b"grant_type=", b"client_id=", b"client_secret=", b"scope="];
        let form = form.trim_ascii();
        let mut starts: Vec<(usize, &[u8])> = Vec::new();
        for (at, _) in
            std::iter::once((0, &b'&')).chain(form.iter().enumerate().filter(|(_, b)| **b == b'&'))
        {
            let at = if form.get(at) == Some(&b'&') {
                at + 1
            } else {
                at
            };
            let rest = form.get(at..).unwrap_or_default();
            if let Some(name) = NAMES.iter().find(|name| rest.starts_with(name)) {
                starts.push((at, name));
            }
        }
        let mut fields = Self::default();
        for (index, (at, name)) in starts.iter().enumerate() {
            let end = starts
                .get(index + 1)
                .map_or(form.len(), |(next, _)| next - 1);
            let value = FormText(form.get(at + name.len()..end).unwrap_or_default());
            match *name {
                b"grant_type=" => fields.grant_type = Some(value),
                b"client_id=" => fields.client_id = Some(value),
                b"client_secret=" => fields.client_secret = Some(value),
                _ => {}
            }
        }
        fields
    }
}
