/* Attributes of files: status, mode, owner, size, times, extended attributes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fuse.h"

#define VALUE_MAX 65536u
#define PATH_SIZE 320

static int add_attributes(struct call *call, int folder, const char *name)
{
	struct stat status;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0)
		return errno;
	struct fuse_attr_out *out = call_add(call, sizeof *out);
	out->attr_valid_nsec = VALID_NS;
	fill_attributes(&out->attr, &status);
	return 0;
}

/* An open file is asked itself: it may have lost its name. */
static int open_handle(const struct call *call)
{
	const struct fuse_getattr_in *in = (const void *)call->body;
	if (call->in->opcode != FUSE_GETATTR || call->length < sizeof *in || !(in->getattr_flags & FUSE_GETATTR_FH))
		return -1;
	return handle_descriptor(in->fh);
}

int fuse_getattr(struct call *call)
{
	const struct node *node = call_node(call);
	const char *name;
	if (!node)
		return ESTALE;
	if (node->id == NODE_TOP) {
		struct fuse_attr_out *out = call_add(call, sizeof *out);
		fill_top(&out->attr);
		return 0;
	}
	int handle = open_handle(call);
	if (handle >= 0)
		return add_attributes(call, handle, "");
	int folder = node_locate(node, &name);
	if (folder < 0)
		return errno;
	int error = add_attributes(call, folder, name);
	close(folder);
	return error;
}

/* For the calls that take no descriptor and no folder; the link itself where it is one. */
static void path_of(char path[PATH_SIZE], int folder, const char *name)
{
	snprintf(path, PATH_SIZE, "/proc/self/fd/%d/%s", folder, name);
}

static struct timespec time_of(const struct fuse_setattr_in *in, uint32_t set, uint32_t now, uint64_t seconds, uint32_t nanoseconds)
{
	struct timespec time = {.tv_sec = (time_t)seconds, .tv_nsec = (long)nanoseconds};
	if (!(in->valid & set))
		time.tv_nsec = UTIME_OMIT;
	else if (in->valid & now)
		time.tv_nsec = UTIME_NOW;
	return time;
}

static int set_size(const struct fuse_setattr_in *in, int folder, const char *name)
{
	int handle = in->valid & FATTR_FH ? handle_descriptor(in->fh) : -1;
	char path[PATH_SIZE];
	path_of(path, folder, name);
	return handle >= 0 ? ftruncate(handle, (off_t)in->size) : truncate(path, (off_t)in->size);
}

