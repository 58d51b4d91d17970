#include "names_fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "egress.h"
#include "names.h"

uint8_t names_answer[65535];
size_t names_answer_length;
unsigned names_grants;
bool names_grant_fails;

static struct container *asker;
/* May leave for everything below `me`. */
static struct container *limited;

/* The parts of the program that have sockets. */
void serve_datagram(struct container *container, const struct sockaddr_in *to, const uint8_t *bytes, size_t length)
{
	(void)container;
	(void)to;
	memcpy(names_answer, bytes, length);
	names_answer_length = length;
}

void serve_end(struct container *container)
{
	(void)container;
}

void forward(struct container *container, const struct origin *origin, const uint8_t *query, size_t length,
	     const struct question *question)
{
	(void)length;
	deliver_error(container, origin, query, question, RCODE_REFUSED);
}

bool opener_grant(const struct grant_order *order)
{
	names_grants += order->count;
	return !names_grant_fails;
}

void control_tell(const char *line)
{
	(void)line;
}

void forward_drop_container(const struct container *container)
{
	(void)container;
}

static void take_reply(struct connection *connection, const struct origin *origin, const uint8_t *bytes, size_t length)
{
	(void)connection;
	serve_datagram(NULL, &origin->client, bytes, length);
}

static void join(char *network, char *container, char *v4, char *v6, char *link)
{
	char name[ID_MAX + 1], network_name[ID_MAX + 1], alias[] = "App", linked[2 * ID_MAX];
	strcpy(name, container);
	strcpy(network_name, network);
	struct endpoint_order order = {
		.container = container, .network = network, .network_name = network_name, .internal = true, .v4 = v4, .v6 = v6,
		.names = {name, alias}, .name_count = 2,
	};
	if (link) {
		strcpy(linked, link);
		order.links[0] = linked;
		order.link_count = 1;
	}
	if (!table_put_endpoint(&order))
		abort();
}

void names_fuzz_open(void)
{
	join("front", "me", "10.1.0.3", "-", "store=db");
	join("front", "db", "10.1.0.2", "fd00::2", NULL);
	join("back", "far", "10.2.0.2", "-", NULL);
	char table[] = "hull_egress", pattern[] = "me=s1", *words[] = {table, pattern};
	asker = table_container("me");
	limited = table_container("db");
	if (!asker || !limited || !egress_put(limited, EGRESS_OWN, words, 2))
		abort();
}

/* In memory of exactly its length, so that a byte too far is seen. */
static void play_query(const uint8_t *bytes, size_t length, bool stream)
{
	struct connection connection = {.reply = take_reply};
	const struct origin origin = {.connection = stream ? &connection : NULL, .stream = stream};
	uint8_t *query = malloc(length ? length : 1);
	if (!query)
		abort();
	memcpy(query, bytes, length);
	names_answer_length = 0;
	ask(asker, &origin, query, length);
	free(query);
}

static void play_answer(const uint8_t *bytes, size_t length)
{
	struct question question = {.end = 0};
	uint8_t *answer = malloc(length ? length : 1);
	if (!answer)
		abort();
	memcpy(answer, bytes, length);
	if (length > MESSAGE_HEADER) {
		/* As the question that it claims to answer. */
		answer[2] &= 0x7f;
		enum reading reading = message_read_query(answer, length, &question);
		answer[2] |= 0x80;
		if (reading == QUERY_GOOD && message_answers(answer, length, message_u16(answer), &question)) {
			const struct cache_key key = {&question, 1};
			cache_put(&key, answer, length);
			if (cache_find(&key, scratch) > length)
				abort();
			(void)egress_grant(limited, &question, answer, length);
			if (message_lifetime(answer, length, question.end))
				message_age(answer, length, question.end, 7);
			if (message_cut(answer, length, question.end) > length)
				abort();
		}
	}
	free(answer);
}

void names_fuzz_play(const uint8_t *bytes, size_t length)
{
	if (length > MESSAGE_MAX)
		length = MESSAGE_MAX;
	play_query(bytes, length, false);
	play_query(bytes, length, true);
	play_answer(bytes, length);
}
