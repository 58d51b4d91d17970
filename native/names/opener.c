/*
 * The half of hull-names that may enter network namespaces. It does nothing but open sockets there, and put addresses
 * into sets of the host's firewall; the other half, which reads what containers and name servers send, has no privileges.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "egress.h"
#include "inside.h"
#include "names.h"

struct order {
	enum { ORDER_OPEN, ORDER_GRANT } kind;
	/* A network namespace that a process has open. */
	int pid;
	int fd;
	struct grant_order grant;
};

static void opener_gone(struct source *source, uint32_t events);

static struct source opener = {.fd = -1, .ready = opener_gone};

static int open_in(const struct order *order, int home, int sockets[2])
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/fd/%d", order->pid, order->fd);
	int namespace = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (namespace < 0)
		return errno;
	int error = setns(namespace, CLONE_NEWNET) < 0 ? errno : 0;
	close(namespace);
	if (error)
		return error;
	if (!inside_open(sockets))
		error = errno;
	if (setns(home, CLONE_NEWNET) < 0)
		abort();
	return error;
}

/* `sockets` may be NULL. */
static bool send_result(int to, int error, const int *sockets)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct iovec part = {&error, sizeof error};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (!error && sockets) {
		message.msg_control = &control;
		message.msg_controllen = sizeof control.bytes;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(2 * sizeof(int));
		memcpy(CMSG_DATA(&control.header), sockets, 2 * sizeof(int));
	}
	return sendmsg(to, &message, MSG_NOSIGNAL) >= 0;
}

static void serve_orders(int from) __attribute__((noreturn));

static void serve_orders(int from)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct order order;
	/* It ends with the other half. */
	while (home >= 0 && recv(from, &order, sizeof order, 0) == sizeof order) {
		int sockets[2];
		if (order.kind == ORDER_GRANT) {
			if (!send_result(from, grant_addresses(&order.grant) ? 0 : errno, NULL))
				break;
			continue;
		}
		int error = open_in(&order, home, sockets);
		bool sent = send_result(from, error, sockets);
		for (int i = 0; i < 2 && !error; i++)
			close(sockets[i]);
		if (!sent)
			break;
	}
	_exit(0);
}

bool opener_start(void)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	pid_t child = fork();
	if (child < 0)
		return false;
	if (child == 0) {
		dup2(pair[1], 3);
		syscall(SYS_close_range, 4, ~0U, 0);
		serve_orders(3);
	}
	close(pair[1]);
	opener.fd = pair[0];
	return true;
}

/*
 * It says nothing but what it is asked for, which is waited for. Without it nobody can be served any more: the daemon
 * starts the program anew.
 */
static void opener_gone(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	exit(1);
}

void opener_watch(void)
{
	loop_want(&opener, EPOLLIN);
}

/* Its errno; sockets come along when there are any. */
static int carry_out(const struct order *order, int *sockets)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control;
	int error;
	struct iovec part = {&error, sizeof error};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	if (send(opener.fd, order, sizeof *order, MSG_NOSIGNAL) < 0 ||
	    recvmsg(opener.fd, &message, MSG_CMSG_CLOEXEC) != sizeof error)
		exit(1);
	if (!sockets || error)
		return error;
	if (message.msg_controllen == 0)
		return EMFILE;
	memcpy(sockets, CMSG_DATA(&control.header), 2 * sizeof(int));
	return 0;
}

bool opener_open(int pid, int fd, int sockets[2])
{
	const struct order order = {.kind = ORDER_OPEN, .pid = pid, .fd = fd};
	errno = carry_out(&order, sockets);
	return errno == 0;
}

bool opener_grant(const struct grant_order *grant)
{
	const struct order order = {.kind = ORDER_GRANT, .grant = *grant};
	errno = carry_out(&order, NULL);
	return errno == 0;
}
