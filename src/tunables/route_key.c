#include "tunables/route_key.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#define IP6_RT_PRIO_USER 1024

uint32_t route_key_default_priority(uint8_t family)
{
	return family == 6 ? IP6_RT_PRIO_USER : 0;
}

static int parse_prefix(const char *text, size_t len, struct prefix *ret)
{
	char copy[PREFIX_TEXT_MAX];

	if (len == 0 || len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return prefix_parse(strcmp(copy, "default") == 0 ? "0.0.0.0/0" : copy, ret);
}

/* NAME:NUMBER */
static int parse_qualifier(const char *text, size_t len, struct route_key *k)
{
	const char *colon = memchr(text, ':', len);
	const struct text_span name = { text, colon != NULL ? (size_t)(colon - text) : len };
	uint64_t number;

	if (colon == NULL || text_parse_u64(colon + 1, len - name.len - 1, 10, &number) < 0 ||
	    number > UINT32_MAX)
		return -EINVAL;
	if (text_span_equal(name, "table") && number > 0) {
		k->table = (uint32_t)number;
	} else if (text_span_equal(name, "metric")) {
		k->priority = (uint32_t)number;
		k->any_priority = false;
	} else if (text_span_equal(name, "tos") && number <= UINT8_MAX &&
		   k->prefix.address.family == 4) {
		k->tos = (uint8_t)number;
	} else {
		return -EINVAL;
	}
	/* ip6_route_add() takes a metric of 0 for none given. */
	if (k->prefix.address.family == 6 && k->priority == 0)
		return -EINVAL;
	return 0;
}

int route_key_parse(const char *text, size_t len, struct route_key *ret)
{
	const char *at = memchr(text, '@', len), *end = text + len;
	struct route_key k = { .table = RT_TABLE_MAIN, .any_priority = true };
	int r = parse_prefix(text, at != NULL ? (size_t)(at - text) : len, &k.prefix);

	if (r < 0)
		return r;
	k.priority = route_key_default_priority(k.prefix.address.family);
	while (r == 0 && at != NULL) {
		const char *comma = memchr(at + 1, ',', (size_t)(end - at - 1));
		const char *stop = comma != NULL ? comma : end;

		r = parse_qualifier(at + 1, (size_t)(stop - at - 1), &k);
		at = comma;
	}
	if (r == 0)
		*ret = k;
	return r;
}

const char *route_key_format(const struct route_key *k, char buf[ROUTE_KEY_TEXT_MAX])
{
	const struct {
		const char *name;
		uint32_t value, usual;
	} qualifiers[] = {
		{ "table", k->table, RT_TABLE_MAIN },
		{ "metric", k->priority, route_key_default_priority(k->prefix.address.family) },
		{ "tos", k->tos, 0 },
	};
	char mark = '@';
	size_t len;

	if (k->prefix.address.family == 4 && k->prefix.length == 0)
		(void)snprintf(buf, ROUTE_KEY_TEXT_MAX, "default");
	else
		(void)prefix_format(&k->prefix, buf, ROUTE_KEY_TEXT_MAX);
	for (size_t i = 0; i < ARRAY_LEN(qualifiers); i++) {
		if (qualifiers[i].value == qualifiers[i].usual)
			continue;
		len = strlen(buf);
		(void)snprintf(buf + len, ROUTE_KEY_TEXT_MAX - len, "%c%s:%u", mark,
			       qualifiers[i].name, qualifiers[i].value);
		mark = ',';
	}
	return buf;
}

bool route_key_equal(const struct route_key *a, const struct route_key *b)
{
	return a->table == b->table && a->priority == b->priority && a->tos == b->tos &&
	       a->prefix.length == b->prefix.length &&
	       address_equal(&a->prefix.address, &b->prefix.address);
}
