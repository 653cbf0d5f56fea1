#include "base/suggest.h"
#include "base/text.h"
#include "base/unit.h"
#include "profiles/resolve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 64

static int unknown_name(const struct flat_profile *flat, const char *shown, size_t len,
			struct error *e)
{
	struct suggestion s = suggest_start(shown, len);

	for (size_t i = 0; i < flat->input_count; i++)
		suggest_offer(&s, flat->inputs[i].input->name);
	if (flat->input_count == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, "--input", "profile %s has no inputs",
				 flat->profile->name);
	return error_set(e, -EINVAL, ERROR_INPUT, "--input",
			 "profile %s has no input \"%.*s\"%s%s; netwright profile show %s lists "
			 "them",
			 flat->profile->name, (int)len, shown,
			 s.best != NULL ? "; did you mean " : "", s.best != NULL ? s.best : "",
			 flat->profile->name);
}

static int find_input(const struct flat_profile *flat, const char *text, size_t *ret,
		      struct error *e)
{
	const char *equals = strchr(text, '=');
	char shown[SHOWN_MAX];
	size_t len;

	text_copy_printable(shown, sizeof(shown), text, strlen(text));
	if (equals == NULL || equals == text || equals[1] == '\0')
		return error_set(e, -EINVAL, ERROR_INPUT, "--input",
				 "\"%s\" is not NAME=VALUE, such as rtt=100ms", shown);
	len = (size_t)(equals - text);
	for (size_t i = 0; i < flat->input_count; i++) {
		const char *name = flat->inputs[i].input->name;

		if (strlen(name) == len && memcmp(name, text, len) == 0) {
			*ret = i;
			return 0;
		}
	}
	return unknown_name(flat, shown, len < sizeof(shown) - 1 ? len : sizeof(shown) - 1, e);
}

/* A number in the unit of the default, or the plain 0. */
static int take_given(const struct flat_profile *flat, const char *text, struct resolved_input *all,
		      struct error *e)
{
	struct dimension dim = { 0 };
	char shown[SHOWN_MAX], wanted[64];
	const char *value;
	size_t index = 0, used = 0;
	double number;
	int r = find_input(flat, text, &index, e);

	if (r < 0)
		return r;
	value = strchr(text, '=') + 1;
	text_copy_printable(shown, sizeof(shown), text, strlen(text));
	if (all[index].given)
		return error_set(e, -EINVAL, ERROR_INPUT, "--input", "%s is given twice",
				 flat->inputs[index].input->name);
	r = unit_parse(value, strlen(value), &number, &dim, &used);
	if (r < 0 || used != strlen(value))
		return error_set(e, -EINVAL, ERROR_INPUT, "--input",
				 "\"%s\" is no number with a unit that is known, such as 100ms, "
				 "64KiB, 10Gbit",
				 shown);
	if (!dimension_equal(dim, flat->inputs[index].dim) && (number < 0 || number > 0))
		return error_set(e, -EINVAL, ERROR_INPUT, "--input", "\"%s\" has to be in %s",
				 shown,
				 dimension_format(flat->inputs[index].dim, wanted, sizeof(wanted)));
	all[index].value = value_number(number);
	all[index].given = true;
	return 0;
}

static void take_default(const struct flat_input *in, const struct expression_environment *env,
			 struct resolved_input *ret)
{
	struct expression_result r = expression_evaluate(in->formula, env);

	ret->value = r.value;
	if (r.value.kind == VALUE_NUMBER)
		return;
	(void)snprintf(ret->reason, sizeof(ret->reason),
		       "%s is unknown%s%s%s%s: give --input %s=", in->input->name,
		       r.missing != NULL ? ", as is " : "", r.missing != NULL ? r.missing : "",
		       r.reason != NULL ? ", " : "", r.reason != NULL ? r.reason : "",
		       in->input->name);
	ret->value = value_unknown(ret->reason);
}

int profile_resolve_inputs(const struct flat_profile *flat, const struct profile_host *host,
			   const char *const *inputs, size_t input_count,
			   struct resolved_input *ret, struct error *e)
{
	struct value variables[PROFILE_INPUTS_MAX];
	const struct expression_environment env = {
		.observation = host->observation,
		.tunables = host->tunables,
		.variables = variables,
	};
	int r = 0;

	for (size_t i = 0; i < input_count && r == 0; i++)
		r = take_given(flat, inputs[i], ret, e);
	for (size_t i = 0; i < flat->input_count && r == 0; i++) {
		ret[i].input = &flat->inputs[i];
		if (!ret[i].given)
			take_default(&flat->inputs[i], &env, &ret[i]);
		variables[i] = ret[i].value;
	}
	return r;
}
