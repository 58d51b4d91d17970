#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nft.h"

#define TABLE "hull_names"
#define NAME_SERVER 0x7f00000bu
#define DNS_PORT 53
#define BACKLOG 128
/* Connection tracking sees the port that is served, in both directions: before it on the way there, behind it back. */
#define BEFORE_TRACKING (-300)
#define BEHIND_TRACKING (-150)

/* Offsets in the headers of IPv4, and of TCP and UDP, which begin alike. */
enum { SOURCE_ADDRESS = 12, TARGET_ADDRESS = 16, SOURCE_PORT = 0, TARGET_PORT = 2 };

/* One direction of one protocol: what has `port` at `port_at` gets `becomes`. */
struct rewrite {
	const char *chain;
	uint8_t protocol;
	uint32_t checksum_at;
	uint32_t address_at;
	uint32_t port_at;
	uint16_t port;
	uint16_t becomes;
};

static size_t open_expression(struct nft_batch *batch, const char *name, size_t opened[2])
{
	opened[0] = nft_open(batch, NFTA_LIST_ELEM);
	nft_text(batch, NFTA_EXPR_NAME, name);
	return opened[1] = nft_open(batch, NFTA_EXPR_DATA);
}

static void close_expression(struct nft_batch *batch, const size_t opened[2])
{
	nft_close(batch, opened[1]);
	nft_close(batch, opened[0]);
}

static void put_value(struct nft_batch *batch, uint16_t attribute, const void *value, size_t length)
{
	size_t data = nft_open(batch, attribute);
	nft_bytes(batch, NFTA_DATA_VALUE, value, length);
	nft_close(batch, data);
}

static void compare(struct nft_batch *batch, const void *value, size_t length)
{
	size_t opened[2];
	open_expression(batch, "cmp", opened);
	nft_u32(batch, NFTA_CMP_SREG, NFT_REG_1);
	nft_u32(batch, NFTA_CMP_OP, NFT_CMP_EQ);
	put_value(batch, NFTA_CMP_DATA, value, length);
	close_expression(batch, opened);
}

static void match_protocol(struct nft_batch *batch, uint8_t protocol)
{
	size_t opened[2];
	open_expression(batch, "meta", opened);
	nft_u32(batch, NFTA_META_DREG, NFT_REG_1);
	nft_u32(batch, NFTA_META_KEY, NFT_META_L4PROTO);
	close_expression(batch, opened);
	compare(batch, &protocol, sizeof protocol);
}

static void match_header(struct nft_batch *batch, uint32_t base, uint32_t offset, const void *value, size_t length)
{
	size_t opened[2];
	open_expression(batch, "payload", opened);
	nft_u32(batch, NFTA_PAYLOAD_DREG, NFT_REG_1);
	nft_u32(batch, NFTA_PAYLOAD_BASE, base);
	nft_u32(batch, NFTA_PAYLOAD_OFFSET, offset);
	nft_u32(batch, NFTA_PAYLOAD_LEN, (uint32_t)length);
	close_expression(batch, opened);
	compare(batch, value, length);
}

static void set_port(struct nft_batch *batch, const struct rewrite *rewrite)
{
	uint16_t port = htons(rewrite->becomes);
	size_t opened[2];
	open_expression(batch, "immediate", opened);
	nft_u32(batch, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	put_value(batch, NFTA_IMMEDIATE_DATA, &port, sizeof port);
	close_expression(batch, opened);
	open_expression(batch, "payload", opened);
	nft_u32(batch, NFTA_PAYLOAD_SREG, NFT_REG_1);
	nft_u32(batch, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	nft_u32(batch, NFTA_PAYLOAD_OFFSET, rewrite->port_at);
	nft_u32(batch, NFTA_PAYLOAD_LEN, sizeof port);
	nft_u32(batch, NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET);
	nft_u32(batch, NFTA_PAYLOAD_CSUM_OFFSET, rewrite->checksum_at);
	close_expression(batch, opened);
}

static void add_rule(struct nft_batch *batch, const struct rewrite *rewrite)
{
	uint32_t address = htonl(NAME_SERVER);
	uint16_t port = htons(rewrite->port);
	nft_message(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_IPV4);
	nft_text(batch, NFTA_RULE_TABLE, TABLE);
	nft_text(batch, NFTA_RULE_CHAIN, rewrite->chain);
	size_t expressions = nft_open(batch, NFTA_RULE_EXPRESSIONS);
	match_protocol(batch, rewrite->protocol);
	match_header(batch, NFT_PAYLOAD_NETWORK_HEADER, rewrite->address_at, &address, sizeof address);
	match_header(batch, NFT_PAYLOAD_TRANSPORT_HEADER, rewrite->port_at, &port, sizeof port);
	set_port(batch, rewrite);
	nft_close(batch, expressions);
}

static void add_chain(struct nft_batch *batch, const char *name, int priority)
{
	nft_message(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_IPV4);
	nft_text(batch, NFTA_CHAIN_TABLE, TABLE);
	nft_text(batch, NFTA_CHAIN_NAME, name);
	size_t hook = nft_open(batch, NFTA_CHAIN_HOOK);
	nft_u32(batch, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
	nft_u32(batch, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	nft_close(batch, hook);
	nft_text(batch, NFTA_CHAIN_TYPE, "filter");
}

/*
 * As a new table, or in place of the one that is there: what is deleted keeps the kernel busy for some ms, so that is
 * only done when it must be.
 */
static bool lead_port(uint16_t udp, uint16_t tcp, bool replace)
{
	const struct rewrite rewrites[] = {
		{"there", IPPROTO_UDP, 6, TARGET_ADDRESS, TARGET_PORT, DNS_PORT, udp},
		{"there", IPPROTO_TCP, 16, TARGET_ADDRESS, TARGET_PORT, DNS_PORT, tcp},
		{"back", IPPROTO_UDP, 6, SOURCE_ADDRESS, SOURCE_PORT, udp, DNS_PORT},
		{"back", IPPROTO_TCP, 16, SOURCE_ADDRESS, SOURCE_PORT, tcp, DNS_PORT},
	};
	static struct nft_batch batch;
	nft_begin(&batch);
	if (replace) {
		nft_message(&batch, NFT_MSG_DELTABLE, 0, NFPROTO_IPV4);
		nft_text(&batch, NFTA_TABLE_NAME, TABLE);
	}
	nft_message(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_IPV4);
	nft_text(&batch, NFTA_TABLE_NAME, TABLE);
	add_chain(&batch, "there", BEFORE_TRACKING);
	add_chain(&batch, "back", BEHIND_TRACKING);
	for (size_t i = 0; i < sizeof rewrites / sizeof *rewrites; i++)
		add_rule(&batch, &rewrites[i]);
	return nft_commit(&batch);
}

static int open_socket(int type, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(NAME_SERVER)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool open = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		    (type == SOCK_DGRAM || listen(fd, BACKLOG) == 0) &&
		    getsockname(fd, (struct sockaddr *)&address, &length) == 0;
	if (!open && fd >= 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

bool inside_open(int sockets[2])
{
	uint16_t udp, tcp;
	sockets[1] = -1;
	sockets[0] = open_socket(SOCK_DGRAM, &udp);
	if (sockets[0] >= 0)
		sockets[1] = open_socket(SOCK_STREAM, &tcp);
	if (sockets[1] >= 0 && (lead_port(udp, tcp, false) || (errno == EEXIST && lead_port(udp, tcp, true))))
		return true;
	int error = errno;
	for (int i = 0; i < 2; i++)
		if (sockets[i] >= 0)
			close(sockets[i]);
	errno = error;
	return false;
}
