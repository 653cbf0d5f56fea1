#include "apply/persisted.h"

#include "apply/persistence.h"
#include "apply/persistence_unit.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/rlimit.h"
#include "tunables/sysctl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DROP_IN_MAX (1u << 20)

int persisted_load(const struct place *p, const char *root, struct persisted *ret)
{
	struct error unread = { 0 };

	*ret = (struct persisted){ .place = p, .root = root };
	if (!p->is_init)
		return 0;
	if (boot_profile_read(p->os, root, &ret->profile, &unread) == -ENOMEM ||
	    boot_settings_read(p->os, root, &ret->boot, &unread) == -ENOMEM ||
	    sysctl_settings_load_system(&ret->files, root, NULL) < 0)
		return -ENOMEM;
	return 0;
}

void persisted_done(struct persisted *d)
{
	boot_settings_done(&d->boot);
	sysctl_settings_done(&d->files);
}

static bool is_set_by_sysctl_file(const struct persisted *d, const struct plan_change *c)
{
	const char *key = c->target.name + strlen(c->target.kind->prefix);
	const struct sysctl_line *line = sysctl_settings_find(&d->files, key);

	return line != NULL && line->value != NULL && text_same_words(line->value, c->to);
}

static bool is_set_by_restore(const struct persisted *d, const struct plan_change *c)
{
	for (size_t i = 0; i < d->boot.count; i++) {
		const struct boot_setting *set = &d->boot.all[i];

		if (strcmp(set->tunable, c->target.name) == 0)
			return text_same_words(set->value, c->to);
	}
	return false;
}

/* The last line of a drop-in that sets what `line` sets ("LimitNOFILE=1024:4096\n") is `line`. 1,
 * 0, or -ENOENT when none sets it. */
static int compare_drop_in(const struct bytes *text, struct text_span line)
{
	size_t key = (size_t)((const char *)memchr(line.at, '=', line.len) - line.at) + 1;
	struct text_span rest = { text->data, text->len }, found;
	int same = -ENOENT;

	while (text_next_line(&rest, &found)) {
		if (found.len >= key && memcmp(found.at, line.at, key) == 0)
			same = found.len == line.len && memcmp(found.at, line.at, line.len) == 0;
	}
	return same;
}

/* Drop-ins are read in the order of their names: the last one that sets the limit counts. */
static bool is_set_in(struct os *os, const char *directory, struct text_span line)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	const char *last = "";
	bool set = false;

	if (os->ops->list(os, directory, &names) < 0)
		return false;
	for (size_t at = 0; at < names.len; at += strlen(names.data + at) + 1) {
		CLEANUP(bytes_done) struct bytes text = { 0 };
		const char *name = names.data + at;
		char path[PATH_MAX];
		int same;

		(void)snprintf(path, sizeof(path), "%.3500s/%.255s", directory, name);
		if (strcmp(name, last) < 0 || os_read_file(os, path, DROP_IN_MAX, &text) < 0)
			continue;
		same = compare_drop_in(&text, line);
		if (same < 0)
			continue;
		last = name;
		set = same;
	}
	return set;
}

static bool is_set_by_drop_in(const struct persisted *d, const struct plan_change *c,
			      const char *unit)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	char directory[PATH_MAX];
	struct text_span rest, line, last = { 0 };

	(void)snprintf(directory, sizeof(directory), "%.3000s" PERSISTENCE_UNITS "/%s.d", d->root,
		       unit);
	if (persistence_limit_text(c, &text) < 0)
		return false;
	rest = (struct text_span){ text.data, text.len };
	while (text_next_line(&rest, &line))
		last = line; /* after the comment */
	return last.len > 0 && is_set_in(d->place->os, directory, last);
}

bool persisted_is_kept(const void *persisted, const struct plan_change *c)
{
	const struct persisted *d = persisted;
	char unit[UNIT_NAME_MAX];
	struct error why;

	if (persistence_check(d->place, c, &why) < 0)
		return true;
	if (boot_profile_takes(c))
		return boot_profile_keeps(&d->profile, c);
	if (boot_settings_take(c))
		return is_set_by_restore(d, c);
	if (c->target.kind != &rlimit_kind)
		return is_set_by_sysctl_file(d, c);
	return persistence_unit_find(d->place->os, &c->target, unit, &why) == 0 &&
	       is_set_by_drop_in(d, c, unit);
}
