/*
 * Questions for other servers. Each has a socket of its own, so that its port is as random as its id and an answer can
 * only come from who was asked; what comes and does not answer the question is thrown away.
 *
 * A server that does not answer is given up for the next one, and asked last for a while: a dead one holds nobody up
 * for longer than it takes to find that out, and no answer at all is a failure within four seconds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "egress.h"
#include "names.h"

#define PENDING_MAX 1024u
#define PENDING_OF_ONE 192u
#define ATTEMPTS 3u
#define ATTEMPT_MS 1200u
/* When every server was found dead a moment ago, they are only looked at again. */
#define PROBE_MS 800u
#define DEAD_MS 10000u
#define SWEEP_MS 100u
/* What comes to a socket and is no answer. */
#define STRANGERS_MAX 64u

struct pending {
	struct source source;
	struct pending *next, *previous;
	struct container *container;
	struct origin origin;
	struct question question;
	struct server *servers[SERVERS_MAX];
	unsigned server_count;
	uint64_t group;
	/* Attempts made; the last one's server and times. */
	unsigned attempts;
	unsigned attempts_max;
	struct server *server;
	uint64_t began_ms;
	uint64_t due_ms;
	unsigned attempt_ms;
	unsigned strangers;
	uint16_t id;
	/* By TCP: how much of length and query was sent, and what of an answer has come. */
	size_t sent;
	uint8_t *received;
	size_t received_length;
	/* The query behind its length. */
	size_t length;
	uint8_t query[];
};

static struct pending *first;
static unsigned pending_count;

static void sweep(struct timer *timer);
static struct timer sweeping = {.fire = sweep};

static void pending_end(struct pending *pending)
{
	*(pending->previous ? &pending->previous->next : &first) = pending->next;
	if (pending->next)
		pending->next->previous = pending->previous;
	loop_close(&pending->source);
	pending->container->pending--;
	pending_count--;
	free(pending->received);
	free(pending);
}

static void fail(struct pending *pending)
{
	deliver_error(pending->container, &pending->origin, pending->query + 2, &pending->question, RCODE_FAILURE);
	pending_end(pending);
}

static uint16_t random_id(void)
{
	static uint16_t ids[256];
	static size_t left;
	if (left == 0 && getrandom(ids, sizeof ids, 0) == sizeof ids)
		left = sizeof ids / sizeof *ids;
	return left ? ids[--left] : (uint16_t)rand();
}

/* Those that answer, in their order, before those that did not. */
static void sort_servers(struct pending *pending, uint64_t now)
{
	struct server *sorted[SERVERS_MAX];
	unsigned count = 0, alive;
	for (unsigned i = 0; i < pending->server_count; i++)
		if (pending->servers[i]->dead_until_ms <= now)
			sorted[count++] = pending->servers[i];
	alive = count;
	for (unsigned i = 0; i < pending->server_count; i++)
		if (pending->servers[i]->dead_until_ms > now)
			sorted[count++] = pending->servers[i];
	memcpy(pending->servers, sorted, count * sizeof *sorted);
	pending->attempts_max = alive ? ATTEMPTS : count < 2 ? count : 2;
	pending->attempt_ms = alive ? ATTEMPT_MS : PROBE_MS;
}

static void mark_dead(struct server *server, uint64_t since)
{
	/* One question that is never answered does not make a server dead that answers others. */
	if (server->answered_ms < since || server->answered_ms == 0)
		server->dead_until_ms = clock_ms() + DEAD_MS;
}

static void upstream_ready(struct source *source, uint32_t events);

