/* One file of those that make a transaction survive a reboot: known as ours by its first line,
 * written and removed whole, and on the disk before its directory is. For persistence.c, which says
 * why. */
#ifndef NETWRIGHT_APPLY_PERSISTENCE_FILE_H
#define NETWRIGHT_APPLY_PERSISTENCE_FILE_H

#include "apply/store.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/os.h"

#include <limits.h>

#define PERSISTENCE_MARK_MAX 160

/* One transaction's files below one root. */
struct persistence_writer {
	struct os *os;
	const char *root;
	const struct transaction_record *t;
	char mark[PERSISTENCE_MARK_MAX]; /* what the first line of each begins with */
};
void persistence_writer_init(struct persistence_writer *w, struct os *os, const char *root,
			     const struct transaction_record *t);

/* Of the transaction's file in a directory, which begins with a slash. 0 or -ENAMETOOLONG. */
int persistence_file_path(const struct persistence_writer *w, const char *directory,
			  const char *ending, char path[PATH_MAX], struct error *e);

/* 1 ours, 0 there is none, -EEXIST another's, -EUCLEAN ours, and somebody has edited it (both
 * ERROR_CONFLICT), or the errno of reading it. */
int persistence_file_look(const struct persistence_writer *w, const char *path, struct error *e);

/* Makes a directory in one that is there; 0 as well when it is there already. */
int persistence_directory_make(const struct persistence_writer *w, const char *directory,
			       struct error *e);

/* Writes the file, or in place of ours, with what tells it is ours before `body`; its directory is
 * made. Errors as of persistence_file_look(), and those of writing. */
int persistence_file_write(const struct persistence_writer *w, const char *directory,
			   const char *ending, const struct bytes *body, struct error *e);

/* Removes the file if it is ours, and what a crash has left beside it. -EEXIST, without an error
 * set: it is another's, and stays. */
int persistence_file_remove(const struct persistence_writer *w, const char *path, struct error *e);

#endif
