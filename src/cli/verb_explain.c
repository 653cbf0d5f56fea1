#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/explain.h"
#include "cli/inspection.h"
#include "cli/verbs.h"
#include "measure/metric.h"
#include "rules/lint.h"
#include "tunables/kind.h"
#include "tunables/tunable_name.h"

#include <errno.h>
#include <string.h>

#define EXPLAIN_SECONDS 1.0 /* two samples: the least that has a rate */
#define NAME_MAX_LEN	64

struct subject {
	const struct rule *rule;
	const struct lint *lint;
	const struct metric *metric;
	const struct tunable *tunable;
};

/* "net.ipv4.tcp_rmem[2]" is about net.ipv4.tcp_rmem. Sets *ret to NULL when no tunable is meant;
 * fails when one is, and its index is wrong. */
static int find_tunable(const char *name, const struct tunable **ret, struct error *e)
{
	struct tunable_name n = { .tunable = tunable_find(name) };
	char key[TUNABLE_NAME_MAX];
	size_t len = strcspn(name, "[");
	int r = 0;

	if (n.tunable == NULL)
		n.tunable = kind_row_find(name);
	if (n.tunable == NULL && name[len] == '[' && len < sizeof(key)) {
		memcpy(key, name, len);
		key[len] = '\0';
		if (tunable_find(key) != NULL)
			r = tunable_name_parse(name, &n, e);
	}
	if (r == 0)
		*ret = n.tunable;
	return r;
}

static int unknown_name(const char *name, const struct rulebook *book, struct error *e)
{
	struct suggestion s = suggest_start(name, strlen(name));
	char shown[NAME_MAX_LEN];

	for (size_t i = 0; i < book->count; i++) {
		suggest_offer(&s, book->rules[i].id);
		suggest_offer(&s, book->rules[i].slug);
	}
	for (size_t i = 0; i < lint_count; i++)
		suggest_offer(&s, lints[i].id);
	for (size_t i = 0; i < metric_count; i++)
		suggest_offer(&s, metrics[i].name);
	for (size_t i = 0; i < kind_count; i++) {
		for (size_t j = 0; !kinds[i]->by_hand_only && j < *kinds[i]->row_count; j++)
			suggest_offer(&s, kinds[i]->rows[j].name);
	}
	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	if (s.best != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, shown,
				 "no such rule, metric or tunable; did you mean %s?", s.best);
	return error_set(e, -EINVAL, ERROR_INPUT, shown,
			 "no such rule, metric or tunable; netwright rules and netwright metrics "
			 "list them");
}

static int find_subject(const char *name, const struct rulebook *book, struct subject *ret,
			struct error *e)
{
	int r;

	ret->rule = rulebook_find(book, name);
	ret->lint = lint_find(name);
	ret->metric = metric_find(name);
	r = find_tunable(name, &ret->tunable, e);
	if (r < 0)
		return r;
	if (ret->rule == NULL && ret->lint == NULL && ret->metric == NULL && ret->tunable == NULL)
		return unknown_name(name, book, e);
	return 0;
}

static int find_subjects(const struct settings *s, const struct rulebook *book,
			 struct subject *subjects, struct error *e)
{
	if (s->operand_count == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, "explain",
				 "names nothing; give a rule, a metric or a tunable, such as "
				 "RCV-02, path.min_rtt or net.ipv4.tcp_rmem");
	for (size_t i = 0; i < s->operand_count; i++) {
		int r = find_subject(s->operands[i], book, &subjects[i], e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Present values are an extra: an explanation must not fail because this host cannot be read. What
 * was asked for by name (--netns) must exist, though. */
static int inspect(const struct settings *s, const struct subject *subjects, struct inspection *i,
		   struct error *e)
{
	struct inspection_request request = {
		.settings = s,
		.default_seconds = EXPLAIN_SECONDS,
		.tunables = true,
	};
	bool wanted = false;
	int r;

	for (size_t n = 0; n < s->operand_count; n++)
		wanted = wanted || subjects[n].metric != NULL || subjects[n].tunable != NULL;
	if (!wanted)
		return 0;
	r = inspection_run(&request, i, e);
	return r < 0 && s->netns != NULL ? r : 0;
}

static void print_subject(const struct explain_writer *w, const struct subject *subject,
			  const struct inspection *i)
{
	if (subject->rule != NULL)
		explain_rule(w, subject->rule);
	if (subject->lint != NULL)
		explain_lint(w, subject->lint);
	if (subject->metric != NULL)
		explain_metric(w, subject->metric, i->observation);
	if (subject->tunable != NULL)
		explain_tunable(w, subject->tunable, &i->tunables);
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct subject subjects[SETTINGS_OPERANDS_MAX] = { { 0 } };
	struct inspection inspection = { 0 };
	struct rulebook book = { 0 };
	struct terminal terminal;
	const struct explain_writer writer = explain_on_terminal(&terminal);
	int r;

	terminal_examine(out, COLOR_NEVER, &terminal);
	r = inspection_load_rules(s, &book, e);
	if (r == 0)
		r = find_subjects(s, &book, subjects, e);
	if (r == 0)
		r = inspect(s, subjects, &inspection, e);
	for (size_t i = 0; r == 0 && i < s->operand_count; i++) {
		(void)fputs(i > 0 ? "\n" : "", out);
		print_subject(&writer, &subjects[i], &inspection);
	}
	inspection_done(&inspection);
	rulebook_done(&book);
	return r < 0 ? r : EXIT_STATUS_OK;
}

static const struct example examples[] = {
	{ "netwright explain RCV-02", "a rule: what it looks at, what it proposes, and why" },
	{ "netwright explain path.min_rtt net.ipv4.tcp_rmem",
	  "a metric and a tunable, with their present values" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_NETNS,
	OPTION_ROW_RULES,
};

const struct verb verb_explain = {
	.name = "explain",
	.usage = "[OPTION...] NAME...",
	.summary = "explain a rule, a lint, a metric or a tunable",
	.description = "NAME is the id or slug of a rule or a lint, or the name of a metric or a "
		       "tunable; the latter two are shown with their present value.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = SETTINGS_OPERANDS_MAX,
	.run = run,
};
