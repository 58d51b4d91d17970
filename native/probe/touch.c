#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

/* Opens and closes: the permission is what is asked for, nothing is read or written. */
static int try_open(const char *path, int flags)
{
	int file = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file < 0)
		return errno;
	close(file);
	return 0;
}

static int result_of(long result)
{
	return result < 0 ? errno : 0;
}

/* Reads the first byte: some files open for all and refuse at the read, or are masked by an empty one. */
static int try_read(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file < 0)
		return errno;
	char byte;
	ssize_t length = read(file, &byte, 1);
	int error = length < 0 ? errno : length == 0 ? ENODATA : 0;
	close(file);
	return error;
}

/* A node for the device, of our own, opened and removed again. */
static int try_device(mode_t kind, unsigned major_number, unsigned minor_number, int flags)
{
	char path[64];
	snprintf(path, sizeof path, "/.hull-probe-node-%d", getpid());
	if (mknod(path, kind | 0600, makedev(major_number, minor_number)) < 0)
		return errno;
	int error = try_open(path, flags);
	unlink(path);
	return error;
}

/* The first disk that the kernel tells of. */
static int try_disk(int flags)
{
	FILE *table = fopen("/proc/partitions", "re");
	if (!table)
		return errno;
	char line[256];
	unsigned major_number, minor_number;
	int error = ENODEV;
	while (error && fgets(line, sizeof line, table)) {
		if (sscanf(line, "%u %u", &major_number, &minor_number) == 2)
			error = try_device(S_IFBLK, major_number, minor_number, flags);
	}
	fclose(table);
	return error;
}

/* The two filled-in fields of union bpf_attr for BPF_PROG_LOAD (linux/bpf.h) and the program `return 0`. */
static int try_bpf(void)
{
	static const uint64_t program[] = {0x00000000000000b7, 0x0000000000000095};
	struct {
		uint32_t type, instructions;
		uint64_t program, license;
		uint32_t log_level, log_size;
		uint64_t log;
		uint32_t kernel_version, flags;
	} load = {.type = 1, .instructions = 2, .program = (uintptr_t)program, .license = (uintptr_t)"GPL"};
	long file = syscall(SYS_bpf, 5, &load, sizeof load);
	if (file < 0)
		return errno;
	close((int)file);
	return 0;
}

/* A counter of cycles spent in the kernel, for this process. */
static int try_perf(void)
{
	struct {
		uint32_t type, size;
		uint64_t rest[14];
	} event = {.type = 1, .size = sizeof event};
	long file = syscall(SYS_perf_event_open, &event, 0, -1, -1, 8);
	if (file < 0)
		return errno;
	close((int)file);
	return 0;
}

/* The time zone that the kernel keeps for old file systems: the permission of setting the clock, without setting it. */
static int try_clock(void)
{
	struct timezone zone = {0, 0};
	return result_of(syscall(SYS_settimeofday, NULL, &zone));
}

/* An empty module is refused as no module, once the permission is given. */
static int try_module(void)
{
	syscall(SYS_init_module, "", 0ul, "");
	return errno == ENOEXEC || errno == EINVAL || errno == EFAULT ? 0 : errno;
}

/* Impossible flags are refused once the permission is given. */
static int try_kexec(void)
{
	syscall(SYS_kexec_load, 0ul, 0ul, NULL, 0xdeadul);
	return errno == EINVAL ? 0 : errno;
}

static int try_mount(void)
{
	char folder[64];
	snprintf(folder, sizeof folder, "/.hull-probe-mount-%d", getpid());
	if (mkdir(folder, 0700) < 0)
		return errno;
	int error = result_of(mount("hull-probe", folder, "tmpfs", 0, "size=4k"));
	if (!error)
		umount2(folder, MNT_DETACH);
	rmdir(folder);
	return error;
}

/* A key in the keyring of this user id, which is not divided by namespaces, taken out again. */
static int try_keyring(void)
{
	enum { user_keyring = -4, unlink_key = 9 };
	long key = syscall(SYS_add_key, "user", "hull-probe", "x", 1ul, user_keyring);
	if (key < 0)
		return errno;
	syscall(SYS_keyctl, unlink_key, key, user_keyring, 0, 0);
	return 0;
}

static int try_packet_socket(void)
{
	int socket_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (socket_fd < 0)
		return errno;
	close(socket_fd);
	return 0;
}

/* io_uring_params is 120 bytes. */
static int try_io_uring(void)
{
	char parameters[120] = {0};
	long file = syscall(SYS_io_uring_setup, 1u, parameters);
	if (file < 0)
		return errno;
	close((int)file);
	return 0;
}

static int try_userfaultfd(void)
{
	long file = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (file < 0)
		return errno;
	close((int)file);
	return 0;
}

static int enter_user_namespace(void)
{
	return result_of(unshare(CLONE_NEWUSER));
}

static int take_priority(void)
{
	struct sched_param priority = {.sched_priority = 1};
	return result_of(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority));
}

static int talk_to_ports(void)
{
	return result_of(iopl(3));
}

static int read_kernel_log(void)
{
	char text[256];
	return result_of(syscall(SYS_syslog, 3, text, (int)sizeof text));
}

static int read_memory_device(void)
{
	return try_device(S_IFCHR, 1, 1, O_RDONLY);
}

static int read_kernel_memory(void)
{
	return try_read("/proc/kcore");
}

static int read_disk(void)
{
	return try_disk(O_RDONLY);
}

static int write_disk(void)
{
	return try_disk(O_WRONLY);
}

static int set_core_pattern(void)
{
	return try_open("/proc/sys/kernel/core_pattern", O_WRONLY);
}

static int set_kernel_memory(void)
{
	return try_open("/sys/kernel/mm/transparent_hugepage/enabled", O_WRONLY);
}

static int press_sysrq(void)
{
	return try_open("/proc/sysrq-trigger", O_WRONLY);
}

static int read_keys(void)
{
	return try_read("/proc/keys");
}

static int use_kvm(void)
{
	return try_open("/dev/kvm", O_RDWR);
}

/* In a child: what a check changes of the process, or a filter that kills, ends with it. */
static int in_child(int (*check)(void))
{
	fflush(stdout);
	pid_t child = fork();
	if (child < 0)
		return errno;
	if (child == 0)
		_exit(check() & 0xff);
	int status;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

void touch(void)
{
	static const struct {
		const char *name;
		int (*check)(void);
	} checks[] = {
		{"kernel-log", read_kernel_log},
		{"memory-device", read_memory_device},
		{"kernel-memory", read_kernel_memory},
		{"disk-read", read_disk},
		{"disk-write", write_disk},
		{"core-pattern", set_core_pattern},
		{"kernel-tuning", set_kernel_memory},
		{"sysrq", press_sysrq},
		{"module", try_module},
		{"kexec", try_kexec},
		{"bpf", try_bpf},
		{"perf", try_perf},
		{"clock", try_clock},
		{"ports", talk_to_ports},
		{"priority", take_priority},
		{"keyring", try_keyring},
		{"keys", read_keys},
		{"mount", try_mount},
		{"user-namespace", enter_user_namespace},
		{"packet-socket", try_packet_socket},
		{"io-uring", try_io_uring},
		{"userfaultfd", try_userfaultfd},
		{"kvm", use_kvm},
	};
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		say_check(checks[i].name, in_child(checks[i].check));
}
