/* The way of a question: the networks, what is remembered, others. And the way of each answer. */
#include <string.h>

#include "egress.h"
#include "names.h"

uint8_t scratch[MESSAGE_MAX];

static size_t limit_of(const struct origin *origin, const struct question *question)
{
	return origin->stream ? MESSAGE_MAX : question->datagram_max;
}

void deliver(struct container *container, const struct origin *origin, const struct question *question, uint8_t *bytes,
	     size_t length)
{
	if (length > limit_of(origin, question))
		length = message_cut(bytes, length, question->end);
	if (origin->connection)
		origin->connection->reply(origin->connection, origin, bytes, length);
	else
		serve_datagram(container, &origin->client, bytes, length);
}

void deliver_error(struct container *container, const struct origin *origin, const uint8_t *query,
		   const struct question *question, unsigned rcode)
{
	struct answer answer = {.bytes = scratch, .limit = limit_of(origin, question)};
	answer_begin(&answer, query, question, rcode);
	answer_end(&answer);
	deliver(container, origin, question, answer.bytes, answer.length);
}

bool ask(struct container *container, const struct origin *origin, const uint8_t *query, size_t length)
{
	struct question question;
	enum reading reading = message_read_query(query, length, &question);
	if (reading == QUERY_NONE)
		return false;
	if (reading != QUERY_GOOD) {
		question.end = 0;
		question.datagram_max = DATAGRAM_PLAIN;
		deliver_error(container, origin, query, &question, reading == QUERY_BAD ? RCODE_FORMAT : RCODE_UNKNOWN);
		return true;
	}
	struct answer answer = {.bytes = scratch, .limit = limit_of(origin, &question)};
	if (answer_locally(container, query, &question, &answer))
		deliver(container, origin, &question, answer.bytes, answer.length);
	/* As in Docker, where no network has a way out. */
	else if (!table_may_leave(container))
		deliver_error(container, origin, query, &question, RCODE_FAILURE);
	/* A refusal would have some resolvers ask again and again. */
	else if (!egress_allows(container, &question)) {
		egress_refused(container, &question);
		deliver_error(container, origin, query, &question, RCODE_NO_NAME);
	}
	else
		forward(container, origin, query, length, &question);
	return true;
}
