#include "message.h"

#include <string.h>

#define FLAG_ANSWER 0x8000u
#define FLAG_CUT 0x0200u
#define FLAG_RECURSION_DESIRED 0x0100u
#define FLAG_RECURSION_AVAILABLE 0x0080u
#define FLAG_CHECKING_DISABLED 0x0010u
#define OPERATION 0x7800u
#define OPT_LENGTH 11

uint16_t message_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

uint32_t message_u32(const uint8_t *bytes)
{
	return (uint32_t)message_u16(bytes) << 16 | message_u16(bytes + 2);
}

void message_put_u16(uint8_t *bytes, uint16_t number)
{
	bytes[0] = (uint8_t)(number >> 8);
	bytes[1] = (uint8_t)number;
}

void message_put_u32(uint8_t *bytes, uint32_t number)
{
	message_put_u16(bytes, (uint16_t)(number >> 16));
	message_put_u16(bytes + 2, (uint16_t)number);
}

unsigned message_rcode(const uint8_t *bytes)
{
	return bytes[3] & 15u;
}

bool message_is_cut(const uint8_t *bytes)
{
	return message_u16(bytes + 2) & FLAG_CUT;
}

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

/* The name in a question, which has nothing before it to point at. Its length, 0 when it is none. */
static size_t read_name(const uint8_t *bytes, size_t length, uint8_t name[WIRE_NAME_MAX])
{
	size_t at = 0;
	for (;;) {
		if (at >= length || bytes[at] > 63)
			return 0;
		size_t label = 1u + bytes[at];
		if (label > length - at || at + label > WIRE_NAME_MAX)
			return 0;
		name[at] = bytes[at];
		for (size_t i = 1; i < label; i++)
			name[at + i] = lower(bytes[at + i]);
		at += label;
		if (label == 1)
			return at;
	}
}

static bool read_question(const uint8_t *bytes, size_t length, struct question *question)
{
	if (message_u16(bytes + 4) != 1)
		return false;
	question->name_length = read_name(bytes + MESSAGE_HEADER, length - MESSAGE_HEADER, question->name);
	question->end = MESSAGE_HEADER + question->name_length + 4;
	if (question->name_length == 0 || question->end > length)
		return false;
	question->type = message_u16(bytes + question->end - 4);
	question->class = message_u16(bytes + question->end - 2);
	return true;
}

static bool skip_name(const struct records *records, size_t *at)
{
	for (size_t begin = *at; *at < records->length && *at - begin < WIRE_NAME_MAX;) {
		uint8_t byte = records->bytes[*at];
		if (byte >= 0xc0) {
			*at += 2;
			return true;
		}
		if (byte > 63)
			return false;
		*at += 1u + byte;
		if (byte == 0)
			return true;
	}
	return false;
}

void records_begin(struct records *records, const uint8_t *bytes, size_t length, size_t question_end)
{
	unsigned count = message_u16(bytes + 6) + message_u16(bytes + 8) + message_u16(bytes + 10);
	*records = (struct records){bytes, length, question_end, count};
}

int records_next(struct records *records, struct record *record)
{
	if (records->left == 0)
		return 0;
	size_t at = records->at;
	if (!skip_name(records, &at) || at > records->length || records->length - at < 10)
		return -1;
	const uint8_t *fixed = records->bytes + at;
	*record = (struct record){message_u16(fixed), message_u32(fixed + 4), at + 4, at + 10, message_u16(fixed + 8)};
	if (records->length - record->data_at < record->data_length)
		return -1;
	records->at = record->data_at + record->data_length;
	records->left--;
	return 1;
}

/* RFC 6891, 6.1: at most one, with the root's name. */
static bool read_edns(const uint8_t *bytes, size_t length, struct question *question)
{
	struct records records;
	struct record record;
	int more;
	question->edns = question->dnssec_ok = question->edns_options = false;
	question->datagram_max = DATAGRAM_PLAIN;
	records_begin(&records, bytes, length, question->end);
	while ((more = records_next(&records, &record)) > 0) {
		if (record.type != TYPE_OPT)
			continue;
		if (question->edns || bytes[record.ttl_at - 5] != 0)
			return false;
		uint16_t size = message_u16(bytes + record.ttl_at - 2);
		question->edns = true;
		question->dnssec_ok = record.ttl & 0x8000u;
		question->edns_options = record.data_length > 0;
		question->datagram_max = size > DATAGRAM_PLAIN ? size : DATAGRAM_PLAIN;
	}
	return more == 0;
}

enum reading message_read_query(const uint8_t *bytes, size_t length, struct question *question)
{
	if (length < MESSAGE_HEADER || length > MESSAGE_MAX)
		return QUERY_NONE;
	uint16_t flags = message_u16(bytes + 2);
	if (flags & FLAG_ANSWER)
		return QUERY_NONE;
	question->id = message_u16(bytes);
	question->recursion_desired = flags & FLAG_RECURSION_DESIRED;
	question->checking_disabled = flags & FLAG_CHECKING_DISABLED;
	if (flags & OPERATION)
		return QUERY_UNKNOWN;
	return read_question(bytes, length, question) && read_edns(bytes, length, question) ? QUERY_GOOD : QUERY_BAD;
}

