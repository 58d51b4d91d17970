/* Names in folders: looking up, making, removing, moving. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fuse.h"

#define TARGET_MAX 4096

/* Files of other file systems may have the number of one here: those are told apart. */
static uint64_t inode_number(const struct stat *status)
{
	return status->st_ino ^ (uint64_t)status->st_dev << 40;
}

void fill_attributes(struct fuse_attr *out, const struct stat *status)
{
	out->ino = inode_number(status);
	out->size = (uint64_t)status->st_size;
	out->blocks = (uint64_t)status->st_blocks;
	out->atime = (uint64_t)status->st_atim.tv_sec;
	out->mtime = (uint64_t)status->st_mtim.tv_sec;
	out->ctime = (uint64_t)status->st_ctim.tv_sec;
	out->atimensec = (uint32_t)status->st_atim.tv_nsec;
	out->mtimensec = (uint32_t)status->st_mtim.tv_nsec;
	out->ctimensec = (uint32_t)status->st_ctim.tv_nsec;
	out->mode = status->st_mode;
	out->nlink = (uint32_t)status->st_nlink;
	out->uid = status->st_uid;
	out->gid = status->st_gid;
	/* As the kernel packs device numbers here (new_encode_dev). */
	unsigned major = major(status->st_rdev), minor = minor(status->st_rdev);
	out->rdev = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
	out->blksize = (uint32_t)status->st_blksize;
}

void fill_top(struct fuse_attr *out)
{
	out->ino = NODE_TOP;
	out->mode = S_IFDIR | 0755;
	out->nlink = 2;
}

static dev_t device_number(uint32_t packed)
{
	return makedev((packed & 0xfff00) >> 8, (packed & 0xff) | (packed >> 12 & 0xfff00));
}

int call_entry(struct call *call, struct node *parent, int folder, const char *name)
{
	struct stat status;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno;
	struct fuse_entry_out *out = call_add(call, sizeof *out);
	const struct node *node = node_tell(parent, name, &status);
	out->nodeid = node->id;
	out->generation = node->generation;
	out->entry_valid_nsec = out->attr_valid_nsec = VALID_NS;
	fill_attributes(&out->attr, &status);
	return 0;
}

