/* What a process of the container is: the process fields of GUEST_PREPARE and EXEC (docs/session-protocol.md). */
#ifndef HULL_GUEST_PROGRAM_H
#define HULL_GUEST_PROGRAM_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "frame.h"
#include "list.h"

enum capability_set { CAP_SET_BOUNDING, CAP_SET_EFFECTIVE, CAP_SET_INHERITABLE, CAP_SET_PERMITTED, CAP_SET_AMBIENT, CAP_SETS };

struct limit {
	int resource;
	struct rlimit values;
};

/* Texts point into the field list that they were read from. */
struct program {
	struct list arguments;
	struct list environment;
	const char *cwd;
	uint64_t uid;
	uint64_t gid;
	gid_t *groups;
	size_t group_count;
	mode_t umask;
	bool no_new_privileges;
	uint64_t capabilities[CAP_SETS];
	struct limit *limits;
	size_t limit_count;
	/* Empty when it is not to be set. */
	const char *oom_score_adj;
};

enum taken { FIELD_UNKNOWN, FIELD_TAKEN, FIELD_INVALID };

void program_init(struct program *program);
enum taken program_take(struct program *program, const struct field *field);
/* Frees the lists, not the texts. */
void program_free(struct program *program);

#endif
