#include "spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "text.h"

#define MOUNTS_MAX 1024
#define DEVICES_MAX 256
#define FILTER_MAX 4096

static const char *const limit_keys[LIMIT_KEYS] = {
	"limit-memory", "limit-swap", "limit-reservation", "limit-pids", "limit-cpu-quota", "limit-cpu-period", "limit-cpu-weight",
};

static bool is(const struct field *field, const char *key)
{
	return strcmp(field->key, key) == 0;
}

static enum taken taken_if(bool valid)
{
	return valid ? FIELD_TAKEN : FIELD_INVALID;
}

static bool take_layer(struct spec *spec, const struct field *field)
{
	if (spec->layer_count == LAYERS_MAX)
		return false;
	struct layer *layer = array_add((void **)&spec->layers, &spec->layer_count, sizeof *layer);
	unsigned long long offset, length;
	int end = 0;
	if (sscanf(field->value, "%19llu:%19llu%n", &offset, &length, &end) != 2 || field->value[end])
		return false;
	layer->offset = offset;
	layer->length = length;
	return offset % 512 == 0 && length % 512 == 0 && length > 0 && offset < 1ULL << 62 && length < 1ULL << 62;
}

static bool valid_mount_type(const char *type)
{
	static const char *const types[] = {"proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup2", "bind", "shared",
					    "file"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

static bool take_mount(struct spec *spec, const struct field *field)
{
	if (is(field, "guest-mount-target")) {
		if (spec->mount_count == MOUNTS_MAX)
			return false;
		struct guest_mount *added = array_add((void **)&spec->mounts, &spec->mount_count, sizeof *added);
		added->target = field->value;
		return field->value[0] == '/';
	}
	if (spec->mount_count == 0)
		return false;
	struct guest_mount *mount = &spec->mounts[spec->mount_count - 1];
	if (is(field, "guest-mount-type")) {
		mount->type = field->value;
		return valid_mount_type(field->value);
	}
	if (is(field, "guest-mount-source")) {
		mount->source = field->value;
		return field->value_length > 0;
	}
	if (is(field, "guest-mount-content")) {
		mount->content = field->value;
		mount->content_length = field->value_length;
		return true;
	}
	if (!is(field, "guest-mount-option"))
		return false;
	list_add(&mount->options, field->value);
	return true;
}

/* path:type:major:minor:mode:uid:gid */
static bool take_device(struct spec *spec, const struct field *field)
{
	if (spec->device_count == DEVICES_MAX)
		return false;
	struct device *device = array_add((void **)&spec->devices, &spec->device_count, sizeof *device);
	char type;
	unsigned major, minor, mode, uid, gid;
	int end = 0;
	if (sscanf(field->value, "%255[^:]:%c:%9u:%9u:%o:%9u:%9u%n", device->path, &type, &major, &minor, &mode, &uid, &gid, &end) != 7)
		return false;
	mode_t kind = type == 'c' || type == 'u' ? S_IFCHR : type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : 0;
	device->mode = kind | (mode & 07777);
	device->number = makedev(major, minor);
	device->uid = uid;
	device->gid = gid;
	return kind && device->path[0] == '/' && field->value[end] == 0;
}

static int base64_digit(char digit)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = digit ? strchr(digits, digit) : NULL;
	return found ? (int)(found - digits) : -1;
}

/* Base64 of an array of struct sock_filter. */
static bool take_filter(struct spec *spec, const struct field *field)
{
	size_t length = field->value_length;
	while (length && field->value[length - 1] == '=')
		length--;
	size_t bytes = length * 3 / 4;
	if (bytes == 0 || bytes % sizeof(struct sock_filter) || bytes / sizeof(struct sock_filter) > FILTER_MAX || spec->filter)
		return false;
	uint8_t *out = malloc(bytes + 3);
	if (!out)
		abort();
	uint32_t group = 0;
	size_t written = 0;
	for (size_t i = 0; i < length; i++) {
		int digit = base64_digit(field->value[i]);
		if (digit < 0) {
			free(out);
			return false;
		}
		group = group << 6 | (uint32_t)digit;
		if (i % 4)
			out[written++] = (uint8_t)(group >> (6 - 2 * (i % 4)));
	}
	spec->filter = (struct sock_filter *)(void *)out;
	spec->filter_count = bytes / sizeof(struct sock_filter);
	return true;
}

enum taken limits_take(struct limits *limits, const struct field *field)
{
	for (unsigned key = 0; key < LIMIT_KEYS; key++) {
		if (!is(field, limit_keys[key]))
			continue;
		limits->set |= 1u << key;
		if (strcmp(field->value, "max") == 0)
			return limits->values[key] = UINT64_MAX, FIELD_TAKEN;
		return taken_if(field_number(field, INT64_MAX, &limits->values[key]));
	}
	return FIELD_UNKNOWN;
}

static enum taken take_flag(struct spec *spec, const struct field *field)
{
	const struct {
		const char *key;
		bool *flag;
	} flags[] = {
		{"read-only", &spec->read_only},
		{"terminal", &spec->terminal},
		{"stdin", &spec->stdin_open},
		{"stdin-once", &spec->stdin_once},
		{"pid-namespace", &spec->pid_namespace},
		{"ipc-namespace", &spec->ipc_namespace},
		{"uts-namespace", &spec->uts_namespace},
		{"cgroup-namespace", &spec->cgroup_namespace},
		{"init", &spec->init},
		{"machine", &spec->machine},
		{"rehearsal", &spec->rehearsal},
	};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (!is(field, flags[i].key))
			continue;
		*flags[i].flag = true;
		return taken_if(strcmp(field->value, "1") == 0);
	}
	return FIELD_UNKNOWN;
}

