/// A value of at most 15 significant digits, as spreadsheets show numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    /// Digits 0 to 9 without leading zeros; empty is zero.
    digits: Vec<u8>,
    /// How many digits stand before the decimal sign; negative for zeros right after it.
    point: i32,
}

impl Decimal {
    /// The absolute value; zero for what is not finite.
    pub(super) fn new(value: f64) -> Self {
        let zero = Self {
            digits: Vec::new(),
            point: 0,
        };
        if !value.is_finite() || value == 0.0 {
            return zero;
        }
        let text = format!("{:.14e}", value.abs());
        let Some((mantissa, exponent)) = text.split_once('e') else {
            return zero;
        };
        let mut decimal = Self {
            digits: mantissa
                .bytes()
                .filter(u8::is_ascii_digit)
                .map(|digit| digit - b'0')
                .collect(),
            point: exponent.parse::<i32>().map_or(0, |exponent| exponent + 1),
        };
        decimal.trim();
        decimal
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Digits before the decimal sign; 0 or less below one.
    pub(super) fn point(&self) -> i32 {
        self.point
    }

    /// Digits after the decimal sign that say something.
    pub(super) fn places(&self) -> i32 {
        (self.digits.len() as i32 - self.point).max(0)
    }

    /// Times ten to the power of `by`.
    pub(super) fn shift(mut self, by: i32) -> Self {
        if !self.is_zero() {
            self.point = self.point.saturating_add(by).clamp(-2000, 2000);
        }
        self
    }

    /// Rounded half up to so many places after the decimal sign.
    pub(super) fn round(mut self, places: i32) -> Self {
        let keep = self.point.saturating_add(places);
        if keep < 0 {
            return Self {
                digits: Vec::new(),
                point: 0,
            };
        }
        let keep = keep as usize;
        let up = self.digits.get(keep).is_some_and(|digit| *digit >= 5);
        self.digits.truncate(keep);
        if up {
            let mut carry = true;
            for digit in self.digits.iter_mut().rev() {
                if *digit == 9 {
                    *digit = 0;
                } else {
                    *digit += 1;
                    carry = false;
                    break;
                }
            }
            if carry {
                self.digits.insert(0, 1);
                self.point = self.point.saturating_add(1);
            }
        }
        self.trim();
        self
    }

    /// Digits before the decimal sign, empty below one.
    pub(super) fn whole(&self) -> String {
        (0..self.point.max(0)).map(|at| self.digit(at)).collect()
    }

    /// So many digits after the decimal sign.
    pub(super) fn part(&self, places: usize) -> String {
        (0..places as i32)
            .map(|at| self.digit(self.point.saturating_add(at)))
            .collect()
    }

    fn digit(&self, at: i32) -> char {
        // Before the first digit and after the last there are zeros.
        let digit = usize::try_from(at)
            .ok()
            .and_then(|at| self.digits.get(at))
            .copied()
            .unwrap_or(0);
        char::from(b'0' + digit.min(9))
    }
}
