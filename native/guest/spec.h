/* What GUEST_PREPARE says of the container. */
#ifndef HULL_GUEST_SPEC_H
#define HULL_GUEST_SPEC_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "program.h"

#define LAYERS_MAX 250

struct layer {
	uint64_t offset;
	uint64_t length;
};

struct guest_mount {
	const char *target;
	const char *type;
	const char *source;
	/* Of a `file`. */
	const char *content;
	size_t content_length;
	struct list options;
	/* It came while the container ran; its texts are its own. */
	bool live;
};

struct device {
	char path[256];
	mode_t mode;
	dev_t number;
	uid_t uid;
	gid_t gid;
};

enum limit_key {
	LIMIT_MEMORY,
	LIMIT_SWAP,
	LIMIT_RESERVATION,
	LIMIT_PIDS,
	LIMIT_CPU_QUOTA,
	LIMIT_CPU_PERIOD,
	LIMIT_CPU_WEIGHT,
	LIMIT_KEYS,
};

/* Values of control group v2; `set` has a bit per key. UINT64_MAX stands for no limit. */
struct limits {
	uint64_t values[LIMIT_KEYS];
	unsigned set;
};

struct spec {
	/* The field list that the texts point into. */
	uint8_t *bytes;
	struct program program;
	struct layer *layers;
	size_t layer_count;
	bool upper_disk;
	bool upper_set;
	bool read_only;
	bool terminal;
	bool stdin_open;
	bool stdin_once;
	uint64_t columns;
	uint64_t rows;
	struct guest_mount *mounts;
	size_t mount_count;
	struct device *devices;
	size_t device_count;
	struct list masked_paths;
	struct list readonly_paths;
	struct list sysctls;
	struct sock_filter *filter;
	size_t filter_count;
	struct limits limits;
	bool pid_namespace;
	bool ipc_namespace;
	bool uts_namespace;
	bool cgroup_namespace;
	bool init;
	bool machine;
	bool rehearsal;
};

/* Reads the field list; NULL, or the message of what is wrong (to be freed). The list is copied. */
char *spec_read(struct spec *spec, const uint8_t *list, size_t length);

/* Frees what spec_read made. */
void spec_free(struct spec *spec);

enum taken limits_take(struct limits *limits, const struct field *field);

#endif