/* The owner first, since giving a file away takes its set-id bits. */
static int set_attributes(const struct fuse_setattr_in *in, int folder, const char *name)
{
	uid_t uid = in->valid & FATTR_UID ? in->uid : (uid_t)-1;
	gid_t gid = in->valid & FATTR_GID ? in->gid : (gid_t)-1;
	if ((in->valid & (FATTR_UID | FATTR_GID)) && fchownat(folder, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return errno;
	if ((in->valid & FATTR_MODE) && fchmodat(folder, name, in->mode & 07777, 0) < 0)
		return errno;
	if ((in->valid & FATTR_SIZE) && set_size(in, folder, name) < 0)
		return errno;
	if (!(in->valid & (FATTR_ATIME | FATTR_MTIME)))
		return 0;
	struct timespec times[2] = {
		time_of(in, FATTR_ATIME, FATTR_ATIME_NOW, in->atime, in->atimensec),
		time_of(in, FATTR_MTIME, FATTR_MTIME_NOW, in->mtime, in->mtimensec),
	};
	return utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
}

int fuse_setattr(struct call *call)
{
	const struct node *node = call_node(call);
	const char *name;
	int folder = node ? node_locate(node, &name) : -1;
	if (folder < 0)
		return node ? errno : ESTALE;
	int error = set_attributes((const void *)call->body, folder, name);
	if (!error)
		error = add_attributes(call, folder, name);
	close(folder);
	return error;
}

int fuse_statfs(struct call *call)
{
	const struct node *node = call_node(call);
	struct statvfs status;
	int folder = node && node->id != NODE_TOP ? node_folder(node) : open("/hull", O_PATH | O_CLOEXEC);
	const char *name;
	if (folder < 0 && node && errno == ENOTDIR)
		folder = node_locate(node, &name);
	if (folder < 0)
		return errno;
	int error = fstatvfs(folder, &status) < 0 ? errno : 0;
	close(folder);
	struct fuse_statfs_out *out = call_add(call, sizeof *out);
	out->st.blocks = status.f_blocks;
	out->st.bfree = status.f_bfree;
	out->st.bavail = status.f_bavail;
	out->st.files = status.f_files;
	out->st.ffree = status.f_ffree;
	out->st.bsize = (uint32_t)status.f_bsize;
	out->st.namelen = (uint32_t)status.f_namemax;
	out->st.frsize = (uint32_t)status.f_frsize;
	return error;
}

/* The node's path for a moment: its folder is to be closed. */
static int locate_path(const struct call *call, char path[PATH_SIZE])
{
	const struct node *node = call_node(call);
	const char *name;
	int folder = node && node->id != NODE_TOP ? node_locate(node, &name) : -1;
	if (folder >= 0)
		path_of(path, folder, name);
	else if (!node || node->id == NODE_TOP)
		errno = node ? ENOTSUP : ESTALE;
	return folder;
}

int fuse_setxattr(struct call *call)
{
	const struct fuse_setxattr_in *in = (const void *)call->body;
	const char *name = call_text(call, FUSE_COMPAT_SETXATTR_IN_SIZE);
	char path[PATH_SIZE];
	if (!name)
		return EINVAL;
	size_t start = FUSE_COMPAT_SETXATTR_IN_SIZE + strlen(name) + 1;
	if (in->size > VALUE_MAX || call->length - start < in->size)
		return EINVAL;
	int folder = locate_path(call, path);
	if (folder < 0)
		return errno;
	int error = lsetxattr(path, name, call->body + start, in->size, (int)in->flags) < 0 ? errno : 0;
	close(folder);
	return error;
}

/* With a size of 0 the host asks for the size. */
static int finish_xattr(struct call *call, ssize_t length, uint32_t asked)
{
	if (length < 0)
		return errno;
	if (asked) {
		call->out_length = (size_t)length;
		return 0;
	}
	struct fuse_getxattr_out *out = call_add(call, sizeof *out);
	out->size = (uint32_t)length;
	return 0;
}

int fuse_getxattr(struct call *call)
{
	const struct fuse_getxattr_in *in = (const void *)call->body;
	uint32_t size = in->size < VALUE_MAX ? in->size : VALUE_MAX;
	const char *name = call_text(call, sizeof *in);
	char path[PATH_SIZE];
	int folder = name ? locate_path(call, path) : -1;
	if (folder < 0)
		return name ? errno : EINVAL;
	int error = finish_xattr(call, lgetxattr(path, name, size ? call->out : NULL, size), size);
	close(folder);
	return error;
}

int fuse_listxattr(struct call *call)
{
	const struct fuse_getxattr_in *in = (const void *)call->body;
	uint32_t size = in->size < VALUE_MAX ? in->size : VALUE_MAX;
	char path[PATH_SIZE];
	int folder = locate_path(call, path);
	if (folder < 0)
		return errno;
	int error = finish_xattr(call, llistxattr(path, size ? (char *)call->out : NULL, size), size);
	close(folder);
	return error;
}

int fuse_removexattr(struct call *call)
{
	const char *name = call_text(call, 0);
	char path[PATH_SIZE];
	int folder = name ? locate_path(call, path) : -1;
	if (folder < 0)
		return name ? errno : EINVAL;
	int error = lremovexattr(path, name) < 0 ? errno : 0;
	close(folder);
	return error;
}
