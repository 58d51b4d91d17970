/* hull-names with bytes of anybody's: what containers ask, and what other name servers answer. */
#ifndef HULL_TEST_NAMES_FUZZ_H
#define HULL_TEST_NAMES_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A container on an internal network with neighbours, that nothing can be asked of others for. */
void names_fuzz_open(void);
/* Takes the bytes as a query by datagram and by stream, and as an answer to the question that they ask. */
void names_fuzz_play(const uint8_t *bytes, size_t length);

/* The last answer to a query. */
extern uint8_t names_answer[65535];
extern size_t names_answer_length;
/* Addresses that were let through the firewall, and whether that fails. */
extern unsigned names_grants;
extern bool names_grant_fails;

#endif
