#include "tune/paired_shift.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define WALSH_MAX (PAIRED_SHIFT_MAX * (PAIRED_SHIFT_MAX + 1) / 2)
#define TAIL	  0.025 /* on each side of a 95 % interval */

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The averages of every two differences, each with itself included, in order. */
static size_t walsh_averages(const double *difference, size_t n, double ret[WALSH_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = i; j < n; j++)
			ret[count++] = (difference[i] + difference[j]) / 2;
	}
	qsort(ret, count, sizeof(*ret), compare);
	return count;
}

/* Index of the smallest average that belongs to the interval: the critical value of the signed-rank
 * test, the largest c for which the rank sum of n differences is at most c with a probability of at
 * most TAIL. The shift lies below average c just when that many or fewer averages lie below it. The
 * probability of each sum is built up rank by rank: a rank counts or does not, evenly. */
static size_t critical_value(size_t n, double *ret_tail)
{
	double probability[WALSH_MAX + 1] = { [0] = 1 };
	double below = 0;
	size_t c = 0;

	for (size_t rank = 1; rank <= n; rank++) {
		for (size_t sum = rank * (rank + 1) / 2; sum >= rank; sum--)
			probability[sum] = (probability[sum] + probability[sum - rank]) / 2;
		for (size_t sum = 0; sum < rank; sum++)
			probability[sum] /= 2;
	}
	/* From 6 pairs on the sum 0 alone is rare enough, so that c does not run below it. */
	while (below + probability[c] <= TAIL)
		below += probability[c++];
	*ret_tail = below;
	return c - 1;
}

static bool usable(double x)
{
	return isfinite(x) && x > 0;
}

int paired_shift(const double *before, const double *after, size_t pairs, struct paired_shift *ret)
{
	double difference[PAIRED_SHIFT_MAX], average[WALSH_MAX], tail;
	size_t count, c;

	if (pairs < PAIRED_SHIFT_MIN || pairs > PAIRED_SHIFT_MAX)
		return -EINVAL;
	for (size_t i = 0; i < pairs; i++) {
		if (!usable(before[i]) || !usable(after[i]))
			return -EINVAL;
		difference[i] = log(after[i]) - log(before[i]);
	}
	count = walsh_averages(difference, pairs, average);
	c = critical_value(pairs, &tail);
	ret->estimate = exp((average[(count - 1) / 2] + average[count / 2]) / 2);
	ret->low = exp(average[c]);
	ret->high = exp(average[count - 1 - c]);
	ret->coverage = 1 - 2 * tail;
	return 0;
}
