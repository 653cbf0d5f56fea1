#include "base/cleanup.h"
#include "base/os.h"
#include "base/text.h"
#include "cli/change.h"
#include "cli/change_options.h"
#include "cli/change_report.h"
#include "cli/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND_UNCATALOGUED "uncatalogued:" /* its prefix */

/* The words of the command line, cut at their first equals sign. */
struct assignments {
	char names[SETTINGS_OPERANDS_MAX][TARGET_NAME_MAX];
	struct wish wishes[SETTINGS_OPERANDS_MAX];
};

static int malformed(const struct settings *s, const char *word, struct error *e)
{
	char shown[64];

	text_copy_printable(shown, sizeof(shown), word, strlen(word));
	return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
			 "\"%s\" is not TUNABLE=VALUE; quote values with blanks: "
			 "net.ipv4.tcp_rmem=\"4096 131072 67108864\"",
			 shown);
}

/* A tunable outside of the catalogue has a kind of its own, which the option alone leads to. */
static int copy_name(const struct settings *s, const char *word, size_t len,
		     char ret[TARGET_NAME_MAX], struct error *e)
{
	int n = snprintf(ret, TARGET_NAME_MAX, "%s%.*s", s->uncatalogued ? KIND_UNCATALOGUED : "",
			 (int)len, word);

	if (n < 0 || n >= TARGET_NAME_MAX)
		return malformed(s, word, e);
	if (!s->uncatalogued && kind_of_target(ret)->by_hand_only)
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "\"%s\" is set with --uncatalogued, and then called %s", ret,
				 ret + strlen(KIND_UNCATALOGUED));
	return 0;
}

static int parse(const struct settings *s, struct assignments *ret, struct error *e)
{
	if (s->operand_count == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "sets nothing; give what and to which value, such as "
				 "net.core.somaxconn=4096");
	for (size_t i = 0; i < s->operand_count; i++) {
		const char *word = s->operands[i];
		const char *equals = strchr(word, '=');
		int r = 0;

		if (equals == NULL || equals == word)
			return malformed(s, word, e);
		r = copy_name(s, word, (size_t)(equals - word), ret->names[i], e);
		if (r < 0)
			return r;
		ret->wishes[i] = (struct wish){ ret->names[i], equals + 1, CHANGE_WHY_BY_HAND,
						WISH_SET };
	}
	return 0;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct assignments *a = calloc(1, sizeof(*a));
	struct change_request request = { .settings = s };
	struct place place;
	int r;

	if (a == NULL)
		return error_errno(e, -ENOMEM, NULL, s->verb);
	r = parse(s, a, e);
	if (r == 0)
		r = place_open(os_live(), s->netns, &place, e);
	if (r == 0) {
		request.place = &place;
		request.wishes = a->wishes;
		request.wish_count = s->operand_count;
		r = change_carry_out(&request, out, e);
		place_close(&place);
	}
	free(a);
	return r;
}

static const struct example examples[] = {
	{ "netwright set net.core.somaxconn=4096 --dry-run",
	  "what would be written, and from what" },
	{ "sudo netwright set 'net.ipv4.tcp_rmem[2]=64MiB' --confirm 2min",
	  "one element of a vector; put back after two minutes unless confirmed" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_CONFIRM,
	OPTION_ROW_DRY_RUN,
	OPTION_ROW_JSON,
	OPTION_ROW_LOCK_TIMEOUT,
	OPTION_ROW_CHANGE_NETNS,
	OPTION_ROW_CHANGE_QUIET,
	OPTION_ROW_STATE_DIR,
	{ .name = "uncatalogued",
	  .type = OPTION_FLAG,
	  .help = "set sysctls that netwright knows nothing about: only what the kernel refuses "
		  "is refused",
	  .offset = offsetof(struct settings, uncatalogued) },
	OPTION_ROW_CHANGE_VERBOSE,
};

const struct verb verb_set = {
	.name = "set",
	.usage = "[OPTION...] TUNABLE=VALUE...",
	.summary = "set tunables, all or none, so that they can be put back",
	.description =
		"Writes what is given as one transaction: every value is checked before anything is "
		"written, what held before is on disk before the first write, every write is read "
		"back, and if one fails all are put back. A value has the kernel's unit, or one of "
		"its own (64MiB, 10s). TUNABLE[N] is one element of a vector.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = SETTINGS_OPERANDS_MAX,
	.run = run,
};
