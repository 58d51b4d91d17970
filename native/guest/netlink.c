#include "netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void *netlink_begin(struct request *request, uint16_t type, uint16_t flags, size_t size)
{
	memset(request, 0, sizeof *request);
	request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	return request->body;
}

void netlink_attribute(struct request *request, uint16_t type, const void *value, size_t length)
{
	size_t at = NLMSG_ALIGN(request->header.nlmsg_len);
	if (at + RTA_SPACE(length) > sizeof *request)
		return;
	struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(length), .rta_type = type};
	char *out = (char *)request + at;
	memcpy(out, &attribute, sizeof attribute);
	memcpy(out + sizeof attribute, value, length);
	request->header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(length));
}

bool netlink_send(struct request *request)
{
	union {
		struct nlmsghdr header;
		char bytes[4096];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return false;
	int error = EIO;
	ssize_t length = -1;
	if (send(fd, request, request->header.nlmsg_len, 0) >= 0)
		length = recv(fd, &answer, sizeof answer, 0);
	if (length >= (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) && answer.header.nlmsg_type == NLMSG_ERROR)
		error = -((const struct nlmsgerr *)NLMSG_DATA(&answer.header))->error;
	else if (length < 0)
		error = errno;
	close(fd);
	errno = error;
	return error == 0;
}

bool netlink_dump(struct request *request, bool (*entry)(void *context, const struct nlmsghdr *header), void *context)
{
	static union {
		struct nlmsghdr header;
		char bytes[32768];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool more = fd >= 0 && send(fd, request, request->header.nlmsg_len, 0) >= 0;
	bool well = more;
	while (more) {
		ssize_t length = recv(fd, &answer, sizeof answer, 0);
		more = well = well && length > 0;
		int left = (int)length;
		for (const struct nlmsghdr *header = &answer.header; more && NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			more = header->nlmsg_type != NLMSG_DONE && header->nlmsg_type != NLMSG_ERROR;
			well = header->nlmsg_type != NLMSG_ERROR && (!more || entry(context, header));
		}
	}
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return well;
}
