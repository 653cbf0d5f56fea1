/* Writes every catalogued sysctl through its kind and puts it back: walk_tunables netns NAME LINK
 * for those of a network namespace, walk_tunables init for those that the initial namespace alone
 * has and whose writing is harmless.
 *
 * Ends with "N walked, N absent, N elsewhere, N failed"; each failure is a line before it.
 */
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/kind.h"
#include "tunables/rlimit.h"
#include "tunables/sysctl.h"
#include "tunables/tunable_setting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES 16

struct walk {
	struct place place;
	bool init;
	const char *link;
	unsigned int walked, absent, elsewhere, failed;
};

struct candidates {
	char text[CANDIDATES][TUNABLE_TEXT_MAX];
	unsigned int count;
};

static void fail(struct walk *w, const char *name, const char *why, const char *detail)
{
	w->failed++;
	printf("FAIL %s: %s: %s\n", name, why, detail);
}

/* Adds `words` in canonical form when it is valid and another value than `now`. */
static void offer(struct candidates *c, const struct tunable *t, const char *words, const char *now)
{
	struct tunable_setting setting;

	if (c->count == CANDIDATES || tunable_parse(t, words, &setting, NULL) < 0 ||
	    tunable_text_equal(t, setting.text, now))
		return;
	memcpy(c->text[c->count++], setting.text, sizeof(setting.text));
}

/* The vector with its last element, or the number, replaced. */
static void offer_number(struct candidates *c, const struct tunable *t, int64_t number,
			 const char *now)
{
	const char *blank = strrchr(now, ' ');
	char words[TUNABLE_TEXT_MAX];

	(void)snprintf(words, sizeof(words), "%.*s%" PRId64,
		       blank != NULL ? (int)(blank + 1 - now) : 0, now, number);
	offer(c, t, words, now);
}

/* Near values first: the host's are changed for a moment only, and should not change much. */
static void find_candidates(struct candidates *c, const struct tunable *t, const char *now)
{
	static const int64_t steps[] = { 1, -1, 2, 100, -100, 4096 };
	const char *blank = strrchr(now, ' ');
	int64_t number;

	if (t->type == TUNABLE_PORTS) {
		offer(c, t, "8080,9000-9010", now);
		return;
	}
	if (t->unit == UNIT_TEXT) {
		static const char *const words[] = { "reno", "cubic",	  "pfifo_fast", "bfifo",
						     "fq",   "userspace", "reno cubic" };

		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			offer(c, t, words[i], now);
		return;
	}
	blank = blank != NULL ? blank + 1 : now;
	if (text_parse_i64(blank, strlen(blank), &number) < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (steps[i] < 0 || number <= INT64_MAX - steps[i])
			offer_number(c, t, number + steps[i], now);
	}
	if (number < INT32_MAX)
		offer_number(c, t, number * 2, now);
	offer_number(c, t, number / 2, now);
	offer_number(c, t, t->minimum, now);
}

/* Whether the words are refused before any write: as no value of this tunable, or as one that the
 * kernel would not take. */
static bool refuses(struct walk *w, const struct target *t, const struct held *from,
		    const char *words)
{
	char to[HELD_TEXT_MAX];

	return sysctl_kind.want(&w->place, t, -1, words, from, to, NULL) < 0 ||
	       sysctl_kind.check(&w->place, t, from, to, NULL) < 0;
}

/* What is no value of any tunable, and what is none of this one. */
static void refuse_invalid(struct walk *w, const struct target *target, const struct held *from)
{
	static const char *const always[] = { "1 junk", "1;2", "\n", "1\n2", "\x1b[1m" };
	static const char *const never_numbers[] = { "",    "junk", "010", "0x10",
						     "1.5", "--1",  "1e3", "99999999999999999999" };
	const struct tunable *t = target->tunable;
	char words[64];
	const char *wrong = NULL;

	for (size_t i = 0; i < ARRAY_LEN(always) && wrong == NULL; i++) {
		if (!refuses(w, target, from, always[i]))
			wrong = always[i];
	}
	for (size_t i = 0; t->unit != UNIT_TEXT && i < ARRAY_LEN(never_numbers) && wrong == NULL;
	     i++) {
		if (!refuses(w, target, from, never_numbers[i]))
			wrong = never_numbers[i];
	}
	if (wrong == NULL && t->unit != UNIT_TEXT && t->elements == 1) {
		if (t->minimum > INT64_MIN)
			(void)snprintf(words, sizeof(words), "%" PRId64, t->minimum - 1);
		if (!refuses(w, target, from, words))
			wrong = words;
		(void)snprintf(words, sizeof(words), "%" PRIu64, (uint64_t)t->maximum + 1);
		if (!refuses(w, target, from, words))
			wrong = words;
	}
	if (wrong != NULL)
		fail(w, target->name, "an invalid value was accepted", wrong);
}

/* 1 when the candidate was held and the old value is back, 0 when the kernel made something else of
 * it, which is back too; -1 when a failure was told. */
