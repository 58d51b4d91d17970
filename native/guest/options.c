#include "options.h"

#include <stdio.h>
#include <string.h>

#include "client.h"

static const char *const keys[KEYS] = {"exec", "stdin", "stdout", "stderr", "terminal", "signal", "columns", "rows", "on"};

static bool valid_exec_id(const struct field *field)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	return field->value_length > 0 && field->value_length <= EXEC_ID_MAX &&
	       strspn(field->value, allowed) == field->value_length;
}

static bool take_value(struct options *options, size_t key, const struct field *field)
{
	bool flag = strcmp(field->value, "1") == 0;
	switch (key) {
	case KEY_EXEC:
		if (!valid_exec_id(field))
			return false;
		strcpy(options->exec, field->value);
		return true;
	case KEY_STDIN:
	case KEY_STDOUT:
	case KEY_STDERR:
		return options->wants[key - KEY_STDIN] = flag;
	case KEY_TERMINAL:
		return options->terminal = flag;
	case KEY_ON:
		return options->on = flag;
	case KEY_SIGNAL:
		return field_number(field, 64, &options->signal) && options->signal > 0;
	case KEY_COLUMNS:
		return field_number(field, UINT16_MAX, &options->columns);
	default:
		return field_number(field, UINT16_MAX, &options->rows);
	}
}

enum taken options_take(struct options *options, unsigned allowed, const struct field *field)
{
	for (size_t key = 0; key < KEYS; key++) {
		if (strcmp(keys[key], field->key) != 0 || !(allowed & 1u << key))
			continue;
		options->seen |= 1u << key;
		return take_value(options, key, field) ? FIELD_TAKEN : FIELD_INVALID;
	}
	return FIELD_UNKNOWN;
}

void options_refuse(struct client *client, uint16_t channel, enum taken taken, const char *key)
{
	char text[256];
	snprintf(text, sizeof text, taken == FIELD_UNKNOWN ? "unknown field %.128s" : "invalid value of field %.128s", key);
	client_reply_error(client, channel, "invalid_argument", text);
}

bool options_complete(struct client *client, uint16_t channel, const struct options *options, unsigned needed)
{
	char text[64];
	for (size_t key = 0; key < KEYS; key++) {
		if (!(needed & 1u << key) || (options->seen & 1u << key))
			continue;
		snprintf(text, sizeof text, "field %s is missing", keys[key]);
		client_reply_error(client, channel, "invalid_argument", text);
		return false;
	}
	return true;
}

bool options_read(struct client *client, uint16_t channel, struct options *options, unsigned allowed, unsigned needed,
		  const uint8_t *payload, size_t length)
{
	size_t offset = 0;
	struct field field;
	int more;
	while ((more = field_next(payload, length, &offset, &field)) > 0) {
		enum taken taken = options_take(options, allowed, &field);
		if (taken == FIELD_TAKEN)
			continue;
		options_refuse(client, channel, taken, field.key);
		return false;
	}
	if (more < 0) {
		client_fail(client, "field list does not parse");
		return false;
	}
	return options_complete(client, channel, options, needed);
}
