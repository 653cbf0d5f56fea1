/* Sysctls outside of the catalogue, which a person may set by hand: nothing is known about their
 * type, range or reach. */
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/sysctl.h"
#include "tunables/sysctl_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "uncatalogued:"

static const struct tunable rows[] = {
	{
		.name = PREFIX "KEY",
		.type = TUNABLE_TOKENS,
		.elements = 1,
		.unit = UNIT_TEXT,
		.scale = 1,
		.scope = TUNABLE_PER_NETNS,
		.undo = TUNABLE_UNDO_NO,
		.help = "Any key below /proc/sys, by hand. Nothing is known about what it takes, "
			"how far it reaches, or whether writing the old value undoes it.",
		.source = "none",
	},
};
static const size_t row_count = ARRAY_LEN(rows);

/* Keys that act when they are written, or whose first write cannot be taken back. */
static const struct {
	const char *glob, *why;
} refused[] = {
	{ "net.netfilter.nf_hooks_lwtunnel",
	  "once written it holds for the whole host until the next boot, from whatever namespace" },
	{ "net.ipv*.route.flush", "writing it throws away state and sets nothing" },
	{ "net.ipv4.tcp_fastopen_key", "it is a secret, and would stand in the journal" },
	{ "net.ipv6.conf.*.stable_secret", "it is a secret, and would stand in the journal" },
	{ "vm.drop_caches", "writing it throws away state and sets nothing" },
	{ "vm.compact_memory", "writing it starts work and sets nothing" },
	{ "vm.stat_refresh", "writing it starts work and sets nothing" },
	{ "kernel.modules_disabled", "it cannot be taken back before the next boot" },
	{ "kernel.kexec_load_disabled", "it cannot be taken back before the next boot" },
	{ "kernel.unprivileged_bpf_disabled", "it may not be taken back before the next boot" },
	{ "kernel.yama.ptrace_scope", "it may not be taken back before the next boot" },
};

static const char *refusal(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (sysctl_key_matches(refused[i].glob, key))
			return refused[i].why;
	}
	return NULL;
}

/* The key of a name, without the prefix; false when it is none that may be written. */
static bool parse_name(const char *name, char key[SYSCTL_KEY_MAX])
{
	size_t skip = strlen(PREFIX);

	return strncmp(name, PREFIX, skip) == 0 &&
	       sysctl_key_normalise(name + skip, strlen(name + skip), key) == 0 &&
	       strpbrk(key, "*?[") == NULL && strlen(key) + skip < TARGET_NAME_MAX;
}

static int make_list(const struct place *p, const char *key, struct target_list *ret,
		     struct error *e)
{
	struct target t = { .kind = &sysctl_uncatalogued_kind, .tunable = rows };
	struct target_list list = { 0 };

	list.all = malloc(sizeof(*list.all));
	if (list.all == NULL)
		return error_errno(e, -ENOMEM, key, "resolving");
	/* parse_name() let nothing longer pass. */
	(void)snprintf(t.name, sizeof(t.name), "%s%.170s", PREFIX, key);
	(void)snprintf(t.identity, sizeof(t.identity), "netns %llu", (unsigned long long)p->cookie);
	list.all[list.count++] = t;
	*ret = list;
	return 0;
}

static int resolve(const struct place *p, const char *name, struct target_list *ret,
		   struct error *e)
{
	struct target_list list = { 0 };
	struct held held;
	char key[SYSCTL_KEY_MAX], shown[80];
	int r;

	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	if (!parse_name(name, key))
		return error_set(e, -EINVAL, ERROR_INPUT, shown, "this is no name of a sysctl");
	if (refusal(key) != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, key, "is never written: %s",
				 refusal(key));
	if (tunable_find(key) != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, key,
				 "is in the catalogue; set it without --uncatalogued");
	r = make_list(p, key, &list, e);
	if (r < 0)
		return r;
	/* What can only be written cannot be put back. */
	r = sysctl_read(p, list.all, &held, e);
	if (r < 0) {
		target_list_done(&list);
		if (r == -ESTALE)
			return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, key,
					 "this kernel has no such key here");
		return r;
	}
	*ret = list;
	return 0;
}

