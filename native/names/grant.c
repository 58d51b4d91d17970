/* Addresses into sets of the host's firewall. */
#include "egress.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdio.h>

#include "nft.h"

/* An element may run out between the two transactions. */
#define ATTEMPTS 3

static void put_elements(struct nft_batch *batch, const struct grant_order *order, uint8_t length)
{
	size_t list = nft_open(batch, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (unsigned i = 0; i < order->count; i++) {
		const struct grant_item *item = &order->items[i];
		if (item->length != length)
			continue;
		uint64_t milliseconds = htobe64((uint64_t)item->seconds * 1000);
		size_t element = nft_open(batch, NFTA_LIST_ELEM);
		size_t key = nft_open(batch, NFTA_SET_ELEM_KEY);
		nft_bytes(batch, NFTA_DATA_VALUE, item->address, length);
		nft_close(batch, key);
		nft_bytes(batch, NFTA_SET_ELEM_TIMEOUT, &milliseconds, sizeof milliseconds);
		nft_close(batch, element);
	}
	nft_close(batch, list);
}

static void put_message(struct nft_batch *batch, uint16_t type, const struct grant_order *order, uint8_t length)
{
	char set[sizeof order->set + 2];
	snprintf(set, sizeof set, "%s_%c", order->set, length == 4 ? '4' : '6');
	nft_message(batch, type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, NFPROTO_INET);
	nft_text(batch, NFTA_SET_ELEM_LIST_TABLE, order->table);
	nft_text(batch, NFTA_SET_ELEM_LIST_SET, set);
	put_elements(batch, order, length);
}

static void put_families(struct nft_batch *batch, uint16_t type, const struct grant_order *order)
{
	for (unsigned length = 4; length <= 16; length += 12) {
		bool any = false;
		for (unsigned i = 0; i < order->count; i++)
			any |= order->items[i].length == length;
		if (any)
			put_message(batch, type, order, (uint8_t)length);
	}
}

/* What is there already keeps its time in most kernels: it is added, then taken out and added anew at once. */
bool grant_addresses(const struct grant_order *order)
{
	static struct nft_batch batch;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		nft_begin(&batch);
		put_families(&batch, NFT_MSG_NEWSETELEM, order);
		if (!nft_commit(&batch))
			return false;
		nft_begin(&batch);
		put_families(&batch, NFT_MSG_DELSETELEM, order);
		put_families(&batch, NFT_MSG_NEWSETELEM, order);
		if (nft_commit(&batch))
			return true;
		if (errno != ENOENT)
			return false;
	}
	return false;
}
