#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "frame.h"
#include "log_encode.h"
#include "session_fuzz.h"

#define FIRST_SEED 1u
#define SMALL_ROUNDS 20000u
#define SESSION_ROUNDS 2000u
#define SESSION_MAX 6000u

static const char *playing;
static unsigned seed;

/* From the sanitizers' runtime, which calls it before it ends the process. */
void __sanitizer_set_death_callback(void (*callback)(void));

static void say_seed(void)
{
	printf("FAIL %s: seed %u\n", playing, seed);
	fflush(stdout);
}

static uint64_t state;

/* xorshift64*, the same everywhere. */
static uint32_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * 0x2545f4914f6cdd1dULL >> 32);
}

/* Exactly as large as its contents, so that a byte too far is seen. */
static uint8_t *random_bytes(size_t length)
{
	uint8_t *bytes = malloc(length ? length : 1);
	if (!bytes)
		abort();
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)next();
	return bytes;
}

static void begin(const char *name, unsigned rounds)
{
	test_begin(name);
	playing = name;
	printf("%s: %u rounds, seeds from %u\n", name, rounds, FIRST_SEED);
}

static void play_frames(void)
{
	size_t length = next() % 300;
	uint8_t *bytes = random_bytes(length);
	/* A short length, half of the time. */
	if (length > 4 && next() % 2)
		bytes[0] = bytes[1] = bytes[2] = 0;
	struct frame frame;
	long size = frame_parse(bytes, length, &frame);
	CHECK(size >= -1 && size <= (long)length);
	if (size > 0)
		CHECK(frame.length == (uint32_t)size - FRAME_HEADER);
	/* NULs are what field lists are made of. */
	for (size_t i = 0; i < length; i++)
		if (next() % 4 == 0)
			bytes[i] = 0;
	size_t offset = 0;
	struct field field;
	uint64_t number;
	while (field_next(bytes, length, &offset, &field) > 0) {
		CHECK(offset <= length && field.value[field.value_length] == 0);
		field_number(&field, UINT64_MAX, &number);
	}
	free(bytes);
}

static void play_log(void)
{
	size_t length = next() % 200;
	uint8_t *bytes = random_bytes(length);
	uint8_t *out = malloc(LOG_GROWTH * length + 1);
	if (!out)
		abort();
	size_t encoded = log_encode_text(out, bytes, length, seed % 2);
	CHECK(encoded <= LOG_GROWTH * length);
	for (size_t i = 0; i < encoded; i++)
		CHECK(out[i] >= ' ' && out[i] != '<' && out[i] != '>' && out[i] != '&');
	free(out);
	free(bytes);
}

static void play_session(void)
{
	size_t length = next() % SESSION_MAX;
	uint8_t *bytes = random_bytes(length);
	session_fuzz_play(bytes, length);
	free(bytes);
}

static void play(const char *name, unsigned rounds, void (*round)(void))
{
	begin(name, rounds);
	for (seed = FIRST_SEED; seed < FIRST_SEED + rounds; seed++) {
		state = (uint64_t)seed * 0x9e3779b97f4a7c15ULL;
		round();
	}
}

void random_tests(void)
{
	__sanitizer_set_death_callback(say_seed);
	play("random frames and field lists", SMALL_ROUNDS, play_frames);
	play("random log text", SMALL_ROUNDS, play_log);
	session_fuzz_open(test_folder());
	play("random sessions", SESSION_ROUNDS, play_session);
}
