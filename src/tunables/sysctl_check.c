/* What can be known of a write, and of writing the old value back, without writing.
 *
 * Opening for writing proves rights and a read-only mount; of a congestion control or queueing
 * discipline the kernel's lists tell, and the modules that it could load. What cannot be known is
 * left to the write, which is read back. */
#include "base/cleanup.h"
#include "base/text.h"
#include "host/availability.h"
#include "tunables/sysctl.h"
#include "tunables/sysctl_congestion.h"
#include "tunables/sysctl_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_QDISC "net.core.default_qdisc"
/* Debian 12 has 600 KiB for 4000 modules. */
#define MODULE_LIST_MAX (8u << 20)

static bool has_word(const char *list, struct text_span wanted)
{
	struct text_span rest = { list, strlen(list) }, word;

	while (text_next_word(&rest, &word)) {
		if (word.len == wanted.len && memcmp(word.at, wanted.at, word.len) == 0)
			return true;
	}
	return false;
}

static int read_list(const struct place *p, const char *key, char ret[HELD_TEXT_MAX],
		     struct error *e)
{
	char path[SYSCTL_PATH_MAX];
	int r = sysctl_read_key(p->os, sysctl_key_path(key, path, sizeof(path)), ret);

	return r < 0 ? error_errno(e, r, key, "reading") : 0;
}

enum module_state { MODULE_ABSENT, MODULE_PRESENT, MODULE_UNKNOWN };

/* Whether the kernel has a module, built in or to be loaded. Unknown when there are no lists of
 * them, as in virtual machines whose kernel has everything built in. */
static enum module_state find_module(struct os *os, const char *module)
{
	static const char *const files[] = { "modules.builtin", "modules.dep" };
	char release[HELD_TEXT_MAX], path[128];
	bool unknown = false;

	if (sysctl_read_key(os, "/proc/sys/kernel/osrelease", release) < 0)
		return MODULE_UNKNOWN;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		CLEANUP(bytes_done) struct bytes list = { 0 };

		(void)snprintf(path, sizeof(path), "/lib/modules/%.80s/%s", release, files[i]);
		if (os_read_file(os, path, MODULE_LIST_MAX, &list) < 0)
			unknown = true;
		else if (availability_list_has(&list, module))
			return MODULE_PRESENT;
	}
	return unknown ? MODULE_UNKNOWN : MODULE_ABSENT;
}

/* In namespaces other than the initial one. */
static int check_allowed_here(const struct place *p, const struct target *t, const char *from,
			      const char *to, struct error *e)
{
	struct text_span old = { from, strlen(from) }, new = { to, strlen(to) };
	char allowed[HELD_TEXT_MAX];
	int r = read_list(p, CONGESTION_ALLOWED, allowed, e);

	if (r < 0)
		return r;
	if (!has_word(allowed, new))
		return error_set(e, -EPERM, ERROR_PRIVILEGE, t->name,
				 "\"%.20s\" may not be chosen in a network namespace of its own, "
				 "only %.200s; to allow it to all, add it to " CONGESTION_ALLOWED
				 " in the initial namespace",
				 to, allowed);
	if (!has_word(allowed, old))
		return error_set(e, -EPERM, ERROR_PRIVILEGE, t->name,
				 "the present \"%.20s\" could not be put back: it is not among "
				 "the allowed %.200s; add it to " CONGESTION_ALLOWED
				 " in the initial namespace first",
				 from, allowed);
	return 0;
}

static int check_congestion(const struct place *p, const struct target *t, const char *from,
			    const char *to, struct error *e)
{
	struct text_span new = { to, strlen(to) };
	char available[HELD_TEXT_MAX], module[64];
	int r = read_list(p, CONGESTION_AVAILABLE, available, e);

	if (r < 0)
		return r;
	(void)snprintf(module, sizeof(module), "tcp_%.40s", to);
	/* What is built in is available: without a list of modules there is none to be loaded. */
	if (!has_word(available, new) && find_module(p->os, module) != MODULE_PRESENT)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
				 "this kernel has no congestion control \"%.20s\", and no module "
				 "of it; there are %.200s",
				 to, available);
	return p->is_init ? 0 : check_allowed_here(p, t, from, to, e);
}

/* tcp_set_allowed_congestion_control() loads nothing. */
static int check_allowed_list(const struct place *p, const struct target *t, const char *from,
			      const char *to, struct error *e)
{
	struct text_span rest = { to, strlen(to) }, word;
	char available[HELD_TEXT_MAX];
	int r = read_list(p, CONGESTION_AVAILABLE, available, e);

	(void)from;
	while (r == 0 && text_next_word(&rest, &word)) {
		if (!has_word(available, word))
			r = error_set(
				e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
				"this kernel has no congestion control \"%.*s\" loaded; there "
				"are %.200s",
				(int)word.len, word.at, available);
	}
	return r;
}

static int check_qdisc(const struct place *p, const struct target *t, const char *from,
		       const char *to, struct error *e)
{
	/* pktsched_init() of net/sched/sch_api.c registers these in every kernel. */
	static const char built_in[] = "pfifo_fast pfifo bfifo pfifo_head_drop mq noqueue";
	struct text_span new = { to, strlen(to) };
	char module[64];

	(void)from;
	(void)snprintf(module, sizeof(module), "sch_%.40s", to);
	if (!has_word(built_in, new) && find_module(p->os, module) == MODULE_ABSENT)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
				 "this kernel has no queueing discipline \"%.20s\", and no module "
				 "of it",
				 to);
	return 0;
}

static const struct {
	const char *name;
	int (*check)(const struct place *p, const struct target *t, const char *from,
		     const char *to, struct error *e);
} special[] = {
	{ CONGESTION_CONTROL, check_congestion },
	{ CONGESTION_ALLOWED, check_allowed_list },
	{ DEFAULT_QDISC, check_qdisc },
};

/* A file that shows nothing, or something else than its kind of value, is not the kernel's: another
 * one is mounted over it, and what is written there is lost. */
static int check_from(const struct target *t, const struct held *from, struct error *e)
{
	struct text_span rest = { from->text, strlen(from->text) }, word;
	unsigned int n = 0;
	bool sound = true;
	int64_t number;

	for (; text_next_word(&rest, &word); n++)
		sound = sound && (t->tunable->unit == UNIT_TEXT ||
				  text_parse_i64(word.at, word.len, &number) == 0);
	if (t->tunable->unit != UNIT_TEXT)
		sound = sound && n == t->tunable->elements;
	else if (t->tunable->type == TUNABLE_TOKEN)
		sound = n == 1;
	if (sound)
		return 0;
	return error_set(e, -EIO, ERROR_FAILED, t->name,
			 "holds \"%.60s\", which could not be put back; something may be mounted "
			 "over its file",
			 from->text);
}

int sysctl_check(const struct place *p, const struct target *t, const struct held *from,
		 const char *to, struct error *e)
{
	int r = check_from(t, from, e);

	if (r < 0)
		return r;
	r = place_enter(p, e);
	if (r < 0)
		return r;
	r = sysctl_probe(p, t, e);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(special); i++) {
		if (strcmp(special[i].name, t->name) == 0)
			r = special[i].check(p, t, from->text, to, e);
	}
	return place_return(p, r, e);
}
