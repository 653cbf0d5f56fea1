#include "profiles/resolve.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/tunable_number.h"
#include "tunables/tunable_setting.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One setting while it is worked out. */
struct resolution {
	const struct profile_host *host;
	const struct expression_environment *env;
	const struct flat_setting *flat;
	const struct tunable *tunable;
	struct resolved_setting *ret;
	struct error *e;
};

static const char *const state_names[] = {
	[RESOLVED_LEFT_OUT] = "left-out",
	[RESOLVED_HOLDS] = "holds",
	[RESOLVED_BETTER] = "better",
	[RESOLVED_DIFFERS] = "differs",
};

const char *resolved_state_name(enum resolved_state s)
{
	return state_names[s];
}

/* Returns 1: said why, and nothing more to work out. */
static int leave_out(struct resolution *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int leave_out(struct resolution *w, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(w->ret->reason, sizeof(w->ret->reason), fmt, args);
	va_end(args);
	w->ret->state = RESOLVED_LEFT_OUT;
	w->ret->value[0] = '\0';
	return 1;
}

static int leave_out_unknown(struct resolution *w, const struct expression *x,
			     const struct expression_result *r)
{
	/* An input says for itself what it is called. */
	if (r->missing == NULL)
		return leave_out(w, "%s", r->reason != NULL ? r->reason : expression_text(x));
	return leave_out(w, "%s is unknown: %s", r->missing,
			 r->reason != NULL ? r->reason : "no reason given");
}

static int fail(const struct resolution *w, int code, const char *what)
{
	const struct profile_setting *s = w->flat->setting;
	char name[TARGET_NAME_MAX + 8];

	return error_set(w->e, code, ERROR_INPUT, NULL, "%s:%u: %s of %s: %s",
			 w->flat->origin->file, s->value_line, profile_mode_name(s->mode),
			 profile_setting_name(s, name, sizeof(name)), what);
}

/* --- what it holds now --------------------------------------------------------------------------
 */

static bool is_catalogued_key(const struct profile_setting *s)
{
	return kind_of_target(s->name)->prefix[0] == '\0' && !tunable_is_pattern(s->tunable);
}

static void cut_element(const char *text, int element, char ret[HELD_TEXT_MAX])
{
	struct text_span rest = { text, strlen(text) }, word = { text, strlen(text) };

	for (int i = 0; i <= element; i++) {
		if (!text_next_word(&rest, &word))
			word.len = 0;
	}
	text_copy_printable(ret, HELD_TEXT_MAX, word.at, word.len);
}

/* What is malformed is so everywhere; all else is this host's not to have. */
static int miss(struct resolution *w, const struct error *why)
{
	const struct profile_setting *s = w->flat->setting;
	bool named = strstr(why->text, s->name) != NULL;

	if (why->code != -EINVAL || why->kind != ERROR_INPUT)
		return leave_out(w, "%s", why->text);
	return error_set(w->e, -EINVAL, ERROR_INPUT, NULL, "%s:%u: tunable: %s%s%s",
			 w->flat->origin->file, s->line, named ? "" : s->name, named ? "" : ": ",
			 why->text);
}

static int read_present(struct resolution *w)
{
	const struct profile_setting *s = w->flat->setting;
	const struct tunable_value *v;
	char text[HELD_TEXT_MAX];
	struct error why = { 0 };

	if (is_catalogued_key(s)) {
		v = tunable_value_of(w->host->tunables, w->tunable);
		if (v == NULL || !v->exists)
			return leave_out(w, "%s",
					 v != NULL && v->reason[0] != '\0' ? v->reason
									   : "does not exist here");
		if (v->text[0] != '\0' || v->reason[0] == '\0') {
			cut_element(v->text, s->element, w->ret->present);
			return 0;
		}
		/* It is there, and longer than all of them together may be. */
	}
	if (w->host->read == NULL)
		return leave_out(w, "what it holds was not read");
	if (w->host->read(w->host->arg, s->name, text, &why) < 0)
		return miss(w, &why);
	cut_element(text, s->element, w->ret->present);
	return 0;
}

/* --- whether it can be set here -----------------------------------------------------------------
 */

static bool is_congestion_control(const struct tunable *t)
{
	return strcmp(t->name, "net.ipv4.tcp_congestion_control") == 0;
}

/* Outside the initial namespace the kernel lets nobody choose a control that the host's list lacks:
 * the write gives EPERM (measured on Linux 6.18). */
static bool is_restricted(const struct facts *facts, const char *control)
{
	if (facts->netns_is_init || facts->congestion_allowed.count == 0)
		return false;
	for (size_t i = 0; i < facts->congestion_allowed.count; i++) {
		if (strcmp(facts->congestion_allowed.name[i], control) == 0)
			return false;
	}
	return true;
}

static int check_choice(struct resolution *w)
{
	const struct facts *facts = &w->host->observation->facts;
	const char *kind = NULL, *text = w->ret->value;

	if (is_congestion_control(w->tunable))
		kind = "cc";
	else if (strcmp(w->tunable->name, "net.core.default_qdisc") == 0)
		kind = "qdisc";
	if (kind == NULL)
		return 0;
	if (facts_available(facts, kind, text) == AVAILABILITY_NO)
		return leave_out(w, "this kernel has no %s %s",
				 kind[0] == 'c' ? "congestion control" : "queueing discipline",
				 text);
	if (kind[0] == 'c' && is_restricted(facts, text))
		return leave_out(w,
				 "the host must allow it first: add %s to its "
				 "net.ipv4.tcp_allowed_congestion_control",
				 text);
	return 0;
}

static int check_place(struct resolution *w)
{
	if (w->tunable->scope != TUNABLE_INIT_ONLY || w->host->observation->facts.netns_is_init)
		return 0;
	return leave_out(w, "is one for the whole host: to be set in the initial network "
			    "namespace");
}

static int check_when(struct resolution *w)
{
	const struct expression *when = w->flat->when;
	struct expression_result r;

	if (when == NULL)
		return 0;
	r = expression_evaluate(when, w->env);
	if (r.truth == TRUTH_UNKNOWN)
		return leave_out_unknown(w, when, &r);
	if (r.truth == TRUTH_FALSE)
		return leave_out(w, "not here: %s", expression_text(when));
	return 0;
}

/* --- its value ----------------------------------------------------------------------------------
 */

/* To what the kernel would take, upwards. */
static double rounded(const struct tunable *t, double kernel)
{
	switch (t->rounding) {
	case TUNABLE_ROUND_POWER_OF_TWO:
		return kernel < 1 ? 0 : exp2(ceil(log2(kernel)));
	case TUNABLE_ROUND_MULTIPLE_OF_512:
		return ceil(kernel / 512) * 512;
	case TUNABLE_ROUND_NONE:
		break;
	}
	return kernel;
}

static int take_number(struct resolution *w, double base)
{
	const struct tunable *t = w->tunable;
	double kernel = rounded(t, round(base / t->scale));
	char range[128], text[256];

	/* (double)INT64_MAX is above it. */
	if (kernel < (double)t->minimum || kernel > (double)t->maximum ||
	    kernel >= (double)INT64_MAX) {
		(void)snprintf(text, sizeof(text),
			       "comes to %.0f on this host, and the tunable takes %s; bound the "
			       "formula, or give other inputs",
			       kernel, tunable_number_range(t, range, sizeof(range)));
		return fail(w, -ERANGE, text);
	}
	(void)snprintf(w->ret->value, sizeof(w->ret->value), "%" PRId64, (int64_t)kernel);
	return 0;
}

static int take_text(struct resolution *w, const char *text)
{
	const struct kind *kind = kind_of_target(w->flat->setting->name);
	struct error why = { 0 };
	int r = kind->parse(w->tunable, NULL, text, w->ret->value, &why);

	return r < 0 ? fail(w, r, why.text) : 0;
}

/* Before the host is asked: a text that the tunable cannot have is wrong also where the tunable is
 * not, or not to be set. */
static int check_text(struct resolution *w)
{
	struct expression_result r;

	if (w->flat->value == NULL || expression_type(w->flat->value) != EXPRESSION_TEXT)
		return 0;
	r = expression_evaluate(w->flat->value, w->env);
	return r.value.kind == VALUE_TEXT ? take_text(w, r.value.text) : 0;
}

static int take_value(struct resolution *w)
{
	struct expression_result r;

	if (w->flat->value == NULL)
		return take_text(w, w->flat->setting->value);
	r = expression_evaluate(w->flat->value, w->env);
	if (r.value.kind == VALUE_UNKNOWN)
		return leave_out_unknown(w, w->flat->value, &r);
	return r.value.kind == VALUE_TEXT ? take_text(w, r.value.text)
					  : take_number(w, r.value.number);
}

/* The number that a text begins with: limits of processes are "1024:524288". */
static bool leading_number(const char *text, int64_t *ret)
{
	if (strncmp(text, "unlimited", 9) == 0) {
		*ret = INT64_MAX;
		return true;
	}
	return text_parse_i64(text, strcspn(text, ": "), ret) == 0;
}

static enum resolved_state compare(const struct resolution *w)
{
	const char *present = w->ret->present, *value = w->ret->value;
	enum profile_mode mode = w->flat->setting->mode;
	bool number = w->flat->value != NULL &&
		      expression_type(w->flat->value) == EXPRESSION_NUMBER;
	int64_t now, wanted;

	if (!number)
		return tunable_text_equal(w->tunable, present, value) ? RESOLVED_HOLDS
								      : RESOLVED_DIFFERS;
	if (!leading_number(present, &now) || !leading_number(value, &wanted))
		return RESOLVED_DIFFERS;
	if (now == wanted)
		return RESOLVED_HOLDS;
	if ((mode == PROFILE_RAISE && now > wanted) || (mode == PROFILE_LOWER && now < wanted))
		return RESOLVED_BETTER;
	return RESOLVED_DIFFERS;
}

static int resolve_setting(struct resolution *w)
{
	static int (*const steps[])(struct resolution *) = {
		check_text, read_present, check_place, check_when, take_value, check_choice,
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(steps) && r == 0; i++)
		r = steps[i](w);
	if (r == 0)
		w->ret->state = compare(w);
	return r < 0 ? r : 0;
}

int profile_resolve(const struct flat_profile *flat, const struct profile_host *host,
		    const char *const *inputs, size_t input_count, struct resolved_profile *ret,
		    struct error *e)
{
	struct value variables[PROFILE_INPUTS_MAX];
	const struct expression_environment env = {
		.observation = host->observation,
		.tunables = host->tunables,
		.variables = variables,
	};
	int r;

	ret->flat = flat;
	ret->given = inputs;
	ret->given_count = input_count;
	ret->inputs = calloc(flat->input_count + 1, sizeof(*ret->inputs));
	ret->settings = calloc(flat->setting_count + 1, sizeof(*ret->settings));
	if (ret->inputs == NULL || ret->settings == NULL)
		return error_errno(e, -ENOMEM, flat->profile->file, "working out a profile");
	r = profile_resolve_inputs(flat, host, inputs, input_count, ret->inputs, e);
	for (size_t i = 0; i < flat->input_count && r == 0; i++)
		variables[i] = ret->inputs[i].value;
	for (size_t i = 0; i < flat->setting_count && r == 0; i++) {
		struct resolution w = {
			.host = host,
			.env = &env,
			.flat = &flat->settings[i],
			.tunable = flat->settings[i].setting->tunable,
			.ret = &ret->settings[i],
			.e = e,
		};

		w.ret->flat = w.flat;
		r = resolve_setting(&w);
	}
	return r;
}

void resolved_profile_done(struct resolved_profile *r)
{
	free(r->inputs);
	free(r->settings);
	*r = (struct resolved_profile){ 0 };
}
