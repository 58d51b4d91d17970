/* Sessions made from bytes: clients come and go, send sense and nonsense; processes start, write and end. */
#ifndef HULL_TEST_SESSION_FUZZ_H
#define HULL_TEST_SESSION_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Opens the supervisor's task in this folder; once. */
void session_fuzz_open(const char *folder);

/* Plays one session; aborts when a client is sent what the protocol forbids or something is left over. */
void session_fuzz_play(const uint8_t *bytes, size_t length);

/* All clients leave, what runs is forgotten: the next session finds the supervisor as after its start. */
void session_fuzz_end(void);

#endif
