#include "base/cleanup.h"
#include "base/os.h"
#include "cli/change.h"
#include "cli/change_options.h"
#include "cli/plan_file.h"
#include "cli/print.h"
#include "cli/profile_apply.h"
#include "cli/verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whether the wish is for something that comes and goes, and has gone: 1 and why, or 0. */
static bool is_gone(const struct place *place, const struct wish *wish, struct error *ret_why)
{
	struct plan plan = { 0 };
	int r;

	if (!kind_of_target(wish->tunable)->fleeting)
		return false;
	r = plan_make(place, wish, 1, &plan, ret_why);
	plan_done(&plan);
	return r == -ESTALE || r == -ENOENT;
}

/* Connections and processes may have ended since the plan was made: they need no setting. */
static size_t copy_present(const struct plan_file *file, const struct place *place,
			   struct wish *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < file->count; i++) {
		struct error why = { 0 };

		if (!is_gone(place, &file->wishes[i], &why)) {
			ret[count++] = file->wishes[i];
			continue;
		}
		(void)fputs("netwright: apply: not changed: ", stderr);
		print_tamed(stderr, why.text, strlen(why.text));
		(void)fputc('\n', stderr);
	}
	return count;
}

static int carry_out(const struct settings *s, const struct plan_file *file, FILE *out,
		     struct error *e)
{
	struct wish *wishes = calloc(file->count + 1, sizeof(*wishes));
	struct change_request request = {
		.settings = s, .wishes = wishes, .check = plan_file_check, .arg = file
	};
	struct place place;
	int r;

	if (wishes == NULL)
		return error_errno(e, -ENOMEM, NULL, s->verb);
	r = place_open_again(os_live(), file->netns, file->netns_cookie, PLACE_IN_USE, &place, e);
	if (r == 0) {
		request.place = &place;
		request.wish_count = copy_present(file, &place, wishes);
		if (request.wish_count == 0 && file->count > 0)
			r = error_set(e, -ESTALE, ERROR_FAILED, s->plan,
				      "nothing that it changes is there any more; make a new plan");
		else
			r = change_carry_out(&request, out, e);
		place_close(&place);
	}
	free(wishes);
	return r;
}

static int apply_plan(const struct settings *s, FILE *out, struct error *e)
{
	struct plan_file file = { 0 };
	int r = plan_file_load(s->plan, &file, e);

	if (r == 0)
		r = carry_out(s, &file, out, e);
	plan_file_done(&file);
	return r;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	bool profile = s->operand_count > 0;

	if (profile == (s->plan != NULL))
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "give the name of a profile (netwright profile list has them), or "
				 "--plan FILE, which netwright tune --dry-run --json writes");
	if (profile)
		return profile_apply(
			&(struct profile_application){ .settings = s, .name = s->operands[0] }, out,
			e);
	if (s->netns != NULL || s->inputs.count > 0 || s->profiles.count > 0)
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "--netns, --input and --profiles are for profiles: a plan has its "
				 "own place and values");
	return apply_plan(s, out, e);
}

static const struct example examples[] = {
	{ "sudo netwright apply bulk-wan --input rtt=180ms --confirm 2min",
	  "a profile; put back after two minutes unless netwright confirm comes" },
	{ "netwright tune --dry-run --json > plan.json", "make a plan, and read it" },
	{ "sudo netwright apply --plan plan.json --confirm 5min",
	  "carry it out, if everything still is as it was" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_CONFIRM,
	OPTION_ROW_DRY_RUN,
	OPTION_ROW_INPUT,
	OPTION_ROW_JSON,
	OPTION_ROW_LOCK_TIMEOUT,
	OPTION_ROW_CHANGE_NETNS,
	OPTION_ROW_PERSIST,
	{ .name = "plan",
	  .type = OPTION_TEXT,
	  .argument = "FILE",
	  .help = "the plan: what tune or set print with --dry-run --json",
	  .offset = offsetof(struct settings, plan) },
	OPTION_ROW_PROFILES,
	OPTION_ROW_CHANGE_QUIET,
	OPTION_ROW_STATE_DIR,
	OPTION_ROW_CHANGE_VERBOSE,
};

const struct verb verb_apply = {
	.name = "apply",
	.usage = "[OPTION...] PROFILE | --plan FILE",
	.summary = "apply a profile, or a plan that was made before",
	.description =
		"Writes the settings of a profile as one transaction (netwright profile show says "
		"which), and puts back in the same transaction what only the profiles before it "
		"had set. With --persist each boot applies it, worked out anew, and so does each "
		"interface that appears later.\n"
		"With --plan, writes the changes of a plan as one transaction, in the namespace that it was made "
		"for. If a value is no longer what it was when the plan was made, or the namespace "
		"is gone, nothing is written. A plan may be edited; its values are checked like any "
		"others.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = 1,
	.run = run,
};
