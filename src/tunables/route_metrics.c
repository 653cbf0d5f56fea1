#include "tunables/route_metrics.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/attribute.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

struct route_metric {
	const char *name;
	unsigned int slot; /* RTAX_* */
	uint32_t bit;	   /* of the slot, for what is one bit; 0: all of it */
	bool locked;	   /* tcp_rto_min() heeds RTAX_RTO_MIN only when it is locked */
};

static const struct route_metric keys[] = {
	{ "advmss", RTAX_ADVMSS, 0, false },
	{ "congctl", RTAX_CC_ALGO, 0, false },
	{ "ecn", RTAX_FEATURES, RTAX_FEATURE_ECN, false },
	{ "initcwnd", RTAX_INITCWND, 0, false },
	{ "initrwnd", RTAX_INITRWND, 0, false },
	{ "quickack", RTAX_QUICKACK, 0, false },
	{ "rto_min", RTAX_RTO_MIN, 0, true },
	{ "window", RTAX_WINDOW, 0, false },
};

const struct route_metric *route_metric_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

int route_metrics_decode(const void *data, size_t len, struct route_metrics *ret)
{
	struct attribute_walk walk = attribute_walk(data, len);
	struct route_metrics m = { 0 };
	struct attribute a;

	while (attribute_next(&walk, &a)) {
		if (a.type > RTAX_FASTOPEN_NO_COOKIE)
			return -EOPNOTSUPP;
		if (a.type != RTAX_CC_ALGO) {
			if (a.len != sizeof(uint32_t))
				return -EBADMSG;
			memcpy(&m.number[a.type], a.data, sizeof(uint32_t));
		} else if (a.len > sizeof(m.congctl) || memchr(a.data, '\0', a.len) == NULL) {
			return -EBADMSG;
		} else {
			memcpy(m.congctl, a.data, a.len);
		}
	}
	if (walk.left > 0)
		return -EBADMSG;
	*ret = m;
	return 0;
}

int route_metrics_put(struct nl_msg *m, const struct route_metrics *metrics)
{
	struct nlattr *nest = nla_nest_start(m, RTA_METRICS);
	int r = 0;

	if (nest == NULL)
		return -ENOMEM;
	for (int i = 1; r == 0 && i < ROUTE_METRIC_SLOTS; i++) {
		if (i == RTAX_CC_ALGO && metrics->congctl[0] != '\0')
			r = nla_put_string(m, i, metrics->congctl);
		else if (metrics->number[i] != 0)
			r = nla_put_u32(m, i, metrics->number[i]);
	}
	if (r < 0)
		return -ENOMEM;
	(void)nla_nest_end_keep_empty(m, nest);
	return 0;
}

bool route_metrics_equal(const struct route_metrics *a, const struct route_metrics *b)
{
	return memcmp(a->number, b->number, sizeof(a->number)) == 0 &&
	       strcmp(a->congctl, b->congctl) == 0;
}

const char *route_metric_text(const struct route_metric *k, const struct route_metrics *m,
			      char buf[ROUTE_METRIC_TEXT_MAX])
{
	const uint32_t number = m->number[k->slot];

	if (k->slot == RTAX_CC_ALGO)
		text_copy_printable(buf, ROUTE_METRIC_TEXT_MAX,
				    m->congctl[0] != '\0' ? m->congctl : ROUTE_UNSET,
				    ROUTE_METRIC_TEXT_MAX - 1);
	else
		(void)snprintf(buf, ROUTE_METRIC_TEXT_MAX, "%u",
			       k->bit == 0 ? number : (uint32_t)((number & k->bit) != 0));
	return buf;
}

static void set_lock(const struct route_metric *k, bool on, struct route_metrics *m)
{
	const uint32_t bit = UINT32_C(1) << k->slot;

	m->number[RTAX_LOCK] = on ? m->number[RTAX_LOCK] | bit : m->number[RTAX_LOCK] & ~bit;
}

int route_metric_set(const struct route_metric *k, const char *text, struct route_metrics *m)
{
	uint64_t number;

	if (k->slot == RTAX_CC_ALGO) {
		if (strcmp(text, ROUTE_UNSET) == 0)
			text = "";
		if (strlen(text) >= sizeof(m->congctl))
			return -EINVAL;
		memset(m->congctl, 0, sizeof(m->congctl));
		memcpy(m->congctl, text, strlen(text));
		return 0;
	}
	if (text_parse_u64(text, strlen(text), 10, &number) < 0 || number > UINT32_MAX ||
	    (k->bit != 0 && number > 1))
		return -EINVAL;
	if (k->bit != 0)
		m->number[k->slot] = (m->number[k->slot] & ~k->bit) | (number != 0 ? k->bit : 0);
	else
		m->number[k->slot] = (uint32_t)number;
	if (k->locked)
		set_lock(k, number != 0, m);
	return 0;
}

void route_metric_copy(const struct route_metric *k, const struct route_metrics *from,
		       struct route_metrics *to)
{
	const uint32_t mask = k->bit != 0 ? k->bit : UINT32_MAX;

	if (k->slot == RTAX_CC_ALGO)
		memcpy(to->congctl, from->congctl, sizeof(to->congctl));
	to->number[k->slot] = (to->number[k->slot] & ~mask) | (from->number[k->slot] & mask);
	if (k->bit == 0)
		set_lock(k, (from->number[RTAX_LOCK] >> k->slot & 1) != 0, to);
}
