/* Open files and folders: reading and writing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuse.h"
#include "list.h"

#define HANDLES_MAX 65536

/* By number, 0 never used; one that is free has no descriptor. */
struct handle {
	int fd;
	DIR *folder;
};

static struct handle *handles;
static size_t handle_count;

static struct handle *find_handle(uint64_t number)
{
	return number > 0 && number < handle_count && handles[number].fd >= 0 ? &handles[number] : NULL;
}

int handle_descriptor(uint64_t number)
{
	const struct handle *handle = find_handle(number);
	return handle ? handle->fd : -1;
}

/* The number; 0 (the descriptor closed) when there are too many. */
static uint64_t add_handle(int fd, DIR *folder)
{
	for (size_t i = 1; i < handle_count; i++) {
		if (handles[i].fd >= 0)
			continue;
		handles[i] = (struct handle){fd, folder};
		return i;
	}
	if (handle_count >= HANDLES_MAX) {
		close(fd);
		return 0;
	}
	do
		*(struct handle *)array_add((void **)&handles, &handle_count, sizeof *handles) = (struct handle){-1, NULL};
	while (handle_count < 2);
	handles[handle_count - 1] = (struct handle){fd, folder};
	return handle_count - 1;
}

static void close_handle(struct handle *handle)
{
	if (handle->folder)
		closedir(handle->folder);
	else
		close(handle->fd);
	*handle = (struct handle){-1, NULL};
}

void handles_close(void)
{
	for (size_t i = 1; i < handle_count; i++)
		if (handles[i].fd >= 0)
			close_handle(&handles[i]);
}

static int add_open(struct call *call, int fd, DIR *folder)
{
	uint64_t number = add_handle(fd, folder);
	if (!number)
		return ENFILE;
	struct fuse_open_out *out = call_add(call, sizeof *out);
	out->fh = number;
	return 0;
}

int fuse_open(struct call *call)
{
	const struct fuse_open_in *in = (const void *)call->body;
	const struct node *node = call_node(call);
	const char *name;
	int folder = node ? node_locate(node, &name) : -1;
	if (folder < 0)
		return node ? errno : ESTALE;
	int flags = (int)(in->flags & (O_ACCMODE | O_TRUNC)) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(folder, name, flags);
	int error = fd < 0 ? errno : 0;
	close(folder);
	return error ? error : add_open(call, fd, NULL);
}

int fuse_create(struct call *call)
{
	const struct fuse_create_in *in = (const void *)call->body;
	struct node *parent = call_node(call);
	const char *name = call_name(call, sizeof *in);
	if (!parent || !name || parent->id == NODE_TOP)
		return !parent ? ESTALE : name ? EPERM : EINVAL;
	int folder = node_folder(parent);
	if (folder < 0)
		return errno;
	int flags = (int)(in->flags & (O_ACCMODE | O_TRUNC | O_EXCL)) | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	bool new = faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	mode_t before = umask(0);
	int fd = openat(folder, name, flags, (mode_t)(in->mode & ~in->umask & 07777));
	umask(before);
	int error = fd < 0 ? errno : 0;
	if (!error && new && fchown(fd, call->in->uid, call->in->gid) < 0)
		error = errno;
	if (!error)
		error = call_entry(call, parent, folder, name);
	close(folder);
	if (error && fd >= 0)
		close(fd);
	return error ? error : add_open(call, fd, NULL);
}

int fuse_read(struct call *call)
{
	const struct fuse_read_in *in = (const void *)call->body;
	int fd = handle_descriptor(in->fh);
	uint32_t size = in->size < FUSE_TRANSFER_MAX ? in->size : FUSE_TRANSFER_MAX;
	if (fd < 0)
		return EBADF;
	while (call->out_length < size) {
		ssize_t count = pread(fd, call->out + call->out_length, size - call->out_length, (off_t)(in->offset + call->out_length));
		if (count < 0 && errno != EINTR)
			return call->out_length ? 0 : errno;
		if (count == 0)
			break;
		call->out_length += count > 0 ? (size_t)count : 0;
	}
	return 0;
}

int fuse_write(struct call *call)
{
	const struct fuse_write_in *in = (const void *)call->body;
	int fd = handle_descriptor(in->fh);
	if (fd < 0)
		return EBADF;
	if (in->size > call->length - sizeof *in)
		return EINVAL;
	ssize_t count = pwrite(fd, in + 1, in->size, (off_t)in->offset);
	if (count < 0)
		return errno;
	struct fuse_write_out *out = call_add(call, sizeof *out);
	out->size = (uint32_t)count;
	return 0;
}

