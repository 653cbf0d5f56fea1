#include "cli/unread_files.h"

#include "cli/print.h"

#include <string.h>

void unread_files_print(const struct sysctl_unread *unread, size_t count, FILE *err)
{
	for (size_t i = 0; i < count; i++) {
		(void)fputs("netwright: not read: ", err);
		print_tamed(err, unread[i].why.text, strlen(unread[i].why.text));
		(void)fputs("; what it sets is not known\n", err);
	}
}
