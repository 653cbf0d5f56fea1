/* Runs two commands in turns and prints the median wall time and the largest memory of a run:
 *
 *   bench_run PAIRS COMMAND-A -- COMMAND-B
 *
 * In turns, so that each has something to change back. Words are separate arguments; output of the
 * commands is discarded. Prints "MEDIAN_MS PEAK_KIB".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAIRS_MAX 500

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void become(char **command)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
		(void)execvp(command[0], command);
	(void)fprintf(stderr, "bench_run: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

/* Milliseconds, or -1 when the command failed. */
static double run(char **command, long *peak_kib)
{
	double start = now_ms();
	struct rusage usage;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		become(command);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
		return -1;
	if (usage.ru_maxrss > *peak_kib)
		*peak_kib = usage.ru_maxrss;
	return now_ms() - start;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double times[2 * PAIRS_MAX];
	char **commands[2] = { argv + 2, NULL };
	long pairs = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	long peak_kib = 0;

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			argv[i] = NULL;
			commands[1] = argv + i + 1;
			break;
		}
	}
	if (pairs < 1 || pairs > PAIRS_MAX || commands[1] == NULL || commands[0][0] == NULL ||
	    commands[1][0] == NULL) {
		(void)fprintf(stderr, "usage: bench_run PAIRS COMMAND-A -- COMMAND-B\n");
		return 2;
	}
	for (long i = 0; i < 2 * pairs; i++) {
		times[i] = run(commands[i % 2], &peak_kib);
		if (times[i] < 0) {
			(void)fprintf(stderr, "bench_run: %s failed\n", commands[i % 2][0]);
			return 1;
		}
	}
	qsort(times, (size_t)(2 * pairs), sizeof(times[0]), compare);
	(void)printf("%.2f %ld\n", times[pairs], peak_kib);
	return 0;
}
