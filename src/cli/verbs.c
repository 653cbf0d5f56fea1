#include "cli/verbs.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

const struct verb *const verbs[] = {
	&verb_apply,   &verb_audit,    &verb_confirm,  &verb_daemon, &verb_explain,
	&verb_flows,   &verb_help,     &verb_history,  &verb_lint,   &verb_metrics,
	&verb_profile, &verb_restore,  &verb_rollback, &verb_rules,  &verb_set,
	&verb_show,    &verb_snapshot, &verb_status,   &verb_trial,  &verb_tune,
};
const size_t verb_count = ARRAY_LEN(verbs);

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < verb_count; i++) {
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	}
	return NULL;
}

int verb_unknown(const char *name, struct error *e)
{
	struct suggestion s = suggest_start(name, strlen(name));
	char word[64];

	for (size_t i = 0; i < verb_count; i++)
		suggest_offer(&s, verbs[i]->name);
	text_copy_printable(word, sizeof(word), name, strlen(name));
	if (s.best != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "unknown command \"%s\"; did you mean %s?", word, s.best);
	return error_set(e, -EINVAL, ERROR_INPUT, NULL,
			 "unknown command \"%s\"; netwright help lists all", word);
}
