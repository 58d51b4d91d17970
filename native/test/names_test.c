#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "message.h"
#include "names_fuzz.h"

#define ROUNDS 200000

/* A query for `me`, type A, class IN, without and with EDNS. */
#define HEADER "\x12\x34\1\0\0\1\0\0\0\0\0\0"
#define QUESTION "\2me\0\0\1\0\1"
static const char plain[] = HEADER QUESTION;
static const char edns[] = "\x12\x34\1\0\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\x10\0\0\0\x80\0\0\0";
/* An answer with a pointer, an A record and an SOA behind it. */
static const char answer[] = "\x12\x34\x81\x80\0\1\0\1\0\1\0\0" QUESTION "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
			     "\0\0\6\0\1\0\0\0\x1e\0\x16\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5";

static const char pointer[] = HEADER "\1" "2\1" "0\1" "1\2" "10\7in-addr\4arpa\0\0\x0c\0\1";
static const char any[] = HEADER "\3app\5front\0\0\xff\0\1";

static enum reading read_query(const char *bytes, size_t length, struct question *question)
{
	return message_read_query((const uint8_t *)bytes, length, question);
}

static void queries(void)
{
	struct question question;
	test_begin("a query is read");
	CHECK(read_query(plain, sizeof plain - 1, &question) == QUERY_GOOD);
	CHECK(question.id == 0x1234 && question.type == TYPE_A && question.class == CLASS_IN && question.recursion_desired);
	CHECK(question.end == sizeof plain - 1 && !question.edns && question.datagram_max == DATAGRAM_PLAIN);

	test_begin("EDNS says how much may come back");
	CHECK(read_query(edns, sizeof edns - 1, &question) == QUERY_GOOD);
	CHECK(question.edns && question.datagram_max == 4096 && question.dnssec_ok && !question.edns_options);

	test_begin("every beginning of a query is none, or a bad one");
	for (size_t length = 0; length < sizeof edns - 1; length++)
		CHECK(read_query(edns, length, &question) == (length < MESSAGE_HEADER ? QUERY_NONE : QUERY_BAD));

	test_begin("an answer is no query, and a query no answer");
	CHECK(read_query(answer, sizeof answer - 1, &question) == QUERY_NONE);
	CHECK(read_query(plain, sizeof plain - 1, &question) == QUERY_GOOD);
	CHECK(!message_answers((const uint8_t *)plain, sizeof plain - 1, 0x1234, &question));
	CHECK(message_answers((const uint8_t *)answer, sizeof answer - 1, 0x1234, &question));
	CHECK(!message_answers((const uint8_t *)answer, sizeof answer - 1, 0x1235, &question));
	question.name[1] = 'x';
	CHECK(!message_answers((const uint8_t *)answer, sizeof answer - 1, 0x1234, &question));
}

static void lifetimes(void)
{
	uint8_t bytes[sizeof answer];
	size_t length = sizeof answer - 1, end = sizeof plain - 1;
	memcpy(bytes, answer, sizeof answer);
	test_begin("an answer lives as long as its shortest record");
	CHECK(message_lifetime(bytes, length, end) == 30);
	message_age(bytes, length, end, 10);
	CHECK(message_lifetime(bytes, length, end) == 20);
	message_age(bytes, length, end, 100);
	CHECK(message_lifetime(bytes, length, end) == 0);

	test_begin("an answer that cannot be read through, is cut or a failure is not kept");
	memcpy(bytes, answer, sizeof answer);
	for (size_t shorter = end; shorter < length; shorter++)
		CHECK(message_lifetime(bytes, shorter, end) == 0);
	bytes[2] |= 2;
	CHECK(message_lifetime(bytes, length, end) == 0);
	memcpy(bytes, answer, sizeof answer);
	bytes[3] |= RCODE_FAILURE;
	CHECK(message_lifetime(bytes, length, end) == 0);

	test_begin("a name that is not there is kept as its zone says, and not without a zone");
	memcpy(bytes, answer, sizeof answer);
	memmove(bytes + end, bytes + end + 16, length - end - 16);
	bytes[3] |= RCODE_NO_NAME;
	bytes[7] = 0;
	CHECK(message_lifetime(bytes, length - 16, end) == 5);
	bytes[9] = 0;
	CHECK(message_lifetime(bytes, end, end) == 0);

	test_begin("a cut answer is its question");
	memcpy(bytes, answer, sizeof answer);
	CHECK(message_cut(bytes, length, end) == end && message_is_cut(bytes) && message_u16(bytes + 6) == 0);
}

