#include "spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "frame.h"

static int directory = -1;

void spill_directory(int directory_fd)
{
	directory = directory_fd;
}

void spill_init(struct spill *spill)
{
	spill->fd = -1;
	spill->read = spill->written = 0;
}

void spill_free(struct spill *spill)
{
	if (spill->fd >= 0)
		close(spill->fd);
	spill_init(spill);
}

bool spill_empty(const struct spill *spill)
{
	return spill->read == spill->written;
}

bool spill_full(const struct spill *spill)
{
	return spill->written - spill->read > SPILL_MAX - FRAME_MAX;
}

bool spill_exhausted(const struct spill *spill)
{
	/* One frame more is kept for the reply that ends the channel. */
	return spill->written - spill->read > SPILL_RING - 2 * FRAME_MAX;
}

/* Not every file system has O_TMPFILE. */
static int open_unlinked(void)
{
	int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	static unsigned number;
	char name[32];
	snprintf(name, sizeof name, ".spill-%u-%u", (unsigned)getpid(), number++);
	fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		unlinkat(directory, name, 0);
	return fd;
}

static bool ring_write(int fd, uint64_t position, const uint8_t *bytes, size_t length)
{
	while (length) {
		uint64_t offset = position % SPILL_RING;
		size_t part = length < SPILL_RING - offset ? length : (size_t)(SPILL_RING - offset);
		ssize_t count = pwrite(fd, bytes, part, (off_t)offset);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		position += (uint64_t)count;
		bytes += count;
		length -= (size_t)count;
	}
	return true;
}

static bool ring_read(int fd, uint64_t position, uint8_t *bytes, size_t length)
{
	while (length) {
		uint64_t offset = position % SPILL_RING;
		size_t part = length < SPILL_RING - offset ? length : (size_t)(SPILL_RING - offset);
		ssize_t count = pread(fd, bytes, part, (off_t)offset);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		position += (uint64_t)count;
		bytes += count;
		length -= (size_t)count;
	}
	return true;
}

bool spill_append(struct spill *spill, const uint8_t *header, const uint8_t *payload, size_t length)
{
	if (spill->fd < 0)
		spill->fd = open_unlinked();
	if (spill->fd < 0)
		return false;
	if (!ring_write(spill->fd, spill->written, header, FRAME_HEADER) ||
	    !ring_write(spill->fd, spill->written + FRAME_HEADER, payload, length))
		return false;
	spill->written += FRAME_HEADER + length;
	return true;
}

bool spill_peek(const struct spill *spill, uint8_t *header, uint32_t *length)
{
	if (!ring_read(spill->fd, spill->read, header, FRAME_HEADER))
		return false;
	*length = frame_u32(header);
	return *length <= FRAME_PAYLOAD_MAX;
}

bool spill_take(struct spill *spill, uint8_t *out, size_t size)
{
	if (!ring_read(spill->fd, spill->read, out, size))
		return false;
	spill->read += size;
	if (!spill_empty(spill))
		return true;
	/* Give the disk its room back as soon as the client has caught up. */
	spill->read = spill->written = 0;
	if (ftruncate(spill->fd, 0) < 0)
		spill_free(spill);
	return true;
}
