#include "tunables/sysctl.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"
#include "tunables/link_index.h"
#include "tunables/sysctl_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACE_MAX (TUNABLE_INTERFACE_MAX + 1)

/* The link that a name is about, or "": what stands for the * of its row, unless that is all links
 * or those to come. */
static void link_of(const struct tunable *row, const char *name, char ret[INTERFACE_MAX])
{
	const char *star = strchr(row->name, '*');
	size_t before, len;

	ret[0] = '\0';
	if (star == NULL)
		return;
	before = (size_t)(star - row->name);
	len = strlen(name) - (strlen(row->name) - 1);
	if (len >= INTERFACE_MAX)
		return;
	memcpy(ret, name + before, len);
	ret[len] = '\0';
	if (strcmp(ret, "all") == 0 || strcmp(ret, "default") == 0)
		ret[0] = '\0';
	for (char *at = ret; *at != '\0'; at++) {
		if (*at == '/')
			*at = '.';
	}
}

/* The row of a name that can be turned into a path, or NULL. */
static const struct tunable *row_of(const char *name)
{
	return strchr(name, '*') == NULL ? tunable_find(name) : NULL;
}

static int unknown_name(const char *name, struct error *e)
{
	struct suggestion s = suggest_start(name, strlen(name));
	char shown[80];

	for (size_t i = 0; i < tunable_count; i++)
		suggest_offer(&s, tunables[i].name);
	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	return error_set(e, -EINVAL, ERROR_INPUT, shown,
			 "is not in the catalogue of tunables%s%s%s",
			 s.best != NULL ? "; did you mean \"" : "", s.best != NULL ? s.best : "",
			 s.best != NULL ? "\"?" : "");
}

/* Whether the key can be read here; else why not. */
static int find_key(const struct place *p, const struct target *t, const char *link,
		    struct error *e)
{
	char path[SYSCTL_PATH_MAX];
	int fd = p->os->ops->open(p->os, sysctl_target_path(t, path), O_RDONLY | O_NOFOLLOW, 0);

	if (fd >= 0) {
		(void)p->os->ops->close(p->os, fd);
		return 0;
	}
	if (fd == -ENOENT && link[0] != '\0')
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
				 "this kernel has no such setting for the link %s", link);
	if (fd == -ENOENT)
		return error_set(
			e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
			"this kernel has no such key%s%s; or the module that has it is not "
			"loaded",
			t->tunable->since != NULL ? ", which came with Linux " : "",
			t->tunable->since != NULL ? t->tunable->since : "");
	return error_errno(e, fd, t->name, "cannot open");
}

static int identify(const struct place *p, struct target *t, const char *link, struct error *e)
{
	uint32_t index = 0;
	int r;

	if (link[0] == '\0') {
		(void)snprintf(t->identity, sizeof(t->identity), "netns %llu",
			       (unsigned long long)p->cookie);
		return find_key(p, t, link, e);
	}
	r = link_index_find(p->os, link, &index);
	if (r == -ENODEV)
		return error_set(e, -ENOENT, ERROR_INPUT, t->name, "there is no link %s here",
				 link);
	if (r < 0)
		return error_errno(e, r, link, "cannot look up the link");
	(void)snprintf(t->identity, sizeof(t->identity), "netns %llu link %u %s",
		       (unsigned long long)p->cookie, index, link);
	return find_key(p, t, link, e);
}

static int make_list(const struct target *t, struct target_list *ret, struct error *e)
{
	struct target *all = malloc(sizeof(*all));

	if (all == NULL)
		return error_errno(e, -ENOMEM, t->name, "resolving");
	*all = *t;
	*ret = (struct target_list){ all, 1 };
	return 0;
}

static int resolve(const struct place *p, const char *name, struct target_list *ret,
		   struct error *e)
{
	struct target t = { .kind = &sysctl_kind };
	char key[SYSCTL_KEY_MAX], link[INTERFACE_MAX];
	int r = sysctl_key_normalise(name, strlen(name), key);

