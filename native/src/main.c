/*
 * hull-shim: the supervisor of one container.
 *
 *   hull-shim [--trees M] [--shm PID] [--netns] ID RUN_DIR STATE_DIR
 *                                                           descriptor 3: the daemon's connection; from 4 on: M
 *                                                           mounts, with --netns then the network namespace; with
 *                                                           --shm the /dev/shm of that process is a mount as well
 *   hull-shim [--trees M] --vm N ID RUN_DIR STATE_DIR       the container of a machine; after the mounts N tap devices
 *   hull-shim --delete RUNTIME ROOT ID                      deletes what a supervisor that was killed left behind
 *   hull-shim --mount PID TARGET                            puts the mount at descriptor 3 into a process's namespace
 *   hull-shim --unmount PID TARGET [lazy]                   takes one away
 *   hull-shim --user-namespace [join]                       holds one, new or that of descriptor 3, until stdin ends
 *   hull-shim --lend RUN_DIR NAME                           gives descriptor 3 to the QEMU of that folder; these four
 *                                                           end with 0 or an errno
 *
 * See docs/session-protocol.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "frame.h"
#include "inheritance.h"
#include "loop.h"
#include "lend.h"
#include "machine.h"
#include "rootfs.h"
#include "runtime.h"
#include "task.h"
#include "trees.h"
#include "user_namespace.h"

#define CONNECTION_FD 3
#define TREES_FD 4

/* How many mounts were given. */
static unsigned trees;
/* Whose shared memory the container has; 0 for its own. */
static int memory_donor;

static int inherited_fd(void)
{
	return TREES_FD + (int)trees;
}

/* Before the loop runs there is only the raw connection to complain on. */
static int fail(const char *what)
{
	uint8_t frame[1024];
	char message[512];
	snprintf(message, sizeof message, "hull-shim: %s: %s", what, strerror(errno));
	struct fields fields = {frame + FRAME_HEADER, 0, sizeof frame - FRAME_HEADER};
	fields_text(&fields, "code", "runtime_failed");
	fields_text(&fields, "message", message);
	frame_header(frame, (uint32_t)fields.length, FRAME_ERROR, 0, 0);
	if (write(CONNECTION_FD, frame, FRAME_HEADER + fields.length) < 0)
		fprintf(stderr, "%s\n", message);
	return 1;
}

static void children_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct signalfd_siginfo signals[16];
	while (read(source->fd, signals, sizeof signals) > 0)
		continue;
	for (;;) {
		/*
		 * A container's process becomes our child when the part of the runtime that made it ends. Looking before
		 * reaping, and at the runtimes in between, makes its name known where the runtime is one process; crun is
		 * two, of which the maker ends first, so a process that is over by then is kept until it has a name.
		 */
		siginfo_t child = {0};
		if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) < 0 || child.si_pid == 0)
			return;
		runtime_reap();
		int status;
		if (waitpid(child.si_pid, &status, WNOHANG) == child.si_pid)
			task_reaped(child.si_pid, status);
	}
}

static bool watch_children(struct source *source)
{
	sigset_t children;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	source->fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	source->ready = children_ready;
	loop_want(source, EPOLLIN);
	return source->fd >= 0;
}

/* It outlives the daemon and its terminal: nothing but its container's end ends it. */
static void detach(void)
{
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	umask(022);
	inheritance_drop();
}

static int supervise(const char *id, const char *run_dir, const char *state_dir)
{
	static struct source children = {.fd = -1};
	detach();
	if (!rootfs_isolate())
		return fail("make a mount namespace");
	if (trees > 0 && !trees_place(run_dir, TREES_FD, trees))
		return fail("place the mounts");
	if (memory_donor > 0 && !trees_place_memory(run_dir, memory_donor))
		return fail("join the shared memory");
	if (chdir("/") < 0 || !loop_open() || !watch_children(&children))
		return fail("set up");
	if (!task_open(id, run_dir, state_dir))
		return fail(run_dir);
	client_accept(CONNECTION_FD);
	for (;;) {
		loop_turn(-1);
		clients_settle();
		task_sweep();
		if (task_may_leave() && clients_leave())
			return 0;
	}
}

static int supervise_runtime(char **names, bool netns)
{
	int fd = inherited_fd();
	syscall(SYS_close_range, netns ? fd + 1 : fd, ~0U, 0);
	if (netns && (setns(fd, CLONE_NEWNET) < 0 || close(fd) < 0))
		return fail("enter the network namespace");
	return supervise(names[0], names[1], names[2]);
}

static int supervise_machine(char **names, const char *taps)
{
	char *end;
	unsigned long count = strtoul(taps, &end, 10);
	if (*end || count > QEMU_TAPS_MAX) {
		fprintf(stderr, "hull-shim: --vm takes a number of tap devices, at most %d\n", QEMU_TAPS_MAX);
		return 2;
	}
	syscall(SYS_close_range, (unsigned)inherited_fd() + (unsigned)count, ~0U, 0);
	machine_inherit(inherited_fd(), (unsigned)count);
	task.backend = &machine_backend;
	return supervise(names[0], names[1], names[2]);
}

static int delete_left(const char *runtime, const char *root, const char *id)
{
	if (!rootfs_isolate()) {
		perror("hull-shim: make a mount namespace");
		return 1;
	}
	execl(runtime, runtime, "--root", root, "delete", "--force", id, (char *)NULL);
	perror(runtime);
	return 1;
}

static bool take_trees(const char *count)
{
	char *end;
	unsigned long number = strtoul(count, &end, 10);
	trees = (unsigned)number;
	return *end == 0 && number > 0 && number <= TREES_MAX;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--mount") == 0)
		return trees_put_into(atoi(argv[2]), argv[3], CONNECTION_FD);
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "--unmount") == 0)
		return trees_take_from(atoi(argv[2]), argv[3], argc == 5);
	if ((argc == 2 || argc == 3) && strcmp(argv[1], "--user-namespace") == 0)
		return user_namespace_hold(argc == 3 ? CONNECTION_FD : -1);
	if (argc == 4 && strcmp(argv[1], "--lend") == 0)
		return lend_descriptor(argv[2], argv[3], CONNECTION_FD);
	if (argc > 3 && strcmp(argv[1], "--trees") == 0 && take_trees(argv[2])) {
		argc -= 2;
		argv += 2;
	}
	if (argc > 3 && strcmp(argv[1], "--shm") == 0 && (memory_donor = atoi(argv[2])) > 0) {
		argc -= 2;
		argv += 2;
	}
	if (argc == 5 && strcmp(argv[1], "--delete") == 0)
		return delete_left(argv[2], argv[3], argv[4]);
	if (argc == 5 && strcmp(argv[1], "--netns") == 0)
		return supervise_runtime(argv + 2, true);
	if (argc == 6 && strcmp(argv[1], "--vm") == 0)
		return supervise_machine(argv + 3, argv[2]);
	if (argc == 4 && argv[1][0] != '-')
		return supervise_runtime(argv + 1, false);
	fprintf(stderr, "usage: hull-shim [--trees M] [--netns | --vm N] ID RUN_DIR STATE_DIR\n       hull-shim --delete RUNTIME ROOT ID\n");
	return 2;
}
