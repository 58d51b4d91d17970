#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "log_file.h"

#define TEXT_MAX (1u << 20)

static char path[4096];
static char text[TEXT_MAX];

static const char *file_path(unsigned number)
{
	static char numbered[4200];
	snprintf(numbered, sizeof numbered, number ? "%s.%u" : "%s", path, number);
	return numbered;
}

/* The file with the times left out; their form is the encoder's matter. */
static const char *read_file(unsigned number)
{
	FILE *file = fopen(file_path(number), "r");
	char *out = text;
	char line[FRAME_MAX * 2];
	*text = 0;
	while (file && fgets(line, sizeof line, file)) {
		char *time = strstr(line, ",\"time\":\"");
		if (time)
			strcpy(time, "}\n");
		size_t length = strlen(line);
		if (out + length >= text + TEXT_MAX)
			break;
		memcpy(out, line, length + 1);
		out += length;
	}
	if (file)
		fclose(file);
	return text;
}

static void open_log(const char *name, uint64_t max_size, unsigned max_files)
{
	test_begin(name);
	snprintf(path, sizeof path, "%s/log", test_folder());
	for (unsigned number = 0; number < 5; number++)
		unlink(file_path(number));
	log_open(&(struct log_options){.path = path, .max_size = max_size, .max_files = max_files, .attrs = ""});
}

static void say(enum stream stream, const char *words)
{
	log_write(stream, (const uint8_t *)words, strlen(words));
}

static void close_log(void)
{
	log_end_stream(STREAM_STDOUT);
	log_end_stream(STREAM_STDERR);
	log_close();
}

static void check_file(unsigned number, const char *expected, int line)
{
	const char *actual = read_file(number);
	check_bytes(actual, strlen(actual), expected, strlen(expected), __FILE__, line);
}

#define CHECK_FILE(number, expected) check_file(number, expected, __LINE__)
#define OUT(words) "{\"log\":\"" words "\",\"stream\":\"stdout\"}\n"
#define ERR(words) "{\"log\":\"" words "\",\"stream\":\"stderr\"}\n"

static void lines(void)
{
	open_log("a line waits for its end, each stream for its own", 0, 1);
	say(STREAM_STDOUT, "on");
	say(STREAM_STDERR, "err\nmore");
	CHECK_FILE(0, ERR("err\\n"));
	say(STREAM_STDOUT, "e\ntwo\n\n");
	close_log();
	CHECK_FILE(0, ERR("err\\n") OUT("one\\n") OUT("two\\n") OUT("\\n") ERR("more"));

	open_log("a character that two reads share is whole", 0, 1);
	say(STREAM_STDOUT, "caf\xc3");
	say(STREAM_STDOUT, "\xa9\n\xe2");
	say(STREAM_STDOUT, "\x80");
	say(STREAM_STDOUT, "\xa8\n");
	close_log();
	CHECK_FILE(0, OUT("caf\xc3\xa9\\n") OUT("\\u2028\\n"));

	open_log("a character that never ends is replaced", 0, 1);
	say(STREAM_STDOUT, "a\xe2\x82");
	close_log();
	CHECK_FILE(0, OUT("a\\ufffd\\ufffd"));

	open_log("without an open log output goes nowhere", 0, 1);
	close_log();
	say(STREAM_STDOUT, "lost\n");
	close_log();
	CHECK_FILE(0, "");
}

/* A line of `length` bytes, given in reads of `step`; the entries' lengths in order. */
static void check_parts(size_t length, size_t step, const size_t *parts)
{
	char *line = malloc(length + 1);
	memset(line, 'x', length);
	line[length] = '\n';
	for (size_t done = 0; done <= length; done += step) {
		size_t part = length + 1 - done < step ? length + 1 - done : step;
		log_write(STREAM_STDOUT, (uint8_t *)line + done, part);
	}
	free(line);
	close_log();
	const char *at = read_file(0);
	for (; *parts; parts++) {
		bool found = strncmp(at, "{\"log\":\"", 8) == 0;
		CHECK(found);
		if (!found)
			return;
		at += 8;
		size_t entry = strcspn(at, "\"");
		CHECK(entry == *parts);
		at = strchr(at, '\n') + 1;
	}
	CHECK(*at == 0);
}