static int lookup_at_top(struct call *call, struct node *top, const char *name)
{
	struct stat status;
	const char *inside;
	if (strcmp(name, "root") != 0 && strcmp(name, "upper") != 0)
		return ENOENT;
	struct node *node = node_tell(top, name, NULL);
	int folder = node_locate(node, &inside);
	if (folder < 0)
		return errno;
	int error = fstatat(folder, inside, &status, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
	close(folder);
	if (error)
		return error;
	struct fuse_entry_out *out = call_add(call, sizeof *out);
	out->nodeid = node->id;
	out->entry_valid_nsec = out->attr_valid_nsec = VALID_NS;
	fill_attributes(&out->attr, &status);
	return 0;
}

int fuse_lookup(struct call *call)
{
	struct node *parent = call_node(call);
	const char *name = call_name(call, 0);
	if (!parent || !name)
		return name ? ESTALE : EINVAL;
	if (parent->id == NODE_TOP)
		return lookup_at_top(call, parent, name);
	int folder = node_folder(parent);
	if (folder < 0)
		return errno;
	int error = call_entry(call, parent, folder, name);
	close(folder);
	return error;
}

/* The folder of a message that changes one, and the name; an error number or 0. */
static int open_folder(const struct call *call, size_t offset, struct node **parent, int *folder, const char **name)
{
	*parent = call_node(call);
	*name = call_name(call, offset);
	if (!*parent || !*name)
		return *name ? ESTALE : EINVAL;
	if ((*parent)->id == NODE_TOP)
		return EPERM;
	*folder = node_folder(*parent);
	return *folder < 0 ? errno : 0;
}

/* What was made as root is given to whom it was made for; a folder that hands on its group keeps doing so. */
static int own(const struct call *call, int folder, const char *name)
{
	struct stat status;
	bool inherits = fstatat(folder, "", &status, AT_EMPTY_PATH) == 0 && (status.st_mode & S_ISGID);
	gid_t group = inherits ? (gid_t)-1 : call->in->gid;
	return fchownat(folder, name, call->in->uid, group, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
}

static int finish_making(struct call *call, struct node *parent, int folder, const char *name, int made)
{
	int error = made < 0 ? errno : own(call, folder, name);
	if (!error)
		error = call_entry(call, parent, folder, name);
	close(folder);
	return error;
}

int fuse_mknod(struct call *call)
{
	const struct fuse_mknod_in *in = (const void *)call->body;
	struct node *parent;
	int folder;
	const char *name;
	int error = open_folder(call, sizeof *in, &parent, &folder, &name);
	if (error)
		return error;
	mode_t mode = (mode_t)(in->mode & ~in->umask);
	mode_t before = umask(0);
	int made = mknodat(folder, name, mode, device_number(in->rdev));
	umask(before);
	return finish_making(call, parent, folder, name, made);
}

int fuse_mkdir(struct call *call)
{
	const struct fuse_mkdir_in *in = (const void *)call->body;
	struct node *parent;
	int folder;
	const char *name;
	int error = open_folder(call, sizeof *in, &parent, &folder, &name);
	if (error)
		return error;
	mode_t before = umask(0);
	int made = mkdirat(folder, name, (mode_t)(in->mode & ~in->umask));
	umask(before);
	return finish_making(call, parent, folder, name, made);
}

int fuse_symlink(struct call *call)
{
	struct node *parent;
	int folder;
	const char *name;
	int error = open_folder(call, 0, &parent, &folder, &name);
	if (error)
		return error;
	const char *target = call_text(call, strlen(name) + 1);
	int made = target ? symlinkat(target, folder, name) : -1;
	if (!target)
		errno = EINVAL;
	return finish_making(call, parent, folder, name, made);
}

static int remove_entry(struct call *call, int flags)
{
	struct node *parent;
	int folder;
	const char *name;
	int error = open_folder(call, 0, &parent, &folder, &name);
	if (error)
		return error;
	error = unlinkat(folder, name, flags) < 0 ? errno : 0;
	close(folder);
	if (!error)
		node_remove(parent, name);
	return error;
}

int fuse_unlink(struct call *call)
{
	return remove_entry(call, 0);
}

int fuse_rmdir(struct call *call)
{
	return remove_entry(call, AT_REMOVEDIR);
}

static int move(struct call *call, size_t offset, uint64_t new_parent, uint32_t flags)
{
	struct node *from, *to = node_find(new_parent);
	int folder;
	const char *name;
	int error = open_folder(call, offset, &from, &folder, &name);
	if (error)
		return error;
	const char *new_name = call_name(call, offset + strlen(name) + 1);
	int new_folder = to && new_name ? node_folder(to) : -1;
	if (!to || !new_name)
		errno = new_name ? ESTALE : EINVAL;
	bool moved = new_folder >= 0 && syscall(SYS_renameat2, folder, name, new_folder, new_name, flags) == 0;
	error = moved ? 0 : errno;
	close(folder);
	if (new_folder >= 0)
		close(new_folder);
	/* What changed places is looked up anew. */
	if (!error && flags) {
		node_remove(from, name);
		node_remove(to, new_name);
	} else if (!error) {
		node_move(from, name, to, new_name);
	}
	return error;
}

int fuse_rename(struct call *call)
{
	const struct fuse_rename_in *in = (const void *)call->body;
	return move(call, sizeof *in, in->newdir, 0);
}

int fuse_rename2(struct call *call)
{
	const struct fuse_rename2_in *in = (const void *)call->body;
	return move(call, sizeof *in, in->newdir, in->flags);
}

int fuse_link(struct call *call)
{
	const struct fuse_link_in *in = (const void *)call->body;
	const struct node *old = node_find(in->oldnodeid);
	struct node *parent;
	int folder;
	const char *name, *old_name;
	int error = open_folder(call, sizeof *in, &parent, &folder, &name);
	if (error)
		return error;
	int old_folder = old ? node_locate(old, &old_name) : -1;
	if (!old)
		errno = ESTALE;
	bool linked = old_folder >= 0 && linkat(old_folder, old_name, folder, name, 0) == 0;
	error = linked ? call_entry(call, parent, folder, name) : errno;
	if (old_folder >= 0)
		close(old_folder);
	close(folder);
	return error;
}

int fuse_readlink(struct call *call)
{
	const struct node *node = call_node(call);
	const char *name;
	int folder = node ? node_locate(node, &name) : -1;
	if (folder < 0)
		return node ? errno : ESTALE;
	ssize_t length = readlinkat(folder, name, (char *)call->out, TARGET_MAX);
	int error = length < 0 ? errno : 0;
	close(folder);
	call->out_length = length > 0 ? (size_t)length : 0;
	return error;
}
