#include "measure/quantile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Buckets hold (RATIO^(n-1), RATIO^n]; the value given for one is its middle in the sense of least
 * relative error, 2 RATIO^n / (RATIO + 1), off by at most (RATIO - 1) / (RATIO + 1) < 1 %. */
#define RATIO 1.02
/* Below a nanosecond, a byte per gigasecond: nothing that netwright measures. */
#define SMALLEST 1e-9
/* Above it everything shares a bucket: 8 exabit/s; bounds the buckets to about 3200. */
#define LARGEST 1e18
/* Room beyond the bucket that asked for it, so that a drifting gauge does not reallocate each time.
 */
#define MARGIN 8

void quantiles_done(struct quantiles *q)
{
	free(q->count);
	memset(q, 0, sizeof(*q));
}

static int32_t bucket_of(double value)
{
	return (int32_t)ceil(log(fmin(value, LARGEST)) / log(RATIO));
}

static double bucket_value(int32_t bucket)
{
	return 2.0 * pow(RATIO, (double)bucket) / (RATIO + 1.0);
}

static int make_room(struct quantiles *q, int32_t bucket)
{
	int32_t first = bucket - MARGIN, end = bucket + MARGIN + 1;
	uint32_t *count;

	if (q->buckets != 0) {
		int32_t old_end = q->first + (int32_t)q->buckets;

		if (bucket >= q->first && bucket < old_end)
			return 0;
		first = bucket < q->first ? first : q->first;
		end = bucket >= old_end ? end : old_end;
	}
	count = calloc((size_t)(end - first), sizeof(*count));
	if (count == NULL)
		return -ENOMEM;
	if (q->buckets != 0)
		memcpy(count + (q->first - first), q->count, q->buckets * sizeof(*count));
	free(q->count);
	q->count = count;
	q->first = first;
	q->buckets = (uint32_t)(end - first);
	return 0;
}

int quantiles_add(struct quantiles *q, double value)
{
	if (!isfinite(value) || value < 0)
		return 0;
	if (value < SMALLEST) {
		q->zeros++;
	} else {
		int32_t bucket = bucket_of(value);
		int r = make_room(q, bucket);

		if (r < 0)
			return r;
		q->count[bucket - q->first]++;
	}
	if (q->total == 0 || value < q->minimum)
		q->minimum = value;
	if (q->total == 0 || value > q->maximum)
		q->maximum = value;
	q->total++;
	return 0;
}

double quantiles_get(const struct quantiles *q, double share)
{
	uint64_t rank, seen = q->zeros;

	if (q->total == 0 || isnan(share))
		return NAN;
	if (share <= 0)
		return q->minimum;
	if (share >= 1)
		return q->maximum;
	rank = (uint64_t)(share * (double)(q->total - 1));
	if (rank < seen)
		return 0;
	for (uint32_t i = 0; i < q->buckets; i++) {
		seen += q->count[i];
		if (rank < seen)
			return fmin(fmax(bucket_value(q->first + (int32_t)i), q->minimum),
				    q->maximum);
	}
	return q->maximum;
}
