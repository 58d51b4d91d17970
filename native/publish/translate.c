/*
 * Ports that the kernel leads to the container by translating addresses (NAT): no byte passes through this program.
 *
 * The rules are in a table of the program's own. Its owner is a netlink socket, so it is gone in the moment when the
 * program is, whatever that ends by, and `nft flush ruleset` of somebody else spares it. Translated is what comes to an
 * address of the host, from outside or from the host itself:
 *
 *   chain in   (prerouting): not from the container's own bridge, not from a link-local address
 *   chain out  (output):     not to a loopback or link-local address
 *   chain ports:             one rule for each port and family
 *
 * What is not translated comes to the sockets of listen.c, which are open beside it and hold the port: nothing of the
 * host's loopback is opened to the bridge for it (route_localnet), and containers reach their own ports so.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nft.h"
#include "publish.h"

/* NFT_TABLE_F_OWNER, since Linux 5.12. */
#define OWNED 2u
#define BEFORE_ROUTING (-100)
#define TARGET_PORT_AT 2

static int owner = -1;
static char table[32];

struct nested {
	size_t element, data;
};

static struct nested open_expression(struct nft_batch *batch, const char *name)
{
	struct nested opened;
	opened.element = nft_open(batch, NFTA_LIST_ELEM);
	nft_text(batch, NFTA_EXPR_NAME, name);
	opened.data = nft_open(batch, NFTA_EXPR_DATA);
	return opened;
}

static void close_expression(struct nft_batch *batch, struct nested opened)
{
	nft_close(batch, opened.data);
	nft_close(batch, opened.element);
}

static void compare(struct nft_batch *batch, uint32_t how, const void *value, size_t length)
{
	struct nested opened = open_expression(batch, "cmp");
	nft_u32(batch, NFTA_CMP_SREG, NFT_REG_1);
	nft_u32(batch, NFTA_CMP_OP, how);
	size_t data = nft_open(batch, NFTA_CMP_DATA);
	nft_bytes(batch, NFTA_DATA_VALUE, value, length);
	nft_close(batch, data);
	close_expression(batch, opened);
}

static void match_meta(struct nft_batch *batch, uint32_t key, const void *value, size_t length)
{
	struct nested opened = open_expression(batch, "meta");
	nft_u32(batch, NFTA_META_DREG, NFT_REG_1);
	nft_u32(batch, NFTA_META_KEY, key);
	close_expression(batch, opened);
	compare(batch, NFT_CMP_EQ, value, length);
}

static void match_bytes(struct nft_batch *batch, uint32_t base, uint32_t offset, const void *value, size_t length)
{
	struct nested opened = open_expression(batch, "payload");
	nft_u32(batch, NFTA_PAYLOAD_DREG, NFT_REG_1);
	nft_u32(batch, NFTA_PAYLOAD_BASE, base);
	nft_u32(batch, NFTA_PAYLOAD_OFFSET, offset);
	nft_u32(batch, NFTA_PAYLOAD_LEN, (uint32_t)length);
	close_expression(batch, opened);
	compare(batch, NFT_CMP_EQ, value, length);
}

