/*
 * Runs a command, and says how long it took and how much memory it had at most:
 *
 *   spawn OUT COMMAND [ARGUMENT...]
 *
 * What the command prints goes to OUT. Prints "seconds S", "peak-kib K" and "status N". A JVM that starts commands itself would
 * measure its own part of that, too.
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/wait.h>

#include "bench.h"

int main(int argc, char **argv)
{
	struct rusage usage;
	double begin, seconds;
	int out, status;
	pid_t child;

	if (argc < 3)
		return fprintf(stderr, "spawn OUT COMMAND [ARGUMENT...]\n"), 2;
	out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (out < 0)
		die(argv[1]);
	begin = now();
	child = vfork();
	if (child == 0) {
		dup2(out, 1);
		dup2(out, 2);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) < 0)
		die(argv[2]);
	seconds = now() - begin;
	printf("seconds %.6f\npeak-kib %ld\nstatus %d\n", seconds, usage.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