static bool open_attempt(struct pending *pending)
{
	const union address *address = &pending->server->address;
	bool stream = pending->origin.stream;
	int fd = socket(address->any.sa_family, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	socklen_t length = address->any.sa_family == AF_INET ? sizeof address->v4 : sizeof address->v6;
	pending->source = (struct source){.fd = fd, .ready = upstream_ready};
	pending->id = random_id();
	pending->sent = pending->received_length = 0;
	message_put_u16(pending->query, (uint16_t)pending->length);
	message_put_u16(pending->query + 2, pending->id);
	if (connect(fd, &address->any, length) < 0 && errno != EINPROGRESS)
		return false;
	if (stream) {
		loop_want(&pending->source, EPOLLOUT);
		return true;
	}
	if (send(fd, pending->query + 2, pending->length, 0) < 0)
		return false;
	loop_want(&pending->source, EPOLLIN);
	return true;
}

/* Asks the next server, or fails when enough were asked. May end it. */
static void attempt(struct pending *pending)
{
	while (pending->attempts < pending->attempts_max) {
		loop_close(&pending->source);
		pending->server = pending->servers[pending->attempts % pending->server_count];
		pending->attempts++;
		pending->began_ms = clock_ms();
		pending->due_ms = pending->began_ms + pending->attempt_ms;
		if (open_attempt(pending))
			return;
		mark_dead(pending->server, pending->began_ms);
	}
	fail(pending);
}

static void unanswered(struct pending *pending)
{
	mark_dead(pending->server, pending->began_ms);
	attempt(pending);
}

static void sweep(struct timer *timer)
{
	uint64_t now = clock_ms();
	for (struct pending *at = first, *next; at; at = next) {
		next = at->next;
		if (at->due_ms <= now)
			unanswered(at);
	}
	if (first)
		timer_set(timer, SWEEP_MS);
}

/* Another server may do better than one that cannot. */
static bool is_refusal(const uint8_t *bytes)
{
	unsigned rcode = message_rcode(bytes);
	return rcode == RCODE_FAILURE || rcode == RCODE_UNKNOWN || rcode == RCODE_REFUSED;
}

/* Whoever is told addresses must be let to them. */
static bool may_tell(struct container *container, const struct question *question, const uint8_t *bytes, size_t length)
{
	return message_rcode(bytes) != RCODE_OK || egress_grant(container, question, bytes, length);
}

/* True when this was the answer, whatever became of it. */
static bool take_answer(struct pending *pending, uint8_t *bytes, size_t length)
{
	if (!message_answers(bytes, length, pending->id, &pending->question))
		return false;
	pending->server->answered_ms = clock_ms();
	pending->server->dead_until_ms = 0;
	if (is_refusal(bytes) && pending->attempts < pending->server_count && pending->attempts < pending->attempts_max) {
		attempt(pending);
		return true;
	}
	const struct cache_key key = {&pending->question, pending->group};
	cache_put(&key, bytes, length);
	if (!may_tell(pending->container, &pending->question, bytes, length)) {
		fail(pending);
		return true;
	}
	message_put_u16(bytes, pending->question.id);
	/* The name as it was asked, in its capital letters. */
	memcpy(bytes + MESSAGE_HEADER, pending->query + 2 + MESSAGE_HEADER, pending->question.end - MESSAGE_HEADER);
	deliver(pending->container, &pending->origin, &pending->question, bytes, length);
	pending_end(pending);
	return true;
}

static void datagrams_ready(struct pending *pending)
{
	for (;;) {
		ssize_t length = recv(pending->source.fd, scratch, sizeof scratch, MSG_DONTWAIT);
		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		/* Nobody is there, says the kernel. */
		if (length < 0)
			return unanswered(pending);
		if (take_answer(pending, scratch, (size_t)length))
			return;
		if (++pending->strangers > STRANGERS_MAX)
			return unanswered(pending);
	}
}

/* False when the attempt is over. */
static bool stream_send(struct pending *pending)
{
	size_t whole = pending->length + 2;
	ssize_t count = send(pending->source.fd, pending->query + pending->sent, whole - pending->sent, MSG_NOSIGNAL);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR;
	pending->sent += (size_t)count;
	if (pending->sent == whole)
		loop_want(&pending->source, EPOLLIN);
	return true;
}

static bool stream_receive(struct pending *pending)
{
	if (!pending->received)
		pending->received = malloc(2 + MESSAGE_MAX);
	if (!pending->received)
		return false;
	size_t want = 2;
	if (pending->received_length >= 2)
		want += message_u16(pending->received);
	ssize_t count = recv(pending->source.fd, pending->received + pending->received_length,
			     want - pending->received_length, MSG_DONTWAIT);
	if (count <= 0)
		return count < 0 && (errno == EAGAIN || errno == EINTR);
	pending->received_length += (size_t)count;
	return true;
}

static bool stream_is_whole(const struct pending *pending)
{
	return pending->received_length >= 2 && pending->received_length == 2u + message_u16(pending->received);
}

static void stream_ready(struct pending *pending)
{
	if (pending->sent < pending->length + 2) {
		if (!stream_send(pending))
			unanswered(pending);
		return;
	}
	if (!stream_receive(pending))
		return unanswered(pending);
	if (stream_is_whole(pending) && !take_answer(pending, pending->received + 2, pending->received_length - 2))
		unanswered(pending);
}

static void upstream_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct pending *pending = container_of(source, struct pending, source);
	if (pending->origin.stream)
		stream_ready(pending);
	else
		datagrams_ready(pending);
}

static bool answer_from_cache(struct container *container, const struct origin *origin, const uint8_t *query,
			      const struct cache_key *key)
{
	const struct question *question = key->question;
	size_t length = cache_find(key, scratch);
	if (length == 0 || !may_tell(container, question, scratch, length))
		return false;
	message_put_u16(scratch, question->id);
	memcpy(scratch + MESSAGE_HEADER, query + MESSAGE_HEADER, question->end - MESSAGE_HEADER);
	deliver(container, origin, question, scratch, length);
	return true;
}

static struct pending *begin(struct container *container, const uint8_t *query, size_t length)
{
	if (pending_count >= PENDING_MAX || container->pending >= PENDING_OF_ONE)
		return NULL;
	struct pending *pending = calloc(1, sizeof *pending + 2 + length);
	if (!pending)
		return NULL;
	pending->source.fd = -1;
	pending->length = length;
	memcpy(pending->query + 2, query, length);
	pending->next = first;
	if (first)
		first->previous = pending;
	first = pending;
	pending->container = container;
	container->pending++;
	pending_count++;
	return pending;
}

void forward(struct container *container, const struct origin *origin, const uint8_t *query, size_t length,
	     const struct question *question)
{
	struct server *servers[SERVERS_MAX];
	unsigned count = servers_for(container, servers);
	const struct cache_key key = {question, cache_servers(servers, count)};
	if (answer_from_cache(container, origin, query, &key))
		return;
	struct pending *pending = count ? begin(container, query, length) : NULL;
	if (!pending) {
		deliver_error(container, origin, query, question, RCODE_FAILURE);
		return;
	}
	pending->origin = *origin;
	pending->question = *question;
	memcpy(pending->servers, servers, count * sizeof *servers);
	pending->server_count = count;
	pending->group = key.servers;
	sort_servers(pending, clock_ms());
	attempt(pending);
	if (first && !sweeping.armed)
		timer_set(&sweeping, SWEEP_MS);
}

void forward_drop_connection(const struct connection *connection)
{
	for (struct pending *at = first, *next; at; at = next) {
		next = at->next;
		if (at->origin.connection == connection)
			pending_end(at);
	}
}

void forward_drop_container(const struct container *container)
{
	for (struct pending *at = first, *next; at; at = next) {
		next = at->next;
		if (at->container == container)
			pending_end(at);
	}
}
