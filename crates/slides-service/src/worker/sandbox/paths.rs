//! Which files a process reaches: landlock.

use super::Reach;

/// Bounds the files this thread and its children reach; gives the version of landlock in force.
#[cfg(target_os = "linux")]
pub(super) fn restrict(reach: &Reach) -> Result<u8, String> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus,
        Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
    };

    // What older kernels do not know is left out there: of it only seccomp keeps the process away.
    let newest = ABI::V6;
    let read: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    // No links, sockets, pipes or devices: the server reads in these folders later.
    let write = read
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer;
    // A program that starts others talks to them through sockets of its own folder.
    let write = if reach.execute.is_empty() {
        write
    } else {
        write | AccessFs::MakeSock | AccessFs::MakeFifo
    };
    let restricted = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(newest))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(newest)))
        .and_then(|rules| rules.scope(Scope::from_all(newest)))
        .and_then(Ruleset::create)
        // A path that is not there needs no rule: opening it says so.
        .and_then(|rules| rules.add_rules(path_beneath_rules(&reach.read, read)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(&reach.write, write)))
        .and_then(|rules| {
            rules.add_rules(path_beneath_rules(&reach.execute, read | AccessFs::Execute))
        })
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(|error| error.to_string())?;
    match (restricted.ruleset, restricted.landlock) {
        (RulesetStatus::NotEnforced, _) => {
            Err("the kernel has no landlock, or it is not enabled".to_owned())
        }
        (_, LandlockStatus::Available { effective_abi, .. }) => Ok(effective_abi.min(newest) as u8),
        _ => Ok(0),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn restrict(_: &Reach) -> Result<u8, String> {
    Err("it is part of Linux only".to_owned())
}
