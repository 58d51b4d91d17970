#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail.h"

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
/* capset(2) */
#define CAPABILITY_VERSION 0x20080522u
#define ARGUMENT_MAX 8192

static const char *const capabilities[] = {
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
	"CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
	"CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL", "CAP_SETFCAP",
};

int qemu_capability(const char *name)
{
	for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
		if (strcmp(capabilities[i], name) == 0)
			return (int)i;
	return -1;
}

static char *failure(const char *what, const char *name)
{
	int error = errno;
	char *text = malloc(512);
	if (!text)
		abort();
	snprintf(text, 512, "%s %.300s: %s", what, name, strerror(error));
	return text;
}

/* The descriptor that a placeholder stands for; -1 for one that is none. */
static int find_descriptor(const struct qemu_descriptors *from, const char *name, size_t length)
{
	static const char *const names[] = {"link", "console", "qmp"};
	const int numbers[] = {from->link, from->console, from->qmp};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return numbers[i];
	if (length != 4 || memcmp(name, "tap", 3) != 0 || name[3] < '0' || name[3] >= '0' + (int)from->tap_count)
		return -1;
	return from->taps[name[3] - '0'];
}

/* The argument with its placeholders filled in, to be freed; NULL when it is too long or one is unknown. */
static char *fill_in(const struct qemu_descriptors *from, const char *argument)
{
	char text[ARGUMENT_MAX];
	size_t length = 0;
	while (*argument && length + 16 < sizeof text) {
		const char *end = *argument == '{' ? strchr(argument, '}') : NULL;
		if (!end) {
			text[length++] = *argument++;
			continue;
		}
		int number = find_descriptor(from, argument + 1, (size_t)(end - argument - 1));
		if (number < 0)
			return NULL;
		length += (size_t)sprintf(text + length, "%d", number);
		argument = end + 1;
	}
	return *argument ? NULL : strndup(text, length);
}

static void free_arguments(char **arguments)
{
	for (size_t i = 0; arguments[i]; i++)
		free(arguments[i]);
	free(arguments);
}

static char **fill_in_all(const struct qemu_options *options, const struct qemu_descriptors *descriptors)
{
	char **arguments = calloc(options->argument_count + 1, sizeof *arguments);
	if (!arguments)
		abort();
	for (size_t i = 0; i < options->argument_count; i++) {
		arguments[i] = fill_in(descriptors, options->arguments[i]);
		if (!arguments[i]) {
			free_arguments(arguments);
			return NULL;
		}
	}
	return arguments;
}

static char *join_groups(const struct qemu_options *options, pid_t pid)
{
	char path[4352], text[32];
	int length = snprintf(text, sizeof text, "%d", (int)pid);
	for (size_t i = 0; i < options->cgroup_count; i++) {
		snprintf(path, sizeof path, "%s/cgroup.procs", options->cgroups[i]);
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		bool done = fd >= 0 && write(fd, text, (size_t)length) == length;
		char *error = done ? NULL : failure("put QEMU into", path);
		if (fd >= 0)
			close(fd);
		if (error)
			return error;
	}
	return NULL;
}

struct capability_sets {
	uint32_t effective;
	uint32_t permitted;
	uint32_t inheritable;
};

/* Leaves root for good, with nothing but the capabilities asked for. */
static const char *give_up_rights(const struct qemu_options *options)
{
	for (unsigned long bit = 0; prctl(PR_CAPBSET_READ, bit, 0, 0, 0) >= 0; bit++)
		if (bit >= 64 || !(options->capabilities >> bit & 1))
			if (prctl(PR_CAPBSET_DROP, bit, 0, 0, 0) < 0)
				return "bound capabilities";
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0)
		return "leave groups";
	if (setresgid(options->gid, options->gid, options->gid) < 0)
		return "change the group";
	if (setresuid(options->uid, options->uid, options->uid) < 0)
		return "change the user";
	struct {
		uint32_t version;
		int pid;
	} header = {CAPABILITY_VERSION, 0};
	uint32_t low = (uint32_t)options->capabilities, high = (uint32_t)(options->capabilities >> 32);
	struct capability_sets sets[2] = {{low, low, low}, {high, high, high}};
	if (syscall(SYS_capset, &header, sets) < 0)
		return "set capabilities";
	for (unsigned long bit = 0; bit < 64; bit++)
		if (options->capabilities >> bit & 1)
			if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, bit, 0, 0) < 0)
				return "raise capabilities";
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? "forbid new privileges" : NULL;
}

