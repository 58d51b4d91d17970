/* Counting checks: a failed one says where and the run goes on. */
#ifndef HULL_TEST_CHECK_H
#define HULL_TEST_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Begins a named test; the last one's outcome is counted. */
void test_begin(const char *name);

void check_true(bool holds, const char *what, const char *file, int line);
void check_bytes(const void *actual, size_t length, const char *expected, size_t expected_length, const char *file,
		 int line);

#define CHECK(condition) check_true(condition, #condition, __FILE__, __LINE__)
#define CHECK_BYTES(actual, length, expected, expected_length) \
	check_bytes(actual, length, expected, expected_length, __FILE__, __LINE__)

/* Counts the last test; prints `N passed, N failed` and returns the exit code. */
int test_summary(void);

/* A fresh folder for this run's files, removed by the summary. */
const char *test_folder(void);

void frame_tests(void);
void log_encode_tests(void);
void log_file_tests(void);
void spill_tests(void);
void guest_spec_tests(void);
void names_tests(void);
void egress_tests(void);
/* Random bytes and random sessions, from fixed seeds. */
void random_tests(void);
/* After them: they open the task. */
void leave_tests(void);
void link_tests(void);

#endif
