//! Charts.

#[allow(dead_code, reason = "axes and labels use it next")]
mod number_format;