static const struct tunable *recall(const char *name, const char *identity)
{
	char key[SYSCTL_KEY_MAX], again[TARGET_IDENTITY_MAX];
	uint64_t cookie = 0;
	size_t skip = strlen("netns ");

	if (!parse_name(name, key) || strcmp(key, name + strlen(PREFIX)) != 0 ||
	    refusal(key) != NULL || strlen(identity) <= skip ||
	    text_parse_u64(identity + skip, strlen(identity + skip), 10, &cookie) < 0)
		return NULL;
	(void)snprintf(again, sizeof(again), "netns %llu", (unsigned long long)cookie);
	return strcmp(again, identity) == 0 ? rows : NULL;
}

static int parse(const struct tunable *row, const char *name, const char *words,
		 char ret_to[HELD_TEXT_MAX], struct error *e)
{
	struct text_span rest = { words, strlen(words) }, word;
	char to[HELD_TEXT_MAX] = "";
	size_t len = 0;

	(void)row;
	for (const char *c = words; *c != '\0'; c++) {
		if ((*c < ' ' && *c != '\t') || *c > '~')
			return error_set(e, -EINVAL, ERROR_INPUT, name,
					 "the value must be one line of printable text");
	}
	while (text_next_word(&rest, &word)) {
		if (len + (len > 0) + word.len >= sizeof(to))
			return error_set(e, -EINVAL, ERROR_INPUT, name,
					 "the value is longer than %d characters",
					 HELD_TEXT_MAX - 1);
		if (len > 0)
			to[len++] = ' ';
		memcpy(to + len, word.at, word.len);
		len += word.len;
		to[len] = '\0';
	}
	if (len == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, name, "there is no value");
	memcpy(ret_to, to, sizeof(to));
	return 0;
}

static int want(const struct place *p, const struct target *t, int element, const char *words,
		const struct held *now, char ret_to[HELD_TEXT_MAX], struct error *e)
{
	(void)p;
	(void)now;
	if (element >= 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name,
				 "the elements of a key outside of the catalogue are not known; "
				 "give the whole value");
	return parse(t->tunable, t->name, words, ret_to, e);
}

static int check(const struct place *p, const struct target *t, const struct held *from,
		 const char *to, struct error *e)
{
	int r = place_enter(p, e);

	(void)from;
	(void)to;
	return r < 0 ? r : place_return(p, sysctl_probe(p, t, e), e);
}

static int restore(const struct place *p, const struct target *t, const struct held *from,
		   struct error *e)
{
	return sysctl_write(p, t, from->text, e);
}

/* Word by word as for a vector, since it may be one. */
static enum held_relation relate(const struct target *t, const struct held *now,
				 const struct held *from, const char *to)
{
	struct text_span a = { now->text, strlen(now->text) };
	struct text_span b = { from->text, strlen(from->text) }, c = { to, strlen(to) };
	struct text_span x, y, z;

	(void)t;
	if (strcmp(now->text, to) == 0)
		return HELD_TO;
	if (strcmp(now->text, from->text) == 0)
		return HELD_FROM;
	while (text_next_word(&a, &x)) {
		bool had = text_next_word(&b, &y), has = text_next_word(&c, &z);

		if (!had || !has || x.len >= HELD_TEXT_MAX ||
		    !((x.len == y.len && memcmp(x.at, y.at, x.len) == 0) ||
		      (x.len == z.len && memcmp(x.at, z.at, x.len) == 0)))
			return HELD_FOREIGN;
	}
	return text_next_word(&b, &y) || text_next_word(&c, &z) ? HELD_FOREIGN : HELD_BETWEEN;
}

const struct kind sysctl_uncatalogued_kind = {
	.name = "sysctl-uncatalogued",
	.prefix = PREFIX,
	.rows = rows,
	.row_count = &row_count,
	.by_hand_only = true,
	.resolve = resolve,
	.recall = recall,
	.parse = parse,
	.present = sysctl_present,
	.read = sysctl_read,
	.want = want,
	.check = check,
	.write = sysctl_write,
	.restore = restore,
	.relate = relate,
};
