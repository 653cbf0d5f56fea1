#include "tunables/link.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/link_access.h"
#include "tunables/link_index.h"
#include "tunables/netlink_exchange.h"
#include "tunables/tunable_setting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL LINK_PREFIX "*/"

/* GRO and GSO sizes to 8 * 65535: GRO_MAX_SIZE of include/linux/netdevice.h. Segments to 65535:
 * GSO_MAX_SEGS. */
#define SIZE_MAX_BYTES 524280

#define ROW(NAME, TYPE, UNIT, MIN, MAX, SINCE, SOURCE, ALSO, HELP)                           \
	{                                                                                    \
		.name = ALL NAME, .type = (TYPE), .elements = 1, .unit = (UNIT), .scale = 1, \
		.minimum = (MIN), .maximum = (MAX), .scope = TUNABLE_PER_LINK,               \
		.undo = TUNABLE_UNDO_FULL, .since = (SINCE), .source = SOURCE,               \
		.side_effects = (ALSO), .help = HELP,                                        \
	}
#define NUMBER(NAME, UNIT, MIN, MAX, SINCE, ALSO, HELP) \
	ROW(NAME, TUNABLE_INTEGER, UNIT, MIN, MAX, SINCE, "ip-link(8)", ALSO, HELP)
#define CHANNELS(NAME, HELP)                                                              \
	ROW("channels." NAME, TUNABLE_INTEGER, UNIT_COUNT, 0, 65535, "5.6", "ethtool(8)", \
	    "The driver stops and starts its queues, and may lay out interrupts and the " \
	    "receive hash anew.",                                                         \
	    HELP)
#define OFFLOAD(NAME, HELP) \
	ROW("offload." NAME, TUNABLE_BOOLEAN, UNIT_COUNT, 0, 1, "5.6", "ethtool(8)", NULL, HELP)

static const struct tunable rows[] = {
	CHANNELS("combined", "Queues that both send and receive, each with an interrupt."),
	CHANNELS("rx", "Queues that only receive."),
	CHANNELS("tx", "Queues that only send."),
	NUMBER("gro_ipv4_max_size", UNIT_BYTES, 1, SIZE_MAX_BYTES, "6.3", NULL,
	       "Largest IPv4 packet that received segments are joined to."),
	NUMBER("gro_max_size", UNIT_BYTES, 1, SIZE_MAX_BYTES, "5.19", NULL,
	       "Largest IPv6 packet that received segments are joined to."),
	NUMBER("gso_ipv4_max_size", UNIT_BYTES, 1, SIZE_MAX_BYTES, "6.3", NULL,
	       "Largest IPv4 packet that TCP hands to the link to be cut into segments."),
	NUMBER("gso_max_segs", UNIT_SEGMENTS, 1, 65535, "3.8", NULL,
	       "Most segments of one packet that TCP hands to the link."),
	NUMBER("gso_max_size", UNIT_BYTES, 1, SIZE_MAX_BYTES, "3.8", NULL,
	       "Largest packet that TCP hands to the link to be cut into segments; for IPv4 see "
	       "gso_ipv4_max_size."),
	NUMBER("mtu", UNIT_BYTES, 1280, 65535, NULL,
	       "Some drivers stop and start the link. The peer and all between must take packets "
	       "of this size.",
	       "Largest packet of the link. Below 1280 IPv6 would be lost (RFC 8200)."),
	OFFLOAD("gro", "Join received segments to larger packets (rx-gro)."),
	OFFLOAD("gso", "Cut packets into segments as late as possible (tx-generic-segmentation)."),
	OFFLOAD("lro", "Let the device join received segments (rx-lro); not for forwarding."),
	OFFLOAD("tso", "Let the device cut TCP over IPv4 into segments (tx-tcp-segmentation)."),
	OFFLOAD("tso6", "Let the device cut TCP over IPv6 into segments (tx-tcp6-segmentation)."),
	ROW("qdisc", TUNABLE_TOKEN, UNIT_TEXT, 0, 0, NULL, "tc(8)",
	    "Packets that wait in the queue are dropped. Looking whether the kernel has it may load its "
	    "module, also with --dry-run.",
	    "Queueing discipline of what the link sends. Only the kernel's own choice is replaced, "
	    "never one that somebody configured."),
	NUMBER("txqueuelen", UNIT_COUNT, 1, 1000000, NULL, NULL,
	       "Packets that may wait to be sent, for queueing disciplines that heed it."),
};
static const size_t row_count = ARRAY_LEN(rows);

