/* A file system in memory for SQLite, with the faults of a fake_os.
 *
 * Every call that reads or changes a file takes one of the calls of the fake_os, so that "the Nth
 * call" ranges over both, and is noted in its trace: "write state.db", "fsync state.db-journal".
 * A write is lost with the power until its file is synced; a new file exists durably once it is
 * synced, as SQLite syncs the directory of its journals itself. Locks are always granted: there is
 * one connection at a time.
 */
#ifndef NETWRIGHT_TESTS_UNIT_FAKE_VFS_H
#define NETWRIGHT_TESTS_UNIT_FAKE_VFS_H

#include "base/os.h"

#include <stdbool.h>
#include <stdint.h>

struct fake_vfs;

/* Registers it with SQLite under `name`, which must stay valid. */
struct fake_vfs *fake_vfs_new(struct os *os, const char *name);
void fake_vfs_free(struct fake_vfs *v);

/* Whether that call, of those of the last process, was one of SQLite's; and whether that wrote. */
bool fake_vfs_took(const struct fake_vfs *v, unsigned int call);
bool fake_vfs_wrote(const struct fake_vfs *v, unsigned int call);

enum fake_loss {
	FAKE_LOSE_NOTHING, /* the process was killed */
	FAKE_LOSE_ALL,	   /* the power failed: what was not synced is gone */
	FAKE_LOSE_SOME,	   /* of what was not synced, each sector of 512 bytes may have arrived */
};
/* Closes all files; `seed` decides what arrived. */
void fake_vfs_lose(struct fake_vfs *v, enum fake_loss loss, uint64_t seed);

/* All files as they are, synced or not, into memory and back. */
struct fake_vfs_image;
struct fake_vfs_image *fake_vfs_save(const struct fake_vfs *v);
void fake_vfs_load(struct fake_vfs *v, const struct fake_vfs_image *image);
void fake_vfs_image_free(struct fake_vfs_image *image);

#endif
