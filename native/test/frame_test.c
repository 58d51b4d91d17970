#include <stdio.h>
#include <string.h>

#include "check.h"
#include "frame.h"

static void frames(void)
{
	uint8_t bytes[FRAME_HEADER + 3];
	struct frame frame;
	frame_header(bytes, 3, FRAME_DATA, STREAM_STDERR, 0x1234);
	memcpy(bytes + FRAME_HEADER, "abc", 3);

	test_begin("a header is read as it was written");
	CHECK_BYTES(bytes, FRAME_HEADER, "\0\0\0\3\2\2\x12\x34", FRAME_HEADER);
	CHECK(frame_parse(bytes, sizeof bytes, &frame) == (long)sizeof bytes);
	CHECK(frame.length == 3 && frame.type == FRAME_DATA && frame.stream == STREAM_STDERR && frame.channel == 0x1234);
	CHECK(memcmp(frame.payload, "abc", 3) == 0);

	test_begin("every beginning of a frame is incomplete");
	for (size_t length = 0; length < sizeof bytes; length++)
		CHECK(frame_parse(bytes, length, &frame) == 0);

	test_begin("a payload of 65536 bytes is the longest, known from the header alone");
	frame_header(bytes, FRAME_PAYLOAD_MAX, FRAME_DATA, 0, 1);
	CHECK(frame_parse(bytes, FRAME_HEADER, &frame) == 0);
	frame_header(bytes, FRAME_PAYLOAD_MAX + 1, FRAME_DATA, 0, 1);
	CHECK(frame_parse(bytes, FRAME_HEADER, &frame) == -1);
	frame_header(bytes, UINT32_MAX, FRAME_DATA, 0, 1);
	CHECK(frame_parse(bytes, FRAME_HEADER, &frame) == -1);

	test_begin("a client sends only its own types");
	CHECK(frame_is_from_client(FRAME_HELLO) && frame_is_from_client(FRAME_CLOSE));
	CHECK(frame_is_from_client(FRAME_PREPARE) && frame_is_from_client(FRAME_WAIT));
	CHECK(!frame_is_from_client(0) && !frame_is_from_client(6) && !frame_is_from_client(FRAME_OK));
	CHECK(!frame_is_from_client(FRAME_OOM) && !frame_is_from_client(255));
}

static int walk(const char *list, size_t length, struct field *last)
{
	size_t offset = 0;
	int more, count = 0;
	while ((more = field_next((const uint8_t *)list, length, &offset, last)) > 0)
		count++;
	return more < 0 ? -1 : count;
}

#define WALK(list, last) walk(list, sizeof(list) - 1, last)

static void field_lists(void)
{
	struct field field;
	test_begin("field lists are walked to their end");
	CHECK(WALK("", &field) == 0);
	CHECK(WALK("a\0001\0b\0\0", &field) == 2);
	CHECK(strcmp(field.key, "b") == 0 && field.value_length == 0);

	test_begin("field lists that are cut, or have an empty key, do not parse");
	CHECK(WALK("a", &field) == -1);
	CHECK(WALK("a\0", &field) == -1);
	CHECK(WALK("a\0001", &field) == -1);
	CHECK(WALK("\0001\0", &field) == -1);
	CHECK(WALK("a\0001\0b", &field) == -1);

	static const struct {
		const char *text;
		uint64_t max;
		bool valid;
	} numbers[] = {
		{"0", 0, true}, {"007", 7, true}, {"65535", 65535, true}, {"65536", 65535, false}, {"", 9, false},
		{"-1", 9, false}, {"+1", 9, false}, {" 1", 9, false}, {"1x", 99, false}, {"0x1", 9, false},
		{"9999999999999999999", UINT64_MAX, true}, {"99999999999999999999", UINT64_MAX, false},
	};
	test_begin("numbers are decimal and bounded");
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		uint64_t number;
		field = (struct field){"n", numbers[i].text, strlen(numbers[i].text)};
		CHECK(field_number(&field, numbers[i].max, &number) == numbers[i].valid);
	}

	uint8_t bytes[16];
	struct fields fields = {bytes, 0, sizeof bytes};
	test_begin("a field that does not fit is left out whole");
	fields_text(&fields, "key", "value");
	fields_text(&fields, "k", "long one");
	fields_number(&fields, "n", 123);
	CHECK_BYTES(bytes, fields.length, "key\0value\0n\000123\0", 16);

	test_begin("a NUL in a value does not end it");
	fields.length = 0;
	fields_bytes(&fields, "k", "a\0b", 3);
	CHECK_BYTES(bytes, fields.length, "k\0a b\0", 6);
}

void frame_tests(void)
{
	frames();
	field_lists();
}
