#include "console.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "file.h"

#define SEND_MS 1000

int console_listen(int directory_fd, const char *name)
{
	return file_listen(directory_fd, name);
}

int console_receive(int listener)
{
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (connection < 0)
		return -1;
	/* The runtime sends right after it connects, but may be interrupted in between. */
	struct pollfd sent = {.fd = connection, .events = POLLIN};
	poll(&sent, 1, SEND_MS);
	char name[256];
	struct iovec part = {name, sizeof name};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes,
	};
	int master = -1;
	if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) > 0) {
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
			memcpy(&master, CMSG_DATA(header), sizeof master);
	}
	close(connection);
	return master;
}
