/* TUNABLE=VALUE, as people type it, made into wishes. */
#ifndef NETWRIGHT_CLI_ASSIGNMENTS_H
#define NETWRIGHT_CLI_ASSIGNMENTS_H

#include "apply/plan.h"
#include "base/error.h"
#include "cli/options.h"

#include <stdbool.h>
#include <stddef.h>

struct assignments {
	char names[SETTINGS_OPERANDS_MAX][TARGET_NAME_MAX];
	struct wish wishes[SETTINGS_OPERANDS_MAX]; /* borrow from the names and the words */
	size_t count;
};

/* Whether a word has something before an equals sign that is no selector's. */
bool assignment_is(const char *word);

/* The operands, cut at their first equals sign; with --uncatalogued of the kind that is so called.
 * `why` is borrowed. -EINVAL (ERROR_INPUT) for a word that is none. */
int assignments_parse(const struct settings *s, const char *why, struct assignments *ret,
		      struct error *e);

#endif
