/* The built-in rule books, put into the binary by the Makefile (build/rulebooks.c). */
#ifndef NETWRIGHT_RULES_EMBEDDED_H
#define NETWRIGHT_RULES_EMBEDDED_H

#include <stddef.h>

struct embedded_rulebook {
	const char *name; /* for messages: "rules/10-receive.conf" */
	const char *text; /* not terminated */
	const char *end;  /* one past its last character */
};

extern const struct embedded_rulebook embedded_rulebooks[]; /* in name order */
extern const size_t embedded_rulebook_count;

#endif
