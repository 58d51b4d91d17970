/* The file system of FILES: one FUSE message in, one out (linux/fuse.h, version 7.31). */
#ifndef HULL_GUEST_FUSE_H
#define HULL_GUEST_FUSE_H

#include <linux/fuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nodes.h"

/* What the host may write or read with one message. */
#define FUSE_TRANSFER_MAX 131072u
#define FUSE_MESSAGE_MAX (FUSE_TRANSFER_MAX + 4096u + 1024u)

/* One message being answered. */
struct call {
	const struct fuse_in_header *in;
	/* Behind the header. */
	const uint8_t *body;
	size_t length;
	/* Where the answer goes, behind its header. */
	uint8_t *out;
	size_t out_length;
};

/* Answers a message into `out` (FUSE_MESSAGE_MAX bytes); the answer's length, 0 for none. */
size_t fuse_answer(const uint8_t *message, size_t length, uint8_t *out);

/* The other side is gone: handles are closed, nodes forgotten. */
void fuse_reset(void);

/* The operations: 0, or an error number. A body shorter than its fixed part never gets here. */
int fuse_lookup(struct call *call);
int fuse_getattr(struct call *call);
int fuse_setattr(struct call *call);
int fuse_readlink(struct call *call);
int fuse_symlink(struct call *call);
int fuse_mknod(struct call *call);
int fuse_mkdir(struct call *call);
int fuse_unlink(struct call *call);
int fuse_rmdir(struct call *call);
int fuse_rename(struct call *call);
int fuse_rename2(struct call *call);
int fuse_link(struct call *call);
int fuse_open(struct call *call);
int fuse_create(struct call *call);
int fuse_read(struct call *call);
int fuse_write(struct call *call);
int fuse_release(struct call *call);
int fuse_fsync(struct call *call);
int fuse_flush(struct call *call);
int fuse_lseek(struct call *call);
int fuse_fallocate(struct call *call);
int fuse_opendir(struct call *call);
int fuse_readdir(struct call *call);
int fuse_readdirplus(struct call *call);
int fuse_statfs(struct call *call);
int fuse_setxattr(struct call *call);
int fuse_getxattr(struct call *call);
int fuse_listxattr(struct call *call);
int fuse_removexattr(struct call *call);

/* Adds to the answer; zeroed. */
void *call_add(struct call *call, size_t size);

/* A text in the body from `offset` on, which ends there; NULL when it does not. */
const char *call_text(const struct call *call, size_t offset);
/* The same for the name of an entry of a folder: no path, not `.` or `..`. */
const char *call_name(const struct call *call, size_t offset);

/* The node that the message is about; NULL when there is none. */
struct node *call_node(const struct call *call);

/* Adds the entry of a name that is there. */
int call_entry(struct call *call, struct node *parent, int folder, const char *name);

void fill_attributes(struct fuse_attr *attributes, const struct stat *status);
/* The attributes of the top, which has no file. */
void fill_top(struct fuse_attr *attributes);

/* For how long the host may believe what it was told: next to nothing, since the container goes on. */
#define VALID_NS 20000000u

/* The descriptor of an open file; -1 when the handle is none. */
int handle_descriptor(uint64_t handle);
void handles_close(void);

#endif