int fuse_release(struct call *call)
{
	struct handle *handle = find_handle(((const struct fuse_release_in *)(const void *)call->body)->fh);
	if (handle)
		close_handle(handle);
	return 0;
}

int fuse_fsync(struct call *call)
{
	const struct fuse_fsync_in *in = (const void *)call->body;
	int fd = handle_descriptor(in->fh);
	if (fd < 0)
		return EBADF;
	return (in->fsync_flags & 1 ? fdatasync(fd) : fsync(fd)) < 0 ? errno : 0;
}

/* Nothing is kept back here. */
int fuse_flush(struct call *call)
{
	(void)call;
	return 0;
}

int fuse_lseek(struct call *call)
{
	const struct fuse_lseek_in *in = (const void *)call->body;
	off_t offset = lseek(handle_descriptor(in->fh), (off_t)in->offset, (int)in->whence);
	if (offset < 0)
		return errno;
	struct fuse_lseek_out *out = call_add(call, sizeof *out);
	out->offset = (uint64_t)offset;
	return 0;
}

int fuse_fallocate(struct call *call)
{
	const struct fuse_fallocate_in *in = (const void *)call->body;
	int fd = handle_descriptor(in->fh);
	return fallocate(fd, (int)in->mode, (off_t)in->offset, (off_t)in->length) < 0 ? errno : 0;
}

int fuse_opendir(struct call *call)
{
	const struct node *node = call_node(call);
	const char *name;
	if (!node)
		return ESTALE;
	/* The top has two entries, which are looked up by name. */
	int folder = node->id == NODE_TOP ? open("/hull", O_PATH | O_CLOEXEC) : node_locate(node, &name);
	if (folder < 0)
		return errno;
	if (node->id == NODE_TOP)
		return add_open(call, folder, NULL);
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int error = fd < 0 ? errno : 0;
	close(folder);
	DIR *opened = error ? NULL : fdopendir(fd);
	return opened ? add_open(call, fd, opened) : error ? error : ENOMEM;
}

struct listing {
	struct call *call;
	struct node *parent;
	int folder;
	uint32_t size;
	bool plus;
};

/* False when there is no room for one more. */
static bool add_entry(struct listing *listing, const char *name, uint64_t inode, unsigned type, uint64_t next)
{
	struct call *call = listing->call;
	size_t length = strlen(name);
	size_t prefix = listing->plus ? sizeof(struct fuse_entry_out) : 0;
	size_t whole = FUSE_DIRENT_ALIGN(prefix + FUSE_NAME_OFFSET + length);
	if (call->out_length + whole > listing->size)
		return false;
	size_t start = call->out_length;
	bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
	/* An entry with no node is one that the host looks up when it wants it. */
	if (listing->plus && (dots || call_entry(call, listing->parent, listing->folder, name) != 0))
		call_add(call, sizeof(struct fuse_entry_out));
	struct fuse_dirent *entry = call_add(call, start + whole - call->out_length);
	entry->ino = inode;
	entry->off = next;
	entry->namelen = (uint32_t)length;
	entry->type = type;
	memcpy(entry->name, name, length);
	return true;
}

static int list_top(struct listing *listing, uint64_t offset)
{
	static const char *const names[] = {".", "..", "root", "upper"};
	listing->plus = false;
	for (uint64_t i = offset; i < sizeof names / sizeof *names; i++)
		if (!add_entry(listing, names[i], i + 1, DT_DIR, i + 1))
			break;
	return 0;
}

static int list(struct call *call, bool plus)
{
	const struct fuse_read_in *in = (const void *)call->body;
	const struct handle *handle = find_handle(in->fh);
	struct node *node = call_node(call);
	if (!handle || !node)
		return node ? EBADF : ESTALE;
	uint32_t size = in->size < FUSE_TRANSFER_MAX ? in->size : FUSE_TRANSFER_MAX;
	struct listing listing = {.call = call, .parent = node, .folder = handle->fd, .size = size, .plus = plus};
	if (node->id == NODE_TOP)
		return list_top(&listing, in->offset);
	if (!handle->folder)
		return ENOTDIR;
	seekdir(handle->folder, (long)in->offset);
	errno = 0;
	for (const struct dirent *entry; (entry = readdir(handle->folder));)
		if (!add_entry(&listing, entry->d_name, entry->d_ino, entry->d_type, (uint64_t)entry->d_off))
			return 0;
	return call->out_length ? 0 : errno;
}

int fuse_readdir(struct call *call)
{
	return list(call, false);
}

int fuse_readdirplus(struct call *call)
{
	return list(call, true);
}
