/* From a group in a rule book to a struct rule, and rules to a book. For rulebook*.c. */
#ifndef NETWRIGHT_RULES_RULE_READER_H
#define NETWRIGHT_RULES_RULE_READER_H

#include "rules/rulebook.h"

#include <libconfig.h>

/* *ret is zeroed first and must be released by rule_done() in any case. 0, -EINVAL, -ENOMEM. */
int rule_read(const config_setting_t *group, const char *file, struct rule *ret, struct error *e);
void rule_done(struct rule *rule);

/* Moves the rules of `more` (sorted) into `book`, in place of those with the same id. Errors,
 * with both unchanged: -EINVAL two rules have one slug, -ENOMEM. */
int rulebook_merge(struct rulebook *book, struct rulebook *more, struct error *e);

#endif
