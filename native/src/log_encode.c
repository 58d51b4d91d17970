#include "log_encode.h"

#include <string.h>

#include "clock.h"

/* 1 for ASCII that stands for itself inside a JSON string as Go writes it (HTML escaping on). */
static const uint8_t plain[256] = {
	[' ' ... '!'] = 1, ['#' ... '%'] = 1, ['\'' ... ';'] = 1, ['='] = 1, ['?' ... '['] = 1, [']' ... 0x7f] = 1,
};

static const char hex[] = "0123456789abcdef";

/* Length of the UTF-8 sequence at the front, 0 when it is not one that Go's utf8.DecodeRune takes. */
static size_t utf8_sequence(const uint8_t *text, size_t length)
{
	uint8_t first = text[0];
	size_t size = first >= 0xc2 && first <= 0xdf ? 2 : (first & 0xf0) == 0xe0 ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
	if (size == 0 || size > length)
		return 0;
	/* The second byte's range keeps out overlong forms, surrogates and what lies above U+10FFFF. */
	uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

static uint8_t *put(uint8_t *out, const char *text, size_t length)
{
	memcpy(out, text, length);
	return out + length;
}

#define PUT(out, literal) put(out, literal, sizeof(literal) - 1)

static uint8_t *put_ascii(uint8_t *out, uint8_t byte)
{
	switch (byte) {
	case '\\':
	case '"':
		*out++ = '\\';
		*out++ = byte;
		return out;
	case '\n':
		return PUT(out, "\\n");
	case '\r':
		return PUT(out, "\\r");
	default:
		out = PUT(out, "\\u00");
		*out++ = (uint8_t)hex[byte >> 4];
		*out++ = (uint8_t)hex[byte & 15];
		return out;
	}
}

static uint8_t *put_stray(uint8_t *out, uint8_t byte, bool exact)
{
	if (!exact)
		return PUT(out, "\\ufffd");
	out = PUT(out, "\\udc");
	*out++ = (uint8_t)hex[byte >> 4];
	*out++ = (uint8_t)hex[byte & 15];
	return out;
}

size_t log_encode_text(uint8_t *out, const uint8_t *text, size_t length, bool exact)
{
	uint8_t *start = out;
	const uint8_t *end = text + length;
	while (text < end) {
		if (plain[*text]) {
			*out++ = *text++;
			continue;
		}
		if (*text < 0x80) {
			out = put_ascii(out, *text++);
			continue;
		}
		size_t size = utf8_sequence(text, (size_t)(end - text));
		if (size == 0) {
			out = put_stray(out, *text++, exact);
			continue;
		}
		/* Line and paragraph separator end a line in JavaScript. */
		if (size == 3 && text[0] == 0xe2 && text[1] == 0x80 && (text[2] & 0xfe) == 0xa8) {
			out = PUT(out, "\\u202");
			*out++ = (uint8_t)hex[text[2] & 15];
		} else {
			out = put(out, (const char *)text, size);
		}
		text += size;
	}
	return (size_t)(out - start);
}

size_t log_encode_entry(uint8_t *out, const struct log_entry *entry)
{
	uint8_t *start = out;
	out = PUT(out, "{");
	/* Docker leaves the member out when it is empty. */
	if (entry->length || entry->newline) {
		out = PUT(out, "\"log\":\"");
		out += log_encode_text(out, entry->text, entry->length, entry->exact);
		if (entry->newline)
			out = PUT(out, "\\n");
		out = PUT(out, "\",");
	}
	out = PUT(out, "\"stream\":\"");
	out = put(out, entry->stream, strlen(entry->stream));
	if (entry->attrs_length) {
		out = PUT(out, "\",\"attrs\":");
		out = put(out, entry->attrs, entry->attrs_length);
		out = PUT(out, ",\"time\":\"");
	} else {
		out = PUT(out, "\",\"time\":\"");
	}
	out += clock_format((char *)out, &entry->time);
	out = PUT(out, "\"}\n");
	return (size_t)(out - start);
}
