#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *current;
static bool current_failed;
static unsigned passed;
static unsigned failed;
/* In memory where there is a place for that: each session syncs an exit record. */
static char folder[] = "/dev/shm/hull-native-XXXXXX";
static char on_disk[] = "/tmp/hull-native-XXXXXX";
static bool folder_made;

static void count_current(void)
{
	if (!current)
		return;
	if (current_failed)
		failed++;
	else
		passed++;
	current = NULL;
}

void test_begin(const char *name)
{
	count_current();
	current = name;
	current_failed = false;
}

void check_true(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	current_failed = true;
	printf("FAIL %s: %s:%d: %s\n", current, file, line, what);
}

void check_bytes(const void *actual, size_t length, const char *expected, size_t expected_length, const char *file,
		 int line)
{
	if (length == expected_length && memcmp(actual, expected, length) == 0)
		return;
	current_failed = true;
	printf("FAIL %s: %s:%d:\n  expected %.*s\n  actual   %.*s\n", current, file, line, (int)expected_length, expected,
	       (int)length, (const char *)actual);
}

const char *test_folder(void)
{
	if (!folder_made && !mkdtemp(folder)) {
		if (!mkdtemp(on_disk)) {
			perror(on_disk);
			exit(2);
		}
		strcpy(folder, on_disk);
	}
	folder_made = true;
	return folder;
}

static void remove_folder(void)
{
	DIR *entries = folder_made ? opendir(folder) : NULL;
	if (!entries)
		return;
	for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
		unlinkat(dirfd(entries), entry->d_name, 0);
	closedir(entries);
	rmdir(folder);
}

int test_summary(void)
{
	count_current();
	remove_folder();
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0;
}
