/* Changes of nf_tables as one transaction, without the program nft: a process would cost more than all else here. */
#ifndef HULL_NAMES_NFT_H
#define HULL_NAMES_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nft_batch {
	size_t length;
	size_t message_at;
	uint32_t sequence;
	uint8_t bytes[8192] __attribute__((aligned(8)));
};

void nft_begin(struct nft_batch *batch);
/* Begins a message (NFT_MSG_…) about things of a family (NFPROTO_…); `flags` beside NLM_F_REQUEST. */
void nft_message(struct nft_batch *batch, uint16_t type, uint16_t flags, uint8_t family);
void nft_bytes(struct nft_batch *batch, uint16_t attribute, const void *value, size_t length);
void nft_text(struct nft_batch *batch, uint16_t attribute, const char *value);
/* Big endian, as nf_tables has its numbers. */
void nft_u32(struct nft_batch *batch, uint16_t attribute, uint32_t value);
/* Attributes until the matching nft_close are inside of this one. */
size_t nft_open(struct nft_batch *batch, uint16_t attribute);
void nft_close(struct nft_batch *batch, size_t opened);
/* All or nothing, in the caller's network namespace. False with errno. */
bool nft_commit(struct nft_batch *batch);
/* As nft_commit, by a netlink socket of the caller's, who owns what belongs to it. */
bool nft_commit_by(int fd, struct nft_batch *batch);

#endif
