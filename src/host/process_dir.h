/* /proc/PID, opened once: what looks into processes does so relative to its directory, so that a
 * number that is given to another process meanwhile cannot mix two of them. */
#ifndef NETWRIGHT_HOST_PROCESS_DIR_H
#define NETWRIGHT_HOST_PROCESS_DIR_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

#define PROCESS_COMM_MAX 16 /* TASK_COMM_LEN */

void process_close_dirp(DIR **dir); /* for CLEANUP() */

/* The next process of an open /proc, or NULL at its end. */
const char *process_next(DIR *proc);

/* A descriptor of /proc/PID, or -errno: -ENOENT and -ESRCH when the process is gone. */
int process_open(int proc_fd, const char *pid);
/* A descriptor below it, or -errno. */
int process_open_in(int pid_fd, const char *name, int flags);
/* The list of its descriptors: 0 or -errno; -EACCES when it may not be looked into. A kernel
 * thread, which has none that matter, yields 0 with *ret NULL. */
int process_open_descriptors(int pid_fd, DIR **ret);

/* The start of a file of it as text; "" when it cannot be read. */
void process_read_start(int pid_fd, const char *file, char *buf, size_t size);
/* Its name, printable; "?" when it cannot be read. */
void process_read_comm(int pid_fd, char comm[PROCESS_COMM_MAX]);

/* Whether an errno (positive) means that a permission is missing. */
bool process_is_denied(int code);

#endif