static int try_candidate(struct walk *w, const struct target *t, const struct held *from,
			 const char *words)
{
	const struct place *p = &w->place;
	struct held now = { 0 };
	struct error e = { 0 };
	char to[HELD_TEXT_MAX];
	enum held_relation held;
	int r;

	if (t->kind->want(p, t, -1, words, from, to, &e) < 0 ||
	    t->kind->check(p, t, from, to, &e) < 0)
		return 0;
	r = t->kind->write(p, t, to, &e);
	if (t->kind->read(p, t, &now, &e) < 0) {
		fail(w, t->name, "reading back", e.text);
		return -1;
	}
	held = t->kind->relate(t, &now, from, to);
	if (t->kind->restore(p, t, from, &e) < 0 || t->kind->read(p, t, &now, &e) < 0) {
		fail(w, t->name, "restoring", e.text);
		return -1;
	}
	if (t->kind->relate(t, &now, from, to) != HELD_FROM) {
		fail(w, t->name, "not restored", now.text);
		return -1;
	}
	return r == 0 && held == HELD_TO;
}

/* Keys that hold one value on some machines. */
static bool may_have_one_value(const char *name)
{
	static const char *const names[] = {
		"kernel.nmi_watchdog", /* 0 without performance counters, as in virtual machines */
		"net.mptcp.scheduler", /* there is one, unless BPF programs bring more */
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static void walk_target(struct walk *w, const struct target *t)
{
	struct candidates c = { .count = 0 };
	struct held from = { 0 };
	struct error e = { 0 };
	int r = 0;

	if (sysctl_kind.present(&w->place, t, &e) < 0 ||
	    sysctl_kind.read(&w->place, t, &from, &e) < 0) {
		fail(w, t->name, "reading", e.text);
		return;
	}
	refuse_invalid(w, t, &from);
	find_candidates(&c, t->tunable, from.text);
	for (unsigned int i = 0; i < c.count && r == 0; i++)
		r = try_candidate(w, t, &from, c.text[i]);
	if (r == 0 && may_have_one_value(t->name))
		w->elsewhere++;
	else if (r == 0)
		fail(w, t->name, "no other value was held", from.text);
	w->walked += r > 0;
}

static void walk_name(struct walk *w, const char *name)
{
	struct target_list list = { 0 };
	struct error e = { 0 };
	int r = sysctl_kind.resolve(&w->place, name, &list, &e);

	if (r == 0)
		walk_target(w, list.all);
	else if (r == -EOPNOTSUPP)
		w->absent++;
	else
		fail(w, name, "resolving", e.text);
	target_list_done(&list);
}

/* A pattern, of all links, of those to come, and of one. */
static void walk_pattern(struct walk *w, const struct tunable *t)
{
	const char *const interfaces[] = { "default", w->link, "all" };
	const char *star = strchr(t->name, '*');
	char name[TARGET_NAME_MAX];

	for (size_t i = 0; i < ARRAY_LEN(interfaces); i++) {
		(void)snprintf(name, sizeof(name), "%.*s%s%s", (int)(star - t->name), t->name,
			       interfaces[i], star + 1);
		walk_name(w, name);
	}
}

static void walk_row(struct walk *w, const struct tunable *t)
{
	bool init_only = t->scope == TUNABLE_INIT_ONLY;

	/* Of the host's, only what is certain to come back. */
	if (init_only != w->init || (w->init && t->undo == TUNABLE_UNDO_NO))
		w->elsewhere++;
	else if (tunable_is_pattern(t))
		walk_pattern(w, t);
	else
		walk_name(w, t->name);
}

/* The soft limit alone: whether the hard one may be changed depends on who we are. */
static void walk_limit(struct walk *w, const struct tunable *row, const char *pid)
{
	struct target_list list = { 0 };
	struct held from = { 0 };
	struct error e = { 0 };
	char name[TARGET_NAME_MAX];
	int r;

	(void)snprintf(name, sizeof(name), RLIMIT_PREFIX "%s/%s", pid,
		       row->name + strlen(RLIMIT_PREFIX));
	r = rlimit_kind.resolve(&w->place, name, &list, &e);
	if (r == 0)
		r = rlimit_kind.present(&w->place, list.all, &e);
	if (r == 0)
		r = rlimit_kind.read(&w->place, list.all, &from, &e);
	if (r < 0) {
		fail(w, name, "reading", e.text);
	} else if (strcmp(from.text, "0:0") == 0) {
		w->elsewhere++;
	} else {
		r = try_candidate(w, list.all, &from,
				  strncmp(from.text, "16:", 3) == 0 ? "15" : "16");
		w->walked += r > 0;
		if (r == 0)
			fail(w, name, "another value was not held", from.text);
	}
	target_list_done(&list);
}

static int usage(void)
{
	fprintf(stderr, "usage: walk_tunables netns NAME LINK | init | limits PID\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	bool netns = argc == 4 && strcmp(what, "netns") == 0;
	bool limits = argc == 3 && strcmp(what, "limits") == 0;
	struct walk w = { .init = argc == 2 && strcmp(what, "init") == 0 };
	struct error e = { 0 };

	if (!netns && !limits && !w.init)
		return usage();
	if (netns)
		w.link = argv[3];
	if (place_open(os_live(), netns ? argv[2] : NULL, &w.place, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	for (size_t i = 0; limits && i < *rlimit_kind.row_count; i++)
		walk_limit(&w, &rlimit_kind.rows[i], argv[2]);
	for (size_t i = 0; !limits && i < tunable_count; i++)
		walk_row(&w, &tunables[i]);
	place_close(&w.place);
	printf("%u walked, %u absent, %u elsewhere, %u failed\n", w.walked, w.absent, w.elsewhere,
	       w.failed);
	return w.failed == 0 && w.walked > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
