/* The version, from the Makefile. */
#ifndef NETWRIGHT_CLI_VERSION_H
#define NETWRIGHT_CLI_VERSION_H

#ifndef NETWRIGHT_VERSION
#define NETWRIGHT_VERSION "0.1.0"
#endif

#endif
