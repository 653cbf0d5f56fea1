#include "cli/change_notices.h"

#include "apply/persistence.h"
#include "apply/profile_wishes.h"
#include "base/bytes.h"
#include "cli/print.h"

#include <string.h>

static void print_line(struct bytes *b, FILE *err)
{
	if (b->data != NULL) {
		(void)fputs("netwright: ", err);
		print_tamed(err, b->data, b->len);
		(void)fputc('\n', err);
	}
	bytes_done(b);
}

static void print_rival(const struct rival *r, FILE *err)
{
	struct bytes b = { 0 };

	(void)bytes_printf(&b, "%s: %s", r->tunable, r->name);
	if (r->kind == RIVAL_BPFTUNE)
		(void)bytes_printf(&b, " tunes it as well");
	else if (r->value[0] != '\0')
		(void)bytes_printf(&b, " sets it to \"%s\"", r->value);
	else
		(void)bytes_printf(&b, " sets it");
	if (r->where[0] != '\0')
		(void)bytes_printf(&b, " (%s)", r->where);
	(void)bytes_printf(&b, ": %s", r->consequence);
	print_line(&b, err);
}

static void print_unkept(const struct place *p, const struct plan_change *c, FILE *err)
{
	struct error why = { 0 };
	struct bytes b = { 0 };

	if (persistence_check(p, c, &why) == 0)
		return;
	(void)bytes_printf(&b, "not kept for the next boot: %s", why.text);
	print_line(&b, err);
}

static bool changes_target(const struct plan *plan, const struct target *t)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (target_same(&plan->changes[i].target, t))
			return true;
	}
	return false;
}

/* What holds and is not in the plan is set at boot already, or cannot be. */
static void print_satisfied(const struct place *p, const struct plan *plan, const struct wish *wish,
			    FILE *err)
{
	struct target_list targets = { 0 };
	char name[TARGET_NAME_MAX];
	int element;

	if (target_split_name(wish->tunable, name, &element, NULL) < 0 ||
	    kind_of_target(name)->resolve(p, name, &targets, NULL) < 0)
		return;
	for (size_t i = 0; i < targets.count; i++) {
		const struct plan_change held = { .target = targets.all[i] };

		if (!changes_target(plan, &targets.all[i]))
			print_unkept(p, &held, err);
	}
	target_list_done(&targets);
}

void change_notices_print(const struct settings *s, const struct place *p, const struct plan *plan,
			  const struct wish *wishes, size_t n, const struct rivals *rivals,
			  FILE *err)
{
	for (size_t i = 0; i < rivals->count; i++)
		print_rival(&rivals->all[i], err);
	for (size_t i = 0; s->persist && i < plan->count; i++)
		print_unkept(p, &plan->changes[i], err);
	for (size_t i = 0; s->persist && plan->satisfied > 0 && i < n; i++)
		print_satisfied(p, plan, &wishes[i], err);
}

json_t *change_notices_rivals(struct document *d, const struct rivals *rivals)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rivals->count; i++) {
		const struct rival *r = &rivals->all[i];
		json_t *object = json_object();

		document_set(d, object, "kind", document_text(rival_kind_name(r->kind)));
		document_set(d, object, "name", document_text(r->name));
		document_set(d, object, "where",
			     r->where[0] != '\0' ? document_text(r->where) : json_null());
		document_set(d, object, "tunable", document_text(r->tunable));
		document_set(d, object, "value",
			     r->value[0] != '\0' ? document_text(r->value) : json_null());
		document_set(d, object, "consequence", document_text(r->consequence));
		document_append(d, list, object);
	}
	return list;
}
