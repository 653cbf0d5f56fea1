/* A machine with a journal, on which plans are applied by processes that may fail or be killed.
 *
 * The kernel and plain files are a fake_os, the disk below SQLite is a fake_vfs, and both count
 * their calls together. A test that runs out of memory, or whose fixture fails without a fault,
 * aborts.
 */
#ifndef NETWRIGHT_TESTS_UNIT_APPLIER_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_APPLIER_FIXTURE_H

#include "apply/plan.h"
#include "apply/store.h"
#include "apply/transaction.h"
#include "base/error.h"
#include "fake_os.h"
#include "fake_vfs.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define WORLD_NETNS	  4102
#define WORLD_VFS	  "applier-fixture"
#define WORLD_CHANGES_MAX 64

/* What a test changes. */
struct world_key {
	const char *key, *from, *to;
};

struct world;

/* What else a machine has, of a test: all of it is asked for together with the sysctls. */
struct world_rest {
	void *(*save)(const struct world *w); /* to be freed with free() */
	void (*load)(struct world *w, const void *copy);
	void (*reboot)(struct world *w); /* as when the machine started */
	bool (*holds)(const struct world *w, bool to);
	void (*done)(struct world *w);
};

struct world {
	struct os *os;
	const struct world_rest *rest; /* NULL: nothing */
	void *rest_arg;
	size_t file_kinds; /* how many of the files that survive a reboot it has: 1, or up to 3 */
	struct fake_vfs *vfs;
	char directory[64];
	char boot_id[BOOT_ID_MAX];
	unsigned int boots;
	const struct world_key *keys;
	size_t key_count;
	struct plan plan; /* of all keys */
	double confirm_s; /* what world_apply() asks for */
	bool persist;
	const volatile sig_atomic_t *stop;
	struct error error;		  /* of the last step that failed */
	struct transaction_record record; /* the last one */
};

/* Namespace "blue" with link eth0 (7), its keys at their `from`, and an empty, created journal. */
void world_init(struct world *w, const struct world_key *keys, size_t n);
/* Makes the plan anew, of these wishes beside all keys. */
void world_wish(struct world *w, const struct wish *more, size_t n);
void world_done(struct world *w);

/* A vector, one of a link, and one more. */
extern const struct world_key world_three[3];
/* The first `n` settings of the catalogue that a namespace has and that can be undone; texts live
 * in the program. Returns how many there are. */
size_t world_many(struct world_key *ret, size_t n);

/* What one process does: opens the journal, recovers, and then what the name says. Each returns
 * what the step that ended it did; transaction_recover()'s count is in no result. */
int world_apply(struct world *w);
int world_confirm(struct world *w);
int world_roll_back(struct world *w, bool force);		 /* the newest one */
int world_roll_back_id(struct world *w, int64_t id, bool force); /* 0: likewise */
int world_recover(struct world *w); /* and loads the newest transaction; id 0: there is none */

/* That process is gone. After a power loss the machine has another boot id. */
void world_kill(struct world *w, enum fake_loss loss, uint64_t seed);

const char *world_value(const struct world *w, const char *key);
bool world_holds_from(const struct world *w);
bool world_holds_to(const struct world *w);
/* How many files that survive a reboot it has. */
size_t world_files(struct world *w, int64_t id);
bool world_has_file(struct world *w, int64_t id); /* all that there are of it */

/* How many transactions the journal has; aborts when it cannot be read. */
size_t world_transactions(struct world *w);
/* Length of the trace: two processes that were killed with the same one left the same. */
size_t world_effects(const struct world *w);

/* The whole machine as it is between two processes, and back. */
struct world_image;
struct world_image *world_save(struct world *w);
void world_load(struct world *w, const struct world_image *image);
void world_image_free(struct world_image *image);

#endif