/* By how keys begin; the last is for all others. */
static const struct {
	const char *prefix;
	const struct link_access *access;
} groups[] = {
	{ "channels.", &link_channel_access },
	{ "offload.", &link_feature_access },
	{ "qdisc", &link_qdisc_access },
	{ "", &link_attribute_access },
};

static const struct link_access *access_of(const char *key)
{
	size_t i = 0;

	while (strncmp(key, groups[i].prefix, strlen(groups[i].prefix)) != 0)
		i++;
	return groups[i].access;
}

/* --- names --------------------------------------------------------------------------------------
 */

/* dev_valid_name() of net/core/dev.c, and nothing that reads as a pattern or an element. */
static bool is_link(const char *name, size_t len)
{
	if (len == 0 || len > TUNABLE_INTERFACE_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (name[i] <= ' ' || name[i] > '~' || strchr("/:*?[", name[i]) != NULL)
			return false;
	}
	return strspn(name, ".") != len || len > 2;
}

static const struct tunable *split(const char *name, char link[TUNABLE_INTERFACE_MAX + 1])
{
	const char *start = name + strlen(LINK_PREFIX), *slash;
	size_t len;

	if (strncmp(name, LINK_PREFIX, strlen(LINK_PREFIX)) != 0)
		return NULL;
	slash = strchr(start, '/');
	len = slash != NULL ? (size_t)(slash - start) : 0;
	if (!is_link(start, len))
		return NULL;
	memcpy(link, start, len);
	link[len] = '\0';
	return kind_find_key(&link_kind, slash + 1);
}

static int unknown_name(const char *name, struct error *e)
{
	char shown[80];

	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	return error_set(e, -EINVAL, ERROR_INPUT, shown,
			 "no setting of a link; write link:LINK/SETTING, such as link:eth0/%s",
			 kind_suggest_key(&link_kind, name, "txqueuelen"));
}

static void identify(uint64_t cookie, uint32_t index, const char *link, char *ret, size_t len)
{
	(void)snprintf(ret, len, "netns %llu link %u %s", (unsigned long long)cookie, index, link);
}

/* The index of an identity that identify() made for this link; 0 when it is none. */
static uint32_t index_of(const char *identity, const char *link)
{
	struct text_span rest = { identity, strlen(identity) }, word;
	char again[TARGET_IDENTITY_MAX];
	uint64_t number[2] = { 0, 0 };

	for (unsigned int i = 0; i < 4; i++) {
		if (!text_next_word(&rest, &word) ||
		    (i % 2 == 1 && text_parse_u64(word.at, word.len, 10, &number[i / 2]) < 0))
			return 0;
	}
	if (number[1] > INT32_MAX)
		return 0;
	identify(number[0], (uint32_t)number[1], link, again, sizeof(again));
	return strcmp(again, identity) == 0 ? (uint32_t)number[1] : 0;
}

static const struct tunable *recall(const char *name, const char *identity)
{
	char link[TUNABLE_INTERFACE_MAX + 1];
	const struct tunable *row = split(name, link);

	return row != NULL && index_of(identity, link) != 0 ? row : NULL;
}

static int resolve(const struct place *p, const char *name, struct target_list *ret,
		   struct error *e)
{
	struct target t = { .kind = &link_kind };
	char link[TUNABLE_INTERFACE_MAX + 1], own[LINK_NAME_MAX] = "";
	uint32_t index = 0;
	int r;

	t.tunable = split(name, link);
	if (t.tunable == NULL)
		return unknown_name(name, e);
	r = place_enter(p, e);
	if (r < 0)
		return r;
	r = link_index_find(p->os, link, &index, own);
	if (r == -ENODEV)
		(void)error_set(e, -ENOENT, ERROR_INPUT, name, "there is no link %s here", link);
	else if (r < 0)
		(void)error_errno(e, r, link, "cannot look up the link");
	r = place_return(p, r == -ENODEV ? -ENOENT : r, e);
	if (r < 0)
		return r;
	/* One link is one target, by whichever of its names it is called. */
	(void)snprintf(t.name, sizeof(t.name), LINK_PREFIX "%s/%s", own,
		       t.tunable->name + strlen(ALL));
	identify(p->cookie, index, own, t.identity, sizeof(t.identity));
	ret->all = malloc(sizeof(t));
	if (ret->all == NULL)
		return error_errno(e, -ENOMEM, name, "resolving");
	ret->all[0] = t;
	ret->count = 1;
	return 0;
}

/* --- access -------------------------------------------------------------------------------------
 */

/* Enters the place and makes sure that the link is still the same; leaves again on failure. */
static int enter(const struct place *p, const struct target *t, struct link_ref *ret,
		 struct error *e)
{
	struct link_ref l = { .os = p->os, .name = t->name };
	uint32_t now = 0;
	int r;

