/* The daemon's log: one line for each decision, on stderr.
 *
 * Under systemd, which sets JOURNAL_STREAM to what stderr is, lines begin with their priority as
 * sd-daemon(3) says: "<6>...". Texts are made printable: names of processes and interfaces come
 * from others.
 */
#ifndef NETWRIGHT_DAEMON_LOGBOOK_H
#define NETWRIGHT_DAEMON_LOGBOOK_H

#include <stdbool.h>
#include <stdio.h>

enum logbook_level { LOGBOOK_ERROR = 3, LOGBOOK_WARNING = 4, LOGBOOK_INFO = 6 }; /* of syslog(3) */

struct logbook {
	FILE *out;
	bool priorities;
};

/* `journal_stream` is that variable of the environment, NULL when unset. */
void logbook_init(struct logbook *l, FILE *out, const char *journal_stream);
/* One line, cut at some 1000 characters, and flushed. A log that cannot be written stops nothing.
 */
void logbook_write(const struct logbook *l, enum logbook_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What is said once and not again until it was otherwise. */
struct logbook_complaint {
	char text[320]; /* "" there is nothing to complain of */
};
/* Says it when it is another than before; "" ends it. */
void logbook_complain(const struct logbook *l, enum logbook_level level,
		      struct logbook_complaint *c, const char *text);

#endif
