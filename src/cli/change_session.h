/* What the verbs share that change settings: a session with the journal (apply/session.h) where,
 * and for as long, as the command line says, safe from signals; and the journal for those who read.
 */
#ifndef NETWRIGHT_CLI_CHANGE_SESSION_H
#define NETWRIGHT_CLI_CHANGE_SESSION_H

#include "apply/session.h"
#include "apply/store.h"
#include "base/error.h"
#include "cli/interrupt.h"
#include "cli/options.h"

#include <stdbool.h>
#include <stdint.h>

#define CHANGE_COMMAND_MAX 512

struct change_session {
	struct session session;
	char command[CHANGE_COMMAND_MAX];
	struct interrupt saved;
};

/* --state-dir or STORE_DIRECTORY. -EINVAL (ERROR_INPUT) when it is not absolute: the guardian has a
 * working directory of its own. */
int change_directory(const struct settings *s, const char **ret, struct error *e);

/* Waits for the lock, opens the journal, creating both when missing, and finishes what earlier runs
 * left; that is told on stderr. From here on SIGHUP, SIGINT and SIGTERM only set the flag of
 * interrupt.h. A transaction that could only be recovered in part is told, and does not fail this.
 * Release with change_session_close() in any case; `ret` must be {0}. */
int change_session_open(const struct settings *s, struct change_session *ret, struct error *e);
void change_session_close(struct change_session *s);
/* Tells on stderr what recovery did. */
extern const struct recovery_listener change_session_listener;

/* The command as typed, printable and quoted for a shell, for the audit trail; cut when it is too
 * long. */
void change_note_command(const struct settings *s, char *buf, size_t len);

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
