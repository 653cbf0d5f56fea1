/* What netwright-profiles(7) says about one profile. */
#ifndef NETWRIGHT_CLI_EXPLAIN_PROFILE_H
#define NETWRIGHT_CLI_EXPLAIN_PROFILE_H

#include "cli/explain.h"
#include "profiles/profile.h"

/* The profile as it is written, without those that it includes. */
void explain_profile(const struct explain_writer *w, const struct profile *p);

#endif
