#include "base/cleanup.h"
#include "cli/exit_status.h"
#include "cli/help.h"
#include "cli/verbs.h"

static int run(const struct settings *s, FILE *out, struct error *e)
{
	const struct verb *verb;

	if (s->all) {
		for (size_t i = 0; i < verb_count; i++) {
			(void)fputs(i > 0 ? "\n" : "", out);
			(void)help_print_verb(verbs[i], out);
		}
		return EXIT_STATUS_OK;
	}
	if (s->operand_count == 0)
		return help_print_overview(out);
	verb = verb_find(s->operands[0]);
	if (verb == NULL)
		return verb_unknown(s->operands[0], e);
	return help_print_verb(verb, out);
}

static const struct example examples[] = {
	{ "netwright help flows", "how to use one command" },
	{ "netwright help --all", "everything, for searching" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	{ .name = "all",
	  .type = OPTION_FLAG,
	  .help = "print the help of every command",
	  .offset = offsetof(struct settings, all) },
};

const struct verb verb_help = {
	.name = "help",
	.usage = "[--all | COMMAND]",
	.summary = "explain the commands and their options",
	.description = "Prints what a command does and the options it takes.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = 1,
	.run = run,
};
