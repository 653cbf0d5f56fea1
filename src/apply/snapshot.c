#include "apply/snapshot.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define GROWTH 512 /* more than the catalogue has without interfaces */

int snapshot_check_name(const char *name, struct error *e)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t len = strlen(name);
	char shown[SNAPSHOT_NAME_MAX];

	if (len > 0 && len < SNAPSHOT_NAME_MAX && name[0] != '.' && strspn(name, allowed) == len)
		return 0;
	text_copy_printable(shown, sizeof(shown), name, len);
	return error_set(
		e, -EINVAL, ERROR_INPUT, NULL,
		"\"%s\" is no name of a snapshot: 1 to %d letters, digits, dots, dashes and "
		"underscores, the first no dot",
		shown, SNAPSHOT_NAME_MAX - 1);
}

int snapshot_add(struct snapshot *s, const char *name, const char *text)
{
	struct snapshot_value *v;

	if (s->count >= SNAPSHOT_VALUES_MAX)
		return -E2BIG;
	if (s->count == s->capacity) {
		v = reallocarray(s->values, s->capacity + GROWTH, sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
		s->values = v;
		s->capacity += GROWTH;
	}
	v = &s->values[s->count];
	(void)snprintf(v->name, sizeof(v->name), "%s", name);
	v->text = strdup(text);
	if (v->text == NULL)
		return -ENOMEM;
	s->count++;
	return 0;
}

void snapshot_done(struct snapshot *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->values[i].text);
	free(s->values);
	*s = (struct snapshot){ 0 };
}

/* Whether waiting for the next setting has no sense. */
static bool is_fatal(int r)
{
	return r == -ENOMEM || r == -E2BIG;
}

/* What the place holds under a name: 0, or a negative errno with the reason. */
static int read_now(const struct place *p, const char *name, struct held *ret, struct error *e)
{
	CLEANUP(target_list_done) struct target_list targets = { 0 };
	const struct kind *kind = kind_of_target(name);
	int r = kind->resolve(p, name, &targets, e);

	return r < 0 ? r : kind->read(p, &targets.all[0], ret, e);
}

/* What this kernel or namespace has not is no part of it; what it has and does not tell is counted.
 */
static int take_one(const struct place *p, const char *name, struct snapshot *s)
{
	struct error why;
	struct held now;
	int r = read_now(p, name, &now, &why);

	if (r == 0)
		return snapshot_add(s, name, now.text);
	if (is_fatal(r))
		return r;
	s->unread += r != -EOPNOTSUPP && r != -ENOENT && r != -ESTALE && r != -EINVAL;
	return 0;
}

/* The directory of /proc/sys whose entries stand for the * of a row's name. */
static void directory_of(const struct tunable *row, char ret[SYSCTL_PATH_MAX])
{
	size_t len = (size_t)(strchr(row->name, '*') - row->name) - 1; /* without the dot */

	(void)snprintf(ret, SYSCTL_PATH_MAX, "/proc/sys/%.*s", (int)len, row->name);
	for (char *at = ret; *at != '\0'; at++) {
		if (*at == '.')
			*at = '/';
	}
}

static int list_interfaces(const struct place *p, const struct tunable *row, struct bytes *ret,
			   struct error *e)
{
	char directory[SYSCTL_PATH_MAX];
	int r = place_enter(p, e);

	if (r < 0)
		return r;
	directory_of(row, directory);
	r = p->os->ops->list(p->os, directory, ret);
	/* A kernel without IPv6 has no such directory. */
	return place_return(p, r == -ENOMEM ? r : 0, e);
}

static int take_pattern(const struct place *p, const struct tunable *row, struct snapshot *s,
			struct error *e)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	const char *star = strchr(row->name, '*');
	int r = list_interfaces(p, row, &names, e);

	for (size_t at = 0; r == 0 && at < names.len; at += strlen(names.data + at) + 1) {
		char name[TARGET_NAME_MAX];
		char *interface = names.data + at;
		size_t len = strlen(interface);
		int n;

		for (char *c = interface; *c != '\0'; c++) {
			if (*c == '.')
				*c = '/';
		}
		n = snprintf(name, sizeof(name), "%.*s%s%s", (int)(star - row->name), row->name,
			     interface, star + 1);
		if (len <= TUNABLE_INTERFACE_MAX && n > 0 && (size_t)n < sizeof(name) &&
		    tunable_find(name) == row)
			r = take_one(p, name, s);
	}
	return r;
}

static void note_host(struct snapshot *s, const struct place *p, const char *name)
{
	struct utsname u;

	(void)snprintf(s->name, sizeof(s->name), "%s", name);
	if (uname(&u) == 0) {
		text_copy_printable(s->hostname, sizeof(s->hostname), u.nodename,
				    sizeof(u.nodename));
		text_copy_printable(s->kernel, sizeof(s->kernel), u.release, sizeof(u.release));
	}
	text_copy_printable(s->netns, sizeof(s->netns), p->name, sizeof(p->name));
	s->taken_utc_s = p->os->ops->utc_s(p->os);
}

int snapshot_take(const struct place *p, const char *name, struct snapshot *ret, struct error *e)
{
	struct snapshot s = { 0 };
	int r = snapshot_check_name(name, e);

	if (r < 0)
		return r;
	note_host(&s, p, name);
	for (size_t i = 0; r == 0 && i < tunable_count; i++) {
		const struct tunable *row = &tunables[i];

		if (row->undo == TUNABLE_UNDO_NO)
			continue;
		r = tunable_is_pattern(row) ? take_pattern(p, row, &s, e)
					    : take_one(p, row->name, &s);
	}
	if (r == 0) {
		*ret = s;
		return 0;
	}
	snapshot_done(&s);
	return is_fatal(r) ? error_errno(e, r, name, "taking the snapshot") : r;
}

/* --- comparing --------------------------------------------------------------------------------*/

static int add_difference(struct snapshot_differences *d, const struct snapshot_difference *one)
{
	struct snapshot_difference *all = reallocarray(d->all, d->count + 1, sizeof(*all));

	if (all == NULL)
		return -ENOMEM;
	d->all = all;
	all[d->count++] = *one;
	return 0;
}

static int compare_one(const struct place *p, const struct snapshot_value *v,
		       struct snapshot_differences *d)
{
	struct snapshot_difference one = { .then = v };
	struct error why = { 0 };
	int r = read_now(p, v->name, &one.now, &why);

	if (is_fatal(r))
		return r;
	if (r == 0 && strcmp(one.now.text, v->text) == 0) {
		d->same++;
		return 0;
	}
	if (r < 0)
		text_copy_printable(one.missing, sizeof(one.missing), why.text, strlen(why.text));
	return add_difference(d, &one);
}

int snapshot_compare(const struct place *p, const struct snapshot *s,
		     struct snapshot_differences *ret, struct error *e)
{
	int r = 0;

	*ret = (struct snapshot_differences){ 0 };
	for (size_t i = 0; r == 0 && i < s->count; i++)
		r = compare_one(p, &s->values[i], ret);
	if (r == 0)
		return 0;
	snapshot_differences_done(ret);
	return error_errno(e, r, s->name, "comparing with the snapshot");
}

void snapshot_differences_done(struct snapshot_differences *d)
{
	free(d->all);
	*d = (struct snapshot_differences){ 0 };
}
