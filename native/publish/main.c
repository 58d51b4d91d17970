/*
 * hull-publish: the published ports of one container.
 *
 *   hull-publish RUN_DIR    descriptor 3: the daemon's connection
 *
 * It reads its order (listen_all) up to an empty line, opens every port or none, tells which (control.c), and carries
 * traffic to the container's address. It lives as long as the container's supervisor, or until the daemon ends it;
 * that the daemon ends is nothing to it. What cannot be opened is answered `failed ERRNO LINE TEXT` and ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "publish.h"

#define CONNECTION_FD 3
#define ORDER_MAX (8u << 20)
/* For what is neither a port nor traffic. */
#define OWN_DESCRIPTORS 64

static int fail(int error, unsigned line, const char *what)
{
	dprintf(CONNECTION_FD, "failed %d %u %s: %s\n", error, line, what, strerror(error));
	return 1;
}

static char *read_order(void)
{
	char *order = NULL;
	size_t length = 0, size = 0;
	for (;;) {
		if (size - length < 2) {
			size = size ? size * 2 : 4096;
			char *larger = size <= ORDER_MAX ? realloc(order, size) : NULL;
			if (!larger)
				break;
			order = larger;
		}
		ssize_t count = read(CONNECTION_FD, order + length, size - length - 1);
		if (count <= 0)
			break;
		length += (size_t)count;
		order[length] = '\0';
		if (length >= 2 && strcmp(order + length - 2, "\n\n") == 0)
			return order;
	}
	free(order);
	return NULL;
}

/*
 * A handle on the container's supervisor: the one who listens at its socket. Being connected while the handle is made
 * keeps its process id from being another's.
 */
static int open_supervisor(int directory_fd)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	snprintf(name.sun_path, sizeof name.sun_path, "/proc/self/fd/%d/shim.sock", directory_fd);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ucred who;
	socklen_t length = sizeof who;
	if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof name) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0)
		return -1;
	int handle = (int)syscall(SYS_pidfd_open, who.pid, 0);
	struct pollfd connection = {.fd = fd};
	if (poll(&connection, 1, 0) != 0) {
		errno = ESRCH;
		return -1;
	}
	close(fd);
	return handle;
}

static void supervisor_gone(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	translate_close();
	exit(0);
}

static unsigned raise_limit(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > 1u << 20 ? 1u << 20 : (unsigned)limit.rlim_cur;
}

/* With the ports open nothing is left to do that takes a privilege. */
static bool drop_privileges(void)
{
	struct {
		uint32_t version;
		int pid;
	} header = {0x20080522, 0};
	struct {
		uint32_t effective, permitted, inheritable;
	} none[2] = {{0}};
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_capset, &header, none) == 0;
}

static void begin_traffic(unsigned limit)
{
	unsigned used = OWN_DESCRIPTORS;
	bool tcp = false, udp = false;
	for (const struct listener *at = listeners; at; at = at->next) {
		used++;
		tcp |= at->protocol == IPPROTO_TCP;
		udp |= at->protocol == IPPROTO_UDP;
	}
	unsigned rest = limit > used ? limit - used : 0;
	unsigned for_udp = !udp ? 0 : tcp ? rest / 4 : rest;
	if (tcp)
		tcp_begin(rest - for_udp);
	if (udp)
		udp_begin(for_udp);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: hull-publish RUN_DIR\n");
		return 2;
	}
	syscall(SYS_close_range, CONNECTION_FD + 1, ~0U, 0);
	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	unsigned limit = raise_limit();
	int directory = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct source supervisor = {.fd = directory < 0 ? -1 : open_supervisor(directory), .ready = supervisor_gone};
	if (supervisor.fd < 0)
		return fail(errno, 0, "find the supervisor");
	char *order = read_order();
	if (!order)
		return fail(EINVAL, 0, "read the order");
	struct refusal refusal;
	if (!listen_all(order, &refusal))
		return fail(refusal.error, refusal.line, refusal.line == NO_LINE ? "have ports translated by nf_tables" : "open a port");
	free(order);
	if (!loop_open() || !control_open(directory))
		return fail(errno, 0, "set up");
	if (chdir("/") < 0 || !drop_privileges())
		return fail(errno, 0, "drop privileges");
	loop_want(&supervisor, EPOLLIN);
	control_accept(CONNECTION_FD);
	begin_traffic(limit);
	for (;;)
		loop_turn(-1);
}
