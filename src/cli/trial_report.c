#include "cli/trial_report.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/change_journal.h"
#include "cli/print.h"
#include "cli/table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define CHANGE_INDENT 2

const char *trial_verdict_word(enum verdict v)
{
	static const char *const words[VERDICTS] = {
		[VERDICT_KEEP] = "better",
		[VERDICT_REVERT] = "worse",
		[VERDICT_UNDECIDED] = "undecided",
	};

	return words[v];
}

/* --- text ---------------------------------------------------------------------------------- */

void trial_print_changes(const struct terminal *t, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_change *c = &plan->changes[i];

		(void)fprintf(t->out, "%*s%s  ", CHANGE_INDENT, "", c->target.name);
		print_tamed(t->out, c->from.text, strlen(c->from.text));
		(void)fputs(" -> ", t->out);
		print_tamed(t->out, c->to, strlen(c->to));
		(void)fputc('\n', t->out);
	}
}

static const char *number(const struct metric *m, double value, char *buf, size_t len)
{
	return print_value(m->unit, isfinite(value) ? value_number(value) : value_unknown(""), buf,
			   len);
}

static int print_table(const struct terminal *t, const struct judgement_of_trial *j)
{
	static const struct table_column columns[] = { { "METRIC", false },
						       { "WITHOUT", true },
						       { "WITH", true },
						       { "EFFECT", true },
						       { "95 % INTERVAL", true } };
	char without[PRINT_VALUE_MAX], with[PRINT_VALUE_MAX], effect[24] = "unknown";
	char interval[48] = "unknown";
	const char *cells[] = { NULL, without, with, effect, interval };
	struct table table;
	int r;

	if (j->objective == NULL)
		return 0;
	cells[0] = j->objective->name;
	(void)number(j->objective, j->without, without, sizeof(without));
	(void)number(j->objective, j->with, with, sizeof(with));
	if (j->has_shift) {
		(void)snprintf(effect, sizeof(effect), "%.3g x", j->shift.estimate);
		(void)snprintf(interval, sizeof(interval), "%.3g to %.3g x", j->shift.low,
			       j->shift.high);
	}
	table_init(&table, columns, ARRAY_LEN(columns));
	r = table_add(&table, cells);
	if (r == 0)
		table_print(&table, t->out, 0, t->width);
	table_done(&table);
	return r;
}

static void print_line(const struct terminal *t, struct bytes *b)
{
	if (b->data != NULL)
		print_wrapped(t->out, t->width, 0, 0, b->data);
	bytes_done(b);
}

static void append_state(struct bytes *b, const struct trial_view *v)
{
	const struct trial_report *r = v->report;
	char suffix[512];

	(void)change_command_suffix(v->settings, suffix, sizeof(suffix));
	if (r->in_place)
		(void)bytes_printf(b,
				   "%s is in force: transaction %" PRId64 "; netwright rollback "
				   "%" PRId64 "%s undoes it.",
				   r->confirmed ? "Confirmed, it" : "It", r->transaction,
				   r->transaction, suffix);
	else if (r->foreign_target[0] != '\0')
		(void)bytes_printf(b,
				   "What somebody else has set was left alone, all else was put "
				   "back; see netwright show %" PRId64 "%s.",
				   r->transaction, suffix);
	else if (v->restored)
		(void)bytes_printf(b, "Everything holds what it held before.");
	else
		(void)bytes_printf(b,
				   "Not everything may hold what it held before; netwright show "
				   "%" PRId64 "%s tells what became of it.",
				   r->transaction, suffix);
}

int trial_print_result(const struct terminal *t, const struct trial_view *v, struct error *e)
{
	const struct trial_report *report = v->report;
	const struct judgement_of_trial *j = &report->judgement;
	struct bytes b = { 0 };
	int r = print_table(t, j);

	if (r < 0)
		return error_errno(e, r, NULL, "table");
	(void)bytes_printf(&b, "%s: %s.", trial_verdict_word(j->verdict),
			   j->reason[0] != '\0' ? j->reason : "the effect may be chance");
	print_line(t, &b);
	append_state(&b, v);
	print_line(t, &b);
	return 0;
}

/* --- JSON ---------------------------------------------------------------------------------- */

static json_t *subject_object(struct document *d, const struct subject *s)
{
	json_t *object = json_object();

	document_set(d, object, "kind", document_text(entity_kind_name(s->kind)));
	document_set(d, object, "name",
		     s->kind == ENTITY_HOST ? json_null() : document_text(s->entity));
	return object;
}

static json_t *changes_array(struct document *d, const struct plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_change *c = &plan->changes[i];
		json_t *object = json_object();

		document_set(d, object, "tunable", document_text(c->target.name));
		document_set(d, object, "from", document_text(c->from.text));
		document_set(d, object, "to", document_text(c->to));
		document_set(d, object, "why", document_text(c->why));
		document_append(d, list, object);
	}
	return list;
}

static json_t *effect_object(struct document *d, const struct judgement_of_trial *j)
{
	json_t *object;

	if (!j->has_shift)
		return json_null();
	object = json_object();
	document_set(d, object, "estimate", document_number(j->shift.estimate));
	document_set(d, object, "low", document_number(j->shift.low));
	document_set(d, object, "high", document_number(j->shift.high));
	document_set(d, object, "coverage", document_number(j->shift.coverage));
	return object;
}

static json_t *metric_object(struct document *d, const struct judgement_of_trial *j)
{
	const struct metric *m = j->objective;
	json_t *object;

	if (m == NULL)
		return json_null();
	object = json_object();
	document_set(d, object, "name", document_text(m->name));
	document_set(d, object, "unit", document_text(unit_info(m->unit)->json_name));
	document_set(d, object, "without", document_value(m->unit, value_number(j->without)));
	document_set(d, object, "with", document_value(m->unit, value_number(j->with)));
	document_set(d, object, "effect", effect_object(d, j));
	return object;
}

json_t *trial_object(struct document *d, const struct trial_view *v)
{
	const struct trial_report *r = v->report;
	const struct judgement_of_trial *j = &r->judgement;
	json_t *object = json_object();

	document_set(d, object, "subject", subject_object(d, &v->request->criteria.subject));
	document_set(d, object, "design", document_text(v->report->one_step ? "one-step" : "abba"));
	document_set(d, object, "window_seconds", document_number(v->request->window_s));
	document_set(d, object, "new_sockets", json_boolean(v->report->new_sockets));
	document_set(d, object, "changes", changes_array(d, v->plan));
	document_set(d, object, "metric", metric_object(d, j));
	document_set(d, object, "pairs", json_integer((json_int_t)j->pairs));
	document_set(d, object, "wins", json_integer((json_int_t)j->wins));
	document_set(d, object, "losses", json_integer((json_int_t)j->losses));
	document_set(d, object, "verdict", document_text(trial_verdict_word(j->verdict)));
	document_set(d, object, "reason", document_text(j->reason));
	document_set(d, object, "in_place", json_boolean(r->in_place));
	document_set(d, object, "restored", json_boolean(v->restored));
	document_set(d, object, "confirmed", json_boolean(r->confirmed));
	document_set(d, object, "foreign", json_boolean(r->foreign));
	document_set(d, object, "foreign_tunable",
		     r->foreign_target[0] != '\0' ? document_text(r->foreign_target) : json_null());
	document_set(d, object, "transaction",
		     r->transaction != 0 ? json_integer(r->transaction) : json_null());
	document_set(d, object, "seconds", document_number(r->seconds));
	return object;
}
