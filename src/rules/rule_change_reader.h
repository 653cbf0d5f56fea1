/* From the group or groups of a rule's `set` to its changes, each expression checked against the
 * tunable that it is for. For rule_reader.c. */
#ifndef NETWRIGHT_RULES_RULE_CHANGE_READER_H
#define NETWRIGHT_RULES_RULE_CHANGE_READER_H

#include "rules/rulebook.h"
#include "rules/setting.h"

#include <libconfig.h>

/* For the table of a rule's settings: the field is the struct rule. Each of its changes is to be
 * released by rule_change_done(), in any case. */
int rule_changes_read(struct setting_reader *r, const config_setting_t *s, void *field);
void rule_change_done(struct rule_change *c);

#endif