	if (r == 0 && strlen(key) < sizeof(t.name))
		t.tunable = row_of(key);
	if (t.tunable == NULL)
		return unknown_name(name, e);
	memcpy(t.name, key, strlen(key) + 1);
	if (t.tunable->scope == TUNABLE_INIT_ONLY && !p->is_init)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t.name,
				 "holds for the whole host and can be set in the initial network "
				 "namespace only; run netwright there, without --netns");
	link_of(t.tunable, t.name, link);
	r = place_enter(p, e);
	if (r < 0)
		return r;
	r = place_return(p, identify(p, &t, link, e), e);
	return r < 0 ? r : make_list(&t, ret, e);
}

static const struct tunable *recall(const char *name, const char *identity)
{
	const struct tunable *row = row_of(name);
	char key[SYSCTL_KEY_MAX], link[INTERFACE_MAX], again[TARGET_IDENTITY_MAX];
	unsigned long long cookie = 0;
	unsigned int index = 0;
	struct text_span rest = { identity, strlen(identity) }, word;
	uint64_t number[2] = { 0, 0 };

	if (row == NULL || sysctl_key_normalise(name, strlen(name), key) < 0 ||
	    strcmp(key, name) != 0)
		return NULL;
	for (unsigned int i = 0; text_next_word(&rest, &word); i++) {
		if (i % 2 == 1 && i / 2 < ARRAY_LEN(number) &&
		    text_parse_u64(word.at, word.len, 10, &number[i / 2]) < 0)
			return NULL;
	}
	cookie = number[0];
	index = (unsigned int)number[1];
	link_of(row, name, link);
	if (link[0] == '\0')
		(void)snprintf(again, sizeof(again), "netns %llu", cookie);
	else
		(void)snprintf(again, sizeof(again), "netns %llu link %u %s", cookie, index, link);
	return strcmp(again, identity) == 0 ? row : NULL;
}

static struct text_span nth_word(const char *text, unsigned int n)
{
	struct text_span rest = { text, strlen(text) }, word = { text, 0 };

	for (unsigned int i = 0; i <= n; i++) {
		if (!text_next_word(&rest, &word))
			return (struct text_span){ text, 0 };
	}
	return word;
}

static int want(const struct place *p, const struct target *t, int element, const char *words,
		const struct held *now, char ret_to[HELD_TEXT_MAX], struct error *e)
{
	char to[HELD_TEXT_MAX];
	size_t len = 0;

	(void)p;
	to[0] = '\0';
	for (unsigned int i = 0; i < HELD_TEXT_MAX; i++) {
		bool ours = element < 0 || (int)i == element;
		struct text_span word = nth_word(ours ? words : now->text,
						 element < 0 || !ours ? i : 0);
		int n;

		if (word.len == 0)
			break;
		n = snprintf(to + len, sizeof(to) - len, "%s%.*s", len > 0 ? " " : "",
			     (int)word.len, word.at);
		if (n < 0 || (size_t)n >= sizeof(to) - len)
			return error_set(e, -EINVAL, ERROR_INPUT, t->name, "the value is too long");
		len += (size_t)n;
	}
	if (len == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "there is no value");
	memcpy(ret_to, to, sizeof(to));
	return 0;
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

static bool same_word(const char *a, const char *b, unsigned int n)
{
	struct text_span x = nth_word(a, n), y = nth_word(b, n);

	return x.len == y.len && memcmp(x.at, y.at, x.len) == 0;
}

static enum held_relation relate(const struct target *t, const struct held *now,
				 const struct held *from, const char *to)
{
	unsigned int i;

	if (strcmp(now->text, to) == 0)
		return HELD_TO;
	if (strcmp(now->text, from->text) == 0)
		return HELD_FROM;
	for (i = 0; i < t->tunable->elements; i++) {
		if (!same_word(now->text, from->text, i) && !same_word(now->text, to, i))
			return HELD_FOREIGN;
	}
	return nth_word(now->text, i).len == 0 && i > 1 ? HELD_BETWEEN : HELD_FOREIGN;
}

const struct kind sysctl_kind = {
	.name = "sysctl",
	.prefix = "",
	.rows = tunables,
	.row_count = &tunable_count,
	.resolve = resolve,
	.recall = recall,
	.present = sysctl_present,
	.read = sysctl_read,
	.want = want,
	.check = check,
	.write = sysctl_write,
	.restore = restore,
	.relate = relate,
};
