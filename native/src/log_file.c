#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	uint64_t max_size;
	unsigned max_files;
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
	struct stat status;
	current.size = fstat(current.fd, &status) == 0 ? (uint64_t)status.st_size : 0;
	end_torn_entry();
	return true;
}

void log_open(const struct log_options *options)
{
	current.path = strdup(options->path);
	current.attrs = strdup(options->attrs);
	if (!current.path || !current.attrs)
		abort();
	current.attrs_length = strlen(current.attrs);
	current.max_size = options->max_size;
	current.max_files = options->max_files ? options->max_files : 1;
	current.active = true;
	open_file(0);
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

/* `x` becomes `x.1`, `x.1` becomes `x.2`, …; the oldest is overwritten. */
static void shift_files(void)
{
	size_t size = strlen(current.path) + 16;
	char from[size], to[size];
	for (unsigned i = current.max_files - 1; i > 1; i--) {
		snprintf(from, size, "%s.%u", current.path, i - 1);
		snprintf(to, size, "%s.%u", current.path, i);
		rename(from, to);
	}
	snprintf(to, size, "%s.1", current.path);
	rename(current.path, to);
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
}

static void write_entry(const struct log_entry *entry)
{
	/* Docker rotates before the entry that would be written to a file that is full already. */
	if (current.max_size && current.size + current.batch_length >= current.max_size)
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

void log_close(void)
{
	if (current.fd >= 0)
		close(current.fd);
	current.fd = -1;
	current.active = false;
	free(current.path);
	free(current.attrs);
	current.path = NULL;
	current.attrs = NULL;
}

uint64_t log_dropped(void)
{
	return current.dropped;
}
