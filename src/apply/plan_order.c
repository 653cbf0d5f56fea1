#include "apply/plan_order.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <fnmatch.h>
#include <string.h>

#define ELSE "*" /* what no other row names, wherever that row stands */

#define FORWARDED "net.ipv4.conf.*.@(forwarding|accept_redirects)"

/* The functions named are of the Linux sources. */
const struct plan_order_row plan_order_rows[] = {
	{ "fs.nr_open", ORDER_ALWAYS,
	  "no process may have a higher limit of descriptors (do_prlimit)", NULL, false },
	{ "net.ipv4.ip_forward", ORDER_ALWAYS,
	  "sets forwarding and accept_redirects of every interface (inet_forward_change)",
	  FORWARDED, false },
	{ "net.ipv4.conf.all.forwarding", ORDER_ALWAYS, "is net.ipv4.ip_forward", FORWARDED,
	  false },
	{ "net.ipv4.conf.all.*", ORDER_ALWAYS, "what is meant for all comes before one", NULL,
	  false },
	{ "net.ipv4.conf.default.*", ORDER_ALWAYS,
	  "reaches interfaces that were never set themselves (devinet_copy_dflt_conf)",
	  "net.ipv4.conf.*", true },
	{ "net.ipv6.conf.all.*", ORDER_ALWAYS,
	  "sets the key of every interface (addrconf_fixup_forwarding)", "net.ipv6.conf.*", true },
	{ "net.ipv6.conf.default.*", ORDER_ALWAYS, "as with net.ipv6.conf.all", "net.ipv6.conf.*",
	  true },
	{ "net.ipv[46].neigh.default.*", ORDER_ALWAYS,
	  "reaches interfaces that were never set themselves (neigh_copy_dflt_parms)",
	  "net.ipv[46].neigh.*", true },
	{ "net.ipv4.ip_unprivileged_port_start", ORDER_LOWERED,
	  "ip_local_port_range may not begin below it (ipv4_local_port_range)", NULL, false },
	{ "net.netfilter.nf_conntrack_buckets", ORDER_ALWAYS,
	  "the table grows before it may hold more connections", NULL, false },
	{ "link:*/qdisc", ORDER_ALWAYS,
	  "put back after net.core.default_qdisc, from which its default comes again", NULL,
	  false },
	{ "net.core.default_qdisc", ORDER_ALWAYS, "connections that a qdisc paces find it", NULL,
	  false },
	{ "net.ipv4.tcp_allowed_congestion_control", ORDER_ALWAYS,
	  "what is not allowed cannot be chosen (tcp_set_default_congestion_control)", NULL,
	  false },
	{ ELSE, ORDER_ALWAYS, "as wished", NULL, false },
	{ "net.ipv4.ip_unprivileged_port_start", ORDER_RAISED,
	  "it may not exceed ip_local_port_range (ipv4_privileged_ports)", NULL, false },
	{ "rlimit:*", ORDER_ALWAYS, "the limits of a process follow those of the host", NULL,
	  false },
};

const size_t plan_order_row_count = ARRAY_LEN(plan_order_rows);

static bool first_number(const char *text, int64_t *ret)
{
	struct text_span rest = { text, strlen(text) }, word;

	return text_next_word(&rest, &word) && text_parse_i64(word.at, word.len, ret) == 0;
}

static bool moves(const struct plan_change *change, enum plan_order_when when)
{
	int64_t from, to;

	if (when == ORDER_ALWAYS)
		return true;
	if (!first_number(change->from.text, &from) || !first_number(change->to, &to))
		return false;
	return when == ORDER_RAISED ? to > from : to < from;
}

static const struct plan_order_row *row_of(const struct plan_change *change)
{
	const struct plan_order_row *otherwise = NULL;

	for (size_t i = 0; i < plan_order_row_count; i++) {
		const struct plan_order_row *row = &plan_order_rows[i];

		if (strcmp(row->pattern, ELSE) == 0)
			otherwise = row;
		else if (fnmatch(row->pattern, change->target.name, 0) == 0 &&
			 moves(change, row->when))
			return row;
	}
	return otherwise;
}

unsigned int plan_order_rank(const struct plan_change *change)
{
	return (unsigned int)(row_of(change) - plan_order_rows);
}

static bool same_key(const char *a, const char *b)
{
	const char *x = strrchr(a, '.'), *y = strrchr(b, '.');

	return x != NULL && y != NULL && strcmp(x, y) == 0;
}

bool plan_order_resets(const struct plan_change *change, const char *name)
{
	const struct plan_order_row *row = row_of(change);

	if (row->resets == NULL || fnmatch(row->resets, name, FNM_EXTMATCH) != 0)
		return false;
	return !row->same_key || same_key(change->target.name, name);
}
