/* What `netwright profile` can do: its first operand. */
#ifndef NETWRIGHT_CLI_PROFILE_ACTION_H
#define NETWRIGHT_CLI_PROFILE_ACTION_H

#include "base/error.h"
#include "cli/options.h"
#include "cli/profile_view.h"

#include <stdbool.h>
#include <stdio.h>

#define PROFILE_SCHEMA	    "netwright.profile/1"
#define PROFILE_LIST_SCHEMA "netwright.profiles/1"

struct profile_action {
	const char *name;
	const char *operands; /* "NAME"; "" for none */
	size_t operands_min, operands_max;
	/* `operands` are those after the action. An exit status or a negative errno. */
	int (*run)(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		   struct error *e);
};

/* Sorted by name. */
extern const struct profile_action profile_actions[];
extern const size_t profile_action_count;

int profile_active(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		   struct error *e);
int profile_check(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		  struct error *e);
int profile_list(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		 struct error *e);
int profile_show(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		 struct error *e);
int profile_suggest(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		    struct error *e);
/* Of one name, against the host; of two, the profiles against each other. */
int profile_diff(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		 struct error *e);
int profile_verify(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		   struct error *e);

/* A profile on this host, in text or as PROFILE_SCHEMA. */
int profile_print(const struct settings *s, const struct profile_view *v, FILE *out,
		  struct error *e);
int profile_print_json(const struct profile_view *v, FILE *out, struct error *e);

#endif
