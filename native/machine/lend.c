#include "lend.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_S 10
#define NAME_MAX_LENGTH 32

/* Relative to its folder: paths of sockets are short. */
static int open_socket(const char *run_dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "qmp.sock"};
	struct timeval limit = {.tv_sec = ANSWER_S};
	if (chdir(run_dir) < 0)
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	return fd;
}

/* Reads the next line that begins so; one that begins with `{"error"` is a refusal. What is longer than a line is cut. */
static int await_line(int fd, const char *wanted)
{
	char line[512];
	size_t length = 0;
	for (;;) {
		char byte;
		ssize_t count = read(fd, &byte, 1);
		if (count == 0)
			return ECONNRESET;
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		if (byte != '\n') {
			if (length < sizeof line - 1)
				line[length++] = byte;
			continue;
		}
		line[length] = 0;
		length = 0;
		if (strncmp(line, wanted, strlen(wanted)) == 0)
			return 0;
		if (strncmp(line, "{\"error\"", 8) == 0)
			return EPROTO;
	}
}

static int send_text(int fd, const char *text, int descriptor)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = {{0}};
	struct iovec part = {(void *)(size_t)text, strlen(text)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (descriptor >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)part.iov_len ? 0 : errno ? errno : EIO;
}

int lend_descriptor(const char *run_dir, const char *name, int descriptor)
{
	char text[128];
	if (strlen(name) > NAME_MAX_LENGTH || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") != strlen(name))
		return EINVAL;
	snprintf(text, sizeof text, "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"%s\"}}\n", name);
	int fd = open_socket(run_dir);
	if (fd < 0)
		return errno;
	int error = await_line(fd, "{\"QMP\"");
	if (!error)
		error = send_text(fd, "{\"execute\":\"qmp_capabilities\"}\n", -1);
	if (!error)
		error = await_line(fd, "{\"return\"");
	if (!error)
		error = send_text(fd, text, descriptor);
	if (!error)
		error = await_line(fd, "{\"return\"");
	close(fd);
	return error;
}
