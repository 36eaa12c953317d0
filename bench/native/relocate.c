/*
 * What a relocation costs in C, on the tables that RelocationInput has written:
 *
 *   relocate ARCHITECTURE FILE SECONDS [OUT]
 *
 * Wipes the sections before each pass, which is not measured. Prints "relocation NS", the median of passes for so many seconds, and
 * "relocations N deferred D". Writes what the sections then hold to OUT.
 */
#include "bench.h"
#include "relocations.h"

enum { MAX_PASSES = 100000 };

/* The head of the file, and a section of it; offsets count from the file's first byte, images from the first image. */
struct head {
	uint64_t sections;
	uint64_t images;
	uint64_t images_size;
};

struct section {
	uint64_t rela;
	uint64_t count;
	uint64_t symbols;
	uint64_t symbol_count;
	uint64_t image;
	uint64_t size;
	uint64_t address;
};

static size_t (*program_of(const char *architecture))(const struct table *, size_t *)
{
	if (!strcmp(architecture, "x86_64"))
		return relocate_x86_64;
	if (!strcmp(architecture, "aarch64"))
		return relocate_aarch64;
	if (!strcmp(architecture, "riscv64"))
		return relocate_riscv64;
	fprintf(stderr, "relocate: no architecture %s\n", architecture);
	exit(2);
}

int main(int argc, char **argv)
{
	static double passes[MAX_PASSES];
	size_t size, relocations, deferred;
	size_t (*program)(const struct table *, size_t *);
	const struct head *head;
	const struct section *sections;
	char *file, *images;
	double begin;
	int n = 0;

	if (argc < 4)
		return fprintf(stderr, "relocate ARCHITECTURE FILE SECONDS [OUT]\n"), 2;
	program = program_of(argv[1]);
	file = map_file(argv[2], &size);
	head = (const struct head *)file;
	sections = (const struct section *)(head + 1);
	images = malloc(head->images_size);
	begin = now();
	do {
		double t, seconds;

		memcpy(images, file + head->images, head->images_size);
		relocations = deferred = 0;
		t = now();
		for (size_t i = 0; i < head->sections; i++) {
			const struct section *s = &sections[i];
			const struct table table = { (const Elf64_Rela *)(file + s->rela), s->count,
				(const Elf64_Sym *)(file + s->symbols), images + s->image, s->address };
			size_t done = program(&table, &deferred);

			if (done != s->count)
				return fprintf(stderr, "relocate: relocation %zu of section %zu\n", done, i), 1;
			relocations += done;
		}
		seconds = now() - t;
		/* The first passes wait for pages. */
		if (now() - begin < atof(argv[3]) / 10)
			continue;
		passes[n++] = seconds * 1e9 / relocations;
	} while (n < MAX_PASSES && (n < 3 || now() - begin < atof(argv[3])));
	printf("relocation %.4f\nrelocations %zu\ndeferred %zu\n", median(passes, n), relocations, deferred);
	if (argc > 4) {
		FILE *out = fopen(argv[4], "wb");

		if (!out || fwrite(images, 1, head->images_size, out) != head->images_size || fclose(out))
			die(argv[4]);
	}
	return 0;
}
