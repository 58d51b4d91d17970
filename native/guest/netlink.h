/* Requests to the kernel's routing socket, one at a time, each acknowledged. */
#ifndef HULL_GUEST_NETLINK_H
#define HULL_GUEST_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request {
	struct nlmsghdr header;
	char body[1024];
};

/* Begins a request whose fixed part has this size; the part, zeroed. */
void *netlink_begin(struct request *request, uint16_t type, uint16_t flags, size_t size);
void netlink_attribute(struct request *request, uint16_t type, const void *value, size_t length);

/* Sends it and waits for the answer. False with errno. */
bool netlink_send(struct request *request);

/* Sends a request for a list and calls for each entry, until one is refused. False with errno. */
bool netlink_dump(struct request *request, bool (*entry)(void *context, const struct nlmsghdr *header), void *context);

#endif
