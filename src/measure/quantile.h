/* Streaming quantiles of positive numbers with a bounded relative error, in bounded memory.
 *
 * Logarithmic buckets with ratio 1.02 (after Masson, Rim, Lee, "DDSketch", VLDB 2019): any quantile
 * is within 1 % of a sample that has that rank. Values below 1e-9 count as zero. Only the range of
 * buckets in use is stored.
 */
#ifndef NETWRIGHT_MEASURE_QUANTILE_H
#define NETWRIGHT_MEASURE_QUANTILE_H

#include <stdint.h>

struct quantiles {
	uint32_t *count;  /* owned */
	int32_t first;	  /* bucket number of count[0] */
	uint32_t buckets; /* length of count */
	uint32_t zeros;
	uint64_t total;
	double minimum, maximum;
};

void quantiles_done(struct quantiles *q);	      /* accepts {0} */
int quantiles_add(struct quantiles *q, double value); /* 0 or -ENOMEM; NaN and negatives ignored */
/* share in 0..1. NaN when nothing was added. 0 is the exact minimum, 1 the exact maximum. */
double quantiles_get(const struct quantiles *q, double share);

#endif
