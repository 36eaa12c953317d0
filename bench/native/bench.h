/* What the native programs share: time, and files in memory. */
#ifndef JKMOD_BENCH_H
#define JKMOD_BENCH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* A file in memory, private and writable. The descriptor is closed. */
static inline void *map_file(const char *path, size_t *size)
{
	struct stat st;
	void *at;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	*size = st.st_size;
	at = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		die(path);
	close(fd);
	return at;
}

/* A file of a folder, in memory. */
static inline void *map_in(const char *folder, const char *name, size_t *size)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return map_file(path, size);
}

static inline int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double median(double *v, int n)
{
	qsort(v, n, sizeof(*v), compare_doubles);
	return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

#endif
