#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_compress.h"
#include "log_encode.h"

#define BATCH_SIZE (256u << 10)

/* The beginning of a line whose end has not come yet. */
struct line {
	uint8_t text[LOG_LINE_MAX];
	size_t length;
	/* An earlier part of this line is written; all its parts carry the first one's time. */
	bool continued;
	struct timespec time;
};

static struct {
	int fd;
	bool active;
	char *path;
	char *attrs;
	size_t attrs_length;
	char *shipped;
	bool exact;
	uint64_t max_size;
	unsigned max_files;
	uint64_t inode;
	/* Size of the file, what is in the batch not counted. */
	uint64_t size;
	uint64_t dropped;
	size_t batch_length;
	uint64_t batch_entries;
} current = {.fd = -1};

static uint8_t batch[BATCH_SIZE];
static struct line lines[2];

/* A write that a crash cut short would swallow the next entry: end it. */
static void end_torn_entry(void)
{
	char last;
	if (current.size == 0 || pread(current.fd, &last, 1, (off_t)current.size - 1) != 1 || last == '\n')
		return;
	if (write(current.fd, "\n", 1) == 1)
		current.size++;
}

static bool open_file(int flags)
{
	current.fd = open(current.path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | flags, 0640);
	if (current.fd < 0)
		return false;
	struct stat status = {0};
	fstat(current.fd, &status);
	current.inode = status.st_ino;
	current.size = (uint64_t)status.st_size;
	end_torn_entry();
	return true;
}

void log_open(const struct log_options *options)
{
	current.path = strdup(options->path);
	current.attrs = strdup(options->attrs);
	current.shipped = options->shipped ? strdup(options->shipped) : NULL;
	if (!current.path || !current.attrs || (options->shipped && !current.shipped))
		abort();
	current.exact = options->exact;
	current.attrs_length = strlen(current.attrs);
	current.max_size = options->max_size;
	current.max_files = options->max_files ? options->max_files : 1;
	current.active = true;
	open_file(0);
	if (options->gzip && current.max_files > 1)
		log_compress_open(current.path, options->gzip, current.max_files);
}

static void flush(void)
{
	if (current.batch_length == 0)
		return;
	size_t done = 0;
	bool failed = current.fd < 0 && !open_file(0);
	while (!failed && done < current.batch_length) {
		ssize_t count = write(current.fd, batch + done, current.batch_length - done);
		if (count > 0)
			done += (size_t)count;
		else if (count < 0 && errno != EINTR)
			failed = true;
	}
	if (!failed) {
		current.size += current.batch_length;
	} else {
		/* A full disk does not stop the container: the batch is dropped whole, so that no half entry stays. */
		current.dropped += current.batch_entries;
		if (current.fd >= 0 && done > 0 && ftruncate(current.fd, (off_t)current.size) < 0)
			current.size += done;
	}
	current.batch_length = 0;
	current.batch_entries = 0;
}

/* A file comes to be number `i`, as it is or compressed; what had that number goes. */
static void shift_file(unsigned i)
{
	size_t size = strlen(current.path) + 20;
	char from[size], to[size];
	for (int compressed = 0; compressed < 2; compressed++) {
		const char *end = compressed ? ".gz" : "", *other = compressed ? "" : ".gz";
		snprintf(from, size, i > 1 ? "%s.%u%s" : "%s", current.path, i - 1, end);
		snprintf(to, size, "%s.%u%s", current.path, i, end);
		if ((i == 1 && compressed) || rename(from, to) < 0)
			continue;
		snprintf(to, size, "%s.%u%s", current.path, i, other);
		unlink(to);
	}
}

/* `x` becomes `x.1`, `x.1` becomes `x.2`, …; the oldest is overwritten. */
static void shift_files(void)
{
	for (unsigned i = current.max_files - 1; i > 0; i--)
		shift_file(i);
}

