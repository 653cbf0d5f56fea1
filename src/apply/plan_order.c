#include "apply/plan_order.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <fnmatch.h>
#include <string.h>

#define ELSE "*" /* what no other row names, wherever that row stands */

/* The functions named are of the Linux sources. */
const struct plan_order_row plan_order_rows[] = {
	{ "fs.nr_open", ORDER_ALWAYS,
	  "no process may have a higher limit of descriptors (do_prlimit)" },
	{ "net.ipv4.ip_forward", ORDER_ALWAYS,
	  "sets forwarding and accept_redirects of every interface (inet_forward_change)" },
	{ "net.ipv4.conf.all.*", ORDER_ALWAYS,
	  "forwarding sets it on every interface (inet_forward_change)" },
	{ "net.ipv4.conf.default.*", ORDER_ALWAYS,
	  "reaches interfaces that were never set themselves (devinet_copy_dflt_conf)" },
	{ "net.ipv6.conf.all.*", ORDER_ALWAYS,
	  "sets the key of every interface (addrconf_fixup_forwarding)" },
	{ "net.ipv6.conf.default.*", ORDER_ALWAYS, "as with net.ipv6.conf.all" },
	{ "net.ipv[46].neigh.default.*", ORDER_ALWAYS,
	  "reaches interfaces that were never set themselves (neigh_copy_dflt_parms)" },
	{ "net.ipv4.ip_unprivileged_port_start", ORDER_LOWERED,
	  "ip_local_port_range may not begin below it (ipv4_local_port_range)" },
	{ "net.netfilter.nf_conntrack_buckets", ORDER_ALWAYS,
	  "the table grows before it may hold more connections" },
	{ "link:*/qdisc", ORDER_ALWAYS,
	  "put back after net.core.default_qdisc, from which its default comes again" },
	{ "net.core.default_qdisc", ORDER_ALWAYS, "connections that a qdisc paces find it" },
	{ "net.ipv4.tcp_allowed_congestion_control", ORDER_ALWAYS,
	  "what is not allowed cannot be chosen (tcp_set_default_congestion_control)" },
	{ ELSE, ORDER_ALWAYS, "as wished" },
	{ "net.ipv4.ip_unprivileged_port_start", ORDER_RAISED,
	  "it may not exceed ip_local_port_range (ipv4_privileged_ports)" },
	{ "rlimit:*", ORDER_ALWAYS, "the limits of a process follow those of the host" },
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

unsigned int plan_order_rank(const struct plan_change *change)
{
	unsigned int otherwise = 0;

	for (size_t i = 0; i < plan_order_row_count; i++) {
		const struct plan_order_row *row = &plan_order_rows[i];

		if (strcmp(row->pattern, ELSE) == 0)
			otherwise = (unsigned int)i;
		else if (fnmatch(row->pattern, change->target.name, 0) == 0 &&
			 moves(change, row->when))
			return (unsigned int)i;
	}
	return otherwise;
}
