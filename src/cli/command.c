#include "cli/command.h"

#include "cli/exit_status.h"
#include "cli/help.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "cli/version.h"

#include <errno.h>
#include <string.h>

static int refuse_operand(const struct verb *verb, const struct settings *s, struct error *e)
{
	const char *operand = s->operands[verb->operands_max];

	if (verb_find(operand) != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, verb->name,
				 "the command comes first: netwright %s [OPTION...]", operand);
	return error_set(e, -EINVAL, ERROR_INPUT, verb->name,
			 "unexpected \"%s\"; netwright %s --help shows the usage", operand,
			 verb->name);
}

static int run_verb(const struct verb *verb, int argc, char *const *argv, FILE *out,
		    struct error *e)
{
	struct settings settings;
	int r;

	r = options_parse(verb->name, verb->options, verb->option_count, argc, argv, &settings, e);
	if (r < 0)
		return r;
	if (settings.help)
		return help_print_verb(verb, out);
	if (settings.operand_count > verb->operands_max)
		return refuse_operand(verb, &settings, e);
	return verb->run(&settings, out, e);
}

static int run_arguments(int argc, char *const *argv, FILE *out, struct error *e)
{
	const char *first = argc > 1 ? argv[1] : NULL;
	const struct verb *verb;

	if (first == NULL)
		return run_verb(&verb_audit, 0, NULL, out, e);
	if (strcmp(first, "--version") == 0) {
		(void)fprintf(out, "netwright %s\n", NETWRIGHT_VERSION);
		return EXIT_STATUS_OK;
	}
	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
		return help_print_overview(out);
	if (first[0] == '-')
		return run_verb(&verb_audit, argc - 1, argv + 1, out, e);
	verb = verb_find(first);
	if (verb == NULL)
		return verb_unknown(first, e);
	return run_verb(verb, argc - 2, argv + 2, out, e);
}

/* Data that did not reach its reader is a failure: a full disk must not look like success. */
static int check_output(FILE *out, struct error *e)
{
	errno = 0;
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return error_set(e, -EIO, ERROR_FAILED, "standard output",
			 "not everything could be written: %s",
			 errno != 0 ? strerror(errno) : "write error");
}

int command_run(int argc, char *const *argv, FILE *out, FILE *err)
{
	struct error e = { 0 };
	int r = run_arguments(argc, argv, out, &e);

	if (r >= 0) {
		int flushed = check_output(out, &e);

		if (flushed == 0)
			return r;
		r = flushed;
	} else {
		(void)fflush(out);
	}
	if (e.text[0] == '\0')
		(void)error_errno(&e, r, NULL, "failed");
	(void)fputs("netwright: ", err);
	print_tamed(err, e.text, strlen(e.text));
	(void)fputc('\n', err);
	return (int)exit_status_of_error(&e);
}
