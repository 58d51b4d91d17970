/*
 * hull-names: the name server of an engine's containers.
 *
 *   hull-names RUN_ROOT    descriptor 3: the daemon's connection
 *
 * It answers at 127.0.0.11 inside of each container that the daemon attaches: names and addresses of those on the same
 * networks by itself, everything else by asking other servers. It outlives the daemon, and ends when it is told to, or
 * when the last container is gone and no daemon is connected. What cannot be set up is said as `cannot TEXT`.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "names.h"

#define CONNECTION_FD 3
/* Of nobody: not even of the system's `nobody`, whose processes could end this one. */
#define OWN_ID 64053

static int fail(const char *what)
{
	dprintf(CONNECTION_FD, "cannot %s: %s\n", what, strerror(errno));
	return 1;
}

static void raise_limit(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool drop_privileges(void)
{
	struct {
		uint32_t version;
		int pid;
	} header = {0x20080522, 0};
	struct {
		uint32_t effective, permitted, inheritable;
	} none[2] = {{0}};
	return setgroups(0, NULL) == 0 && setresgid(OWN_ID, OWN_ID, OWN_ID) == 0 && setresuid(OWN_ID, OWN_ID, OWN_ID) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_capset, &header, none) == 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: hull-names RUN_ROOT\n");
		return 2;
	}
	syscall(SYS_close_range, CONNECTION_FD + 1, ~0U, 0);
	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	raise_limit();
	int directory = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return fail("open the run root");
	if (!opener_start())
		return fail("start its other half");
	if (!loop_open() || !control_open(directory))
		return fail("open names.sock");
	if (chdir("/") < 0 || !drop_privileges())
		return fail("drop privileges");
	opener_watch();
	control_accept(CONNECTION_FD);
	for (;;)
		loop_turn(-1);
}