static void match_not_local(struct nft_batch *batch)
{
	uint32_t local = RTN_LOCAL;
	struct nested opened = open_expression(batch, "fib");
	nft_u32(batch, NFTA_FIB_DREG, NFT_REG_1);
	nft_u32(batch, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nft_u32(batch, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	close_expression(batch, opened);
	compare(batch, NFT_CMP_NEQ, &local, sizeof local);
}

static void match_family(struct nft_batch *batch, uint8_t family)
{
	match_meta(batch, NFT_META_NFPROTO, &family, sizeof family);
}

static void load(struct nft_batch *batch, uint32_t reg, const void *value, size_t length)
{
	struct nested opened = open_expression(batch, "immediate");
	nft_u32(batch, NFTA_IMMEDIATE_DREG, reg);
	size_t data = nft_open(batch, NFTA_IMMEDIATE_DATA);
	nft_bytes(batch, NFTA_DATA_VALUE, value, length);
	nft_close(batch, data);
	close_expression(batch, opened);
}

/* `chain` for a jump. */
static void decide(struct nft_batch *batch, int verdict, const char *chain)
{
	struct nested opened = open_expression(batch, "immediate");
	nft_u32(batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	size_t data = nft_open(batch, NFTA_IMMEDIATE_DATA);
	size_t inner = nft_open(batch, NFTA_DATA_VERDICT);
	nft_u32(batch, NFTA_VERDICT_CODE, (uint32_t)verdict);
	if (chain)
		nft_text(batch, NFTA_VERDICT_CHAIN, chain);
	nft_close(batch, inner);
	nft_close(batch, data);
	close_expression(batch, opened);
}

static size_t open_rule(struct nft_batch *batch, const char *chain)
{
	nft_message(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET);
	nft_text(batch, NFTA_RULE_TABLE, table);
	nft_text(batch, NFTA_RULE_CHAIN, chain);
	return nft_open(batch, NFTA_RULE_EXPRESSIONS);
}

/* What has these bytes in its network header is let go as it is. */
static void spare(struct nft_batch *batch, const char *chain, uint8_t family, uint32_t offset, const void *bytes,
		  size_t length)
{
	size_t rule = open_rule(batch, chain);
	match_family(batch, family);
	match_bytes(batch, NFT_PAYLOAD_NETWORK_HEADER, offset, bytes, length);
	decide(batch, NFT_RETURN, NULL);
	nft_close(batch, rule);
}

/* What is for an address of the host goes on to the ports. */
static void end_base(struct nft_batch *batch, const char *chain)
{
	size_t rule = open_rule(batch, chain);
	match_not_local(batch);
	decide(batch, NFT_RETURN, NULL);
	nft_close(batch, rule);
	rule = open_rule(batch, chain);
	decide(batch, NFT_JUMP, "ports");
	nft_close(batch, rule);
}

static void add_chain(struct nft_batch *batch, const char *name, int hook)
{
	nft_message(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET);
	nft_text(batch, NFTA_CHAIN_TABLE, table);
	nft_text(batch, NFTA_CHAIN_NAME, name);
	if (hook < 0)
		return;
	size_t opened = nft_open(batch, NFTA_CHAIN_HOOK);
	nft_u32(batch, NFTA_HOOK_HOOKNUM, (uint32_t)hook);
	nft_u32(batch, NFTA_HOOK_PRIORITY, (uint32_t)BEFORE_ROUTING);
	nft_close(batch, opened);
	nft_text(batch, NFTA_CHAIN_TYPE, "nat");
}

/* Offsets in the headers of IPv4 and IPv6; link-local addresses of IPv6 begin with this byte. */
enum { V4_TARGET = 16, V6_SOURCE = 8, V6_TARGET = 24, LINK_LOCAL = 0xfe, LOOPBACK = 127 };

bool translate_open(const char *link)
{
	static struct nft_batch batch;
	const uint8_t local = LINK_LOCAL, loopback = LOOPBACK;
	char name[16] = {0};
	memcpy(name, link, strnlen(link, sizeof name - 1));
	snprintf(table, sizeof table, "hull_publish_%d", (int)getpid());
	owner = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (owner < 0)
		return false;
	nft_begin(&batch);
	nft_message(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
	nft_text(&batch, NFTA_TABLE_NAME, table);
	nft_u32(&batch, NFTA_TABLE_FLAGS, OWNED);
	add_chain(&batch, "ports", -1);
	add_chain(&batch, "in", NF_INET_PRE_ROUTING);
	add_chain(&batch, "out", NF_INET_LOCAL_OUT);
	size_t rule = open_rule(&batch, "in");
	match_meta(&batch, NFT_META_IIFNAME, name, sizeof name);
	decide(&batch, NFT_RETURN, NULL);
	nft_close(&batch, rule);
	spare(&batch, "in", NFPROTO_IPV6, V6_SOURCE, &local, 1);
	end_base(&batch, "in");
	spare(&batch, "out", NFPROTO_IPV4, V4_TARGET, &loopback, 1);
	spare(&batch, "out", NFPROTO_IPV6, V6_TARGET, &in6addr_loopback, sizeof in6addr_loopback);
	spare(&batch, "out", NFPROTO_IPV6, V6_TARGET, &local, 1);
	end_base(&batch, "out");
	return nft_commit_by(owner, &batch);
}

/* Where an address is in a sockaddr, and in a header as the target. */
static const void *bytes_of(const union address *address, size_t *length)
{
	bool v6 = address->any.sa_family == AF_INET6;
	*length = v6 ? sizeof address->v6.sin6_addr : sizeof address->v4.sin_addr;
	return v6 ? (const void *)&address->v6.sin6_addr : (const void *)&address->v4.sin_addr;
}

static bool is_any(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

bool translate_port(int protocol, const union address *host, const union address *target)
{
	static struct nft_batch batch;
	bool v6 = host->any.sa_family == AF_INET6;
	uint8_t family = v6 ? NFPROTO_IPV6 : NFPROTO_IPV4, transport = (uint8_t)protocol;
	uint16_t port = htons(address_port(host)), becomes = htons(address_port(target));
	size_t length;
	const void *address = bytes_of(host, &length);
	nft_begin(&batch);
	size_t rule = open_rule(&batch, "ports");
	match_family(&batch, family);
	match_meta(&batch, NFT_META_L4PROTO, &transport, sizeof transport);
	match_bytes(&batch, NFT_PAYLOAD_TRANSPORT_HEADER, TARGET_PORT_AT, &port, sizeof port);
	if (!is_any(address, length))
		match_bytes(&batch, NFT_PAYLOAD_NETWORK_HEADER, v6 ? V6_TARGET : V4_TARGET, address, length);
	address = bytes_of(target, &length);
	load(&batch, NFT_REG_1, address, length);
	load(&batch, NFT_REG_2, &becomes, sizeof becomes);
	struct nested opened = open_expression(&batch, "nat");
	nft_u32(&batch, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	nft_u32(&batch, NFTA_NAT_FAMILY, family);
	nft_u32(&batch, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	nft_u32(&batch, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
	close_expression(&batch, opened);
	nft_close(&batch, rule);
	return nft_commit_by(owner, &batch);
}

void translate_close(void)
{
	if (owner >= 0)
		close(owner);
	owner = -1;
}
