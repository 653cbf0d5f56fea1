/* The tables of the journal, by version, and the words for its states. */
#ifndef NETWRIGHT_APPLY_STORE_SCHEMA_H
#define NETWRIGHT_APPLY_STORE_SCHEMA_H

#include "apply/database.h"

/* state.db. The application id is "nwst" in ASCII. */
extern const struct database_schema store_schema;

#endif
