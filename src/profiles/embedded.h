/* The built-in profiles, put into the binary by the Makefile (build/profiles.c). */
#ifndef NETWRIGHT_PROFILES_EMBEDDED_H
#define NETWRIGHT_PROFILES_EMBEDDED_H

#include <stddef.h>

struct embedded_profile {
	const char *name; /* for messages: "profiles/web-server.conf" */
	const char *text; /* not terminated */
	const char *end;  /* one past its last character */
};

extern const struct embedded_profile embedded_profiles[]; /* in name order */
extern const size_t embedded_profile_count;

#endif
