//! Which calls a process makes of the kernel: seccomp.

/// Who makes the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::worker) enum Calls {
    /// The engine: a list of what it may call. All else does not exist for it, and what no engine has a reason to
    /// try kills it.
    Engine,
    /// A whole office suite with processes of its own: a list of what it may not call.
    Office,
}

/// Bounds the calls of this thread and of all it will start.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub(super) fn filter(calls: Calls) -> Result<(), String> {
    let programs = match calls {
        Calls::Engine => vec![lists::hostile(), lists::needed()],
        Calls::Office => vec![lists::withheld(), lists::pretended()],
    };
    for program in programs {
        let program = program.map_err(|error| error.to_string())?;
        seccompiler::apply_filter(&program).map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
pub(super) fn filter(_: Calls) -> Result<(), String> {
    Err("there is no list of calls for this system".to_owned())
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod lists {
    use std::collections::BTreeMap;

    use libc::c_long;
    use seccompiler::SeccompCmpArgLen::{Dword, Qword};
    use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
    use seccompiler::{
        BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
        SeccompFilter, SeccompRule, TargetArch,
    };

    type Rules = BTreeMap<c_long, Vec<SeccompRule>>;
    type Built<T> = Result<T, BackendError>;

    #[cfg(target_arch = "x86_64")]
    const ARCH: TargetArch = TargetArch::x86_64;
    #[cfg(target_arch = "aarch64")]
    const ARCH: TargetArch = TargetArch::aarch64;

    /// Calls of the engine, its allocator and its threads, whatever their arguments.
    const NEEDED: &[c_long] = &[
        // Memory
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        // Threads and time
        libc::SYS_futex,
        libc::SYS_set_robust_list,
        libc::SYS_rseq,
        libc::SYS_set_tid_address,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_getcpu,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_nanosleep,
        libc::SYS_clock_nanosleep,
        libc::SYS_clock_gettime,
        libc::SYS_clock_getres,
        libc::SYS_gettimeofday,
        libc::SYS_restart_syscall,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_getrandom,
        libc::SYS_sysinfo,
        libc::SYS_uname,
        // Signals of its own
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        // Files: landlock says which
        libc::SYS_openat,
        libc::SYS_close,
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_pwrite64,
        libc::SYS_lseek,
        libc::SYS_fstat,
        libc::SYS_newfstatat,
        libc::SYS_statx,
        libc::SYS_faccessat,
        libc::SYS_faccessat2,
        libc::SYS_readlinkat,
        libc::SYS_getdents64,
        libc::SYS_getcwd,
        libc::SYS_mkdirat,
        libc::SYS_unlinkat,
        libc::SYS_renameat2,
        libc::SYS_ftruncate,
        libc::SYS_fsync,
        libc::SYS_fdatasync,
        libc::SYS_ppoll,
        // Who it is, which tells nothing that it could use
        libc::SYS_getuid,
        libc::SYS_geteuid,
        libc::SYS_getgid,
        libc::SYS_getegid,
    ];

    /// The older names of the same.
    #[cfg(target_arch = "x86_64")]
    const NEEDED_HERE: &[c_long] = &[
        libc::SYS_open,
        libc::SYS_stat,
        libc::SYS_lstat,
        libc::SYS_access,
        libc::SYS_readlink,
        libc::SYS_mkdir,
        libc::SYS_rmdir,
        libc::SYS_unlink,
        libc::SYS_rename,
        libc::SYS_poll,
        libc::SYS_time,
    ];
    #[cfg(target_arch = "aarch64")]
    const NEEDED_HERE: &[c_long] = &[];

    /// Calls that an engine which draws slides has no reason to try: whoever does has been taken over.
    const HOSTILE: &[c_long] = &[
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_sendto,
        libc::SYS_sendmsg,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_getfd,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_setns,
        libc::SYS_unshare,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_io_uring_setup,
        libc::SYS_open_by_handle_at,
        libc::SYS_setuid,
        libc::SYS_setgid,
        libc::SYS_kill,
    ];

    #[cfg(target_arch = "x86_64")]
    const HOSTILE_HERE: &[c_long] = &[libc::SYS_fork, libc::SYS_vfork];
    #[cfg(target_arch = "aarch64")]
    const HOSTILE_HERE: &[c_long] = &[];

    /// What an office suite has no need of either; it does without when refused.
    const WITHHELD: &[c_long] = &[
        // To reach another instance, which there is not.
        libc::SYS_connect,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_getfd,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_setns,
        libc::SYS_unshare,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_delete_module,
        libc::SYS_kexec_load,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_open_by_handle_at,
        libc::SYS_swapon,
        libc::SYS_reboot,
        // Leaving the group of processes that is killed as one.
        libc::SYS_setsid,
        libc::SYS_setpgid,
    ];

    /// Lets through what the engine needs; the rest is answered like a call the kernel does not have, for which
    /// libraries have something else to try.
    pub(super) fn needed() -> Built<BpfProgram> {
        let mut rules = any(&[NEEDED, NEEDED_HERE]);
        let protection = |bits| condition(2, Dword, MaskedEq(bits), 0);
        let (write, execute) = (libc::PROT_WRITE as u64, libc::PROT_EXEC as u64);
        let sharing = (libc::MAP_SHARED | libc::MAP_PRIVATE) as u64;
        // No code but the program's own, and no memory that the limit on it does not count.
        rules.insert(
            libc::SYS_mmap,
            vec![
                rule(vec![
                    protection(execute)?,
                    condition(3, Dword, MaskedEq(sharing), libc::MAP_PRIVATE as u64)?,
                ])?,
                rule(vec![protection(write | execute)?])?,
            ],
        );
        rules.insert(libc::SYS_mprotect, vec![rule(vec![protection(execute)?])?]);
        // Threads, not processes. The newer call hides its flags from the filter.
        let thread = libc::CLONE_THREAD as u64;
        rules.insert(
            libc::SYS_clone,
            vec![rule(vec![condition(0, Qword, MaskedEq(thread), thread)?])?],
        );
        let own = u64::from(std::process::id());
        rules.insert(
            libc::SYS_tgkill,
            vec![rule(vec![condition(0, Dword, Eq, own)?])?],
        );
        // It may look at its limits.
        rules.insert(
            libc::SYS_prlimit64,
            vec![rule(vec![
                condition(0, Dword, Eq, 0)?,
                condition(2, Qword, Eq, 0)?,
            ])?],
        );
        let name = libc::PR_SET_NAME as u64;
        rules.insert(
            libc::SYS_prctl,
            vec![rule(vec![condition(0, Dword, Eq, name)?])?],
        );
        let file = [
            libc::F_GETFD,
            libc::F_SETFD,
            libc::F_GETFL,
            libc::F_DUPFD_CLOEXEC,
        ];
        let file = file
            .map(|command| rule(vec![condition(1, Dword, Eq, command as u64)?]))
            .into_iter()
            .collect::<Built<_>>()?;
        rules.insert(libc::SYS_fcntl, file);
        let unknown = SeccompAction::Errno(libc::ENOSYS as u32);
        build(rules, SeccompAction::Allow, unknown)
    }

    /// Kills for what is hostile; a filter of its own, as one has two answers only. The stricter one wins.
    pub(super) fn hostile() -> Built<BpfProgram> {
        build(
            any(&[HOSTILE, HOSTILE_HERE]),
            SeccompAction::KillProcess,
            SeccompAction::Allow,
        )
    }

    /// Refuses an office suite the network and what only an intruder would use.
    pub(super) fn withheld() -> Built<BpfProgram> {
        let mut rules = any(&[WITHHELD]);
        let local = libc::AF_UNIX as u64;
        rules.insert(
            libc::SYS_socket,
            vec![rule(vec![condition(0, Dword, Ne, local)?])?],
        );
        build(
            rules,
            SeccompAction::Errno(libc::EPERM as u32),
            SeccompAction::Allow,
        )
    }

    /// An office suite insists on a socket in `/tmp` for other instances to call, and ends without it. It is told that
    /// it has one.
    pub(super) fn pretended() -> Built<BpfProgram> {
        build(
            any(&[&[libc::SYS_bind, libc::SYS_listen]]),
            SeccompAction::Errno(0),
            SeccompAction::Allow,
        )
    }

    fn any(lists: &[&[c_long]]) -> Rules {
        let calls = lists.iter().copied().flatten();
        calls.map(|call| (*call, Vec::new())).collect()
    }

    fn condition(
        argument: u8,
        len: SeccompCmpArgLen,
        op: SeccompCmpOp,
        value: u64,
    ) -> Built<SeccompCondition> {
        SeccompCondition::new(argument, len, op, value)
    }

    fn rule(conditions: Vec<SeccompCondition>) -> Built<SeccompRule> {
        SeccompRule::new(conditions)
    }

    fn build(rules: Rules, listed: SeccompAction, other: SeccompAction) -> Built<BpfProgram> {
        SeccompFilter::new(rules, other, listed, ARCH)?.try_into()
    }
}