	if (split(t->name, l.link) == NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "malformed name");
	l.key = t->tunable->name + strlen(ALL);
	l.index = index_of(t->identity, l.link);
	r = place_enter(p, e);
	if (r < 0)
		return r;
	r = link_index_find(p->os, l.link, &now, NULL);
	if (r == -ENODEV || (r == 0 && now != l.index))
		r = error_set(e, -ESTALE, ERROR_FAILED, t->name,
			      "the link is gone, or another one has its name");
	else if (r < 0)
		(void)error_errno(e, r, l.link, "cannot look up the link");
	if (r < 0)
		return place_return(p, r, e);
	*ret = l;
	return 0;
}

static int present(const struct place *p, const struct target *t, struct error *e)
{
	struct link_ref l = { .key = "" };
	int r = enter(p, t, &l, e);

	return r < 0 ? r : place_return(p, 0, e);
}

static int read_link(const struct place *p, const struct target *t, struct held *ret,
		     struct error *e)
{
	struct held held = { 0 };
	struct link_ref l = { .key = "" };
	int r = enter(p, t, &l, e);

	if (r == 0)
		r = place_return(p, access_of(l.key)->read(&l, &held, e), e);
	if (r == 0)
		*ret = held;
	return r;
}

static int parse_words(const struct tunable *row, const char *name, const char *words,
		       char ret_to[HELD_TEXT_MAX], struct error *e)
{
	const struct tunable called = tunable_called(row, name);
	struct tunable_setting setting;
	int r = tunable_parse(&called, words, &setting, e);

	if (r == 0)
		memcpy(ret_to, setting.text, sizeof(setting.text));
	return r;
}

static int parse(const struct tunable *row, const char *name, const char *words,
		 char ret_to[HELD_TEXT_MAX], struct error *e)
{
	char to[HELD_TEXT_MAX];
	int r = parse_words(row, name, words, to, e);

	if (r == 0 && access_of(row->name + strlen(ALL)) == &link_qdisc_access)
		r = link_qdisc_check_kind(name, to, e);
	if (r == 0)
		memcpy(ret_to, to, strlen(to) + 1);
	return r;
}

/* A qdisc that needs parameters may be wanted where it is there already: see check(). */
static int want(const struct place *p, const struct target *t, int element, const char *words,
		const struct held *now, char ret_to[HELD_TEXT_MAX], struct error *e)
{
	(void)p;
	(void)now;
	if (element >= 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "has no elements");
	return parse_words(t->tunable, t->name, words, ret_to, e);
}

static int check(const struct place *p, const struct target *t, const struct held *from,
		 const char *to, struct error *e)
{
	struct link_ref l = { .key = "" };
	int r = netlink_check_right(p->os, t->name, e);

	if (r == 0)
		r = enter(p, t, &l, e);
	return r < 0 ? r : place_return(p, access_of(l.key)->check(&l, from, to, e), e);
}

static int write_link(const struct place *p, const struct target *t, const char *to,
		      struct error *e)
{
	struct link_ref l = { .key = "" };
	int r = enter(p, t, &l, e);

	return r < 0 ? r : place_return(p, access_of(l.key)->write(&l, to, e), e);
}

static int restore(const struct place *p, const struct target *t, const struct held *from,
		   struct error *e)
{
	struct link_ref l = { .key = "" };
	int r = enter(p, t, &l, e);

	return r < 0 ? r : place_return(p, access_of(l.key)->restore(&l, from, e), e);
}

/* `undo` is the state beside the value: whose a qdisc is, whether an offload is wanted. What is not
 * as it was is not restored. */
static enum held_relation relate(const struct target *t, const struct held *now,
				 const struct held *from, const char *to)
{
	if (strcmp(now->text, from->text) == 0 && strcmp(now->undo, from->undo) == 0)
		return HELD_FROM;
	/* Of the kind that we chose, and yet not ours. */
	if (strcmp(now->undo, LINK_QDISC_FOREIGN) == 0)
		return HELD_FOREIGN;
	if (!tunable_text_equal(t->tunable, now->text, to))
		return strcmp(now->text, from->text) == 0 ? HELD_BETWEEN : HELD_FOREIGN;
	return HELD_TO;
}

const struct kind link_kind = {
	.name = "link",
	.prefix = LINK_PREFIX,
	.rows = rows,
	.row_count = &row_count,
	.resolve = resolve,
	.recall = recall,
	.parse = parse,
	.present = present,
	.read = read_link,
	.want = want,
	.check = check,
	.write = write_link,
	.restore = restore,
	.relate = relate,
};
