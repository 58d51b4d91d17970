#include "fuse.h"

#include <errno.h>
#include <string.h>

#define VERSION_MINOR 31

static int initialize(struct call *call);
static int forget(struct call *call);
static int forget_many(struct call *call);
static int destroy(struct call *call);

static const struct {
	int (*answer)(struct call *call);
	size_t least;
} operations[] = {
	[FUSE_INIT] = {initialize, 16},
	[FUSE_FORGET] = {forget, sizeof(struct fuse_forget_in)},
	[FUSE_BATCH_FORGET] = {forget_many, sizeof(struct fuse_batch_forget_in)},
	[FUSE_DESTROY] = {destroy, 0},
	[FUSE_LOOKUP] = {fuse_lookup, 1},
	[FUSE_GETATTR] = {fuse_getattr, 0},
	[FUSE_SETATTR] = {fuse_setattr, sizeof(struct fuse_setattr_in)},
	[FUSE_READLINK] = {fuse_readlink, 0},
	[FUSE_SYMLINK] = {fuse_symlink, 2},
	[FUSE_MKNOD] = {fuse_mknod, sizeof(struct fuse_mknod_in)},
	[FUSE_MKDIR] = {fuse_mkdir, sizeof(struct fuse_mkdir_in)},
	[FUSE_UNLINK] = {fuse_unlink, 1},
	[FUSE_RMDIR] = {fuse_rmdir, 1},
	[FUSE_RENAME] = {fuse_rename, sizeof(struct fuse_rename_in)},
	[FUSE_RENAME2] = {fuse_rename2, sizeof(struct fuse_rename2_in)},
	[FUSE_LINK] = {fuse_link, sizeof(struct fuse_link_in)},
	[FUSE_OPEN] = {fuse_open, sizeof(struct fuse_open_in)},
	[FUSE_CREATE] = {fuse_create, sizeof(struct fuse_create_in)},
	[FUSE_READ] = {fuse_read, sizeof(struct fuse_read_in)},
	[FUSE_WRITE] = {fuse_write, sizeof(struct fuse_write_in)},
	[FUSE_RELEASE] = {fuse_release, sizeof(struct fuse_release_in)},
	[FUSE_FSYNC] = {fuse_fsync, sizeof(struct fuse_fsync_in)},
	[FUSE_FLUSH] = {fuse_flush, 0},
	[FUSE_LSEEK] = {fuse_lseek, sizeof(struct fuse_lseek_in)},
	[FUSE_FALLOCATE] = {fuse_fallocate, sizeof(struct fuse_fallocate_in)},
	[FUSE_OPENDIR] = {fuse_opendir, sizeof(struct fuse_open_in)},
	[FUSE_READDIR] = {fuse_readdir, sizeof(struct fuse_read_in)},
	[FUSE_READDIRPLUS] = {fuse_readdirplus, sizeof(struct fuse_read_in)},
	[FUSE_RELEASEDIR] = {fuse_release, sizeof(struct fuse_release_in)},
	[FUSE_FSYNCDIR] = {fuse_flush, 0},
	[FUSE_STATFS] = {fuse_statfs, 0},
	[FUSE_SETXATTR] = {fuse_setxattr, FUSE_COMPAT_SETXATTR_IN_SIZE},
	[FUSE_GETXATTR] = {fuse_getxattr, sizeof(struct fuse_getxattr_in)},
	[FUSE_LISTXATTR] = {fuse_listxattr, sizeof(struct fuse_getxattr_in)},
	[FUSE_REMOVEXATTR] = {fuse_removexattr, 1},
};

static int initialize(struct call *call)
{
	const struct fuse_init_in *in = (const void *)call->body;
	fuse_reset();
	if (in->major != FUSE_KERNEL_VERSION || in->minor < VERSION_MINOR)
		return EPROTO;
	struct fuse_init_out *out = call_add(call, sizeof *out);
	out->major = FUSE_KERNEL_VERSION;
	out->minor = VERSION_MINOR;
	out->max_readahead = in->max_readahead;
	out->flags = in->flags & (FUSE_BIG_WRITES | FUSE_DONT_MASK | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_ASYNC_READ |
				  FUSE_PARALLEL_DIROPS | FUSE_ATOMIC_O_TRUNC | FUSE_MAX_PAGES);
	out->max_background = 16;
	out->congestion_threshold = 12;
	out->max_write = FUSE_TRANSFER_MAX;
	out->max_pages = FUSE_TRANSFER_MAX / 4096;
	out->time_gran = 1;
	return 0;
}

static int forget(struct call *call)
{
	node_forget(call->in->nodeid, ((const struct fuse_forget_in *)(const void *)call->body)->nlookup);
	return 0;
}

static int forget_many(struct call *call)
{
	const struct fuse_batch_forget_in *in = (const void *)call->body;
	const struct fuse_forget_one *one = (const void *)(in + 1);
	size_t there = (call->length - sizeof *in) / sizeof *one;
	for (size_t i = 0; i < in->count && i < there; i++)
		node_forget(one[i].nodeid, one[i].nlookup);
	return 0;
}

static int destroy(struct call *call)
{
	(void)call;
	fuse_reset();
	return 0;
}

void fuse_reset(void)
{
	handles_close();
	nodes_clear();
}

static bool is_answered(uint32_t opcode)
{
	return opcode != FUSE_FORGET && opcode != FUSE_BATCH_FORGET && opcode != FUSE_INTERRUPT;
}

static int carry_out(struct call *call)
{
	uint32_t opcode = call->in->opcode;
	if (opcode >= sizeof operations / sizeof *operations || !operations[opcode].answer)
		return ENOSYS;
	return call->length < operations[opcode].least ? EINVAL : operations[opcode].answer(call);
}

size_t fuse_answer(const uint8_t *message, size_t length, uint8_t *out)
{
	struct fuse_out_header *header = (void *)out;
	struct call call = {
		.in = (const void *)message,
		.body = message + sizeof(struct fuse_in_header),
		.length = length - sizeof(struct fuse_in_header),
		.out = out + sizeof *header,
	};
	int error = carry_out(&call);
	if (error)
		call.out_length = 0;
	header->len = (uint32_t)(sizeof *header + call.out_length);
	header->error = -error;
	header->unique = call.in->unique;
	return is_answered(call.in->opcode) ? header->len : 0;
}

void *call_add(struct call *call, size_t size)
{
	void *added = call->out + call->out_length;
	memset(added, 0, size);
	call->out_length += size;
	return added;
}

const char *call_text(const struct call *call, size_t offset)
{
	const char *text = (const char *)call->body + offset;
	return offset < call->length && memchr(text, 0, call->length - offset) ? text : NULL;
}

const char *call_name(const struct call *call, size_t offset)
{
	const char *name = call_text(call, offset);
	bool valid = name && *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
	return valid && strlen(name) < 256 ? name : NULL;
}

struct node *call_node(const struct call *call)
{
	return node_find(call->in->nodeid);
}
