/* A profile on this host, for people. */
#include "base/bytes.h"
#include "base/unit.h"
#include "cli/print.h"
#include "cli/profile_action.h"
#include "tunables/tunable_setting.h"

#include <inttypes.h>
#include <string.h>

#define LEFT	   2
#define LEFT_NOTE  6
#define LABEL_WIDE 9 /* "formula" and two blanks */
#define DESCRIBED  160

static void print_note(const struct terminal *t, const char *label, const char *text)
{
	unsigned int column = LEFT_NOTE + LABEL_WIDE;

	if (text == NULL || text[0] == '\0')
		return;
	(void)fprintf(t->out, "%*s%-*s", LEFT_NOTE, "", LABEL_WIDE, label);
	print_wrapped(t->out, t->width, column, column, text);
}

static void print_paragraph(const struct terminal *t, const char *text)
{
	(void)fprintf(t->out, "%*s", LEFT, "");
	print_wrapped(t->out, t->width, LEFT, LEFT, text);
}

static void print_inputs(const struct terminal *t, const struct resolved_profile *p)
{
	if (p->flat->input_count > 0)
		(void)fputs("\ninputs:\n", t->out);
	for (size_t i = 0; i < p->flat->input_count; i++) {
		const struct resolved_input *in = &p->inputs[i];
		char value[PRINT_VALUE_MAX];

		(void)fprintf(t->out, "%*s%s = %s%s\n", LEFT, "", in->input->input->name,
			      print_value(expression_unit(in->input->formula), in->value, value,
					  sizeof(value)),
			      in->given ? "  (given)" : "");
		print_note(t, "help", in->input->input->help);
		print_note(t, "default", in->input->input->formula);
		print_note(t, "unknown", in->reason);
	}
}

/* "67108864 (64 MiB)" of one number, and the text itself of all else. */
static const char *describe(const struct resolved_setting *s, const char *text, char *buf,
			    size_t len)
{
	const struct tunable *t = s->flat->setting->tunable;
	double number = 0;
	char human[64];
	size_t used;
	struct dimension dim;

	if (t->unit == UNIT_COUNT || t->unit == UNIT_TEXT ||
	    (t->elements > 1 && s->flat->setting->element < 0) ||
	    unit_parse(text, strlen(text), &number, &dim, &used) < 0 || used != strlen(text)) {
		(void)snprintf(buf, len, "%s", text);
		return buf;
	}
	(void)snprintf(buf, len, "%s (%s)", text,
		       unit_format(t->unit, number * t->scale, human, sizeof(human)));
	return buf;
}

static void print_value_line(const struct terminal *t, const struct resolved_setting *s)
{
	char name[TARGET_NAME_MAX + 8], now[HELD_TEXT_MAX + 64], wanted[HELD_TEXT_MAX + 64];

	(void)fprintf(t->out, "%*s%s  ", LEFT, "",
		      profile_setting_name(s->flat->setting, name, sizeof(name)));
	describe(s, s->present, now, sizeof(now));
	describe(s, s->value, wanted, sizeof(wanted));
	print_tamed(t->out, now[0] != '\0' ? now : "\"\"", now[0] != '\0' ? strlen(now) : 2);
	switch (s->state) {
	case RESOLVED_HOLDS:
		(void)fputs(", as it should be", t->out);
		break;
	case RESOLVED_BETTER:
		(void)fputs(s->flat->setting->mode == PROFILE_RAISE ? " is kept: more than "
								    : " is kept: less than ",
			    t->out);
		print_tamed(t->out, wanted, strlen(wanted));
		break;
	case RESOLVED_DIFFERS:
		(void)fputs(" -> ", t->out);
		print_tamed(t->out, wanted, strlen(wanted));
		break;
	case RESOLVED_LEFT_OUT:
		break;
	}
	(void)fputc('\n', t->out);
}

static void print_setting(const struct terminal *t, const struct resolved_profile *p,
			  const struct resolved_setting *s)
{
	const struct profile_setting *setting = s->flat->setting;

	print_value_line(t, s);
	print_note(t, profile_mode_name(setting->mode), setting->value);
	print_note(t, "when", setting->when);
	print_note(t, "why", setting->why);
	print_note(t, "source", setting->source);
	if (s->flat->origin != p->flat->profile)
		print_note(t, "from", s->flat->origin->name);
}

static void print_settings(const struct terminal *t, const struct resolved_profile *p)
{
	size_t left_out = 0;

	if (p->flat->setting_count > 0)
		(void)fputs("\nsettings:\n", t->out);
	for (size_t i = 0; i < p->flat->setting_count; i++) {
		if (p->settings[i].state == RESOLVED_LEFT_OUT)
			left_out++;
		else
			print_setting(t, p, &p->settings[i]);
	}
	if (left_out > 0)
		(void)fputs("\nleft out here:\n", t->out);
	for (size_t i = 0; i < p->flat->setting_count; i++) {
		const struct resolved_setting *s = &p->settings[i];
		char name[TARGET_NAME_MAX + 8];

		if (s->state != RESOLVED_LEFT_OUT)
			continue;
		(void)fprintf(t->out, "%*s%s\n%*s", LEFT, "",
			      profile_setting_name(s->flat->setting, name, sizeof(name)), LEFT_NOTE,
			      "");
		print_wrapped(t->out, t->width, LEFT_NOTE, LEFT_NOTE, s->reason);
	}
}

static void print_watch(const struct terminal *t, const struct flat_profile *f)
{
	struct bytes text = { 0 };
	int r = 0;

	for (size_t i = 0; i < f->order_count && r == 0; i++) {
		for (size_t k = 0; k < f->order[i]->watch_count && r == 0; k++) {
			const char *id = f->order[i]->watch[k];

			if (flat_profile_watches_first(f, i, k))
				r = bytes_printf(&text, "%s%s", text.len > 0 ? ", " : "", id);
		}
	}
	if (r == 0 && text.len > 0) {
		(void)fputs("\nrules that watch it:\n", t->out);
		print_paragraph(t, text.data);
	}
	bytes_done(&text);
}

static void print_advice(const struct terminal *t, const struct flat_profile *f)
{
	bool first = true;

	for (size_t i = 0; i < f->order_count; i++) {
		for (size_t k = 0; k < f->order[i]->advice_count; k++) {
			if (first)
				(void)fputs("\nfor the programs, which no setting can do:\n",
					    t->out);
			first = false;
			print_paragraph(t, f->order[i]->advice[k]);
		}
	}
}

static void print_head(const struct terminal *t, const struct flat_profile *f)
{
	struct bytes text = { 0 };
	int r = bytes_printf(&text, "%s: %s", f->profile->name, f->profile->summary);

	for (size_t i = 0; i + 1 < f->order_count && r == 0; i++)
		r = bytes_printf(&text, "%s%s", i == 0 ? " (with " : ", ", f->order[i]->name);
	if (r == 0 && f->order_count > 1)
		r = bytes_printf(&text, ")");
	if (r == 0)
		print_wrapped(t->out, t->width, 0, 0, text.data);
	bytes_done(&text);
}

int profile_print(const struct settings *s, const struct profile_view *v, FILE *out,
		  struct error *e)
{
	struct terminal t;

	(void)s;
	(void)e;
	terminal_examine(out, COLOR_NEVER, &t);
	print_head(&t, &v->flat);
	print_inputs(&t, &v->resolved);
	print_settings(&t, &v->resolved);
	print_watch(&t, &v->flat);
	print_advice(&t, &v->flat);
	return 0;
}
