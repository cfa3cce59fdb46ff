//! Faults that are seeded into a store, for the proof that the fault tests catch them. Debug builds only.

/// Which promise a store breaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fault of its own, and more than one may be seeded"
)]
#[non_exhaustive]
pub struct Faults {
    /// A submit is answered before its commit.
    pub ack_before_commit: bool,
    /// The end of an operation is taken from whoever comes, whatever its epoch.
    pub no_epoch_check: bool,
    /// The claim after a rescue keeps the epoch of the claim before.
    pub claim_without_bump: bool,
    /// Workers hear of work by notification only and never look by themselves.
    pub notify_only: bool,
}

impl Faults {
    /// The faults of a list such as `ack-before-commit,no-epoch-check`; names that are none are left out.
    pub fn parse(list: &str) -> Self {
        let has = |name: &str| list.split(',').any(|part| part.trim() == name);
        Self {
            ack_before_commit: has("ack-before-commit"),
            no_epoch_check: has("no-epoch-check"),
            claim_without_bump: has("claim-without-bump"),
            notify_only: has("notify-only"),
        }
    }
}
