/* DNS messages (RFC 1035, EDNS: RFC 6891): read with every bound checked, and built. Pure: no input, no output. */
#ifndef HULL_NAMES_MESSAGE_H
#define HULL_NAMES_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX 65535
#define MESSAGE_HEADER 12
/* What a datagram may hold for somebody who does not say otherwise, and what we say ourselves. */
#define DATAGRAM_PLAIN 512
#define DATAGRAM_OWN 1232
#define WIRE_NAME_MAX 255
#define TEXT_NAME_MAX 256

enum { TYPE_A = 1, TYPE_SOA = 6, TYPE_PTR = 12, TYPE_AAAA = 28, TYPE_OPT = 41, TYPE_ANY = 255 };
enum { CLASS_IN = 1 };
enum { RCODE_OK = 0, RCODE_FORMAT = 1, RCODE_FAILURE = 2, RCODE_NO_NAME = 3, RCODE_UNKNOWN = 4, RCODE_REFUSED = 5 };

/* What a query asks. */
struct question {
	uint16_t id;
	bool recursion_desired;
	bool checking_disabled;
	uint16_t type;
	uint16_t class;
	/* The name as it is on the wire, in lower case. */
	uint8_t name[WIRE_NAME_MAX];
	size_t name_length;
	/* The question's bytes in the query end here. */
	size_t end;
	bool edns;
	bool dnssec_ok;
	/* It carries options that make its answer its own. */
	bool edns_options;
	/* The longest datagram that the asker takes. */
	uint16_t datagram_max;
};

enum reading { QUERY_GOOD, QUERY_BAD, QUERY_UNKNOWN, QUERY_NONE };

/*
 * Reads a query. QUERY_BAD is to be answered with RCODE_FORMAT, QUERY_UNKNOWN (another operation) with RCODE_UNKNOWN,
 * QUERY_NONE (no query at all) not at all.
 */
enum reading message_read_query(const uint8_t *bytes, size_t length, struct question *question);

/* True when this is an answer with this id to this question. */
bool message_answers(const uint8_t *bytes, size_t length, uint16_t id, const struct question *question);

uint16_t message_u16(const uint8_t *bytes);
uint32_t message_u32(const uint8_t *bytes);
void message_put_u16(uint8_t *bytes, uint16_t number);
void message_put_u32(uint8_t *bytes, uint32_t number);
unsigned message_rcode(const uint8_t *bytes);
bool message_is_cut(const uint8_t *bytes);

/* The records behind the question, of all sections. */
struct record {
	uint16_t type;
	uint32_t ttl;
	size_t ttl_at;
	size_t data_at;
	size_t data_length;
};

struct records {
	const uint8_t *bytes;
	size_t length;
	size_t at;
	unsigned left;
};

/* At the first record of a message that has one question, which ends at `question_end`. */
void records_begin(struct records *records, const uint8_t *bytes, size_t length, size_t question_end);
/* 1: a record; 0: the end; -1: it does not parse. */
int records_next(struct records *records, struct record *record);

/* The seconds for which an answer may be kept; 0: it may not be. */
uint32_t message_lifetime(const uint8_t *bytes, size_t length, size_t question_end);
/* Takes seconds off all records' lifetimes. The message was read by message_lifetime. */
void message_age(uint8_t *bytes, size_t length, size_t question_end, uint32_t seconds);

/* The name as text in lower case, without the last dot; false for one that cannot be written so. */
bool message_name_text(const struct question *question, char text[TEXT_NAME_MAX]);
/* Text as on the wire; 0 when it is no name. */
size_t message_name_wire(const char *text, uint8_t wire[WIRE_NAME_MAX]);

/* An answer under construction; what does not fit `limit` is left out and the answer marked as cut. */
struct answer {
	uint8_t *bytes;
	size_t length;
	size_t limit;
	bool edns;
};

/* `bytes` has room for `limit`, which is at least DATAGRAM_PLAIN. */
void answer_begin(struct answer *answer, const uint8_t *query, const struct question *question, unsigned rcode);
/* About the name that was asked for. */
void answer_add(struct answer *answer, uint16_t type, uint32_t ttl, const uint8_t *data, size_t length);
void answer_end(struct answer *answer);

/* Makes of an answer that is too long for its asker one that says so. Its new length. */
size_t message_cut(uint8_t *bytes, size_t length, size_t question_end);

#endif
