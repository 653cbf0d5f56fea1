#include "tune/judge.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A quarter below the worst of the windows without the change is no noise, nor a drift. */
#define HARMFUL_LOSS 0.25
/* Of one or two windows it may be: there only half of it counts. */
#define HARMFUL_LOSS_OF_FEW 0.50
#define FEW_WINDOWS	    3
/* What any change must not do to the share of retransmitted bytes, as the guards of the rule books
 * have it. */
#define RETRANSMITS_TOLERATED 0.005

const char *verdict_name(enum verdict v)
{
	static const char *const names[VERDICTS] = {
		[VERDICT_KEEP] = "keep",
		[VERDICT_REVERT] = "revert",
		[VERDICT_UNDECIDED] = "undecided",
	};

	return names[v];
}

double sign_test(size_t wins, size_t losses)
{
	const size_t n = wins + losses;
	double term = 1, sum = 0, total = 0;

	/* Sums of binomial coefficients, which are exact in a double for the few pairs there are.
	 */
	for (size_t k = 0; k <= n; k++) {
		total += term;
		if (k >= wins)
			sum += term;
		term = term * (double)(n - k) / (double)(k + 1);
	}
	return sum / total;
}

static double number_or(struct value v, double otherwise)
{
	return v.kind == VALUE_NUMBER ? v.number : otherwise;
}

const struct metric *judge_objective(const struct window *w, const struct subject *s)
{
	const bool path = s->kind == ENTITY_PATH;
	const struct metric *sent = metric_find(path ? "path.goodput" : "tcp.goodput");
	const struct metric *received = metric_find(path ? "path.receive_rate"
							 : "tcp.receive_rate");

	return number_or(window_metric(w, s, received), 0) > number_or(window_metric(w, s, sent), 0)
		       ? received
		       : sent;
}

/* --- guards -------------------------------------------------------------------------------- */

static bool retransmits_more(const struct window *now, const struct window *before,
			     const struct subject *s)
{
	const struct metric *m = metric_find("tcp.retransmit_ratio");
	struct value a = window_metric(now, s, m), b = window_metric(before, s, m);

	return a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER &&
	       a.number > b.number + RETRANSMITS_TOLERATED;
}

static const struct metric *rate_of(const struct judge_criteria *c, const struct window *without)
{
	return judge_objective(without, &c->subject);
}

/* A change that shortens delays by throttling the traffic is no gain. */
static bool carries_less(const struct judge_criteria *c, const struct window *now,
			 const struct window *before)
{
	const struct metric *m = rate_of(c, before);
	struct value a = window_metric(now, &c->subject, m);
	struct value b = window_metric(before, &c->subject, m);

	return a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER &&
	       a.number < (1 - JUDGE_TOLERATED_LOSS) * b.number;
}

/* The text of the first guard that `now` breaks, seen from `before`; NULL when all hold. */
static const char *broken_guard(const struct judge_criteria *c, const struct window *now,
				const struct window *before)
{
	for (size_t i = 0; c->rule != NULL && i < c->rule->guard_count; i++) {
		if (window_judge(now, before, &c->subject, c->rule->guards[i]) == TRUTH_FALSE)
			return expression_text(c->rule->guards[i]);
	}
	if (c->rule != NULL && c->rule->guard_count > 0)
		return NULL;
	if (retransmits_more(now, before, &c->subject))
		return "tcp.retransmit_ratio <= before(tcp.retransmit_ratio) + 0.5%";
	return carries_less(c, now, before) ? "no less is carried than before, by 3 %" : NULL;
}

/* --- pairs --------------------------------------------------------------------------------- */

static bool expects(const struct judge_criteria *c)
{
	return c->rule != NULL && c->rule->expect != NULL;
}

void judge_begin(struct judge *j, const struct judge_criteria *criteria)
{
	*j = (struct judge){ .criteria = *criteria };
}

/* false when the pair tells nothing. Unknown is not "holds", whichever way round it is asked: a
 * change that does nothing still wins as often as it loses. */
