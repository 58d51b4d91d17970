#include "frame.h"

#include <stdio.h>
#include <string.h>

long frame_parse(const uint8_t *bytes, size_t length, struct frame *frame)
{
	if (length < FRAME_HEADER)
		return 0;
	frame->length = frame_u32(bytes);
	frame->type = bytes[4];
	frame->stream = bytes[5];
	frame->channel = (uint16_t)(bytes[6] << 8 | bytes[7]);
	frame->payload = bytes + FRAME_HEADER;
	if (frame->length > FRAME_PAYLOAD_MAX)
		return -1;
	if (length - FRAME_HEADER < frame->length)
		return 0;
	return (long)(FRAME_HEADER + frame->length);
}

void frame_header(uint8_t *out, uint32_t length, uint8_t type, uint8_t stream, uint16_t channel)
{
	out[0] = (uint8_t)(length >> 24);
	out[1] = (uint8_t)(length >> 16);
	out[2] = (uint8_t)(length >> 8);
	out[3] = (uint8_t)length;
	out[4] = type;
	out[5] = stream;
	out[6] = (uint8_t)(channel >> 8);
	out[7] = (uint8_t)channel;
}

bool frame_is_from_client(uint8_t type)
{
	return (type >= FRAME_HELLO && type <= FRAME_CLOSE) || (type >= FRAME_PREPARE && type <= FRAME_CUT_OFF) ||
	       type == FRAME_NAMES;
}

uint32_t frame_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

int field_next(const uint8_t *list, size_t length, size_t *offset, struct field *field)
{
	if (*offset >= length)
		return 0;
	const uint8_t *key = list + *offset;
	size_t left = length - *offset;
	const uint8_t *key_end = memchr(key, 0, left);
	if (!key_end || key_end == key)
		return -1;
	const uint8_t *value = key_end + 1;
	left -= (size_t)(value - key);
	const uint8_t *value_end = left ? memchr(value, 0, left) : NULL;
	if (!value_end)
		return -1;
	field->key = (const char *)key;
	field->value = (const char *)value;
	field->value_length = (size_t)(value_end - value);
	*offset = (size_t)(value_end + 1 - list);
	return 1;
}

bool field_number(const struct field *field, uint64_t max, uint64_t *number)
{
	if (field->value_length == 0 || field->value_length > 19)
		return false;
	uint64_t sum = 0;
	for (size_t i = 0; i < field->value_length; i++) {
		char digit = field->value[i];
		if (digit < '0' || digit > '9')
			return false;
		sum = sum * 10 + (uint64_t)(digit - '0');
	}
	if (sum > max)
		return false;
	*number = sum;
	return true;
}

void fields_text(struct fields *fields, const char *key, const char *value)
{
	fields_bytes(fields, key, value, strlen(value));
}

void fields_bytes(struct fields *fields, const char *key, const void *value, size_t length)
{
	size_t key_size = strlen(key) + 1;
	if (fields->capacity - fields->length < key_size + length + 1)
		return;
	uint8_t *out = fields->bytes + fields->length;
	memcpy(out, key, key_size);
	out += key_size;
	/* A NUL inside would end the value early. */
	for (size_t i = 0; i < length; i++)
		out[i] = ((const uint8_t *)value)[i] ? ((const uint8_t *)value)[i] : ' ';
	out[length] = 0;
	fields->length += key_size + length + 1;
}

void fields_number(struct fields *fields, const char *key, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)number);
	fields_text(fields, key, text);
}
