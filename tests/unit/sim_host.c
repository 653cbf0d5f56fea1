#include "sim_host.h"

#include "measure/limiter.h"
#include "rules/diagnose.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char sim_rules[] =
	"rules = ("
	"{ id = \"GAIN-01\"; slug = \"gain\"; scope = \"path\"; class = \"receive-window\";"
	"  why = \"w\"; source = \"s\"; severity_ceiling = \"medium\"; title = \"capped\";"
	"  when = \"path.receive_rate * path.min_rtt >= 0.8 * sysctl('net.ipv4.tcp_rmem')[2]\";"
	"  set = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; step = \"4 * current\";"
	"            to = \"max(current, 64MiB)\"; } );"
	"  expect = \"path.receive_rate >= 1.1 * before(path.receive_rate)\";"
	"  guard = [ \"path.receive_rate >= 0.97 * before(path.receive_rate)\" ]; },"
	"{ id = \"HARM-01\"; slug = \"harm\"; scope = \"path\"; class = \"planted\";"
	"  why = \"w\"; source = \"s\"; severity_ceiling = \"high\"; title = \"harmful\";"
	"  when = \"sysctl('net.ipv4.tcp_sack') == 1 && path.receive_rate > 0\";"
	"  set = ( { tunable = \"net.ipv4.tcp_sack\"; to = \"0\"; } );"
	"  expect = \"path.receive_rate >= 1.1 * before(path.receive_rate)\"; },"
	/* That of a path which hardly carries anything names a process. */
	"{ id = \"PID-01\"; slug = \"pid\"; scope = \"path\"; class = \"planted\";"
	"  why = \"w\"; source = \"s\"; severity_ceiling = \"low\"; title = \"slow\";"
	"  when = \"path.receive_rate < 5KB / 1s\";"
	"  set = ( { tunable = \"socket:pid {path.receiver_pid}/rcvbuf\"; to = \"'auto'\"; } ); }"
	");";

static struct sim_host *sim(struct world *w)
{
	return (struct sim_host *)w;
}

/* xorshift32: the same noise in every run. */
static double random_factor(struct sim_host *h)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 17;
	h->random ^= h->random << 5;
	return 1 + h->noise * (2.0 * h->random / UINT32_MAX - 1);
}

static uint64_t now_ns(struct world *w)
{
	return sim(w)->now_ns;
}

static int wait_for(struct world *w, double seconds, struct error *e)
{
	(void)e;
	sim(w)->now_ns += (uint64_t)llround(seconds * 1e9);
	return 0;
}

static int mark(struct world *w, struct error *e)
{
	(void)e;
	sim(w)->marks++;
	sim(w)->since_mark = 0;
	return 0;
}

static double rate_now(struct sim_host *h)
{
	double rate = fmin(h->rmem / h->rtt_s, h->path_rate) * random_factor(h);

	rate *= pow(1 + h->drift, h->windows);
	return h->harmed || h->windows == h->disturbed_at ? rate / 10 : rate;
}

static double delay_now(const struct sim_host *h)
{
	const double waiting = fmax(h->rmem - h->path_rate * h->rtt_s, 0);

	return h->rtt_s + fmin(waiting, h->queue) / h->path_rate;
}

static void set(struct tunable_values *v, const char *key, unsigned int element, double number)
{
	struct tunable_value *value = &v->values[tunable_find(key) - tunables];

	value->exists = true;
	value->element[element] = value_number(number);
}

static void fill(struct sim_host *h, const struct window_request *q, struct window *ret)
{
	struct observation *o = calloc(1, sizeof(*o));

	ret->settings.values = calloc(tunable_count, sizeof(*ret->settings.values));
	ck_assert(o != NULL && ret->settings.values != NULL);
	ret->observation = o;
	o->seconds = q->seconds;
	o->samples = (uint32_t)q->seconds + 1;
	o->facts.memory_bytes = 16ull << 30;
	o->facts.netns_is_init = true;
	o->info_len = UINT16_MAX;
	set(&ret->settings, "net.ipv4.tcp_rmem", 0, 4096);
	set(&ret->settings, "net.ipv4.tcp_rmem", 1, 131072);
	set(&ret->settings, "net.ipv4.tcp_rmem", 2, h->rmem);
	set(&ret->settings, "net.ipv4.tcp_sack", 0, h->harmed ? 0 : 1);
	if (h->idle || (h->windows >= h->silent_from && h->windows <= h->silent_to) ||
	    (q->new_sockets && h->since_mark++ < h->late))
		return;
	o->paths = calloc(1, sizeof(o->paths[0]));
	ck_assert_ptr_nonnull(o->paths);
	o->path_count = 1;
	(void)snprintf(o->paths[0].name, sizeof(o->paths[0].name), SIM_PATH);
	o->paths[0].link = UINT32_MAX;
	o->paths[0].flows = 1;
	o->paths[0].info_len = UINT16_MAX;
	o->paths[0].min_rtt_us = (uint32_t)lround(h->rtt_s * 1e6);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(
			quantiles_add(&o->paths[0].rcv_rtt,
				      delay_now(h) + (i % 10 == 9 ? h->others_delay_s : 0)),
			0);
	o->paths[0].receive_rate = rate_now(h) * (q->new_sockets ? 1 - h->old_share : 1);
}

static int observe(struct world *w, const struct window_request *q, struct window *ret,
		   struct error *e)
{
	struct sim_host *h = sim(w);