static void long_lines(void)
{
	/* The newline is two characters when escaped. */
	static const size_t just[] = {LOG_LINE_MAX - 1 + 2, 0};
	static const size_t full[] = {LOG_LINE_MAX, 2, 0};
	static const size_t more[] = {LOG_LINE_MAX, LOG_LINE_MAX, 40000 - 2 * LOG_LINE_MAX + 2, 0};
	static const size_t steps[] = {1000, 16384, 65536, 7};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		open_log("lines are cut at 16 KiB, however they are read", 0, 1);
		check_parts(LOG_LINE_MAX - 1, steps[i], just);
		open_log("a line of 16 KiB and its newline", 0, 1);
		check_parts(LOG_LINE_MAX, steps[i], full);
		open_log("a line of several parts", 0, 1);
		check_parts(40000, steps[i], more);
	}
}

static void rotation(void)
{
	/* Each entry has 80 to 90 bytes, so a file is full behind its second one. */
	open_log("x becomes x.1, x.1 becomes x.2, the oldest goes", 100, 3);
	say(STREAM_STDOUT, "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
	close_log();
	CHECK_FILE(0, OUT("9\\n"));
	CHECK_FILE(1, OUT("7\\n") OUT("8\\n"));
	CHECK_FILE(2, OUT("5\\n") OUT("6\\n"));
	CHECK(access(file_path(3), F_OK) < 0);

	open_log("one file begins anew", 100, 1);
	say(STREAM_STDERR, "1\n2\n3\n");
	close_log();
	CHECK_FILE(0, ERR("3\\n"));
	CHECK(access(file_path(1), F_OK) < 0);

	open_log("a log is continued, its size counted", 100, 2);
	say(STREAM_STDOUT, "1\n");
	close_log();
	log_open(&(struct log_options){.path = path, .max_size = 100, .max_files = 2, .attrs = ""});
	say(STREAM_STDOUT, "2\n3\n");
	close_log();
	CHECK_FILE(0, OUT("3\\n"));
	CHECK_FILE(1, OUT("1\\n") OUT("2\\n"));
}

static const char *compressed_path(unsigned number)
{
	static char numbered[4200];
	snprintf(numbered, sizeof numbered, "%s.%u.gz", path, number);
	return numbered;
}

/* What gzip prints of a file, by its number; the times left out as above. */
static const char *unpack(unsigned number)
{
	char command[9000];
	snprintf(command, sizeof command, "gzip -dc %s > %s.9", compressed_path(number), path);
	CHECK(system(command) == 0);
	const char *content = read_file(9);
	unlink(file_path(9));
	return content;
}

static void reap_compression(void)
{
	int status;
	pid_t child;
	while ((child = waitpid(-1, &status, 0)) > 0)
		CHECK(log_reaped(child, status));
	CHECK(!log_reaped(1, 0));
}

static void open_compressed(const char *name, const char *gzip)
{
	open_log(name, 100, 4);
	close_log();
	for (unsigned number = 1; number < 5; number++)
		unlink(compressed_path(number));
	log_open(&(struct log_options){.path = path, .max_size = 100, .max_files = 4, .attrs = "", .gzip = gzip});
}

static void compression(void)
{
	struct stat plain;
	open_compressed("a rotated file is compressed under the number that it has by then, and says what it was", "/bin/gzip");
	say(STREAM_STDOUT, "1\n2\n");
	CHECK(stat(path, &plain) == 0);
	say(STREAM_STDOUT, "3\n4\n5\n");
	CHECK(access(file_path(2), F_OK) == 0);
	reap_compression();
	CHECK(access(file_path(1), F_OK) < 0 && access(file_path(2), F_OK) < 0);
	uint8_t head[24] = {0};
	FILE *file = fopen(compressed_path(2), "r");
	CHECK(file && fread(head, sizeof head, 1, file) == 1);
	if (file)
		fclose(file);
	for (int i = 0; i < 8; i++)
		CHECK(head[16 + i] == (uint8_t)((uint64_t)plain.st_ino >> (8 * i)));
	CHECK(strcmp(unpack(2), OUT("1\\n") OUT("2\\n")) == 0);
	CHECK(strcmp(unpack(1), OUT("3\\n") OUT("4\\n")) == 0);
	say(STREAM_STDOUT, "6\n7\n8\n9\n");
	reap_compression();
	CHECK(strcmp(unpack(3), OUT("3\\n") OUT("4\\n")) == 0);
	CHECK(access(compressed_path(4), F_OK) < 0);

	test_begin("what was not compressed when a run ended is in the next one");
	say(STREAM_STDOUT, "a\nb\nc\n");
	close_log();
	CHECK(access(file_path(1), F_OK) == 0);
	log_open(&(struct log_options){.path = path, .max_size = 100, .max_files = 4, .attrs = "", .gzip = "/bin/gzip"});
	reap_compression();
	CHECK(access(file_path(1), F_OK) < 0 && access(compressed_path(1), F_OK) == 0);
	close_log();

	open_compressed("a gzip that fails leaves the files as they are", "/bin/false");
	say(STREAM_STDOUT, "1\n2\n3\n4\n5\n");
	reap_compression();
	close_log();
	CHECK_FILE(2, OUT("1\\n") OUT("2\\n"));
	char temporary[4200];
	snprintf(temporary, sizeof temporary, "%s.gz.new", path);
	CHECK(access(temporary, F_OK) < 0);
}

static void note_shipped(const char *to, uint64_t offset)
{
	struct stat status = {0};
	stat(path, &status);
	uint64_t position[2] = {status.st_ino, offset};
	FILE *file = fopen(to, "w");
	CHECK(file && fwrite(position, sizeof position, 1, file) == 1);
	if (file)
		fclose(file);
}

static void shipping(void)
{
	char shipped[4200];
	snprintf(shipped, sizeof shipped, "%s/shipped", test_folder());
	unlink(shipped);
	open_log("nothing is rotated away before it is shipped", 100, 2);
	close_log();
	log_open(&(struct log_options){.path = path, .max_size = 100, .max_files = 2, .attrs = "", .shipped = shipped});
	say(STREAM_STDOUT, "1\n");
	CHECK(!log_holds());
	say(STREAM_STDOUT, "2\n3\n");
	CHECK(log_holds());
	CHECK_FILE(0, OUT("1\\n") OUT("2\\n") OUT("3\\n"));
	note_shipped(shipped, 0);
	CHECK(!log_holds());
	say(STREAM_STDOUT, "4\n5\n");
	CHECK(log_holds());
	CHECK_FILE(0, OUT("4\\n") OUT("5\\n"));
	close_log();

	open_log("of the only file all must be", 100, 1);
	close_log();
	log_open(&(struct log_options){.path = path, .max_size = 100, .max_files = 1, .attrs = "", .shipped = shipped});
	say(STREAM_STDOUT, "1\n2\n");
	note_shipped(shipped, 1);
	CHECK(log_holds());
	struct stat status = {0};
	CHECK(stat(path, &status) == 0);
	note_shipped(shipped, (uint64_t)status.st_size);
	CHECK(!log_holds());
	say(STREAM_STDOUT, "3\n");
	CHECK_FILE(0, OUT("3\\n"));
	close_log();
	unlink(shipped);
}

static void faults(void)
{
	open_log("an entry that a crash tore is ended first", 0, 1);
	close_log();
	FILE *file = fopen(path, "w");
	fputs("{\"log\":\"to", file);
	fclose(file);
	log_open(&(struct log_options){.path = path, .max_files = 1, .attrs = ""});
	say(STREAM_STDOUT, "next\n");
	close_log();
	CHECK_FILE(0, "{\"log\":\"to\n" OUT("next\\n"));

	test_begin("a full disk is counted and nothing stops");
	uint64_t dropped = log_dropped();
	log_open(&(struct log_options){.path = "/dev/full", .max_files = 1, .attrs = ""});
	say(STREAM_STDOUT, "1\n2\n");
	say(STREAM_STDOUT, "3\n");
	close_log();
	CHECK(log_dropped() - dropped == 3);

	test_begin("a folder that is not there yet is tried again");
	char folder[4200], late[4300];
	snprintf(folder, sizeof folder, "%s/later", test_folder());
	snprintf(late, sizeof late, "%s/log", folder);
	dropped = log_dropped();
	log_open(&(struct log_options){.path = late, .max_files = 1, .attrs = ""});
	say(STREAM_STDOUT, "before\n");
	CHECK(log_dropped() - dropped == 1);
	CHECK(mkdir(folder, 0700) == 0);
	say(STREAM_STDOUT, "after\n");
	close_log();
	snprintf(path, sizeof path, "%s", late);
	CHECK_FILE(0, OUT("after\\n"));
	unlink(late);
	rmdir(folder);
}

void log_file_tests(void)
{
	lines();
	long_lines();
	rotation();
	compression();
	shipping();
	faults();
}
