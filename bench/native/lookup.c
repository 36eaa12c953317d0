/*
 * What looking up symbols costs in C, on the tables and queries that LookupData has written:
 *
 *   lookup FOLDER SECONDS
 *
 * name.bsearch     bsearch and strcmp over the sorted names, as the kernel finds an export       ns a lookup
 * address.bsearch  binary search over sorted addresses, as the kernel finds a symbol             ns a lookup
 * kallsyms.parse   the text of /proc/kallsyms to addresses and names, sorted by address          ms
 *
 * Prints "NAME VALUE", the median of passes for so many seconds each.
 */
#include <stdint.h>

#include "bench.h"

enum { MAX_PASSES = 100000 };

static double passes[MAX_PASSES];
static volatile uint64_t sink;

#define MEASURE(name, scale, seconds, statement)                                                   \
	do {                                                                                       \
		double begin_ = now();                                                             \
		int n_ = 0;                                                                        \
		{ statement; }                                                                     \
		do {                                                                               \
			double t_ = now();                                                         \
			{ statement; }                                                             \
			passes[n_++] = (now() - t_) * (scale);                                     \
		} while (n_ < MAX_PASSES && (n_ < 3 || now() - begin_ < (seconds)));               \
		printf("%s %.4f\n", name, median(passes, n_));                                     \
	} while (0)

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_key(const void *key, const void *entry)
{
	return strcmp(key, *(char *const *)entry);
}

static void names(const char *folder, double seconds)
{
	size_t size, count = 0, queries_size, length = 0;
	char *text = map_in(folder, "names.txt", &size), *end = text + size, *queries, *at;
	uint32_t *rows = map_in(folder, "name-queries.bin", &queries_size);
	size_t queries_count = queries_size / sizeof(*rows);
	char **lines, **table, **query;

	for (char *c = text; c < end; c++)
		count += *c == '\n';
	lines = malloc(count * sizeof(*lines));
	table = malloc(count * sizeof(*table));
	query = malloc(queries_count * sizeof(*query));
	count = 0;
	for (char *c = text; c < end; c++) {
		lines[count++] = c;
		c = memchr(c, '\n', end - c);
		*c = 0;
	}
	memcpy(table, lines, count * sizeof(*table));
	qsort(table, count, sizeof(*table), compare_names);

	/* The names that are asked for lie one behind the other, as in a string table. */
	for (size_t i = 0; i < queries_count; i++)
		length += strlen(lines[rows[i]]) + 1;
	at = queries = malloc(length);
	for (size_t i = 0; i < queries_count; i++) {
		query[i] = at;
		at = stpcpy(at, lines[rows[i]]) + 1;
	}
	for (size_t i = 0; i < queries_count; i++)
		if (*(char **)bsearch(query[i], table, count, sizeof(*table), compare_key) != lines[rows[i]])
			exit(fprintf(stderr, "lookup: another name is found\n"));

	MEASURE("name.bsearch", 1e9 / queries_count, seconds, {
		uint64_t sum = 0;

		for (size_t i = 0; i < queries_count; i++)
			sum += (char **)bsearch(query[i], table, count, sizeof(*table), compare_key) - table;
		sink = sum;
	});
}

static void addresses(const char *folder, double seconds)
{
	size_t size, queries_size;
	uint64_t *address = map_in(folder, "addresses.bin", &size);
	uint64_t *query = map_in(folder, "address-queries.bin", &queries_size);
	size_t count = size / sizeof(*address), queries_count = queries_size / sizeof(*query);

	MEASURE("address.bsearch", 1e9 / queries_count, seconds, {
		uint64_t sum = 0;

		for (size_t i = 0; i < queries_count; i++) {
			size_t low = 0;
			size_t high = count;

			while (high - low > 1) {
				size_t middle = low + (high - low) / 2;

				if (address[middle] <= query[i])
					low = middle;
				else
					high = middle;
			}
			sum += low;
		}
		sink = sum;
	});
}

struct symbol {
	uint64_t address;
	const char *name;
	char type;
};

static int compare_symbols(const void *a, const void *b)
{
	uint64_t x = ((const struct symbol *)a)->address, y = ((const struct symbol *)b)->address;

	return (x > y) - (x < y);
}

static size_t parse(const char *text, size_t size, char *names, struct symbol *symbols)
{
	const char *end = text + size;
	size_t count = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		char *rest;

		symbols[count].address = strtoull(text, &rest, 16);
		symbols[count].type = rest[1];
		symbols[count++].name = names;
		memcpy(names, rest + 3, newline - rest - 3);
		names += newline - rest - 3;
		*names++ = 0;
		text = newline + 1;
	}
	qsort(symbols, count, sizeof(*symbols), compare_symbols);
	return count;
}

static void kallsyms(const char *folder, double seconds)
{
	size_t size;
	char *text = map_in(folder, "kallsyms.txt", &size);

	/* A line has at least 20 characters. */
	MEASURE("kallsyms.parse", 1e3, seconds, {
		char *names = malloc(size);
		struct symbol *symbols = malloc(size / 20 * sizeof(*symbols) + sizeof(*symbols));

		sink = parse(text, size, names, symbols);
		free(symbols);
		free(names);
	});
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return fprintf(stderr, "lookup FOLDER SECONDS\n"), 2;
	names(argv[1], atof(argv[2]));
	addresses(argv[1], atof(argv[2]));
	kallsyms(argv[1], atof(argv[2]));
	return 0;
}
