/* A recording is the widest door there is: its bytes reach every decoder, the flow table, the
 * metrics and the rules. Whatever it says, the audit must end with a result or an error. */
#include "host/recording.h"
#include "measure/metric.h"
#include "measure/observer.h"
#include "rules/diagnose.h"
#include "tunables/catalogue.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rulebook *builtin_rules(void)
{
	static struct rulebook book;
	static int loaded;

	if (!loaded)
		loaded = rulebook_load_builtin(&book, NULL) == 0;
	return &book;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct observe_options options = { .find_owners = true };
	struct observation *observation = NULL;
	struct tunable_values values = { 0 };
	struct diagnosis diagnosis = { 0 };
	struct source *source = NULL;
	struct error e = { 0 };

	if (recording_reader_from_memory(data, size, &source, &e) < 0)
		return 0;
	if (observe(source, &options, &observation, &e) == 0 &&
	    tunable_values_read(source, &values, &e) == 0) {
		(void)diagnose(builtin_rules(), observation, &values, &diagnosis, &e);
		for (size_t i = 0; i < metric_count; i++) {
			for (size_t k = 0; k < observation_entities(observation, metrics[i].entity);
			     k++)
				(void)metric_get(
					&metrics[i], observation,
					observation_entity(observation, metrics[i].entity, k));
		}
	}
	diagnosis_done(&diagnosis);
	tunable_values_done(&values);
	observation_free(observation);
	source_free(source);
	return 0;
}