static bool count_expectation(struct judge *j, const struct window *without,
			      const struct window *with)
{
	const struct judge_criteria *c = &j->criteria;
	const struct expression *expect = c->rule->expect;
	enum truth met = window_judge(with, without, &c->subject, expect);
	enum truth inverse = window_judge(without, with, &c->subject, expect);

	if (met != TRUTH_TRUE && inverse != TRUTH_TRUE &&
	    (met == TRUTH_UNKNOWN || inverse == TRUTH_UNKNOWN))
		return false;
	j->wins += met == TRUTH_TRUE && inverse != TRUTH_TRUE;
	j->losses += met != TRUTH_TRUE && inverse == TRUTH_TRUE;
	return true;
}

static bool measure(struct judge *j, const struct window *without, const struct window *with)
{
	const struct judge_criteria *c = &j->criteria;
	struct value a = window_metric(without, &c->subject, c->objective);
	struct value b = window_metric(with, &c->subject, c->objective);

	if (a.kind != VALUE_NUMBER || b.kind != VALUE_NUMBER || a.number < 0 || b.number < 0)
		return false;
	j->without[j->measured] = a.number;
	j->with[j->measured] = b.number;
	j->measured++;
	return true;
}

void judge_add(struct judge *j, const struct window *without, const struct window *with)
{
	const struct judge_criteria *c = &j->criteria;
	const char *guard;
	bool told, inverse;

	if (j->pairs + j->unseen == PAIRED_SHIFT_MAX)
		return;
	told = measure(j, without, with);
	if (expects(c))
		told = count_expectation(j, without, with);
	if (!told) {
		j->unseen++;
		return;
	}
	j->pairs++;
	guard = broken_guard(c, with, without);
	inverse = broken_guard(c, without, with) != NULL;
	j->broken += guard != NULL;
	j->broken_only += guard != NULL && !inverse;
	j->broken_inverse_only += guard == NULL && inverse;
	if (guard != NULL && j->broken_guard == NULL)
		j->broken_guard = guard;
}

/* --- the verdict --------------------------------------------------------------------------- */

/* The shift turned so that above 1 is better. */
struct gain {
	double low, high;
};

static struct gain gain_of(const struct judge *j, const struct paired_shift *s)
{
	if (j->criteria.smaller_is_better)
		return (struct gain){ 1 / s->high, 1 / s->low };
	return (struct gain){ s->low, s->high };
}

static bool guards_surely_broke(const struct judge *j)
{
	return sign_test(j->broken_only, j->broken_inverse_only) <= JUDGE_FALSE_KEEP;
}

static bool guards_mostly_broke(const struct judge *j)
{
	return 2 * j->broken > j->pairs && j->broken_only > j->broken_inverse_only;
}

/* Whether every value of `high` is above all of `low`, clearly. */
static bool is_above(const double *high, const double *low, size_t n)
{
	double least = INFINITY, most = 0;

	for (size_t i = 0; i < n; i++) {
		least = fmin(least, high[i]);
		most = fmax(most, low[i]);
	}
	return n >= PAIRED_SHIFT_MIN && least > 0 && least >= (1 + JUDGE_APART) * most;
}

/* Of a trial in one step: whether the two sides are worth comparing. */
static bool lie_apart(const struct judge *j)
{
	return is_above(j->with, j->without, j->measured) ||
	       is_above(j->without, j->with, j->measured);
}

static enum verdict weigh(const struct judge *j, const struct judgement_of_trial *t)
{
	const struct gain gain = t->has_shift ? gain_of(j, &t->shift)
					      : (struct gain){ 0, INFINITY };

	if (j->criteria.one_step && !lie_apart(j))
		return VERDICT_UNDECIDED;
	if (guards_surely_broke(j) || gain.high < 1 - JUDGE_TOLERATED_LOSS)
		return VERDICT_REVERT;
	if (guards_mostly_broke(j))
		return VERDICT_UNDECIDED;
	if (expects(&j->criteria)) {
		if (sign_test(j->wins, j->losses) <= JUDGE_FALSE_KEEP)
			return VERDICT_KEEP;
		return sign_test(j->losses, j->wins) <= JUDGE_FALSE_KEEP ? VERDICT_REVERT
									 : VERDICT_UNDECIDED;
	}
	if (gain.low > 1)
		return VERDICT_KEEP;
	return gain.high < 1 ? VERDICT_REVERT : VERDICT_UNDECIDED;
}

static void append(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *buf, size_t size, const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(buf + len, size - len, fmt, args);
	va_end(args);
}

