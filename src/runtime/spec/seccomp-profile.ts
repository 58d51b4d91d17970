/**
 * Docker's default seccomp profile as data: the calls that a container may make, by what they do, and the rules that
 * depend on capabilities, on the architecture or on arguments. What is not named fails with EPERM.
 * Names: https://man7.org/linux/man-pages/man2/syscalls.2.html
 */
import type { SeccompProfile, SeccompRule } from "./seccomp-types.ts";

const files = `
	access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
	fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync
	flock fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64
	ioctl lchown lchown32 link linkat _llseek lseek lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at
	newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat
	readv rename renameat renameat2 rmdir sendfile sendfile64 splice stat stat64 statfs statfs64 statx symlink symlinkat
	sync sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes
	vmsplice write writev listmount statmount`;

const attributes = `
	fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr
	lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat`;

const watching = `
	epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd
	eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch _newselect poll ppoll
	ppoll_time64 pselect6 pselect6_time64 select signalfd signalfd4`;

const asynchronousIo = `
	io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioprio_get ioprio_set`;

const memory = `
	brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2
	mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease
	remap_file_pages`;

const processes = `
	capget capset execve execveat exit exit_group fork getpgid getpgrp getpid getppid getpriority getrlimit getrusage
	getsid gettid kill landlock_add_rule landlock_create_ruleset landlock_restrict_self pidfd_open pidfd_send_signal
	prctl prlimit64 restart_syscall rseq sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
	sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr
	sched_setparam sched_setscheduler sched_yield seccomp set_tid_address setpgid setpriority setrlimit setsid tgkill
	tkill ugetrlimit uretprobe vfork wait4 waitid waitpid`;

const identity = `
	getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid getresgid32 getresuid
	getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setregid
	setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setuid setuid32`;

const signals = `
	pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
	rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn`;

const threads = `
	futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake get_robust_list get_thread_area set_robust_list
	set_thread_area`;

const time = `
	adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
	clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete
	timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
	timerfd_gettime64 timerfd_settime timerfd_settime64 times`;

const sockets = `
	accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg
	send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair`;

const interprocess = `
	ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
	mq_unlink msgctl msgget msgrcv msgsnd pipe pipe2 semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt
	shmget`;

const machine = "getcpu getrandom riscv_hwprobe sysinfo uname";

const always = [
	files,
	attributes,
	watching,
	asynchronousIo,
	memory,
	processes,
	identity,
	signals,
	threads,
	time,
	sockets,
	interprocess,
	machine,
].flatMap(words);

/** Address families: the kernel's crypto and the host's hypervisor are out of bounds. */
const AF_ALG = 38;
const AF_VSOCK = 40;

/** Execution domains that personality(2) may ask for: Linux, 32-bit uname and address space, and "what is it now?". */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID and _NEWNET: a new thread or process only. */
const namespaceFlags =
	0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;

const ENOSYS = 38;

export const defaultSeccompProfile: SeccompProfile = {
	defaultAction: "SCMP_ACT_ERRNO",
	defaultErrnoRet: 1,
	archMap: [
		{ architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
		{ architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
		{ architecture: "SCMP_ARCH_S390X", subArchitectures: ["SCMP_ARCH_S390"] },
		{ architecture: "SCMP_ARCH_RISCV64", subArchitectures: [] },
		{ architecture: "SCMP_ARCH_LOONGARCH64", subArchitectures: [] },
	],
	rules: [
		allow(always),
		// Safe without a capability since Linux 4.8, where ptrace no longer passes seccomp by.
		allow(words("process_vm_readv process_vm_writev ptrace"), { includes: { minKernel: "4.8" } }),
		allow(["socket"], { args: [{ index: 0, value: AF_ALG, op: "SCMP_CMP_LT" }] }),
		allow(["socket"], { args: [{ index: 0, value: AF_ALG + 1, op: "SCMP_CMP_EQ" }] }),
		allow(["socket"], { args: [{ index: 0, value: AF_VSOCK, op: "SCMP_CMP_GT" }] }),
		...personalities.map((value) =>
			allow(["personality"], { args: [{ index: 0, value, op: "SCMP_CMP_EQ" }] }),
		),
		allow(words("sync_file_range2 swapcontext"), { includes: { arches: ["ppc64le"] } }),
		allow(words("arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls"), {
			includes: { arches: ["arm", "arm64"] },
		}),
		allow(["arch_prctl"], { includes: { arches: ["amd64", "x32"] } }),
		allow(["modify_ldt"], { includes: { arches: ["amd64", "x32", "x86"] } }),
		allow(words("s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr"), {
			includes: { arches: ["s390", "s390x"] },
		}),
		allow(["riscv_flush_icache"], { includes: { arches: ["riscv64"] } }),
		withCapability("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
		withCapability(
			"CAP_SYS_ADMIN",
			`bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
			lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl
			quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare`,
		),
		allow(["clone"], {
			args: [{ index: 0, value: namespaceFlags, op: "SCMP_CMP_MASKED_EQ" }],
			excludes: { caps: ["CAP_SYS_ADMIN"], arches: ["s390", "s390x"] },
		}),
		// s390 takes the flags as its second argument.
		allow(["clone"], {
			args: [{ index: 1, value: namespaceFlags, op: "SCMP_CMP_MASKED_EQ" }],
			includes: { arches: ["s390", "s390x"] },
			excludes: { caps: ["CAP_SYS_ADMIN"] },
		}),
		// Its flags are behind a pointer, where no filter reaches: C libraries fall back to clone on ENOSYS.
		{
			names: ["clone3"],
			action: "SCMP_ACT_ERRNO",
			errnoRet: ENOSYS,
			excludes: { caps: ["CAP_SYS_ADMIN"] },
		},
		withCapability("CAP_SYS_BOOT", "reboot"),
		withCapability("CAP_SYS_CHROOT", "chroot"),
		withCapability("CAP_SYS_MODULE", "delete_module init_module finit_module"),
		withCapability("CAP_SYS_PACCT", "acct"),
		withCapability(
			"CAP_SYS_PTRACE",
			"kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
		),
		withCapability("CAP_SYS_RAWIO", "iopl ioperm"),
		withCapability("CAP_SYS_TIME", "settimeofday stime clock_settime clock_settime64"),
		withCapability("CAP_SYS_TTY_CONFIG", "vhangup"),
		withCapability("CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
		withCapability("CAP_SYSLOG", "syslog"),
		withCapability("CAP_BPF", "bpf"),
		withCapability("CAP_PERFMON", "perf_event_open"),
	],
};

function allow(names: string[], conditions: Omit<SeccompRule, "names" | "action"> = {}): SeccompRule {
	return { names, action: "SCMP_ACT_ALLOW", ...conditions };
}

function withCapability(capability: string, names: string): SeccompRule {
	return allow(words(names), { includes: { caps: [capability] } });
}

function words(text: string): string[] {
	return text.trim().split(/\s+/);
}
