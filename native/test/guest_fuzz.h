/* A guest made from bytes: answers what it is asked, more or less, and sends nonsense. */
#ifndef HULL_TEST_GUEST_FUZZ_H
#define HULL_TEST_GUEST_FUZZ_H

#include <stdbool.h>

#include "bytes.h"

/* The task is a machine's from now on. */
void guest_fuzz_begin(struct source_bytes *from);

/* One thing that the guest does; nothing when there is none. */
void guest_fuzz_step(struct source_bytes *from);

/* The machine is gone. */
void guest_fuzz_end(void);

#endif