static enum taken take(struct spec *spec, const struct field *field)
{
	if (strncmp(field->key, "guest-mount-", 12) == 0)
		return taken_if(take_mount(spec, field));
	if (is(field, "layer"))
		return taken_if(take_layer(spec, field));
	if (is(field, "upper")) {
		spec->upper_set = true;
		spec->upper_disk = strcmp(field->value, "disk") == 0;
		return taken_if(spec->upper_disk || strcmp(field->value, "tmpfs") == 0);
	}
	if (is(field, "columns"))
		return taken_if(field_number(field, UINT16_MAX, &spec->columns));
	if (is(field, "rows"))
		return taken_if(field_number(field, UINT16_MAX, &spec->rows));
	if (is(field, "device"))
		return taken_if(take_device(spec, field));
	if (is(field, "masked-path"))
		return list_add(&spec->masked_paths, field->value), taken_if(field->value[0] == '/');
	if (is(field, "readonly-path"))
		return list_add(&spec->readonly_paths, field->value), taken_if(field->value[0] == '/');
	if (is(field, "sysctl"))
		return list_add(&spec->sysctls, field->value), taken_if(strchr(field->value, '=') != NULL);
	if (is(field, "seccomp"))
		return taken_if(take_filter(spec, field));
	enum taken taken = limits_take(&spec->limits, field);
	if (taken == FIELD_UNKNOWN)
		taken = take_flag(spec, field);
	return taken == FIELD_UNKNOWN ? program_take(&spec->program, field) : taken;
}

static const char *missing(const struct spec *spec)
{
	if (spec->layer_count == 0)
		return "layer";
	if (!spec->upper_set)
		return "upper";
	if (spec->machine && !spec->pid_namespace)
		return "pid-namespace";
	for (size_t i = 0; i < spec->mount_count; i++)
		if (!spec->mounts[i].type)
			return "guest-mount-type";
	return NULL;
}

char *spec_read(struct spec *spec, const uint8_t *list, size_t length)
{
	memset(spec, 0, sizeof *spec);
	program_init(&spec->program);
	spec->bytes = malloc(length + 1);
	if (!spec->bytes)
		abort();
	memcpy(spec->bytes, list, length);
	size_t offset = 0;
	struct field field;
	int more;
	while ((more = field_next(spec->bytes, length, &offset, &field)) > 0) {
		enum taken taken = take(spec, &field);
		if (taken != FIELD_TAKEN)
			return text_message(taken == FIELD_UNKNOWN ? "unknown field %.128s" : "invalid value of field %.128s", field.key);
	}
	if (more < 0)
		return text_message("field list does not parse");
	const char *absent = missing(spec);
	return absent ? text_message("field %s is missing", absent) : NULL;
}

void spec_free(struct spec *spec)
{
	for (size_t i = 0; i < spec->mount_count; i++)
		free(spec->mounts[i].options.items);
	free(spec->mounts);
	free(spec->layers);
	free(spec->devices);
	free(spec->masked_paths.items);
	free(spec->readonly_paths.items);
	free(spec->sysctls.items);
	free(spec->filter);
	program_free(&spec->program);
	free(spec->bytes);
	memset(spec, 0, sizeof *spec);
}
