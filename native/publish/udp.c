/*
 * UDP: each client of a port gets a socket of its own to the container, so that answers find their way back; it is
 * given up when nothing went through it for a while, or for another when there are too many.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "publish.h"

/* As long as the kernel's own connection tracking remembers a stream of datagrams. */
#define IDLE_MS 120000u
#define SWEEP_MS 10000u
#define BUCKETS 4096u
#define BATCH 64
#define DATAGRAM_MAX 65536

/* Where a datagram came from, and the address of the host that it was sent to. */
struct way {
	union address client;
	struct in6_addr local;
	unsigned interface;
};

struct flow {
	struct source source;
	struct listener *listener;
	struct way way;
	uint64_t used_ms;
	struct flow *next_in_bucket;
	/* From the one used last to the one used longest ago. */
	struct flow *newer, *older;
};

static struct flow *buckets[BUCKETS];
static struct flow *newest, *oldest;
static unsigned flow_count, flow_max;
static struct timer sweep_timer;
static char datagram[DATAGRAM_MAX];

static void sweep(struct timer *timer);

void udp_begin(unsigned descriptors)
{
	flow_max = descriptors > 0 ? descriptors : 1;
	sweep_timer.fire = sweep;
	for (struct listener *at = listeners; at; at = at->next)
		if (at->protocol == IPPROTO_UDP)
			loop_want(&at->source, EPOLLIN);
}

static unsigned bucket_of(const struct listener *listener, const struct way *way)
{
	/* FNV-1a. */
	uint32_t hash = 2166136261u ^ (uint32_t)(uintptr_t)listener;
	const uint8_t *bytes = (const uint8_t *)way;
	for (size_t i = 0; i < sizeof *way; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return (hash ^ hash >> 16) % BUCKETS;
}

static void take_out(struct flow *flow)
{
	*(flow->newer ? &flow->newer->older : &newest) = flow->older;
	*(flow->older ? &flow->older->newer : &oldest) = flow->newer;
}

static void put_first(struct flow *flow)
{
	flow->newer = NULL;
	flow->older = newest;
	*(newest ? &newest->newer : &oldest) = flow;
	newest = flow;
	flow->used_ms = clock_ms();
}

static void touch(struct flow *flow)
{
	take_out(flow);
	put_first(flow);
}

static void give_up(struct flow *flow)
{
	struct flow **link = &buckets[bucket_of(flow->listener, &flow->way)];
	while (*link != flow)
		link = &(*link)->next_in_bucket;
	*link = flow->next_in_bucket;
	take_out(flow);
	loop_close(&flow->source);
	free(flow);
	flow_count--;
}

static void sweep(struct timer *timer)
{
	uint64_t now = clock_ms();
	while (oldest && now - oldest->used_ms >= IDLE_MS)
		give_up(oldest);
	if (oldest)
		timer_set(timer, SWEEP_MS);
}

/* The address that the client used is the one that it is answered from. */
static void send_back(const struct flow *flow, size_t length)
{
	union address client = flow->way.client;
	bool v6 = client.any.sa_family == AF_INET6;
	struct iovec part = {datagram, length};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = {0};
	struct msghdr message = {
		.msg_name = &client,
		.msg_namelen = address_length(&client),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = v6 ? CMSG_SPACE(sizeof(struct in6_pktinfo)) : CMSG_SPACE(sizeof(struct in_pktinfo)),
	};
	struct cmsghdr *info = CMSG_FIRSTHDR(&message);
	info->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	info->cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
	if (v6) {
		struct in6_pktinfo from = {.ipi6_addr = flow->way.local, .ipi6_ifindex = flow->way.interface};
		info->cmsg_len = CMSG_LEN(sizeof from);
		memcpy(CMSG_DATA(info), &from, sizeof from);
	} else {
		struct in_pktinfo from = {0};
		memcpy(&from.ipi_spec_dst, &flow->way.local, sizeof from.ipi_spec_dst);
		info->cmsg_len = CMSG_LEN(sizeof from);
		memcpy(CMSG_DATA(info), &from, sizeof from);
	}
	/* Datagrams may be lost, as anywhere. */
	(void)!sendmsg(flow->listener->source.fd, &message, MSG_DONTWAIT);
}

static void flow_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct flow *flow = container_of(source, struct flow, source);
	for (int i = 0; i < BATCH; i++) {
		ssize_t length = recv(source->fd, datagram, sizeof datagram, MSG_DONTWAIT);
		/* Nobody listens in the container: that is told once, and there may be somebody later. */
		if (length < 0 && errno != EAGAIN)
			continue;
		if (length < 0)
			break;
		send_back(flow, (size_t)length);
	}
	touch(flow);
}