static void names(void)
{
	struct question question;
	char text[TEXT_NAME_MAX];
	uint8_t wire[WIRE_NAME_MAX];
	test_begin("names are text in lower case; a dot or NUL inside of a label is no text");
	CHECK(read_query(HEADER "\2Me\3SHOP\0\0\1\0\1", 25, &question) == QUERY_BAD);
	CHECK(read_query(HEADER "\2Me\4SHOP\0\0\1\0\1", 25, &question) == QUERY_GOOD);
	CHECK(message_name_text(&question, text) && strcmp(text, "me.shop") == 0);
	CHECK(read_query(HEADER "\2a.\0\0\1\0\1", 20, &question) == QUERY_GOOD && !message_name_text(&question, text));
	CHECK(read_query(HEADER "\2a\0\0\0\1\0\1", 20, &question) == QUERY_GOOD && !message_name_text(&question, text));
	CHECK(read_query(HEADER "\0\0\1\0\1", 17, &question) == QUERY_GOOD && !message_name_text(&question, text));

	test_begin("text is a name of labels of 1 to 63 bytes, 255 in all");
	CHECK_BYTES(wire, message_name_wire("me.shop", wire), "\2me\4shop\0", 9);
	CHECK(message_name_wire("", wire) == 0 && message_name_wire("a..b", wire) == 0 && message_name_wire("a.", wire) == 0);
	char longest[300];
	memset(longest, 'a', sizeof longest);
	longest[63] = 0;
	CHECK(message_name_wire(longest, wire) == 65);
	longest[63] = 'a';
	longest[64] = 0;
	CHECK(message_name_wire(longest, wire) == 0);
	for (size_t i = 1; i < 254; i += 2)
		longest[i] = '.';
	memset(longest + 64, 'a', 1);
	longest[253] = 0;
	CHECK(message_name_wire(longest, wire) == 255);
	longest[253] = '.';
	longest[254] = 'a';
	longest[255] = 0;
	CHECK(message_name_wire(longest, wire) == 0);
}

static void answers(void)
{
	struct question question;
	names_fuzz_open();
	test_begin("a neighbour's address is answered to the question as it was asked");
	names_fuzz_play((const uint8_t *)HEADER "\2DB\0\0\1\0\1", 20);
	CHECK_BYTES(names_answer, names_answer_length,
		    "\x12\x34\x81\x80\0\1\0\1\0\0\0\0\2DB\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\5\0\4\x0a\1\0\2", 36);

	test_begin("what is of no network of the asker's is a failure on internal ones");
	names_fuzz_play((const uint8_t *)HEADER "\3far\0\0\1\0\1", 21);
	CHECK(names_answer_length == 21 && message_rcode(names_answer) == RCODE_FAILURE);
	CHECK(message_answers(names_answer, names_answer_length, 0x1234,
			      (read_query(HEADER "\3far\0\0\1\0\1", 21, &question), &question)));
}

static void hostile(void)
{
	static const struct {
		const char *bytes;
		size_t length;
	} seeds[] = {
		{plain, sizeof plain - 1}, {edns, sizeof edns - 1}, {answer, sizeof answer - 1}, {pointer, sizeof pointer - 1},
		{any, sizeof any - 1},
	};
	uint8_t bytes[512];
	unsigned seed = 1;
	test_begin("no bytes of anybody's hurt it");
	for (int round = 0; round < ROUNDS; round++) {
		size_t which = (size_t)rand_r(&seed) % (sizeof seeds / sizeof *seeds), length = seeds[which].length;
		memcpy(bytes, seeds[which].bytes, length);
		for (int change = rand_r(&seed) % 6; change > 0; change--) {
			size_t at = (size_t)rand_r(&seed) % length;
			int kind = rand_r(&seed) % 4;
			if (kind == 0) {
				bytes[at] = (uint8_t)rand_r(&seed);
			} else if (kind == 1) {
				bytes[at] ^= (uint8_t)(1 << rand_r(&seed) % 8);
			} else if (kind == 2) {
				length = at + 1;
			} else if (length < 256) {
				memmove(bytes + at, bytes, length);
				length += at;
			}
		}
		names_fuzz_play(bytes, length);
	}
	CHECK(true);
}

void names_tests(void)
{
	queries();
	lifetimes();
	names();
	answers();
	hostile();
}
