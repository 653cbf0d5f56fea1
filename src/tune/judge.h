/* Whether a change helped: pairs of windows, one without it and one with it.
 *
 * Two questions are asked of each pair, both ways round. Does what the rule expects hold of the
 * window with the change, seen from the one without? And would it hold of the window without, seen
 * from the one with? Unknown is not held. A pair in which only the first holds is a win, one in
 * which only the second holds a loss. If the change did nothing, wins and losses are equally likely
 * whatever the rule expects, so that the sign test on them (exact binomial, one-sided) bounds how
 * often a change that does nothing is kept: at most JUDGE_FALSE_KEEP. Beside it stands how much the
 * objective moved, by paired_shift.h. Pure.
 */
#ifndef NETWRIGHT_TUNE_JUDGE_H
#define NETWRIGHT_TUNE_JUDGE_H

#include "measure/metric.h"
#include "rules/rulebook.h"
#include "tune/paired_shift.h"
#include "tune/window.h"

#include <stdbool.h>
#include <stddef.h>

#define JUDGE_FALSE_KEEP 0.05
/* Sockets' throughput wanders by some per cent by itself: less than this is no loss. */
#define JUDGE_TOLERATED_LOSS 0.03
/* Of the worst window of one side above the best of the other: a drift of 2 % a window, which moves
 * the means of six and six by an eighth, leaves those two 2 % apart. Engineering judgement. */
#define JUDGE_APART 0.25

enum verdict { VERDICT_KEEP, VERDICT_REVERT, VERDICT_UNDECIDED, VERDICTS };
const char *verdict_name(enum verdict v); /* "keep", "revert", "undecided" */

struct judge_criteria {
	struct subject subject;
	const struct rule *rule; /* what it expects, its guards, whether it still finds; NULL:
				  * the objective alone decides */
	const struct metric
		*objective;	/* of the subject or the host; NULL: the rule alone decides */
	bool smaller_is_better; /* of the objective */
	/* The windows with the change all come after those without: whatever else happened in
	 * between is on one side. Then nothing is decided unless every window of one side is above
	 * all of the other by JUDGE_APART. */
	bool one_step;
};

/* What matters when a rule does not say: the goodput or the received rate of a path, or of all TCP
 * for the other kinds, whichever is more in this window. */
const struct metric *judge_objective(const struct window *w, const struct subject *s);

struct judge {
	struct judge_criteria criteria;
	size_t pairs, wins, losses;
	size_t broken; /* pairs in which a guard broke; and of them, and of the others, those in
			* which none broke the other way round, and only so */
	size_t broken_only, broken_inverse_only;
	size_t unseen;		  /* pairs that told nothing: the subject was not there */
	const char *broken_guard; /* text of the guard that broke first; NULL none */
	double without[PAIRED_SHIFT_MAX], with[PAIRED_SHIFT_MAX]; /* as measured; 0 is a number */
	size_t measured;					  /* pairs of the objective */
};

void judge_begin(struct judge *j, const struct judge_criteria *criteria);
/* Takes a pair. At most PAIRED_SHIFT_MAX are counted. */
void judge_add(struct judge *j, const struct window *without, const struct window *with);

struct judgement_of_trial {
	enum verdict verdict;
	bool has_shift;
	struct paired_shift shift;	/* of the objective, with / without */
	const struct metric *objective; /* NULL: there was none */
	double without, with;		/* its medians; NAN when it was never measured */
	size_t pairs, wins, losses;
	double false_keep; /* how likely as many wins were by chance alone */
	char reason[256];  /* "path.goodput 2.9 x (2.7 to 3.1), as expected in 6 of 6 pairs" */
};
/* Keep: significantly more wins than losses, no guard broken in most pairs, and the objective not
 * surely worse. Revert: a guard broken significantly more often than the other way round, or the
 * objective surely worse, or significantly more losses. Else undecided. */
struct judgement_of_trial judge_decide(const struct judge *j);

/* Whether it is so close to being kept that two more pairs may do: more observation, in place of a
 * verdict for want of evidence. Six pairs, and up to three more as long as this holds, keep at most
 * 3.9 % of changes that do nothing, whatever share of pairs tells neither way (exact). */
bool judge_is_close(const struct judge *j);

/* Whether a window with the change is so much worse than every one of those without it that going
 * on would do harm: the objective below each of them by more than a quarter, or as long as there
 * are fewer than three, by half. The subject being gone is as bad.
 */
bool judge_is_harm(const struct judge_criteria *criteria, const struct window *without,
		   size_t count, const struct window *with);

/* P(at least `wins` of wins + losses fair coins). 1 for no coin. */
double sign_test(size_t wins, size_t losses);

#endif
