#include "apply/snapshot.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "base/suggest.h"
#include "base/text.h"
#include "cli/change.h"
#include "cli/change_journal.h"
#include "cli/change_options.h"
#include "cli/exit_status.h"
#include "cli/snapshot_report.h"
#include "cli/verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct action {
	const char *word;
	bool named; /* takes the name of a snapshot */
	int (*run)(const struct settings *s, const char *directory, const char *name, FILE *out,
		   struct error *e);
};

static int save(const struct settings *s, const char *directory, const char *name, FILE *out,
		struct error *e)
{
	struct snapshot snapshot = { 0 };
	struct place place;
	int r = place_open(os_live(), s->netns, &place, e);

	if (r < 0)
		return r;
	r = snapshot_take(&place, name, &snapshot, e);
	place_close(&place);
	if (r == 0 && snapshot.unread > 0)
		(void)fprintf(stderr,
			      "netwright: snapshot: %zu settings could not be read and are not in "
			      "it\n",
			      snapshot.unread);
	if (r == 0)
		r = snapshot_save(os_live(), directory, &snapshot, s->force, e);
	if (r == 0)
		r = snapshot_print_saved(s, &snapshot, out, e);
	snapshot_done(&snapshot);
	return r < 0 ? r : EXIT_STATUS_OK;
}

static int list(const struct settings *s, const char *directory, const char *name, FILE *out,
		struct error *e)
{
	int r = snapshot_print_list(s, directory, out, e);

	(void)name;
	return r < 0 ? r : EXIT_STATUS_OK;
}

/* The values of one namespace in another is what nobody means who leaves an option out. */
static int check_namespace(const struct settings *s, const struct snapshot *snapshot,
			   const struct place *p, struct error *e)
{
	if (s->force || strcmp(snapshot->netns, p->name) == 0)
		return 0;
	if (snapshot->netns[0] == '\0')
		return error_set(e, -EINVAL, ERROR_INPUT, snapshot->name,
				 "was taken without --netns; leave that out, or say --force");
	return error_set(e, -EINVAL, ERROR_INPUT, snapshot->name,
			 "was taken in the network namespace %s; say --netns %s, or --force",
			 snapshot->netns, snapshot->netns);
}

static int diff(const struct settings *s, const char *directory, const char *name, FILE *out,
		struct error *e)
{
	struct snapshot_differences differences = { 0 };
	struct snapshot snapshot = { 0 };
	struct place place;
	int r = snapshot_load(os_live(), directory, name, &snapshot, e);

	if (r < 0)
		return r;
	r = place_open(os_live(), s->netns, &place, e);
	if (r == 0) {
		r = check_namespace(s, &snapshot, &place, e);
		if (r == 0)
			r = snapshot_compare(&place, &snapshot, &differences, e);
		place_close(&place);
	}
	if (r == 0)
		r = snapshot_print_differences(s, &snapshot, &differences, out, e);
	if (r == 0)
		r = differences.count > 0 ? EXIT_STATUS_FINDINGS : EXIT_STATUS_OK;
	snapshot_differences_done(&differences);
	snapshot_done(&snapshot);
	return r;
}

static int restore_differences(const struct settings *s, const struct place *p,
			       const struct snapshot_differences *d, const char *name, FILE *out,
			       struct error *e)
{
	struct change_request request = { .settings = s, .place = p };
	struct wish *wishes = calloc(d->count > 0 ? d->count : 1, sizeof(*wishes));
	char why[PLAN_WHY_MAX];
	int r;

	if (wishes == NULL)
		return error_errno(e, -ENOMEM, name, "restoring");
	(void)snprintf(why, sizeof(why), "snapshot %s", name);
	request.wishes = wishes;
	for (size_t i = 0; i < d->count; i++) {
		const struct snapshot_difference *one = &d->all[i];

		if (one->missing[0] == '\0')
			wishes[request.wish_count++] =
				(struct wish){ one->then->name, one->then->text, why, WISH_SET };
		else
			(void)fprintf(stderr, "netwright: snapshot: not restored: %s\n",
				      one->missing);
	}
	r = change_carry_out(&request, out, e);
	free(wishes);
	return r;
}