static void explain(const struct judge *j, struct judgement_of_trial *t)
{
	char *buf = t->reason;
	const size_t size = sizeof(t->reason);

	if (j->pairs < PAIRED_SHIFT_MIN) {
		append(buf, size,
		       "too little to judge by: %zu of the pairs of windows told anything, %d "
		       "are needed",
		       j->pairs, PAIRED_SHIFT_MIN);
		return;
	}
	if (t->has_shift)
		append(buf, size, "%s %.3g x (%.3g to %.3g)", j->criteria.objective->name,
		       t->shift.estimate, t->shift.low, t->shift.high);
	if (j->criteria.one_step && !lie_apart(j)) {
		append(buf, size,
		       "%sno new connections came: tried in one step, of which only a clear "
		       "difference counts",
		       buf[0] != '\0' ? "; " : "");
		return;
	}
	if (guards_surely_broke(j) || guards_mostly_broke(j)) {
		append(buf, size, "%sin %zu of %zu pairs it did not hold that %s",
		       buf[0] != '\0' ? "; " : "", j->broken, j->pairs, j->broken_guard);
		return;
	}
	if (expects(&j->criteria))
		append(buf, size, "%sas expected in %zu of %zu pairs, the contrary in %zu",
		       buf[0] != '\0' ? "; " : "", j->wins, j->pairs, j->losses);
}

static int compare_numbers(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(const double *values, size_t n)
{
	double sorted[PAIRED_SHIFT_MAX];

	if (n == 0)
		return NAN;
	memcpy(sorted, values, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), compare_numbers);
	return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Zero has no logarithm: a hundredth of the least that was measured stands for it. Zero on both
 * sides is no shift. */
static bool shift_of(const struct judge *j, struct paired_shift *ret)
{
	double without[PAIRED_SHIFT_MAX], with[PAIRED_SHIFT_MAX], least = INFINITY;

	for (size_t i = 0; i < j->measured; i++) {
		if (j->without[i] > 0)
			least = fmin(least, j->without[i]);
		if (j->with[i] > 0)
			least = fmin(least, j->with[i]);
	}
	least = isfinite(least) ? least / 100 : 1;
	for (size_t i = 0; i < j->measured; i++) {
		without[i] = fmax(j->without[i], least);
		with[i] = fmax(j->with[i], least);
	}
	return paired_shift(without, with, j->measured, ret) == 0;
}

struct judgement_of_trial judge_decide(const struct judge *j)
{
	struct judgement_of_trial t = { .verdict = VERDICT_UNDECIDED,
					.pairs = j->pairs,
					.wins = j->wins,
					.losses = j->losses,
					.false_keep = sign_test(j->wins, j->losses),
					.objective = j->criteria.objective,
					.without = median(j->without, j->measured),
					.with = median(j->with, j->measured) };

	t.has_shift = shift_of(j, &t.shift);
	if (j->pairs >= PAIRED_SHIFT_MIN)
		t.verdict = weigh(j, &t);
	explain(j, &t);
	return t;
}

bool judge_is_close(const struct judge *j)
{
	return expects(&j->criteria) && sign_test(j->wins, j->losses) > JUDGE_FALSE_KEEP &&
	       sign_test(j->wins + 2, j->losses) <= JUDGE_FALSE_KEEP;
}

/* Below by more than that share; the subject being gone is all of it. */
static bool is_far_worse(const struct judge_criteria *c, const struct window *without,
			 const struct window *with, double loss)
{
	struct value a = window_metric(without, &c->subject, c->objective);
	struct value b = window_metric(with, &c->subject, c->objective);

	if (a.kind != VALUE_NUMBER)
		return false;
	if (b.kind != VALUE_NUMBER)
		return !c->smaller_is_better && a.number > 0 &&
		       window_find(with, &c->subject) == NULL;
	return c->smaller_is_better ? a.number < (1 - loss) * b.number
				    : b.number < (1 - loss) * a.number;
}

bool judge_is_harm(const struct judge_criteria *c, const struct window *without, size_t count,
		   const struct window *with)
{
	const double loss = count < FEW_WINDOWS ? HARMFUL_LOSS_OF_FEW : HARMFUL_LOSS;

	for (size_t i = 0; i < count; i++) {
		if (!is_far_worse(c, &without[i], with, loss))
			return false;
	}
	return count > 0;
}
