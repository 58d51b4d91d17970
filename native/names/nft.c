#include "nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALIGNED(length) (((length) + 3u) & ~(size_t)3u)

static void *room(struct nft_batch *batch, size_t length)
{
	/* Batches have a fixed shape: one that does not fit is a mistake of ours, and is refused by the kernel. */
	if (batch->length + ALIGNED(length) > sizeof batch->bytes)
		return NULL;
	void *at = batch->bytes + batch->length;
	memset(at, 0, ALIGNED(length));
	batch->length += ALIGNED(length);
	return at;
}

static struct nlmsghdr *header_of(struct nft_batch *batch)
{
	return (struct nlmsghdr *)(void *)(batch->bytes + batch->message_at);
}

static void end_message(struct nft_batch *batch)
{
	if (batch->length > batch->message_at)
		header_of(batch)->nlmsg_len = (uint32_t)(batch->length - batch->message_at);
}

static void begin_message(struct nft_batch *batch, uint16_t type, uint16_t flags, struct nfgenmsg about)
{
	end_message(batch);
	batch->message_at = batch->length;
	struct nlmsghdr *header = room(batch, sizeof *header);
	struct nfgenmsg *general = room(batch, sizeof *general);
	if (!header || !general)
		return;
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = batch->sequence++;
	*general = about;
}

void nft_begin(struct nft_batch *batch)
{
	batch->length = batch->message_at = 0;
	batch->sequence = 1;
	begin_message(batch, NFNL_MSG_BATCH_BEGIN, 0, (struct nfgenmsg){.res_id = htons(NFNL_SUBSYS_NFTABLES)});
}

void nft_message(struct nft_batch *batch, uint16_t type, uint16_t flags, uint8_t family)
{
	begin_message(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, (struct nfgenmsg){.nfgen_family = family});
}

void nft_bytes(struct nft_batch *batch, uint16_t attribute, const void *value, size_t length)
{
	struct nlattr *header = room(batch, sizeof *header + length);
	if (!header)
		return;
	header->nla_type = attribute;
	header->nla_len = (uint16_t)(sizeof *header + length);
	if (length)
		memcpy(header + 1, value, length);
}

void nft_text(struct nft_batch *batch, uint16_t attribute, const char *value)
{
	nft_bytes(batch, attribute, value, strlen(value) + 1);
}

void nft_u32(struct nft_batch *batch, uint16_t attribute, uint32_t value)
{
	value = htonl(value);
	nft_bytes(batch, attribute, &value, sizeof value);
}

size_t nft_open(struct nft_batch *batch, uint16_t attribute)
{
	size_t opened = batch->length;
	nft_bytes(batch, attribute | NLA_F_NESTED, NULL, 0);
	return opened;
}

void nft_close(struct nft_batch *batch, size_t opened)
{
	struct nlattr *header = (struct nlattr *)(void *)(batch->bytes + opened);
	header->nla_len = (uint16_t)(batch->length - opened);
}

/* The kernel answers what failed, and the one message that asked for an answer. */
static int await_answer(int fd, uint32_t sequence)
{
	union {
		struct nlmsghdr header;
		char bytes[8192];
	} answer;
	for (;;) {
		ssize_t length = recv(fd, &answer, sizeof answer, 0);
		if (length <= 0)
			return length < 0 ? errno : EIO;
		int left = (int)length;
		for (const struct nlmsghdr *at = &answer.header; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
			if (at->nlmsg_type != NLMSG_ERROR || at->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr)))
				continue;
			int error = -((const struct nlmsgerr *)NLMSG_DATA(at))->error;
			if (error || at->nlmsg_seq == sequence)
				return error;
		}
	}
}

bool nft_commit_by(int fd, struct nft_batch *batch)
{
	uint32_t last = batch->sequence - 1;
	header_of(batch)->nlmsg_flags |= NLM_F_ACK;
	begin_message(batch, NFNL_MSG_BATCH_END, 0, (struct nfgenmsg){.res_id = htons(NFNL_SUBSYS_NFTABLES)});
	end_message(batch);
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	bool sent = sendto(fd, batch->bytes, batch->length, 0, (struct sockaddr *)&kernel, sizeof kernel) >= 0;
	errno = sent ? await_answer(fd, last) : errno;
	return errno == 0;
}

bool nft_commit(struct nft_batch *batch)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (fd < 0)
		return false;
	bool done = nft_commit_by(fd, batch);
	int error = errno;
	close(fd);
	errno = error;
	return done;
}
