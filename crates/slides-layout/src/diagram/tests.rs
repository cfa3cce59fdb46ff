//! Layouts of small definitions.
