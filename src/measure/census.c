#include "measure/census.h"

#include "measure/blind_spot.h"
#include "measure/dump_need.h"
#include "measure/port_use.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Retransmissions of the answer to a SYN after which a client is taken for gone: the fourth would
 * follow 15 s after the first. */
#define SYN_ACK_RETRIES 2
#define COUNT_TRIES	3

static bool is_counted(const struct census *c, const struct socket_info *s)
{
	return c->filter == NULL || filter_match(c->filter, s);
}

/* Both families; *ret_known when both answered. 0, 1 when sockets may have been visited twice
 * because the kernel had to be asked again, or -ENOMEM. */
static int dump(struct census *c, enum socket_dump what, sockdiag_visit visit, void *arg,
		const char *name, bool *ret_known)
{
	static const int families[] = { AF_INET, AF_INET6 };
	bool known = true, repeated = false;

	for (size_t i = 0; i < 2; i++) {
		struct error e = { 0 };
		int r = 0;

		if (dump_is_needed(&c->o->last, what, families[i]))
			r = sockdiag_dump(c->source, what, families[i], visit, arg, NULL, &e);
		if (r == -ENOMEM)
			return r;
		repeated = repeated || r > 0;
		if (r >= 0)
			continue;
		known = false;
		if (blind_spot_add(c->o, name, e.text[0] != '\0' ? e.text : strerror(-r)) < 0)
			return -ENOMEM;
	}
	*ret_known = known;
	return repeated ? 1 : 0;
}

static int visit_first(void *arg, const struct socket_info *s)
{
	struct census *c = arg;

	if (s->state != SOCKET_CLOSE_WAIT || !is_counted(c, s))
		return 0;
	return half_closed_add(&c->o->close_wait_first, s->inode);
}

int census_first(struct census *c)
{
	int r = dump(c, SOCKET_DUMP_CLOSING, visit_first, c, "closing TCP sockets at the beginning",
		     &c->o->close_wait_first_known);

	/* Once, however often they were visited. */
	half_closed_sort(&c->o->close_wait_first);
	return r < 0 ? r : 0;
}

/* --- the last sample ---------------------------------------------------------------------------
 */

struct last_count {
	struct census *c;
	struct port_use *ports; /* owned; NULL when the range is not known */
};

static bool is_any(const struct address *a)
{
	static const uint8_t zero[sizeof(a->bytes)];

	return memcmp(a->bytes, zero, sizeof(zero)) == 0;
}

/* How well a listener fits what came in for an address; 0: not at all. "::" serves IPv4 too, unless
 * somebody else does. */
static int fit(const struct listener_stats *l, const struct address *to)
{
	if (address_equal(&l->local, to))
		return 3;
	if (!is_any(&l->local))
		return 0;
	if (l->local.family == to->family)
		return 2;
	return l->local.family == 6 ? 1 : 0;
}

static size_t first_of_port(const struct observation *o, uint16_t port)
{
	size_t low = 0, high = o->listener_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (o->listeners[middle].port < port)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Which of several with one address and port has it is not told: it counts for each. */
static void count_half_open(struct observation *o, const struct socket_info *s)
{
	size_t first = first_of_port(o, s->local_port), end = first;
	int best = 1;

	for (; end < o->listener_count && o->listeners[end].port == s->local_port; end++) {
		int here = fit(&o->listeners[end], &s->local);

		best = here > best ? here : best;
	}
	for (size_t i = first; i < end; i++) {
		struct listener_stats *l = &o->listeners[i];

		if (fit(l, &s->local) != best)
			continue;
		l->half_open++;
		l->half_open_retried += s->retransmits > SYN_ACK_RETRIES;
	}
}

static int visit_last(void *arg, const struct socket_info *s)
{
	struct last_count *count = arg;
	struct census *c = count->c;
	struct tcp_states *states = &c->o->states;

	if (!is_counted(c, s))
		return 0;
	if (s->state < SOCKET_STATES)
		states->count[s->state]++;
	/* Those that a process has shut down but still holds have an inode. */
	states->fin_wait2_orphans += s->state == SOCKET_FIN_WAIT2 && s->inode == 0;
	if (count->ports != NULL)
		port_use_count(count->ports, &c->o->ephemeral, &c->listening, s);
	if (s->state == SOCKET_SYN_RECV)
		count_half_open(c->o, s);
	if (s->state == SOCKET_CLOSE_WAIT)
		return half_closed_add(&c->o->close_wait, s->inode);
	return 0;
}

static int read_range(struct census *c)
{
	struct error e = { 0 };
	int r = port_range_read(c->source, &c->o->ephemeral, &e);

	c->o->ephemeral_known = r == 0;
	if (r == 0 || r == -ENOMEM)
		return r;
	return blind_spot_add(c->o, "net.ipv4.ip_local_port_range",
			      e.text[0] != '\0' ? e.text : strerror(-r));
}

static int hand_over(struct last_count *count)
{
	struct observation *o = count->c->o;

	half_closed_sort(&o->close_wait);
	o->states.close_wait_kept = half_closed_kept(&o->close_wait_first, &o->close_wait);
	o->states.close_wait_kept_known = o->states.known && o->close_wait_first_known;
	if (count->ports == NULL)
		return 0;
	if (port_use_overflowed(count->ports) &&
	    blind_spot_add(o, "some destinations",
			   "there are more than are counted at a time; those with few connections "
			   "were left out") < 0)
		return -ENOMEM;
	return port_use_take(count->ports, &o->peers, &o->peer_count);
}

/* As before the first socket was counted. */
static int start_count(struct last_count *count)
{
	struct observation *o = count->c->o;

	o->states = (struct tcp_states){ 0 };
	half_closed_done(&o->close_wait);
	for (size_t i = 0; i < o->listener_count; i++)
		o->listeners[i].half_open = o->listeners[i].half_open_retried = 0;
	port_use_free(count->ports);
	count->ports = NULL;
	return o->ephemeral_known ? port_use_new(&count->ports) : 0;
}

/* Sockets are counted, not told apart: a dump that was repeated is counted anew. */
static int count_sockets(struct last_count *count)
{
	struct census *c = count->c;
	int r = 1;

	for (int i = 0; i < COUNT_TRIES && r > 0; i++) {
		r = start_count(count);
		if (r == 0)
			r = dump(c, SOCKET_DUMP_ALL_TCP, visit_last, count, "closing TCP sockets",
				 &c->o->states.known);
	}
	if (r <= 0)
		return r;
	r = start_count(count);
	return r < 0 ? r
		     : blind_spot_add(c->o, "closing TCP sockets",
				      "their table changed during each of the counts");
}

int census_last(struct census *c)
{
	struct last_count count = { .c = c };
	int r = read_range(c);

	if (r == 0)
		r = count_sockets(&count);
	if (r == 0)
		r = hand_over(&count);
	port_use_free(count.ports);
	return r;
}
