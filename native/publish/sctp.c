#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#include "publish.h"

/*
 * Most kernels come without sockets of sctp, so what keeps a port from being published twice is a name that one
 * network namespace has once: an abstract one of a Unix socket. It goes with the program.
 */
int hold_sctp(unsigned port)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "hull-publish/sctp/%u", port);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}
