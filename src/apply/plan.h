/* A plan: an ordered, validated list of changes with what each target holds now.
 *
 * A change from a value to itself is one that another change of the plan would undo on the way, as
 * net.ipv4.ip_forward does to the keys of interfaces (plan_order.h), or that is to hold at the next
 * boot as well.
 *
 * Flat: a change points to nothing but static tables, so that it can be journaled, printed and
 * passed on as it is. One change per target. Written in order, undone in reverse.
 */
#ifndef NETWRIGHT_APPLY_PLAN_H
#define NETWRIGHT_APPLY_PLAN_H

#include "base/error.h"
#include "tunables/kind.h"

#include <stdbool.h>
#include <stddef.h>

#define PLAN_WHY_MAX 512 /* a profile with its inputs is the longest */

struct plan_change {
	struct target target;
	struct held from;
	char to[HELD_TEXT_MAX];
	char why[PLAN_WHY_MAX]; /* "RCV-02 receive-buffer-capped", "profile bulk-wan", "by hand" */
};

struct plan {
	/* Which host and namespace it was made for. */
	char hostname[65];
	char kernel[65];
	char netns[PLACE_NAME_MAX];
	uint64_t netns_cookie;
	struct plan_change *changes; /* owned */
	size_t count, capacity;
	size_t satisfied; /* wishes that hold already, and are not among the changes */
};

/* WISH_RAISE and WISH_LOWER are for one number, and leave alone what is beyond it already. */
enum wish_mode { WISH_SET, WISH_RAISE, WISH_LOWER };

/* What somebody wants: rules, profiles and people all say it in this form. Texts are borrowed. */
struct wish {
	const char *tunable; /* with an element or a selector: "net.ipv4.tcp_rmem[2]" */
	const char *value;   /* in words: "64MiB", "bbr", "4096 131072 67108864" */
	const char *why;
	enum wish_mode mode;
};

/* Resolves, reads, validates, merges elements of one vector, leaves out what holds already, checks
 * that each can be written and put back, and orders. Nothing is written. Errors name the wish; two
 * wishes for the same target or element that differ are -EINVAL (ERROR_INPUT). Release *ret with
 * plan_done() in any case. */
int plan_make(const struct place *p, const struct wish *wishes, size_t n, struct plan *ret,
	      struct error *e);
/* Likewise for somebody who only wants to know what differs: whether it could be written is not
 * asked, which would take the right to. Not to be applied. */
int plan_compare(const struct place *p, const struct wish *wishes, size_t n, struct plan *ret,
		 struct error *e);
/* Likewise for values that are also to be set at each boot: what holds already is a change to
 * itself, and journaled with the others, unless `is_kept` says that a file sets it at boot, or that
 * none can. */
struct plan_keeper {
	bool (*is_kept)(const void *arg, const struct plan_change *c);
	const void *arg;
};
int plan_make_to_keep(const struct place *p, const struct wish *wishes, size_t n,
		      const struct plan_keeper *keeper, struct plan *ret, struct error *e);
void plan_done(struct plan *plan); /* accepts {0} */
/* Whether a change is one from a value to itself. */
bool plan_change_holds(const struct plan_change *c);

/* Adds a change, keeping the order: what others depend on first (plan_order.c says what depends on
 * what and why), else as wished. 0 or -ENOMEM. */
int plan_add(struct plan *plan, const struct plan_change *change);

/* What the target of a change holds, seen from before: HELD_FROM also when that is `to` as well. */
enum held_relation plan_relate(const struct plan_change *change, const struct held *now);

/* Whether a plan that was made earlier, or elsewhere, is for this host and namespace: 0 or -ESTALE
 * (ERROR_CONFLICT). Each value is compared once more when it is applied. */
int plan_check_host(const struct plan *plan, const struct place *p, struct error *e);

#endif
