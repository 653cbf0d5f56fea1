/* Any file is a rule book that can be applied, or an error that names it; a refused one leaves no
 * rule behind. */
#include "rules/diagnose.h"
#include "rules/rulebook.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 forgets a string that it was reading when it met a syntax error: one small leak for
 * each refused file, in a program that then stops. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\nleak:libconfig_yyparse\n";
}

static struct observation empty;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tunable_values settings = { 0 };
	struct diagnosis diagnosis = { 0 };
	struct rulebook book = { 0 };
	struct error e = { 0 };

	if (rulebook_load_text(&book, "fuzz.conf", (const char *)data, size, &e) < 0) {
		if (book.count != 0 || strncmp(e.text, "fuzz.conf:", 10) != 0)
			abort();
		return 0;
	}
	for (size_t i = 0; i < book.count; i++) {
		if (rulebook_find(&book, book.rules[i].id) != &book.rules[i])
			abort();
	}
	(void)diagnose(&book, &empty, &settings, &diagnosis, &e);
	diagnosis_done(&diagnosis);
	rulebook_done(&book);
	return 0;
}