static bool keep_open(int fd)
{
	return fcntl(fd, F_SETFD, 0) == 0;
}

static bool arrange_descriptors(const struct qemu_descriptors *descriptors)
{
	int null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, 0) < 0 || dup2(descriptors->complaints, 1) < 0 || dup2(descriptors->complaints, 2) < 0)
		return false;
	/* CLOSE_RANGE_CLOEXEC: whatever else is open ends with the exec. */
	if (syscall(SYS_close_range, 3, ~0U, 4) < 0)
		return false;
	bool kept = keep_open(descriptors->link) && keep_open(descriptors->console) && keep_open(descriptors->qmp);
	for (unsigned i = 0; i < descriptors->tap_count; i++)
		kept = kept && keep_open(descriptors->taps[i]);
	return kept;
}

static const char *become_qemu(const struct qemu_options *options, const struct qemu_descriptors *descriptors,
			       char **arguments)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < 32; number++)
		signal(number, SIG_DFL);
	setsid();
	/* A guest's memory is not to end up in a file. */
	if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) < 0 || !arrange_descriptors(descriptors))
		return "prepare the process";
	/* A machine has the pages that it touched, not the 2 MiB around each of them. */
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
		return "forbid huge pages";
	if (jail_enter() < 0)
		return "enter the jail";
	const char *failed = give_up_rights(options);
	if (failed)
		return failed;
	/* Only now: changing who one is forgets it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return "tie it to the supervisor";
	char preload[ARGUMENT_MAX] = "";
	if (options->preload)
		snprintf(preload, sizeof preload, "LD_PRELOAD=%s", options->preload);
	/* What stands in the engine's environment is not the machine's to know. */
	execve(arguments[0], arguments, (char *const[]){*preload ? preload : NULL, NULL});
	return "run";
}

/* The child waits for the go-ahead on `go` and says on `said` what failed; an exec closes it without a word. */
static _Noreturn void run_child(const struct qemu_options *options, const struct qemu_descriptors *descriptors,
				char **arguments, const int pipes[2])
{
	char byte;
	if (read(pipes[0], &byte, 1) != 1)
		_exit(126);
	const char *failed = become_qemu(options, descriptors, arguments);
	char *text = failure(failed, arguments[0]);
	if (write(pipes[1], text, strlen(text)) < 0)
		_exit(126);
	_exit(127);
}

/* What the child said before its pipe closed, to be freed; NULL when it runs. */
static char *await_exec(int said)
{
	char text[512];
	ssize_t length;
	while ((length = read(said, text, sizeof text)) < 0 && errno == EINTR)
		continue;
	return length > 0 ? strndup(text, (size_t)length) : NULL;
}

static char *start(const struct qemu_options *options, const struct qemu_descriptors *descriptors, char **arguments,
		   pid_t *pid)
{
	int go[2], said[2];
	if (pipe2(go, O_CLOEXEC) < 0)
		return failure("start", arguments[0]);
	if (pipe2(said, O_CLOEXEC) < 0) {
		close(go[0]);
		close(go[1]);
		return failure("start", arguments[0]);
	}
	pid_t child = (pid_t)syscall(SYS_clone, NAMESPACES | SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		run_child(options, descriptors, arguments, (const int[2]){go[0], said[1]});
	char *error = child < 0 ? failure("start", arguments[0]) : join_groups(options, child);
	close(go[0]);
	close(said[1]);
	/* Without the go-ahead the child leaves. */
	if (!error && write(go[1], "", 1) == 1)
		error = await_exec(said[0]);
	close(go[1]);
	close(said[0]);
	if (!error)
		*pid = child;
	return error;
}

char *qemu_start(const struct qemu_options *options, const struct qemu_descriptors *descriptors, pid_t *pid)
{
	char **arguments = fill_in_all(options, descriptors);
	if (!arguments) {
		errno = EINVAL;
		return failure("fill in the descriptors of", options->arguments[0]);
	}
	char *error = start(options, descriptors, arguments, pid);
	free_arguments(arguments);
	return error;
}
