/* Judging configuration alone: settings in files, and values in force, by what is known to be wrong
 * about them. A lint is a row of the table; it needs no traffic and no observation. */
#ifndef NETWRIGHT_RULES_LINT_H
#define NETWRIGHT_RULES_LINT_H

#include "base/error.h"
#include "host/facts.h"
#include "host/source.h"
#include "measure/observation.h"
#include "rules/rulebook.h"
#include "tunables/sysctl_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where settings are judged: what files set, and the host they are for. All of it is borrowed. */
struct lint_host {
	const struct sysctl_settings *settings;
	struct source *source; /* for values in force */
	const struct facts *facts;
	const struct listener_stats *listeners;
	size_t listener_count;
	bool listeners_known; /* all of them: none means that nothing listens */
};

/* One value under judgement. */
struct lint_case {
	const struct lint_host *host;
	const char *key;      /* as the lint names it, or as the file does when that is a glob */
	const char *value;    /* text */
	int64_t number[4];    /* the leading numbers of `value` */
	unsigned int numbers; /* how many there are */
	bool live;	      /* in force, rather than in a file */
};

enum lint_verdict { LINT_FINE, LINT_WRONG, LINT_UNKNOWN };

enum lint_test {
	LINT_SET,    /* wrong to set at all: files only */
	LINT_JUDGED, /* `also` decides alone */
	LINT_EQUAL,  /* to `limit`, and so on */
	LINT_NOT_EQUAL,
	LINT_BELOW,
	LINT_ABOVE,
	LINT_AT_LEAST,
};

struct lint;
/* `ret_reason` is set with LINT_UNKNOWN: what could not be known, static. */
typedef enum lint_verdict lint_check(const struct lint *lint, const struct lint_case *c,
				     const char **ret_reason);

#define LINT_KERNEL(major, minor) ((major)*1000 + (minor))

/* Several rows may share an id and slug: one mistake, several keys. */
struct lint {
	const char *id, *slug;
	const char *key; /* dotted; a glob stands for several */
	enum lint_test test;
	unsigned int element; /* of the value's numbers, from 0 */
	int64_t limit;
	lint_check *also;   /* asked when the test holds; NULL: nothing else to ask */
	unsigned int since; /* LINT_KERNEL() from which on this is wrong; 0: always */
	enum severity severity;
	const char *message; /* what is wrong */
	const char *fix;     /* what to do */
	const char *source;
};

/* Sorted by id, then in the order in which people think of the keys. */
extern const struct lint lints[];
extern const size_t lint_count;

/* Those about lines rather than values: they have neither key nor test. Sorted by id. */
extern const struct lint line_lints[];
extern const size_t line_lint_count;

/* The first row of this id or slug, or NULL. */
const struct lint *lint_find(const char *name);

/* Whether a value is wrong by this lint. */
enum lint_verdict lint_judge(const struct lint *lint, const struct lint_case *c,
			     const char **ret_reason);

struct lint_finding {
	const char *id, *slug; /* static */
	enum severity severity;
	const char *file; /* borrowed from the settings; NULL: the value in force */
	unsigned int line;
	char *key;	    /* owned; "" when the line is malformed */
	char *value;	    /* owned; "" when there is none */
	char *message;	    /* owned */
	const char *fix;    /* static; NULL when there is nothing to do */
	const char *source; /* static */
};

struct lint_unjudged {
	const char *id;	    /* static */
	const char *key;    /* static */
	const char *reason; /* static */
};

struct lint_report {
	struct lint_finding
		*findings; /* by file and line, in the order read; values in force last */
	size_t count, capacity;
	struct lint_unjudged *unjudged;
	size_t unjudged_count, unjudged_capacity;
};

/* Judges every line that wins, and, when `live`, the values in force of the keys that no line sets
 * wrongly. `ret` must be {0}; release with lint_report_done() in any case. Returns 0 or -ENOMEM. */
int lint_run(const struct lint_host *host, bool live, struct lint_report *ret, struct error *e);
void lint_report_done(struct lint_report *r);

/* What will hold: the value a file sets, else the one in force. False when neither is known. */
bool lint_value_of(const struct lint_host *host, const char *key, char *buf, size_t len);
bool lint_number_of(const struct lint_host *host, const char *key, unsigned int element,
		    int64_t *ret);
/* The value in force: 0, or a negative errno (-ENOENT: no such key here). */
int lint_value_in_force(const struct lint_host *host, enum source_scope scope, const char *key,
			char *buf, size_t len);
/* The leading numbers of a value, at most four, as the kernel reads them. Returns how many. */
unsigned int lint_numbers(const char *text, int64_t ret[4]);

/* Adds a finding about a line (or, with NULL, a value in force); `fmt` gives the message. */
int lint_report_add(struct lint_report *r, const struct lint *as, const struct sysctl_line *line,
		    const char *key, const char *value, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* Findings about a line as such: malformed, overridden, unknown, without effect here. Returns
 * -ENOMEM, 0, or 1 when the line is not to be judged further. */
int lint_line(const struct lint_host *host, const struct sysctl_line *line, struct lint_report *r);

#endif
