/* The small text files that the kernel is talked to with. */
#ifndef HULL_GUEST_TEXT_H
#define HULL_GUEST_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Writes to a file that exists. False with errno. */
bool text_write(const char *path, const char *value);

/* Reads the beginning of a file, NUL-terminated. False with errno. */
bool text_read(const char *path, char *text, size_t size);

/* Says something on the machine's console, by way of the kernel's log. */
void text_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A formatted message, to be freed. */
char *text_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
