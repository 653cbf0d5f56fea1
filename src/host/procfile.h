/* The shapes of text that files of /proc come in.
 *
 * Each procfile_each_*() walks one shape and reports what it finds as (group, name, value), spans
 * into the text. All accept any bytes: what does not fit the shape is skipped, never guessed.
 */
#ifndef NETWRIGHT_HOST_PROCFILE_H
#define NETWRIGHT_HOST_PROCFILE_H

#include "base/bytes.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

struct procfile_field {
	struct text_span group; /* "Tcp", without its colon; empty when the shape has none */
	struct text_span name;	/* "InSegs"; empty when the shape has none */
	size_t column;		/* place of the value in its line, from 0, groups not counted */
	struct text_span value;
};

/* The content as a span; never NULL, not even of an empty file. */
struct text_span procfile_text(const struct bytes *content);

typedef void (*procfile_visit)(void *arg, const struct procfile_field *field);

/* snmp, netstat: two lines, "Tcp: InSegs OutSegs" and "Tcp: 12 34". A pair whose groups differ, or
 * that has not as many values as names, is skipped: its values cannot be told apart. */
void procfile_each_pair(struct text_span text, procfile_visit visit, void *arg);

/* sockstat: "TCP: inuse 1 orphan 0". Also "some avg10=1.5 total=9" of /proc/pressure when
 * `separator` is '='; with ' ' names and values alternate. A name without a value is skipped. */
void procfile_each_inline(struct text_span text, char separator, procfile_visit visit, void *arg);

/* stat: "cpu 1434 0 1420": the first word is the group, values follow without names. */
void procfile_each_row(struct text_span text, procfile_visit visit, void *arg);

/* softnet_stat, tcp_mem: lines of values alone; neither group nor names. */
void procfile_each_column(struct text_span text, procfile_visit visit, void *arg);

/* stat/arp_cache: a line of names, then lines of values, one per CPU. In a line with another number
 * of values than there are names, they cannot be told apart: each name is reported with an empty
 * value. No group. */
void procfile_each_table(struct text_span text, procfile_visit visit, void *arg);

/* meminfo, snmp6: "MemTotal:  24684096 kB", name and first word after it; no group. Also lists
 * without the colon, "page_size 4096". */
void procfile_each_key(struct text_span text, procfile_visit visit, void *arg);

/* Looks one name up in text of the last shape: the rest of its line, without leading blanks. Empty
 * when there is none. */
struct text_span procfile_find_key(struct text_span text, const char *name);

#endif
