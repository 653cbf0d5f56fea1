#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"
#include "cli/change_options.h"
#include "cli/profile_action.h"
#include "cli/profile_exchange.h"
#include "cli/verbs.h"

#include <errno.h>
#include <string.h>

const struct profile_action profile_actions[] = {
	{ "active", "", 0, 0, profile_active },
	{ "check", "FILE", 1, 1, profile_check },
	{ "diff", "NAME [NAME]", 1, 2, profile_diff },
	{ "export", "NAME", 1, 1, profile_export },
	{ "import", "FILE|TUNED-PROFILE", 1, SETTINGS_OPERANDS_MAX - 1, profile_import },
	{ "list", "", 0, 0, profile_list },
	{ "show", "NAME", 1, 1, profile_show },
	{ "suggest", "", 0, 0, profile_suggest },
	{ "value", "NAME SYSCTL", 2, 2, profile_value },
	{ "verify", "NAME", 1, 1, profile_verify },
};
const size_t profile_action_count = ARRAY_LEN(profile_actions);

static int unknown_action(const char *name, struct error *e)
{
	struct suggestion s = suggest_start(name, strlen(name));
	char shown[64];

	for (size_t i = 0; i < profile_action_count; i++)
		suggest_offer(&s, profile_actions[i].name);
	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	if (s.best != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, "profile",
				 "cannot \"%s\"; did you mean %s?", shown, s.best);
	return error_set(e, -EINVAL, ERROR_INPUT, "profile",
			 "cannot \"%s\"; netwright profile --help says what it can", shown);
}

static int check_operands(const struct profile_action *a, size_t count, struct error *e)
{
	if (count >= a->operands_min && count <= a->operands_max)
		return 0;
	return error_set(e, -EINVAL, ERROR_INPUT, "profile",
			 "it has to be netwright profile %s%s%s", a->name,
			 a->operands[0] != '\0' ? " " : "", a->operands);
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	if (s->operand_count == 0)
		return profile_list(s, NULL, 0, out, e);
	for (size_t i = 0; i < profile_action_count; i++) {
		const struct profile_action *a = &profile_actions[i];
		int r;

		if (strcmp(a->name, s->operands[0]) != 0)
			continue;
		r = check_operands(a, s->operand_count - 1, e);
		return r < 0 ? r : a->run(s, s->operands + 1, s->operand_count - 1, out, e);
	}
	return unknown_action(s->operands[0], e);
}

static const struct example examples[] = {
	{ "netwright profile list", "the profiles there are" },
	{ "netwright profile show bulk-wan --input rtt=180ms",
	  "what one would set here, with the reason and the source of each value" },
	{ "netwright profile check ./mine.conf", "whether a profile of your own is right" },
	{ "netwright profile import network-throughput >mine.conf",
	  "make one of TuneD's, and see what it would not do" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	{ .name = "for",
	  .type = OPTION_DURATION,
	  .argument = "DURATION",
	  .help = "suggest: how long to observe, 1s to 1h (default 10s)",
	  .offset = offsetof(struct settings, for_s) },
	OPTION_ROW_INPUT,
	OPTION_ROW_JSON,
	OPTION_ROW_NETNS,
	OPTION_ROW_PROFILES,
	OPTION_ROW_REPLAY,
	{ .name = "root",
	  .type = OPTION_TEXT,
	  .argument = "DIRECTORY",
	  .help = "look for TuneD's profiles below DIRECTORY",
	  .offset = offsetof(struct settings, root) },
	OPTION_ROW_STATE_DIR,
};

const struct verb verb_profile = {
	.name = "profile",
	.usage = "[OPTION...] ACTION [NAME...]",
	.summary = "list, show, check and compare named settings for a kind of work",
	.description =
		"A profile is a set of settings for one kind of work, worked out from the size of "
		"this host and from inputs. Nothing is changed here: netwright apply NAME does.\n"
		"active: the profile that is in force, by the journal.\n"
		"list: the profiles there are.\n"
		"show NAME: each setting of one on this host: its value, formula, reason, source "
		"and what is set now; or why it is left out.\n"
		"check FILE: whether a profile is right, and what it would come to here.\n"
		"diff NAME [NAME]: what differs here from one, or between two.\n"
		"suggest: which profiles fit what is observed (10 s, or --for), and why.\n"
		"verify NAME: whether all that one sets here holds; exit status 1 when not, naming "
		"each difference. Without --input with the inputs that it was applied with, if it "
		"is in force.\n"
		"import FILE or a name: prints the profile that a tuned.conf, a TuneD profile of "
		"that name or sysctl files would be, says what it cannot carry over and why, and "
		"judges the rest.\n"
		"export NAME: prints it as a profile for TuneD, and says what TuneD cannot do.\n"
		"value NAME SYSCTL: the whole value that the sysctl has once the profile is "
		"applied, for scripts.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = SETTINGS_OPERANDS_MAX,
	.run = run,
};
