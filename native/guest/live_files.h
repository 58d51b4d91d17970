/* Lines of the files that came with the request, changed while the container runs. */
#ifndef HULL_GUEST_LIVE_FILES_H
#define HULL_GUEST_LIVE_FILES_H

#include "list.h"
#include "spec.h"

/* What an UPDATE says of one. */
struct live_file {
	/* Where the container has it. */
	const char *target;
	struct list drop;
	struct list add;
};

enum taken live_file_take(struct live_file *file, const struct field *field);
void live_file_free(struct live_file *file);

/*
 * Takes each of the lines to be dropped away once, where it is there, and puts the others at the end; what the container
 * wrote stays. Carries it out, if there is something. A message (to be freed) with the code of the error, or NULL.
 */
char *live_file_change(const struct spec *spec, const struct live_file *file, const char **code);

#endif
