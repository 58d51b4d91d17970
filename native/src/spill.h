/* Frames that a client could not be sent yet, in an unlinked file used as a ring. */
#ifndef HULL_SPILL_H
#define HULL_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tests have it smaller. */
#ifndef SPILL_MAX
#define SPILL_MAX (64u << 20)
#endif
/* Beyond it there is room for what is in the pipes of a process that has ended. */
#define SPILL_RING (SPILL_MAX + (1u << 20))

struct spill {
	int fd;
	uint64_t read;
	uint64_t written;
};

/* The folder that the files are made in. */
void spill_directory(int directory_fd);

void spill_init(struct spill *spill);
void spill_free(struct spill *spill);
bool spill_empty(const struct spill *spill);
/* As much waits as may wait while the process runs. */
bool spill_full(const struct spill *spill);
/* No room for one more frame of full size. */
bool spill_exhausted(const struct spill *spill);
/* False (errno) when the disk does not take it. Only when not exhausted. */
bool spill_append(struct spill *spill, const uint8_t *header, const uint8_t *payload, size_t length);
/* Payload length of the first frame; only when not empty. False when the file cannot be read. */
bool spill_peek(const struct spill *spill, uint8_t *header, uint32_t *length);
/* Takes the first frame, header included, into `out`. */
bool spill_take(struct spill *spill, uint8_t *out, size_t size);

#endif
