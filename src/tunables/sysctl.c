#include "tunables/sysctl.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/link_index.h"
#include "tunables/sysctl_congestion.h"
#include "tunables/sysctl_file.h"
#include "tunables/tunable_name.h"
#include "tunables/tunable_setting.h"

#include <assert.h>
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
	r = link_index_find(p->os, link, &index, NULL);
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
	struct target_list list = { 0 };

	list.all = malloc(sizeof(*list.all));
	if (list.all == NULL)
		return error_errno(e, -ENOMEM, t->name, "resolving");
	list.all[list.count++] = *t;
	*ret = list;
	return 0;
}

static int resolve(const struct place *p, const char *name, struct target_list *ret,
		   struct error *e)
{
	struct target t = { .kind = &sysctl_kind };
	struct tunable_name known;
	char key[SYSCTL_KEY_MAX], link[INTERFACE_MAX];
	int r = sysctl_key_normalise(name, strlen(name), key);

	/* What has no normal form has no row either, and that says why. */
	r = tunable_name_parse(r == 0 ? key : name, &known, e);
	if (r < 0)
		return r;
	static_assert(sizeof(known.name) <= sizeof(t.name), "every name fits");
	memcpy(t.name, known.name, sizeof(known.name));
	t.tunable = known.tunable;
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

static int parse(const struct tunable *row, const char *name, const char *words,
		 char ret_to[HELD_TEXT_MAX], struct error *e)
{
	const struct tunable called = tunable_called(row, name);
	struct tunable_setting setting;
	int r = tunable_parse(&called, words, &setting, e);

	static_assert(sizeof(setting.text) <= HELD_TEXT_MAX, "every value can be journaled");
	if (r == 0)
		memcpy(ret_to, setting.text, sizeof(setting.text));
	return r;
}

static int want(const struct place *p, const struct target *t, int element, const char *words,
		const struct held *now, char ret_to[HELD_TEXT_MAX], struct error *e)
{
	struct tunable_setting setting;
	int r;

	(void)p;
	if (element >= (int)t->tunable->elements || (element >= 0 && t->tunable->elements == 1))
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "has no element [%d]; it has %u",
				 element, t->tunable->elements);
	if (element < 0)
		return parse(t->tunable, t->name, words, ret_to, e);
	r = tunable_parse_element(t->tunable, (unsigned int)element, now->text, words, &setting, e);
	if (r == 0)
		memcpy(ret_to, setting.text, sizeof(setting.text));
	return r;
}

static enum held_relation relate(const struct target *t, const struct held *now,
				 const struct held *from, const char *to)
{
	if (tunable_text_equal(t->tunable, now->text, to))
		return HELD_TO;
	if (tunable_text_equal(t->tunable, now->text, from->text))
		return HELD_FROM;
	return tunable_text_between(t->tunable, now->text, from->text, to) ? HELD_BETWEEN
									   : HELD_FOREIGN;
}

const struct kind sysctl_kind = {
	.name = "sysctl",
	.prefix = "",
	.rows = tunables,
	.row_count = &tunable_count,
	.resolve = resolve,
	.recall = recall,
	.parse = parse,
	.present = sysctl_present,
	.read = sysctl_congestion_read,
	.want = want,
	.check = sysctl_check,
	.write = sysctl_write,
	.restore = sysctl_congestion_restore,
	.relate = relate,
};
