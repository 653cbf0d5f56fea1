/* Reading libconfig settings into structs by a table, with messages that name file, line and what
 * would fit. For files of rules. */
#ifndef NETWRIGHT_RULES_SETTING_H
#define NETWRIGHT_RULES_SETTING_H

#include "base/error.h"
#include "rules/expression.h"
#include "rules/template.h"

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>

/* What is being read: for messages, and what its expressions may name. */
struct setting_reader {
	const char *file;
	struct expression_context context; /* `file`, `line`, `what` and `column` are filled in */
	struct expression_variable variables[4];
	char what[64];
	struct error *e;
};

/* One setting of a group, and where its value goes. Read in table order. */
struct setting_field {
	const char *name;
	bool required;
	int (*read)(struct setting_reader *r, const config_setting_t *s, void *field);
	size_t offset; /* of the field within the target */
};

/* Reads `group` into `target` (zeroed by the caller, who releases it in any case). `kind` is what
 * messages call it: "rule". Unknown, missing and mistyped settings are -EINVAL. */
int setting_read_group(struct setting_reader *r, const config_setting_t *group, const char *kind,
		       const struct setting_field *fields, size_t n, void *target);

/* "file:line: setting: text"; returns -EINVAL. */
int setting_fail(const struct setting_reader *r, const config_setting_t *s, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int setting_fail_memory(const struct setting_reader *r);

/* The number of elements of an array or list, 1 for a scalar; setting_item() gives the i-th. */
size_t setting_items(const config_setting_t *s);
const config_setting_t *setting_item(const config_setting_t *s, size_t i);

/* The setting's own, non-empty text; NULL, with the error set, when it is none. */
const char *setting_string(const struct setting_reader *r, const config_setting_t *s);

/* For tables; the field's type is in the comment. */
int setting_read_text(struct setting_reader *r, const config_setting_t *s,
		      void *field); /* char * */
int setting_read_template(struct setting_reader *r, const config_setting_t *s,
			  void *field); /* struct template * */
int setting_read_expression(struct setting_reader *r, const config_setting_t *s,
			    void *field); /* struct expression * */
int setting_read_condition(struct setting_reader *r, const config_setting_t *s,
			   void *field); /* struct expression * */

#endif
