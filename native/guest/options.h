/* What the small requests and the streams of an EXEC are made of. */
#ifndef HULL_GUEST_OPTIONS_H
#define HULL_GUEST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"
#include "program.h"

struct client;

struct options {
	char exec[EXEC_ID_MAX + 1];
	bool wants[3];
	bool terminal;
	bool on;
	uint64_t signal;
	uint64_t columns;
	uint64_t rows;
	/* The keys seen, by number. */
	unsigned seen;
};

enum { KEY_EXEC, KEY_STDIN, KEY_STDOUT, KEY_STDERR, KEY_TERMINAL, KEY_SIGNAL, KEY_COLUMNS, KEY_ROWS, KEY_ON, KEYS };

#define KEY(name) (1u << KEY_##name)

/* Takes a field whose key is among the allowed ones. */
enum taken options_take(struct options *options, unsigned allowed, const struct field *field);

/* Answers with the field that is unknown or invalid. */
void options_refuse(struct client *client, uint16_t channel, enum taken taken, const char *key);

/* Answers and returns false when one that is needed is missing. */
bool options_complete(struct client *client, uint16_t channel, const struct options *options, unsigned needed);

/* Reads the fields; each must be allowed and valid, the needed ones there. Answers and returns false otherwise. */
bool options_read(struct client *client, uint16_t channel, struct options *options, unsigned allowed, unsigned needed,
		  const uint8_t *payload, size_t length);

#endif
