/* The last of what a machine wrote: of its console, of QEMU's complaints. */
#ifndef HULL_TAIL_H
#define HULL_TAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "loop.h"

#define TAIL_SIZE (64u << 10)

struct tail {
	struct source source;
	/* A ring of TAIL_SIZE bytes, made with the first byte. */
	char *ring;
	size_t end;
	bool wrapped;
	/* Where it is kept for people to read; -1: nowhere. Never larger than twice the ring. */
	int file;
	size_t file_length;
};

/* Reads from this descriptor on; with a name, keeps what comes in that file of the folder. */
void tail_open(struct tail *tail, int fd, int directory_fd, const char *name);
/* Takes what has come and was not read yet. */
void tail_drain(struct tail *tail);
void tail_close(struct tail *tail);

/*
 * The last line that contains the text (NULL: the last one that is not empty), what is not printable ASCII as `?`.
 * False when there is none.
 */
bool tail_line(const struct tail *tail, const char *text, char *out, size_t size);

#endif
