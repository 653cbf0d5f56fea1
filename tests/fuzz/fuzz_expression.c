/* Any text compiles to an expression that can be evaluated, or to one printable sentence. The first
 * byte chooses what the expression is about. */
#include "rules/expression.h"
#include "rules/template.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Big enough for an entity of any kind, all zero: nothing measured. */
static union {
	struct path_stats path;
	struct flow_stats flow;
	struct listener_stats listener;
	struct link_stats link;
} nothing;

static struct observation empty;

static void check_message(const struct error *e)
{
	if (e->text[0] == '\0')
		abort();
	for (const char *c = e->text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			abort();
	}
}

static void check_result(const struct expression *x, const struct expression_environment *env)
{
	struct expression_result r = expression_evaluate(x, env);

	if (r.value.kind == VALUE_NUMBER && !isfinite(r.value.number))
		abort();
	if (expression_type(x) == EXPRESSION_CONDITION && r.truth == TRUTH_UNKNOWN &&
	    r.reason == NULL)
		abort();
	(void)expression_excess(x, env);
	(void)expression_threshold(x, "path.flows", env);
	if (expression_unit(x) >= UNITS)
		abort();
}

static void try_template(const char *text, const struct expression_context *context,
			 const struct expression_environment *env)
{
	struct template *t = NULL;
	struct bytes out = { 0 };

	if (template_compile(text, context, &t, NULL) == 0)
		(void)template_fill(t, env, &out);
	template_free(t);
	bytes_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct expression_variable variables[] = { { "current", { .byte = 1 } } };
	const struct value values[] = { value_number(65536) };
	struct expression_context context = {
		.variables = variables, .variable_count = 1, .file = "f", .line = 1, .what = "when"
	};
	struct expression_environment env = { .observation = &empty,
					      .entity = &nothing,
					      .variables = values };
	struct expression *x = NULL;
	struct error e = { 0 };
	char *text;

	if (size == 0)
		return 0;
	context.scope = (enum entity_kind)(data[0] % ENTITY_KINDS);
	text = strndup((const char *)data + 1, size - 1);
	if (text == NULL)
		return 0;
	if (context.scope == ENTITY_HOST)
		env.entity = &empty;
	if (expression_compile(text, &context, &x, &e) == 0)
		check_result(x, &env);
	else
		check_message(&e);
	expression_free(x);
	try_template(text, &context, &env);
	free(text);
	return 0;
}
