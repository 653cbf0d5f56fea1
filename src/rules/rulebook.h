/* Rule books: what netwright knows about limits, as data.
 *
 * libconfig files; the built-in ones (profiles/rules/) are embedded in the binary. DESIGN of a
 * rule: CONTRIBUTING.md, "Adding a rule". Ids are stable.
 */
#ifndef NETWRIGHT_RULES_RULEBOOK_H
#define NETWRIGHT_RULES_RULEBOOK_H

#include "base/error.h"
#include "rules/expression.h"
#include "rules/ignore.h"

#include <stdbool.h>
#include <stddef.h>

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

struct template; /* rules/template.h */

/* Variables of a rule's expressions, in the order of expression_environment.variables.
 * `buffer_cap` is the most that one TCP buffer should be allowed on this host. In the expressions
 * of a rule_change only: `matches`, how many entities the rule is found for, and `current`, the
 * tunable's present element. */
enum rule_variable { RULE_BUFFER_CAP, RULE_MATCHES, RULE_CURRENT, RULE_VARIABLES };

struct rule_change {
	const struct tunable *tunable; /* its row */
	struct template *target; /* NULL: a sysctl, the row's own; else the name of what is set of a
				  * kind that has many, "route:{path.name}/congctl" */
	unsigned int element;	 /* of a vector */
	struct expression *when; /* NULL: always */
	struct expression *to;	 /* number or text */
	struct expression *step; /* NULL: none; bounds one trial */
	struct template *note;	 /* shown after the change; may be NULL */
};

struct rule_advice {
	struct expression *when; /* NULL: always */
	struct template *text;
};

struct rule {
	char *id, *slug, *class_name;
	enum entity_kind scope;
	struct template *title;
	struct expression *needs, *when, *unless; /* conditions; needs and unless may be NULL */
	unsigned int hysteresis;     /* `for`: consecutive windows in the daemon; 0: its patience */
	struct expression *severity; /* ratio of actual to threshold; NULL: a fact */
	enum severity ceiling;
	struct expression **evidence;
	size_t evidence_count;
	struct rule_change *changes;
	size_t change_count;
	struct rule_advice *advice;
	size_t advice_count;
	char **silences; /* ids of symptoms */
	size_t silence_count;
	struct expression *expect; /* may be NULL */
	char *expect_text;	   /* for people; may be NULL */
	struct expression **guards;
	size_t guard_count;
	char *why, *risk, *source;
	char *file; /* where it was defined */
	unsigned int line;
};

struct rulebook {
	struct rule *rules; /* owned, sorted by id */
	size_t count;
	struct ignore_list ignore; /* findings that configuration silences; see rules/ignore.h */
};

/* The built-in books. Never fails but for -ENOMEM and defects that the unit tests catch. */
int rulebook_load_builtin(struct rulebook *book, struct error *e);
/* Adds every *.conf of a directory in name order; a rule with a known id replaces it. A missing
 * directory is -ENOENT. Errors are -EINVAL with file and line; the book is unchanged then. */
int rulebook_load_directory(struct rulebook *book, const char *directory, struct error *e);
/* Adds rules from text; `name` stands for the file in messages. */
int rulebook_load_text(struct rulebook *book, const char *name, const char *text, size_t len,
		       struct error *e);
void rulebook_done(struct rulebook *book);
const struct rule *rulebook_find(const struct rulebook *book, const char *id_or_slug);

const char *severity_name(enum severity severity);	  /* "info" ... "critical" */
int severity_parse(const char *name, enum severity *ret); /* 0 or -EINVAL */

#endif
