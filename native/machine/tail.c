#include "tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_all(int fd, const char *bytes, size_t length)
{
	/* A full disk costs lines of the console, nothing else. */
	while (length) {
		ssize_t count = write(fd, bytes, length);
		if (count <= 0)
			return;
		bytes += count;
		length -= (size_t)count;
	}
}

/* The file is begun anew with what the ring holds when it has become twice as long. */
static void keep(struct tail *tail, const char *bytes, size_t length)
{
	if (tail->file < 0)
		return;
	if (tail->file_length + length <= 2 * TAIL_SIZE) {
		write_all(tail->file, bytes, length);
		tail->file_length += length;
		return;
	}
	if (ftruncate(tail->file, 0) < 0 || lseek(tail->file, 0, SEEK_SET) < 0)
		return;
	write_all(tail->file, tail->ring + tail->end, TAIL_SIZE - tail->end);
	write_all(tail->file, tail->ring, tail->end);
	tail->file_length = TAIL_SIZE;
}

static void add(struct tail *tail, const char *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		size_t part = length - done < TAIL_SIZE - tail->end ? length - done : TAIL_SIZE - tail->end;
		memcpy(tail->ring + tail->end, bytes + done, part);
		done += part;
		tail->end += part;
		tail->wrapped |= tail->end == TAIL_SIZE;
		tail->end %= TAIL_SIZE;
	}
	keep(tail, bytes, length);
}

/* False when nothing more is there. */
static bool receive(struct tail *tail)
{
	char bytes[16384];
	ssize_t count = read(tail->source.fd, bytes, sizeof bytes);
	if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
		loop_close(&tail->source);
	if (count <= 0)
		return false;
	if (!tail->ring && !(tail->ring = malloc(TAIL_SIZE)))
		abort();
	add(tail, bytes, (size_t)count);
	return true;
}

static void tail_ready(struct source *source, uint32_t events)
{
	(void)events;
	receive(container_of(source, struct tail, source));
}

void tail_open(struct tail *tail, int fd, int directory_fd, const char *name)
{
	*tail = (struct tail){.source = {.fd = fd, .ready = tail_ready}, .file = -1};
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (name)
		tail->file = openat(directory_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	loop_want(&tail->source, EPOLLIN);
}

void tail_drain(struct tail *tail)
{
	while (tail->source.fd >= 0 && receive(tail))
		continue;
}

void tail_close(struct tail *tail)
{
	loop_close(&tail->source);
	if (tail->file >= 0)
		close(tail->file);
	free(tail->ring);
	*tail = (struct tail){.source = {.fd = -1}, .file = -1};
}

/* Copies a line in printable form; false when nothing but blanks is in it. */
static bool print(const char *line, size_t length, char *out, size_t size)
{
	bool printed = false;
	size_t used = 0;
	for (size_t i = 0; i < length && used + 1 < size; i++) {
		char byte = line[i];
		if (byte == '\r')
			continue;
		out[used++] = byte >= ' ' && byte <= '~' ? byte : '?';
		printed |= byte != ' ';
	}
	out[used] = 0;
	return printed;
}

bool tail_line(const struct tail *tail, const char *text, char *out, size_t size)
{
	size_t length = tail->wrapped ? TAIL_SIZE : tail->end;
	char *whole = length ? malloc(length + 1) : NULL;
	if (!whole)
		return false;
	size_t first = tail->wrapped ? TAIL_SIZE - tail->end : 0;
	if (first)
		memcpy(whole, tail->ring + tail->end, first);
	memcpy(whole + first, tail->ring, tail->end);
	bool found = false;
	for (size_t end = length; end > 0 && !found;) {
		size_t start = end;
		while (start > 0 && whole[start - 1] != '\n')
			start--;
		found = (!text || memmem(whole + start, end - start, text, strlen(text))) &&
			print(whole + start, end - start, out, size);
		end = start ? start - 1 : 0;
	}
	free(whole);
	return found;
}
