//! The `slides` command.
fn main() {}
