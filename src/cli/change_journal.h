/* The journal that the command line means: where it is, for reading, and in the words of commands
 * and messages. Verbs that change settings open it with change_session.h. */
#ifndef NETWRIGHT_CLI_CHANGE_JOURNAL_H
#define NETWRIGHT_CLI_CHANGE_JOURNAL_H

#include "apply/store.h"
#include "base/error.h"
#include "cli/options.h"

#include <stdbool.h>
#include <stdint.h>

/* --state-dir or STORE_DIRECTORY. -EINVAL (ERROR_INPUT) when it is not absolute: the guardian has a
 * working directory of its own. */
int change_directory(const struct settings *s, const char **ret, struct error *e);

/* The journal for reading: nothing is created or recovered. *ret is NULL when there is none yet. */
int change_journal_open(const struct settings *s, struct store **ret, struct error *e);

/* Whether there is a journal at all; one that is in use is one. */
int change_journal_exists(const struct settings *s, bool *ret, struct error *e);

/* Of an operand such as "12": -EINVAL (ERROR_INPUT). */
int change_parse_id(const struct settings *s, const char *word, int64_t *ret, struct error *e);

/* Of an ID while there is no journal: -ENOENT (ERROR_INPUT), as store_load() of one that it lacks.
 */
int change_refuse_id(int64_t id, struct error *e);

/* What a command that the program proposes needs so that it means the same journal:
 * " --state-dir DIR", quoted, or "". Returns buf. */
const char *change_command_suffix(const struct settings *s, char *buf, size_t len);

#endif
