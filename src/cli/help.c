#include "cli/help.h"

#include "cli/exit_status.h"
#include "cli/print.h"

/* Help is read on terminals of any width and pasted into mails: 80 columns fit all of them. */
#define HELP_WIDTH	  80
#define HELP_INDENT	  2
#define HELP_OPTION_WIDTH 26
#define HELP_VERB_WIDTH	  10

static void print_examples(const struct example *examples, FILE *out)
{
	for (; examples->command != NULL; examples++) {
		(void)fprintf(out, "  %s\n", examples->command);
		(void)fprintf(out, "%*s", 2 * HELP_INDENT + 2, "");
		print_wrapped(out, HELP_WIDTH, 2 * HELP_INDENT + 2, 2 * HELP_INDENT + 2,
			      examples->meaning);
	}
}

static void print_option(const struct option_spec *o, FILE *out)
{
	char head[64];
	int n;

	n = snprintf(head, sizeof(head), "%c%c%c --%s%s%s", o->letter != 0 ? '-' : ' ',
		     o->letter != 0 ? o->letter : ' ', o->letter != 0 ? ',' : ' ', o->name,
		     o->argument != NULL ? " " : "", o->argument != NULL ? o->argument : "");
	(void)fprintf(out, "%*s%-*s", HELP_INDENT, "", HELP_OPTION_WIDTH, head);
	if (n >= HELP_OPTION_WIDTH)
		(void)fprintf(out, "\n%*s", HELP_INDENT + HELP_OPTION_WIDTH, "");
	print_wrapped(out, HELP_WIDTH, HELP_INDENT + HELP_OPTION_WIDTH,
		      HELP_INDENT + HELP_OPTION_WIDTH, o->help);
}

static void print_verbs(FILE *out)
{
	for (size_t i = 0; i < verb_count; i++)
		(void)fprintf(out, "  %-*s%s\n", HELP_VERB_WIDTH, verbs[i]->name,
			      verbs[i]->summary);
}

int help_print_overview(FILE *out)
{
	(void)fputs(
		"netwright measures what limits this host's TCP traffic, and changes what helps.\n\n"
		"usage: netwright [COMMAND] [OPTION...]\n\nexamples:\n",
		out);
	print_examples(verb_audit.examples, out);
	(void)fputs("\ncommands (audit when none is given):\n", out);
	print_verbs(out);
	(void)fputs("\noptions without a command:\n  --version   print the version\n"
		    "  -h, --help  print this help; netwright help COMMAND tells more\n"
		    "\nexit status:\n",
		    out);
	for (size_t i = 0; i < exit_status_count; i++)
		(void)fprintf(out, "  %d  %s\n", (int)exit_statuses[i].status,
			      exit_statuses[i].meaning);
	return EXIT_STATUS_OK;
}

int help_print_verb(const struct verb *verb, FILE *out)
{
	(void)fprintf(out, "usage: netwright %s%s%s\n\n", verb->name,
		      verb->usage[0] != '\0' ? " " : "", verb->usage);
	print_wrapped(out, HELP_WIDTH, 0, 0, verb->description);
	(void)fputs("\nexamples:\n", out);
	print_examples(verb->examples, out);
	(void)fputs("\noptions:\n", out);
	for (size_t i = 0; i < verb->option_count; i++)
		print_option(&verb->options[i], out);
	print_option(&option_help, out);
	return EXIT_STATUS_OK;
}