	h->now_ns += (uint64_t)llround(q->seconds * 1e9);
	h->windows++;
	*ret = (struct window){ 0 };
	if (h->stop_at != 0 && h->windows == h->stop_at)
		return -EINTR;
	if (h->foreign_between != 0 && h->windows >= h->foreign_between && h->pending == 0) {
		h->rmem = 5e6;
		h->foreign_between = 0;
	}
	if (h->suspended > 0) {
		h->suspended--;
		return -ETIME;
	}
	fill(h, q, ret);
	ck_assert_int_eq(diagnose(&h->book, ret->observation, &ret->settings, &ret->diagnosis, e),
			 0);
	return 0;
}

static int apply(struct world *w, const struct wish *wishes, size_t count, double deadline_s,
		 struct transaction_record *ret, struct error *e)
{
	struct sim_host *h = sim(w);

	h->applies++;
	*ret = (struct transaction_record){ 0 };
	ck_assert_int_eq(h->pending, 0);
	if (h->apply_error < 0 && h->applies >= h->apply_error_from)
		return error_set(e, h->apply_error, ERROR_FAILED, NULL, "simulated");
	h->rmem_before = h->rmem;
	h->harmed_before = h->harmed;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(wishes[i].tunable, "net.ipv4.tcp_sack") == 0)
			h->harmed = strcmp(wishes[i].value, "0") == 0;
		else
			h->rmem = atof(wishes[i].value);
	}
	if (h->harmed == h->harmed_before && fabs(h->rmem - h->rmem_before) < 1)
		return 0;
	ret->changes = calloc(1, sizeof(ret->changes[0]));
	ck_assert_ptr_nonnull(ret->changes);
	ret->change_count = 1;
	(void)snprintf(ret->changes[0].change.target.name, TARGET_NAME_MAX, "net.ipv4.tcp_rmem");
	(void)snprintf(ret->changes[0].change.from.text, HELD_TEXT_MAX, "%.0f",
		       h->rmem_before + (h->reused ? h->applies : 0));
	(void)snprintf(ret->changes[0].change.target.identity, TARGET_IDENTITY_MAX, "%u",
		       h->reused ? h->applies : 0);
	h->pending = ++h->last_id;
	h->deadline_s = deadline_s;
	ret->id = h->pending;
	ret->state = TRANSACTION_PENDING;
	return 0;
}

static void undo(struct sim_host *h)
{
	h->rmem = h->rmem_before;
	h->harmed = h->harmed_before;
	h->pending = 0;
}

static int check(struct world *w, int64_t transaction, char target[TARGET_NAME_MAX],
		 struct error *e)
{
	struct sim_host *h = sim(w);

	(void)e;
	h->checks++;
	ck_assert_int_eq(transaction, h->pending);
	if (h->checks == h->foreign_at) {
		(void)snprintf(target, TARGET_NAME_MAX, "net.ipv4.tcp_rmem");
		return -EEXIST;
	}
	if (h->checks == h->rolled_back_at) {
		undo(h);
		return -ECANCELED;
	}
	if (h->checks == h->expired_at) {
		undo(h);
		return -ETIME;
	}
	if (h->checks == h->confirmed_at) {
		h->pending = 0;
		return -EALREADY;
	}
	return 0;
}

static int keep(struct world *w, int64_t transaction, const char *reason, struct error *e)
{
	struct sim_host *h = sim(w);

	ck_assert_int_eq(transaction, h->pending);
	ck_assert_str_ne(reason, "");
	h->keeps++;
	if (h->keep_error < 0)
		return error_set(e, h->keep_error, ERROR_FAILED, NULL, "simulated");
	h->pending = 0;
	return 0;
}

static int revert(struct world *w, int64_t transaction, const char *reason, struct error *e)
{
	struct sim_host *h = sim(w);

	ck_assert_int_eq(transaction, h->pending);
	ck_assert_str_ne(reason, "");
	h->reverts++;
	if (h->foreign_at != 0 && h->checks == h->foreign_at) {
		h->pending = 0;
		return error_set(e, -EUCLEAN, ERROR_CONFLICT, NULL, "somebody else's");
	}
	if (h->revert_error == -EUCLEAN)
		h->pending = 0;
	if (h->revert_error < 0)
		return error_set(e, h->revert_error, ERROR_CONFLICT, NULL, "simulated");
	undo(h);
	return 0;
}

static const struct world_ops sim_ops = {
	.now_ns = now_ns,
	.wait = wait_for,
	.mark = mark,
	.observe = observe,
	.apply = apply,
	.check = check,
	.keep = keep,
	.revert = revert,
};

void sim_host_open(struct sim_host *h)
{
	struct error e = { 0 };

	*h = (struct sim_host){ .world = { &sim_ops },
				.now_ns = 1000000000,
				.random = 2463534242u,
				.rmem = 6291456,
				.rtt_s = 0.1,
				.path_rate = 125e6,
				.noise = 0.03 };
	ck_assert_msg(rulebook_load_text(&h->book, "sim.conf", sim_rules, strlen(sim_rules), &e) ==
			      0,
		      "%s", e.text);
}

void sim_host_close(struct sim_host *h)
{
	rulebook_done(&h->book);
}

const struct rule *sim_rule(const struct sim_host *h, const char *id)
{
	const struct rule *rule = rulebook_find(&h->book, id);

	ck_assert_ptr_nonnull(rule);
	return rule;
}
