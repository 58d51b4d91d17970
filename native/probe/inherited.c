/*
 * hull-inherited [PROGRAM ARGUMENT…]: prints what a process has of whoever started it and what no file of /proc tells,
 * `key value` a line; or starts a program with all of this unusual. For tests: docs/decisions/0218-nothing-of-the-engines.md.
 */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JOIN_SESSION_KEYRING 1
#define DESCRIBE 6
#define SESSION_KEYRING (-3)

/* `type;uid;gid;permissions;description`; none without the system call. */
static void say_keyring(void)
{
	char text[256];
	long length = syscall(SYS_keyctl, DESCRIBE, SESSION_KEYRING, text, sizeof text);
	const char *name = length > 0 && (size_t)length <= sizeof text ? strrchr(text, ';') : NULL;
	printf("keyring %s\n", name ? name + 1 : "none");
}

static int say(void)
{
	int death_signal = -1, subreaper = -1;
	prctl(PR_GET_PDEATHSIG, &death_signal);
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
	printf("death-signal %d\nsubreaper %d\nkeep-capabilities %d\n", death_signal, subreaper, prctl(PR_GET_KEEPCAPS));
	printf("secure-bits %d\ntimer-slack %d\n", prctl(PR_GET_SECUREBITS), prctl(PR_GET_TIMERSLACK));
	printf("personality %x\n", (unsigned)personality(0xffffffff));
	printf("nice %d\nio-class %ld\n", getpriority(PRIO_PROCESS, 0), syscall(SYS_ioprio_get, 1, 0) >> 13);
	printf("policy %ld\n", syscall(SYS_sched_getscheduler, 0));
	say_keyring();
	printf("descriptors");
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf(" %d", fd);
	printf("\n");
	return 0;
}

/* A parent that a container should have nothing of. */
static int become_odd(char **command)
{
	int file = open("/proc/self/status", O_RDONLY);
	if (file < 0 || dup2(file, 9) < 0 || dup2(file, 37) < 0)
		return 1;
	syscall(SYS_keyctl, JOIN_SESSION_KEYRING, "of-the-engine");
	setpriority(PRIO_PROCESS, 0, -5);
	syscall(SYS_ioprio_set, 1, 0, 2 << 13);
	prctl(PR_SET_TIMERSLACK, 123456);
	personality(ADDR_NO_RANDOMIZE);
	int filter = open("/proc/self/coredump_filter", O_WRONLY);
	if (filter < 0 || write(filter, "0x7f", 4) < 0 || close(filter) < 0)
		return 1;
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	sigset_t blocked;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	gid_t group = 4242;
	if (setgroups(1, &group) < 0 || setenv("OF_THE_ENGINE", "1", 1) < 0)
		return 1;
	umask(077);
	execvp(command[0], command);
	return 127;
}

int main(int argc, char **argv)
{
	return argc > 1 ? become_odd(argv + 1) : say();
}