static struct flow *find(const struct listener *listener, const struct way *way)
{
	struct flow *flow = buckets[bucket_of(listener, way)];
	while (flow && (flow->listener != listener || memcmp(&flow->way, way, sizeof *way) != 0))
		flow = flow->next_in_bucket;
	return flow;
}

static struct flow *open_flow(struct listener *listener, const struct way *way)
{
	while (flow_count >= flow_max)
		give_up(oldest);
	const union address *target = &listener->target;
	int fd = socket(target->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct flow *flow = fd < 0 ? NULL : calloc(1, sizeof *flow);
	if (!flow || connect(fd, &target->any, address_length(target)) < 0) {
		free(flow);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	flow->source = (struct source){.fd = fd, .ready = flow_ready};
	flow->listener = listener;
	flow->way = *way;
	struct flow **bucket = &buckets[bucket_of(listener, way)];
	flow->next_in_bucket = *bucket;
	*bucket = flow;
	put_first(flow);
	flow_count++;
	loop_want(&flow->source, EPOLLIN);
	if (!sweep_timer.armed)
		timer_set(&sweep_timer, SWEEP_MS);
	return flow;
}

static void read_local(struct way *way, struct msghdr *message)
{
	for (struct cmsghdr *info = CMSG_FIRSTHDR(message); info; info = CMSG_NXTHDR(message, info)) {
		if (info->cmsg_level == IPPROTO_IP && info->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo to;
			memcpy(&to, CMSG_DATA(info), sizeof to);
			/* For a broadcast the address of the interface that it came in by. */
			memcpy(&way->local, &to.ipi_spec_dst, sizeof to.ipi_spec_dst);
		} else if (info->cmsg_level == IPPROTO_IPV6 && info->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo to;
			memcpy(&to, CMSG_DATA(info), sizeof to);
			way->local = to.ipi6_addr;
			way->interface = IN6_IS_ADDR_LINKLOCAL(&to.ipi6_addr) ? to.ipi6_ifindex : 0;
			if (IN6_IS_ADDR_MULTICAST(&to.ipi6_addr))
				way->local = in6addr_any;
		}
	}
}

void udp_receive(struct source *source, uint32_t events)
{
	(void)events;
	struct listener *listener = container_of(source, struct listener, source);
	for (int i = 0; i < BATCH; i++) {
		/* Compared as bytes: no padding may differ. */
		struct way way;
		memset(&way, 0, sizeof way);
		struct iovec part = {datagram, sizeof datagram};
		union {
			struct cmsghdr header;
			char bytes[256];
		} control;
		struct msghdr message = {
			.msg_name = &way.client,
			.msg_namelen = sizeof way.client,
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof control,
		};
		ssize_t length = recvmsg(source->fd, &message, MSG_DONTWAIT);
		if (length < 0 && errno == EAGAIN)
			return;
		if (length < 0)
			continue;
		read_local(&way, &message);
		struct flow *flow = find(listener, &way);
		if (flow)
			touch(flow);
		else
			flow = open_flow(listener, &way);
		/* An error that came back for an earlier datagram is reported here: it is not this one's. */
		if (flow && send(flow->source.fd, datagram, (size_t)length, MSG_DONTWAIT) < 0 && errno == ECONNREFUSED)
			(void)!send(flow->source.fd, datagram, (size_t)length, MSG_DONTWAIT);
	}
}
