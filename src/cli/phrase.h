/* Expressions of rules in words: "path.rcvbuf_p95" becomes "receive buffer p95". */
#ifndef NETWRIGHT_CLI_PHRASE_H
#define NETWRIGHT_CLI_PHRASE_H

#include "measure/observation.h"

#include <stddef.h>

/* A metric's name is put in words: the prefix of `scope`'s own metrics is left out, abbreviations
 * of the kernel's are written as people say them. Another expression is kept, but sysctl('key')
 * becomes the key. Always terminates; returns buf. */
const char *phrase_expression(const char *expression, enum entity_kind scope, char *buf,
			      size_t len);

/* A template as rule books write it, with its {expressions} in words between angle brackets: "The
 * buffer, {path.rcvbuf_p95}, is used up" becomes "The buffer, <receive buffer p95>, is used up". */
const char *phrase_template(const char *text, enum entity_kind scope, char *buf, size_t len);

#endif
