/* Text with expressions in it, as rule books write titles and advice:
 *
 *   "The receive buffer, {path.rcvbuf_p95} of {sysctl('net.ipv4.tcp_rmem')[2]}, is used up."
 *
 * {expression} prints with the expression's unit, {expression:unit-less} as a bare number in base
 * units, a text as it is, an unknown value as "unknown". {{ is a brace.
 */
#ifndef NETWRIGHT_RULES_TEMPLATE_H
#define NETWRIGHT_RULES_TEMPLATE_H

#include "base/bytes.h"
#include "base/error.h"
#include "rules/expression.h"

#define TEMPLATE_TEXT_MAX  4096
#define TEMPLATE_PARTS_MAX 64

struct template; /* immutable once compiled */

/* Errors are -EINVAL as those of expression_compile(), with columns of the whole text; -ENOMEM. */
int template_compile(const char *text, const struct expression_context *context,
		     struct template **ret, struct error *e);
void template_free(struct template *t);		     /* accepts NULL */
const char *template_text(const struct template *t); /* as it was written */
/* expression_each_name() of each expression in it. */
void template_each_name(const struct template *t,
			void (*visit)(void *arg, const struct metric *m, const struct tunable *of),
			void *arg);
/* Appends the filled-in text. 0 or -ENOMEM. */
int template_fill(const struct template *t, const struct expression_environment *env,
		  struct bytes *out);
/* Appends a name with the values filled in, numbers bare. Values come from outside, as names of
 * processes do, and a blank in one could make the name say more than the rule does: each must be
 * known, and of letters, digits and . _ : / - alone. 0, -ENOMEM, or -EINVAL with the first one that
 * is not so in *ret_unfit, and what it comes to in *ret_value. */
int template_fill_name(const struct template *t, const struct expression_environment *env,
		       struct bytes *out, const struct expression **ret_unfit,
		       struct expression_result *ret_value);

#endif