bool message_answers(const uint8_t *bytes, size_t length, uint16_t id, const struct question *question)
{
	struct question asked;
	if (length < MESSAGE_HEADER || length > MESSAGE_MAX || message_u16(bytes) != id)
		return false;
	uint16_t flags = message_u16(bytes + 2);
	if (!(flags & FLAG_ANSWER) || (flags & OPERATION) || !read_question(bytes, length, &asked))
		return false;
	return asked.type == question->type && asked.class == question->class &&
	       asked.name_length == question->name_length && memcmp(asked.name, question->name, asked.name_length) == 0;
}

/* A negative answer lives as long as its zone's SOA says (RFC 2308, 5); without one nobody knows. */
uint32_t message_lifetime(const uint8_t *bytes, size_t length, size_t question_end)
{
	struct records records;
	struct record record;
	uint32_t least = UINT32_MAX;
	bool negative = message_u16(bytes + 6) == 0, soa = false;
	unsigned rcode = message_rcode(bytes);
	int more;
	if ((rcode != RCODE_OK && rcode != RCODE_NO_NAME) || message_is_cut(bytes))
		return 0;
	records_begin(&records, bytes, length, question_end);
	while ((more = records_next(&records, &record)) > 0) {
		if (record.type == TYPE_OPT)
			continue;
		if (record.ttl < least)
			least = record.ttl;
		if (record.type != TYPE_SOA || record.data_length < 22)
			continue;
		uint32_t minimum = message_u32(bytes + record.data_at + record.data_length - 4);
		soa = true;
		if (negative && minimum < least)
			least = minimum;
	}
	return more < 0 || least == UINT32_MAX || (negative && !soa) ? 0 : least;
}

void message_age(uint8_t *bytes, size_t length, size_t question_end, uint32_t seconds)
{
	struct records records;
	struct record record;
	records_begin(&records, bytes, length, question_end);
	while (records_next(&records, &record) > 0)
		if (record.type != TYPE_OPT)
			message_put_u32(bytes + record.ttl_at, record.ttl > seconds ? record.ttl - seconds : 0);
}

bool message_name_text(const struct question *question, char text[TEXT_NAME_MAX])
{
	size_t length = 0;
	for (size_t at = 0; question->name[at]; at += 1u + question->name[at]) {
		if (at)
			text[length++] = '.';
		for (size_t i = 1; i <= question->name[at]; i++) {
			char byte = (char)question->name[at + i];
			if (byte == '.' || byte == 0)
				return false;
			text[length++] = byte;
		}
	}
	text[length] = 0;
	return length > 0;
}

size_t message_name_wire(const char *text, uint8_t wire[WIRE_NAME_MAX])
{
	size_t at = 0;
	for (;;) {
		size_t label = strcspn(text, ".");
		if (label == 0 || label > 63 || at + label + 2 > WIRE_NAME_MAX)
			return 0;
		wire[at] = (uint8_t)label;
		memcpy(wire + at + 1, text, label);
		at += label + 1;
		text += label;
		if (*text == 0)
			break;
		text++;
	}
	wire[at] = 0;
	return at + 1;
}

void answer_begin(struct answer *answer, const uint8_t *query, const struct question *question, unsigned rcode)
{
	bool whole = question->end > 0;
	unsigned flags = FLAG_ANSWER | FLAG_RECURSION_AVAILABLE | rcode;
	if (question->recursion_desired)
		flags |= FLAG_RECURSION_DESIRED;
	if (question->checking_disabled)
		flags |= FLAG_CHECKING_DISABLED;
	memset(answer->bytes, 0, MESSAGE_HEADER);
	message_put_u16(answer->bytes, question->id);
	message_put_u16(answer->bytes + 2, (uint16_t)flags);
	answer->length = MESSAGE_HEADER;
	answer->edns = whole && question->edns;
	if (!whole)
		return;
	message_put_u16(answer->bytes + 4, 1);
	memcpy(answer->bytes + MESSAGE_HEADER, query + MESSAGE_HEADER, question->end - MESSAGE_HEADER);
	answer->length = question->end;
}

void answer_add(struct answer *answer, uint16_t type, uint32_t ttl, const uint8_t *data, size_t length)
{
	uint8_t *out = answer->bytes + answer->length;
	size_t kept = answer->edns ? OPT_LENGTH : 0;
	if (answer->limit - answer->length < 12 + length + kept) {
		answer->bytes[2] |= FLAG_CUT >> 8;
		return;
	}
	/* The name is the question's. */
	message_put_u16(out, 0xc000 | MESSAGE_HEADER);
	message_put_u16(out + 2, type);
	message_put_u16(out + 4, CLASS_IN);
	message_put_u32(out + 6, ttl);
	message_put_u16(out + 10, (uint16_t)length);
	memcpy(out + 12, data, length);
	answer->length += 12 + length;
	message_put_u16(answer->bytes + 6, (uint16_t)(message_u16(answer->bytes + 6) + 1));
}

void answer_end(struct answer *answer)
{
	if (!answer->edns)
		return;
	static const uint8_t opt[OPT_LENGTH] = {0, 0, TYPE_OPT, DATAGRAM_OWN >> 8, DATAGRAM_OWN & 255};
	memcpy(answer->bytes + answer->length, opt, OPT_LENGTH);
	answer->length += OPT_LENGTH;
	message_put_u16(answer->bytes + 10, 1);
}

size_t message_cut(uint8_t *bytes, size_t length, size_t question_end)
{
	if (length < question_end)
		return length;
	bytes[2] |= FLAG_CUT >> 8;
	memset(bytes + 6, 0, 6);
	return question_end;
}
