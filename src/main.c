#include "cli/command.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	return command_run(argc, argv, stdout, stderr);
}