/* True when all of the file but what was written last is shipped, or of the only file everything. */
static bool may_rotate(void)
{
	uint64_t position[2];
	if (!current.shipped)
		return true;
	int fd = open(current.shipped, O_RDONLY | O_CLOEXEC);
	bool known = fd >= 0 && pread(fd, position, sizeof position, 0) == sizeof position;
	if (fd >= 0)
		close(fd);
	return known && position[0] == current.inode &&
	       (current.max_files > 1 || position[1] == current.size + current.batch_length);
}

static bool is_full(void)
{
	return current.max_size && current.size + current.batch_length >= current.max_size;
}

static void rotate(void)
{
	flush();
	if (current.fd >= 0)
		close(current.fd);
	current.fd = -1;
	if (current.max_files > 1)
		shift_files();
	open_file(O_TRUNC);
	log_compress_next();
}

static void write_entry(const struct log_entry *entry)
{
	/* Docker rotates before the entry that would be written to a file that is full already. */
	if (is_full() && may_rotate())
		rotate();
	if (BATCH_SIZE - current.batch_length < LOG_GROWTH * entry->length + entry->attrs_length + LOG_OVERHEAD)
		flush();
	current.batch_length += log_encode_entry(batch + current.batch_length, entry);
	current.batch_entries++;
}

static struct log_entry entry_of(enum stream stream, struct line *line)
{
	struct log_entry entry = {
		.stream = stream == STREAM_STDERR ? "stderr" : "stdout",
		.attrs = current.attrs,
		.attrs_length = current.attrs_length,
		.exact = current.exact,
	};
	if (!line->continued)
		clock_gettime(CLOCK_REALTIME, &line->time);
	entry.time = line->time;
	return entry;
}

/* Writes what is kept of a line, and `length` more bytes that fit behind it. */
static void write_line(enum stream stream, struct line *line, const uint8_t *text, size_t length, bool newline)
{
	struct log_entry entry = entry_of(stream, line);
	if (line->length) {
		memcpy(line->text + line->length, text, length);
		text = line->text;
		length += line->length;
	}
	entry.text = text;
	entry.length = length;
	entry.newline = newline;
	write_entry(&entry);
	line->length = 0;
	line->continued = !newline;
}

void log_write(enum stream stream, const uint8_t *bytes, size_t length)
{
	if (!current.active)
		return;
	struct line *line = &lines[stream == STREAM_STDERR];
	const uint8_t *end = bytes + length;
	while (bytes < end) {
		size_t room = LOG_LINE_MAX - line->length;
		size_t left = (size_t)(end - bytes);
		size_t span = left < room ? left : room;
		const uint8_t *newline = memchr(bytes, '\n', span);
		if (newline) {
			write_line(stream, line, bytes, (size_t)(newline - bytes), true);
			bytes = newline + 1;
		} else if (span == room) {
			write_line(stream, line, bytes, span, false);
			bytes += span;
		} else {
			memcpy(line->text + line->length, bytes, span);
			line->length += span;
			bytes += span;
		}
	}
	flush();
}

void log_end_stream(enum stream stream)
{
	struct line *line = &lines[stream == STREAM_STDERR];
	if (!current.active)
		return;
	if (line->length)
		write_line(stream, line, (const uint8_t *)"", 0, false);
	line->continued = false;
	flush();
}

bool log_holds(void)
{
	return current.active && current.shipped && is_full() && !may_rotate();
}

bool log_reaped(pid_t pid, int wait_status)
{
	return log_compress_reaped(pid, wait_status);
}

void log_close(void)
{
	log_compress_close();
	if (current.fd >= 0)
		close(current.fd);
	current.fd = -1;
	current.active = false;
	free(current.path);
	free(current.attrs);
	free(current.shipped);
	current.path = NULL;
	current.attrs = NULL;
	current.shipped = NULL;
}

uint64_t log_dropped(void)
{
	return current.dropped;
}
