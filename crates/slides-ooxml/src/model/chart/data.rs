/// Numbers of a series (`c:numRef` with its cache, `c:numLit`), by index.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NumberData {
    /// `c:formatCode` of the cache.
    pub format: Option<String>,
    /// `c:ptCount`, bounded; at least one more than the last index.
    pub count: usize,
    /// Index and value, ascending; no infinities, no NaN.
    pub points: Vec<(u32, f64)>,
    /// `c:pt/@formatCode` where a point has its own, ascending.
    pub formats: Vec<(u32, String)>,
    /// The cells (`c:f`), such as `Sheet1!$B$2:$B$5`.
    pub formula: Option<String>,
    /// There was no cache, only a formula.
    pub missing: bool,
}

impl NumberData {
    /// The value at an index; none for a blank.
    pub fn get(&self, index: usize) -> Option<f64> {
        let index = u32::try_from(index).ok()?;
        let at = self.points.binary_search_by_key(&index, |p| p.0).ok()?;
        self.points.get(at).map(|point| point.1)
    }

    /// The number format of a point: its own, else that of the data.
    pub fn format_of(&self, index: usize) -> Option<&str> {
        let own = u32::try_from(index).ok().and_then(|index| {
            let at = self.formats.binary_search_by_key(&index, |p| p.0).ok()?;
            self.formats.get(at)
        });
        own.map(|point| point.1.as_str()).or(self.format.as_deref())
    }
}

/// Texts of a series (`c:strRef` with its cache, `c:strLit`, one `c:lvl`), by index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StringData {
    /// `c:ptCount`, bounded; at least one more than the last index.
    pub count: usize,
    /// Index and text, ascending.
    pub points: Vec<(u32, String)>,
    /// The cells (`c:f`).
    pub formula: Option<String>,
    /// There was no cache, only a formula.
    pub missing: bool,
}

impl StringData {
    /// The text at an index.
    pub fn get(&self, index: usize) -> Option<&str> {
        let index = u32::try_from(index).ok()?;
        let at = self.points.binary_search_by_key(&index, |p| p.0).ok()?;
        self.points.get(at).map(|point| point.1.as_str())
    }

    /// All texts joined with blanks, as a name over several cells is shown.
    pub fn joined(&self) -> String {
        let texts: Vec<&str> = self.points.iter().map(|point| point.1.as_str()).collect();
        texts.join(" ")
    }
}

/// `c:cat`, `c:xVal`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Categories {
    /// The element is absent: points are numbered from 1.
    #[default]
    None,
    /// Numbers or dates.
    Numbers(NumberData),
    /// Texts.
    Strings(StringData),
    /// Several levels (`c:multiLvlStrRef`), the innermost first.
    Levels(Vec<StringData>),
}

impl Categories {
    /// Points that the categories count, of the innermost level.
    pub fn count(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Numbers(data) => data.count,
            Self::Strings(data) => data.count,
            Self::Levels(levels) => levels.iter().map(|level| level.count).max().unwrap_or(0),
        }
    }
}
