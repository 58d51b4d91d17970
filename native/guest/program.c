#include "program.h"

#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 65536
#define LIMITS_MAX 64

static const struct {
	const char *name;
	int resource;
} resources[] = {
	{"AS", RLIMIT_AS},	     {"CORE", RLIMIT_CORE},	    {"CPU", RLIMIT_CPU},       {"DATA", RLIMIT_DATA},
	{"FSIZE", RLIMIT_FSIZE},     {"LOCKS", RLIMIT_LOCKS},	    {"MEMLOCK", RLIMIT_MEMLOCK}, {"MSGQUEUE", RLIMIT_MSGQUEUE},
	{"NICE", RLIMIT_NICE},	     {"NOFILE", RLIMIT_NOFILE},     {"NPROC", RLIMIT_NPROC},   {"RSS", RLIMIT_RSS},
	{"RTPRIO", RLIMIT_RTPRIO},   {"RTTIME", RLIMIT_RTTIME},	    {"SIGPENDING", RLIMIT_SIGPENDING},
	{"STACK", RLIMIT_STACK},
};

static const char *const capability_keys[CAP_SETS] = {"cap-bounding", "cap-effective", "cap-inheritable", "cap-permitted",
						      "cap-ambient"};

void program_init(struct program *program)
{
	memset(program, 0, sizeof *program);
	program->cwd = "/";
	program->umask = 022;
}

static enum taken taken_if(bool valid)
{
	return valid ? FIELD_TAKEN : FIELD_INVALID;
}

static bool take_octal(const struct field *field, mode_t *mode)
{
	char *end;
	unsigned long value = strtoul(field->value, &end, 8);
	*mode = (mode_t)value;
	return field->value_length > 0 && field->value_length <= 4 && *end == 0 && value <= 07777;
}

static bool take_group(struct program *program, const struct field *field)
{
	uint64_t group;
	if (program->group_count == GROUPS_MAX || !field_number(field, UINT32_MAX - 1, &group))
		return false;
	gid_t *added = array_add((void **)&program->groups, &program->group_count, sizeof *added);
	*added = (gid_t)group;
	return true;
}

static bool take_limit_value(const char *text, char end, rlim_t *value, const char **rest)
{
	char *stop;
	if (*text < '0' || *text > '9')
		return false;
	*value = (rlim_t)strtoull(text, &stop, 10);
	*rest = stop + 1;
	return *stop == end;
}

/* NAME:soft:hard */
static bool take_limit(struct program *program, const struct field *field)
{
	const char *name = strncmp(field->value, "RLIMIT_", 7) == 0 ? field->value + 7 : field->value;
	size_t length = strcspn(name, ":");
	size_t i = 0;
	while (i < sizeof resources / sizeof *resources &&
	       (strlen(resources[i].name) != length || strncmp(resources[i].name, name, length) != 0))
		i++;
	if (i == sizeof resources / sizeof *resources || name[length] != ':' || program->limit_count == LIMITS_MAX)
		return false;
	struct limit *limit = array_add((void **)&program->limits, &program->limit_count, sizeof *limit);
	const char *rest = name + length + 1;
	limit->resource = resources[i].resource;
	return take_limit_value(rest, ':', &limit->values.rlim_cur, &rest) &&
	       take_limit_value(rest, 0, &limit->values.rlim_max, &rest);
}

static enum taken take_capabilities(struct program *program, const struct field *field)
{
	for (int set = 0; set < CAP_SETS; set++)
		if (strcmp(field->key, capability_keys[set]) == 0)
			return taken_if(field_number(field, UINT64_MAX >> 1, &program->capabilities[set]));
	return FIELD_UNKNOWN;
}

enum taken program_take(struct program *program, const struct field *field)
{
	const char *key = field->key;
	if (strcmp(key, "arg") == 0)
		return list_add(&program->arguments, field->value), FIELD_TAKEN;
	if (strcmp(key, "env") == 0)
		return list_add(&program->environment, field->value), FIELD_TAKEN;
	if (strcmp(key, "cwd") == 0) {
		program->cwd = field->value;
		return taken_if(field->value[0] == '/' && field->value_length < 4096);
	}
	if (strcmp(key, "uid") == 0)
		return taken_if(field_number(field, UINT32_MAX - 1, &program->uid));
	if (strcmp(key, "gid") == 0)
		return taken_if(field_number(field, UINT32_MAX - 1, &program->gid));
	if (strcmp(key, "group") == 0)
		return taken_if(take_group(program, field));
	if (strcmp(key, "umask") == 0)
		return taken_if(take_octal(field, &program->umask));
	if (strcmp(key, "no-new-privileges") == 0) {
		program->no_new_privileges = true;
		return taken_if(strcmp(field->value, "1") == 0);
	}
	if (strcmp(key, "rlimit") == 0)
		return taken_if(take_limit(program, field));
	if (strcmp(key, "oom-score-adj") == 0) {
		program->oom_score_adj = field->value;
		return taken_if(field->value_length > 0 && field->value_length < 8);
	}
	return take_capabilities(program, field);
}

void program_free(struct program *program)
{
	free(program->arguments.items);
	free(program->environment.items);
	free(program->groups);
	free(program->limits);
}
