/* Audits of every network namespace of this host, over one and the same window. */
#ifndef NETWRIGHT_CLI_SURVEY_H
#define NETWRIGHT_CLI_SURVEY_H

#include "base/error.h"
#include "cli/comparison.h"
#include "cli/inspection.h"
#include "cli/options.h"
#include "rules/rulebook.h"

#include <stdbool.h>
#include <stddef.h>

#define SURVEY_NETNS "all" /* as the argument of --netns */

enum survey_state {
	SURVEY_AUDITED,
	SURVEY_GONE,	   /* deleted, or its process ended, meanwhile; audited all the same */
	SURVEY_UNREADABLE, /* not audited */
	SURVEY_STATES,
};

struct survey_place {
	char label[288]; /* its name in /run/netns, "pid 812 (nginx)", or "self" */
	enum survey_state state;
	char reason[160];	      /* of an unreadable one */
	struct inspection inspection; /* without a rulebook; empty for an unreadable one */
	struct comparison comparison; /* with --compare */
};

struct survey {
	struct survey_place *places; /* owned; our own first, then by name, then by process */
	size_t count;
	struct rulebook rulebook;  /* of all of them */
	size_t unseen_processes;   /* whose namespace may not be asked for */
	struct comparison earlier; /* the file of --compare; .path NULL without it */
};

/* A namespace that may not be entered is listed with the reason; it keeps no other from being
 * audited. Observes with one thread, so that each sample of a namespace is taken beside those of
 * the others. Returns 0 or a negative errno, -EINVAL for options that need a single namespace
 * (--record); release with survey_done() in any case. */
int survey_run(const struct settings *settings, double default_seconds, struct survey *ret,
	       struct error *e);
void survey_done(struct survey *s); /* accepts {0} */

bool survey_has(const struct survey *s, const char *label);
const char *survey_state_name(enum survey_state state); /* "audited", "gone", "unreadable" */

#endif