static int restore(const struct settings *s, const char *directory, const char *name, FILE *out,
		   struct error *e)
{
	struct snapshot_differences differences = { 0 };
	struct snapshot snapshot = { 0 };
	struct place place;
	int r = snapshot_load(os_live(), directory, name, &snapshot, e);

	if (r < 0)
		return r;
	r = place_open(os_live(), s->netns, &place, e);
	if (r == 0) {
		r = check_namespace(s, &snapshot, &place, e);
		if (r == 0)
			r = snapshot_compare(&place, &snapshot, &differences, e);
		if (r == 0)
			r = restore_differences(s, &place, &differences, name, out, e);
		place_close(&place);
	}
	snapshot_differences_done(&differences);
	snapshot_done(&snapshot);
	return r;
}

static const struct action actions[] = {
	{ "diff", true, diff },
	{ "list", false, list },
	{ "restore", true, restore },
	{ "save", true, save },
};

static int unknown_action(const char *word, struct error *e)
{
	struct suggestion s = suggest_start(word, strlen(word));
	char shown[64];

	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		suggest_offer(&s, actions[i].word);
	text_copy_printable(shown, sizeof(shown), word, strlen(word));
	return error_set(e, -EINVAL, ERROR_INPUT, "snapshot",
			 "\"%s\" is none of save, list, diff and restore%s%s%s", shown,
			 s.best != NULL ? "; did you mean " : "", s.best != NULL ? s.best : "",
			 s.best != NULL ? "?" : "");
}

static int check_usage(const struct settings *s, const struct action *a, struct error *e)
{
	size_t wanted = a->named ? 2 : 1;

	if (s->operand_count != wanted)
		return error_set(e, -EINVAL, ERROR_INPUT, "snapshot", "%s takes %s", a->word,
				 a->named ? "the name of one snapshot" : "no name");
	if (a->run != restore && (s->confirm_s > 0 || s->dry_run || s->persist))
		return error_set(e, -EINVAL, ERROR_INPUT, "snapshot",
				 "%s changes no setting: --confirm, --dry-run and --persist are of "
				 "restore",
				 a->word);
	return 0;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	const char *directory;
	int r = change_directory(s, &directory, e);

	if (r < 0)
		return r;
	if (s->operand_count == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, "snapshot",
				 "say what: save NAME, list, diff NAME or restore NAME");
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		const struct action *a = &actions[i];

		if (strcmp(a->word, s->operands[0]) != 0)
			continue;
		r = check_usage(s, a, e);
		return r < 0 ? r : a->run(s, directory, s->operands[1], out, e);
	}
	return unknown_action(s->operands[0], e);
}

static const struct example examples[] = {
	{ "sudo netwright snapshot save before-upgrade", "keep what is set now" },
	{ "netwright snapshot diff before-upgrade", "what is different since" },
	{ "sudo netwright snapshot restore before-upgrade --confirm 2min",
	  "set it again; put back after two minutes unless confirmed" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_CONFIRM,
	OPTION_ROW_DRY_RUN,
	{ .name = "force",
	  .type = OPTION_FLAG,
	  .help = "save: replace a snapshot of this name; diff, restore: of another namespace than "
		  "it was taken in",
	  .offset = offsetof(struct settings, force) },
	OPTION_ROW_JSON,
	OPTION_ROW_LOCK_TIMEOUT,
	OPTION_ROW_CHANGE_NETNS,
	OPTION_ROW_PERSIST,
	OPTION_ROW_CHANGE_QUIET,
	OPTION_ROW_STATE_DIR,
	OPTION_ROW_CHANGE_VERBOSE,
};

const struct verb verb_snapshot = {
	.name = "snapshot",
	.usage = "[OPTION...] save|diff|restore NAME | list",
	.summary = "keep all settings of a namespace under a name, compare, and restore them",
	.description =
		"A snapshot holds every catalogued sysctl of a network namespace, those of each "
		"interface included, and in the initial namespace those of the host; not the limits "
		"of processes. diff exits with status 1 when something differs. restore changes what "
		"differs, as one transaction like set: it can be tried with --dry-run, guarded with "
		"--confirm, and rolled back.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = 2,
	.run = run,
};
