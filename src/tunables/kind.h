/* The kinds of tunables: how each is found, read, written and put back.
 *
 * A kind is a table row; the applier knows no other difference between a sysctl, a process's limit,
 * a route and a socket. Functions of a kind enter and leave the place themselves.
 *
 * Errors that every function may return, with a sentence in *e: -ESTALE the target is gone (its
 * namespace, link, process or socket vanished, or another one took its name or number); -EPERM or
 * -EACCES (ERROR_PRIVILEGE) a right is missing, the sentence says which; -EOPNOTSUPP
 * (ERROR_UNSUPPORTED) this kernel cannot; -ENOMEM.
 */
#ifndef NETWRIGHT_TUNABLES_KIND_H
#define NETWRIGHT_TUNABLES_KIND_H

#include "base/error.h"
#include "tunables/catalogue.h"
#include "tunables/place.h"

#include <stdbool.h>
#include <stddef.h>

#define TARGET_NAME_MAX	    192
#define TARGET_IDENTITY_MAX 160
/* Longest text of a value, with the NUL. What is longer cannot be journaled, and is refused. */
#define HELD_TEXT_MAX 2048

struct kind;

/* One thing that can be set, at one place. */
struct target {
	const struct kind *kind;
	const struct tunable *tunable;
	/* Canonical: "net.ipv4.tcp_rmem", "rlimit:812/nofile", "socket:812/9/congestion". */
	char name[TARGET_NAME_MAX];
	/* Words that say which one it is, and tell it from another of the same name later:
	 * "netns 4102", "netns 4102 link 7 eth0", "process 812 start 173529". */
	char identity[TARGET_IDENTITY_MAX];
};

struct target_list {
	struct target *all; /* owned */
	size_t count;
};
void target_list_done(struct target_list *l); /* accepts {0} */

/* What a target holds. */
struct held {
	char text[HELD_TEXT_MAX]; /* the value as people and the kernel write it, canonical */
	char undo[HELD_TEXT_MAX]; /* what else restoring it takes, in the kind's own words; "" */
};

/* What a target holds now, seen from a change. */
enum held_relation {
	HELD_FROM,    /* what it held before */
	HELD_TO,      /* what we wanted */
	HELD_BETWEEN, /* each element is one or the other: a write of ours that failed half-way */
	HELD_FOREIGN, /* somebody else's */
};

struct kind {
	const char *name;	    /* "sysctl": as in the journal */
	const char *prefix;	    /* of names: "rlimit:"; "" for sysctls */
	const struct tunable *rows; /* what the kind has, sorted by name */
	const size_t *row_count;
	bool host_wide;	   /* does not belong to a namespace: processes */
	bool fleeting;	   /* comes and goes by itself: what is gone needs no setting any more */
	bool by_hand_only; /* rules, profiles and plans read from files must not name them */

	/* The targets that `name` (without an element) means here: one, or several for selectors
	 * such as rlimit:nginx/nofile. -EINVAL no such tunable or a malformed name (ERROR_INPUT,
	 * with the nearest name), -ENOENT nothing matches the selector, -EOPNOTSUPP this kernel has
	 * no such key. Never an empty list. */
	int (*resolve)(const struct place *p, const char *name, struct target_list *ret,
		       struct error *e);
	/* The row of a canonical name, when name and identity have the form that resolve() gives
	 * them; NULL when not. Pure. */
	const struct tunable *(*recall)(const char *name, const char *identity);
	/* What people write for a value of `row`, in the words that want() is to be told, whether
	 * or not there is such a target here: -EINVAL, -ERANGE or -E2BIG (ERROR_INPUT) for what no
	 * host could be told. Messages begin with `name`, or with nothing when it is NULL. Pure. */
	int (*parse)(const struct tunable *row, const char *name, const char *words,
		     char ret_to[HELD_TEXT_MAX], struct error *e);
	/* 0 when the target is still the one of its identity; -ESTALE. */
	int (*present)(const struct place *p, const struct target *t, struct error *e);
	int (*read)(const struct place *p, const struct target *t, struct held *ret,
		    struct error *e);
	/* Turns a person's or a rule's words for the value into the canonical text that is to be
	 * written, of the whole vector: `element` -1 replaces all, else that one in `now`. -EINVAL,
	 * -ERANGE or -E2BIG with what would be accepted (ERROR_INPUT). */
	int (*want)(const struct place *p, const struct target *t, int element, const char *words,
		    const struct held *now, char ret_to[HELD_TEXT_MAX], struct error *e);
	/* Whether `to` can be written, and `from` written back, without writing either: rights, a
	 * congestion control that exists and may be chosen here, a read-only key. */
	int (*check)(const struct place *p, const struct target *t, const struct held *from,
		     const char *to, struct error *e);
	/* One write. Success means only that the kernel did not object: the caller reads back. */
	int (*write)(const struct place *p, const struct target *t, const char *to,
		     struct error *e);
	int (*restore)(const struct place *p, const struct target *t, const struct held *from,
		       struct error *e);
	enum held_relation (*relate)(const struct target *t, const struct held *now,
				     const struct held *from, const char *to);
};

extern const struct kind *const kinds[]; /* sysctl last: its prefix is "" */
extern const size_t kind_count;

const struct kind *kind_find(const char *name);	       /* by `name`, or NULL */
const struct kind *kind_of_target(const char *target); /* by prefix, never NULL */

/* The row of a kind that is set under `key`, the last part of its targets' names ("nofile"); NULL.
 * Pure. */
const struct tunable *kind_find_key(const struct kind *k, const char *key);
/* The key nearest to the last part of a mistaken name, or `otherwise`. Pure. */
const char *kind_suggest_key(const struct kind *k, const char *name, const char *otherwise);

/* The row of a tunable, by its own name ("net.ipv4.tcp_rmem", "rlimit:nofile") or that of a target
 * ("rlimit:nginx/nofile"), without an element, by form alone; NULL when there is none, or it may be
 * named by hand only. */
const struct tunable *kind_row_find(const char *name);

/* Whether both name the same thing, in one network namespace or of the whole host. */
bool target_same(const struct target *a, const struct target *b);

/* Makes the target of a journaled change again, without asking the kernel: name and identity are
 * checked for form, the tunable must be catalogued. -EINVAL (ERROR_INPUT). */
int target_recall(const char *kind, const char *name, const char *identity, struct target *ret,
		  struct error *e);

/* Splits "net.ipv4.tcp_rmem[2]": the name without the element into `name`, and the element, or -1
 * when the text has none. -EINVAL: malformed, or too long. */
int target_split_name(const char *text, char name[TARGET_NAME_MAX], int *ret_element,
		      struct error *e);

#endif
