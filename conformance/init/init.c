// The init of a kernel that is being recorded: does what /plan says, a line a command, and leaves what it finds in memory that it
// shares with the machine outside.
//
//   load FILE [PARAMETERS]       loads /modules/FILE; adds `FILE ERRNO' to /load.txt
//   section MODULE NAME SIZE     adds the section's address to /sections.txt, and keeps what is in the kernel's memory there
//   range SYMBOL SYMBOL NAME     keeps what is in the kernel's memory between two symbols
//   copy PATH NAME               keeps a file
//   list PATH NAME               keeps the names in a folder, a line each
//   dmesg NAME                   keeps the kernel's messages
//   write PATH TEXT              writes a line to a file, in a process of its own: the kernel may kill it
//   run NAME PROGRAM [ARG]...    runs a program, and keeps what it prints
//   sleep MILLISECONDS
//   try NAME OPERATION           a system call, as org.jkmod.kmod.Scenario words them, in a process of its own; keeps as NAME, a line each:
//                                errno NUMBER, killed SIGNAL, or timeout; message LEVEL TEXT, for what the kernel printed meanwhile;
//                                tainted NUMBER; module LINE, for /proc/modules. The last try is one that does not end in an errno.
//
// The shared memory is the second BAR of an ivshmem device, which needs no driver: sysfs maps it. What other kernels write to
// consoles and disks while they break can't get into it. All numbers are 64 bits, little-endian:
//
//   0     the number of the line that is being done, from 1 on; all ones after the last
//   4096  entries: "jkmodrec", length of the name, length of the data, CRC-32 of the data, the name, the data; both padded to eight
//
// An entry's first word is written last, so there are only whole ones.

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAGIC 0x636572646f6d6b6aULL // "jkmodrec"

struct bytes {
	unsigned char *at;
	size_t length;
};

static volatile uint64_t *shared;
static size_t shared_words;
static size_t next_word = 4096 / 8;

static _Noreturn void off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static _Noreturn void die(const char *what)
{
	printf("init: %s: %s\n", what, strerror(errno));
	off();
}

static void *grown(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		die("no memory");
	return p;
}

// All of a file. Those of proc don't know how long they are.
static struct bytes all_of(int fd)
{
	struct bytes b = { NULL, 0 };
	size_t room = 0;

	for (;;) {
		if (b.length == room) {
			room = room ? 2 * room : 65536;
			b.at = grown(b.at, room);
		}
		ssize_t n = read(fd, b.at + b.length, room - b.length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return b;
		b.length += n;
	}
}

static uint32_t crc32(const unsigned char *p, size_t length)
{
	static uint32_t table[256];
	uint32_t crc = ~0u;

	if (!table[1]) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t c = i;
			for (int bit = 0; bit < 8; bit++)
				c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
			table[i] = c;
		}
	}
	for (size_t i = 0; i < length; i++)
		crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
	return ~crc;
}

// Whole words only: on arm64 this is device memory.
static size_t store(size_t word, const void *from, size_t length)
{
	const unsigned char *p = from;

	for (size_t i = 0; i < length; i += 8) {
		uint64_t value = 0;
		memcpy(&value, p + i, length - i < 8 ? length - i : 8);
		shared[word++] = value;
	}
	return word;
}

static void keep(const char *name, struct bytes data)
{
	size_t words = 4 + (strlen(name) + 7) / 8 + (data.length + 7) / 8;

	// One word stays free, as the end.
	if (words >= shared_words - next_word) {
		printf("init: no room for %s\n", name);
		return;
	}
	shared[next_word + 1] = strlen(name);
	shared[next_word + 2] = data.length;
	shared[next_word + 3] = crc32(data.at, data.length);
	size_t after = store(next_word + 4, name, strlen(name));
	after = store(after, data.at, data.length);
	__sync_synchronize();
	shared[next_word] = MAGIC;
	next_word = after;
}

static int read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -1;
	ssize_t n = read(fd, line, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	line[n] = 0;
	line[strcspn(line, "\n")] = 0;
	return 0;
}

static void write_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || dprintf(fd, "%s\n", text) < 0)
		printf("init: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void append(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd < 0 || dprintf(fd, "%s\n", line) < 0)
		die(path);
	close(fd);
}

static void write_apart(const char *path, const char *text)
{
	pid_t pid = fork();

	if (!pid) {
		write_line(path, text);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) != pid && errno == EINTR)
		;
}

static int is_ivshmem(const char *device)
{
	char path[512], line[32];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vendor", device);
	if (read_line(path, line, sizeof(line)) || strcmp(line, "0x1af4"))
		return 0;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/device", device);
	return !read_line(path, line, sizeof(line)) && !strcmp(line, "0x1110");
}

static void map_shared(void)
{
	DIR *devices = opendir("/sys/bus/pci/devices");
	char path[512];
	struct stat status;

	for (struct dirent *d; devices && (d = readdir(devices));) {
		if (!is_ivshmem(d->d_name))
			continue;
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", d->d_name);
		write_line(path, "1");
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource2", d->d_name);
		int fd = open(path, O_RDWR);
		if (fd < 0 || fstat(fd, &status))
			die(path);
		shared = mmap(NULL, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (shared == MAP_FAILED)
			die(path);
		shared_words = status.st_size / 8;
		close(fd);
	}
	if (!shared)
		die("no ivshmem device");
	closedir(devices);
}

static void load(const char *file, const char *parameters)
{
	char path[512], line[600];

	snprintf(path, sizeof(path), "/modules/%s", file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = fd < 0 ? errno : 0;
	if (!error && syscall(SYS_finit_module, fd, parameters, 0))
		error = errno;
	if (fd >= 0)
		close(fd);
	snprintf(line, sizeof(line), "%s %d", file, error);
	append("/load.txt", line);
}

// Reads the kernel's memory: /proc/kcore is an ELF file with a segment for each part of it.
static int read_memory(uint64_t address, struct bytes *to)
{
	static int fd = -1;
	static Elf64_Ehdr header;
	static Elf64_Phdr *segments;

	if (fd < 0) {
		fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
		if (fd < 0 || pread(fd, &header, sizeof(header), 0) != sizeof(header))
			die("/proc/kcore");
		ssize_t size = header.e_phnum * sizeof(*segments);
		segments = grown(NULL, size);
		if (pread(fd, segments, size, header.e_phoff) != size)
			die("/proc/kcore");
	}
	for (int i = 0; i < header.e_phnum; i++) {
		const Elf64_Phdr *s = &segments[i];
		if (s->p_type != PT_LOAD || address < s->p_vaddr || address - s->p_vaddr > s->p_memsz ||
		    to->length > s->p_memsz - (address - s->p_vaddr))
			continue;
		return pread(fd, to->at, to->length, s->p_offset + (address - s->p_vaddr)) == (ssize_t)to->length ? 0 : -1;
	}
	return -1;
}

static void section(const char *module, const char *name, const char *size)
{
	char path[512], address[64], line[700];

	snprintf(path, sizeof(path), "/sys/module/%s/sections/%s", module, name);
	if (read_line(path, address, sizeof(address)))
		return;
	snprintf(line, sizeof(line), "%s %s %s %s", module, name, address, size);
	append("/sections.txt", line);
	struct bytes data = { NULL, strtoull(size, NULL, 10) };
	if (!data.length)
		return;
	data.at = grown(NULL, data.length);
	if (read_memory(strtoull(address, NULL, 16), &data)) {
		printf("init: no memory of %s %s\n", module, name);
	} else {
		snprintf(path, sizeof(path), "memory/%s/%s", module, name);
		keep(path, data);
	}
	free(data.at);
}

static uint64_t address_of(const char *symbol)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	unsigned long long address;
	char name[512], rest[256];

	while (symbols && fscanf(symbols, "%llx %*c %511s%255[^\n]", &address, name, rest) >= 2) {
		if (!strcmp(name, symbol)) {
			fclose(symbols);
			return address;
		}
	}
	die(symbol);
}

static void range(const char *from, const char *to, const char *name)
{
	uint64_t start = address_of(from);
	struct bytes data = { NULL, address_of(to) - start };

	data.at = grown(NULL, data.length);
	if (read_memory(start, &data))
		printf("init: no memory from %s to %s\n", from, to);
	else
		keep(name, data);
	free(data.at);
}

static void copy(const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		printf("init: %s: %s\n", path, strerror(errno));
		return;
	}
	struct bytes data = all_of(fd);
	close(fd);
	keep(name, data);
	free(data.at);
}

static void list(const char *path, const char *name)
{
	struct bytes data = { NULL, 0 };
	FILE *names = open_memstream((char **)&data.at, &data.length);
	DIR *folder = opendir(path);

	if (!names || !folder)
		die(path);
	for (struct dirent *d; (d = readdir(folder));)
		fprintf(names, "%s\n", d->d_name);
	closedir(folder);
	fclose(names);
	keep(name, data);
	free(data.at);
}

static void dmesg(const char *name)
{
	int size = klogctl(10, NULL, 0); // SYSLOG_ACTION_SIZE_BUFFER
	struct bytes data = { grown(NULL, size > 0 ? size : 0), 0 };
	int length = klogctl(3, (char *)data.at, size); // SYSLOG_ACTION_READ_ALL

	data.length = length > 0 ? length : 0;
	keep(name, data);
	free(data.at);
}

static void run(const char *name, char *command)
{
	char *arguments[64];
	int count = 0;

	for (char *word = strtok(command, " "); word && count < 63; word = strtok(NULL, " "))
		arguments[count++] = word;
	arguments[count] = NULL;
	int fd = open("/run.txt", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || !count)
		die("run");
	pid_t pid = fork();
	if (!pid) {
		dup2(fd, 1);
		dup2(fd, 2);
		execv(arguments[0], arguments);
		dprintf(2, "init: %s: %s\n", arguments[0], strerror(errno));
		_exit(127);
	}
	int status;
	while (pid > 0 && waitpid(pid, &status, 0) != pid && errno == EINTR)
		;
	lseek(fd, 0, SEEK_SET);
	struct bytes data = all_of(fd);
	close(fd);
	keep(name, data);
	free(data.at);
}

static char *next(char **rest)
{
	char *word = strsep(rest, " ");

	return word ? word : "";
}

static long finit_module(const char *file, int how, const char *flags, const char *parameters)
{
	char path[512];

	snprintf(path, sizeof(path), "/modules/%s", file);
	int fd = open(path, how | O_CLOEXEC);
	return fd < 0 ? -1 : syscall(SYS_finit_module, fd, parameters, atoi(flags));
}

static long init_module(const char *length, const char *file, const char *parameters)
{
	char path[512];

	snprintf(path, sizeof(path), "/modules/%s", file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	struct bytes whole = all_of(fd);
	return syscall(SYS_init_module, whole.at, atol(length) < 0 ? whole.length : strtoul(length, NULL, 10), parameters);
}

static long write_value(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : write(fd, value, strlen(value));
}

// Returns the operation's errno; 0 if it went well.
static int perform(char *rest)
{
	char *operation = next(&rest);
	char *first = next(&rest);
	char *second = next(&rest);
	char *others = rest ? rest : "";
	long result;

	if (!strncmp(operation, "u_", 2)) {
		if (setreuid(1000, 1000))
			return errno;
		operation += 2;
	}
	if (!strcmp(operation, "load"))
		result = finit_module(first, O_RDONLY, second, others);
	else if (!strcmp(operation, "loadw"))
		result = finit_module(first, O_WRONLY, second, others);
	else if (!strcmp(operation, "loadbadargs"))
		result = finit_module(first, O_RDONLY, second, (const char *)1);
	else if (!strcmp(operation, "loadfd"))
		result = syscall(SYS_finit_module, strcmp(first, "null") ? 999 : open("/dev/null", O_RDONLY), "", 0);
	else if (!strcmp(operation, "init"))
		result = init_module(first, second, others);
	else if (!strcmp(operation, "unload"))
		result = syscall(SYS_delete_module, second, atoi(first));
	else if (!strcmp(operation, "write"))
		result = write_value(first, second);
	else
		return ENOSYS;
	return result < 0 ? errno : 0;
}

// Whether it came to its end; if not, the kernel is not one to go on with.
static int try_apart(FILE *answer, char *operation)
{
	int ends[2], status, error;

	if (pipe(ends))
		die("pipe");
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		error = perform(operation);
		_exit(write(ends[1], &error, sizeof(error)) != sizeof(error));
	}
	close(ends[1]);
	for (int i = 0; waitpid(pid, &status, WNOHANG) != pid; i++) {
		if (i == 6000) {
			fprintf(answer, "timeout\n");
			return 0;
		}
		usleep(10000);
	}
	int ended = read(ends[0], &error, sizeof(error)) == sizeof(error);
	close(ends[0]);
	if (ended)
		fprintf(answer, "errno %d\n", error);
	else
		fprintf(answer, "killed %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return ended;
}

// A record: PRIORITY,SEQUENCE,TIME,FLAGS;TEXT and a newline; what comes then is for others.
static void print_messages(FILE *answer, int kmsg, const char *end)
{
	char record[16384];

	for (;;) {
		ssize_t n = read(kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			break;
		record[n] = 0;
		char *text = strchr(record, ';');
		if (!text)
			continue;
		text++;
		text[strcspn(text, "\n")] = 0;
		if (!strcmp(text, end))
			break;
		fprintf(answer, "message %d %s\n", atoi(record) & 7, text);
	}
}

static void print_lines(FILE *answer, const char *path, const char *what)
{
	FILE *file = fopen(path, "re");
	char line[4096];

	while (file && fgets(line, sizeof(line), file))
		fprintf(answer, "%s %s", what, line);
	if (file)
		fclose(file);
}

static void try(const char *name, char *operation)
{
	static int kmsg = -1;
	struct bytes data = { NULL, 0 };
	FILE *answer = open_memstream((char **)&data.at, &data.length);
	char end[512];

	if (kmsg < 0)
		kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0 || !answer || lseek(kmsg, 0, SEEK_END) < 0)
		die("/dev/kmsg");
	int ended = try_apart(answer, operation);
	// A message without a newline is shown only when there is another.
	int length = snprintf(end, sizeof(end), "%s ends\n", name);
	if (length >= (int)sizeof(end) || write(kmsg, end, length) < 0)
		die("/dev/kmsg");
	end[length - 1] = 0;
	print_messages(answer, kmsg, end);
	if (ended) {
		print_lines(answer, "/proc/sys/kernel/tainted", "tainted");
		print_lines(answer, "/proc/modules", "module");
	}
	fclose(answer);
	keep(name, data);
	free(data.at);
	if (!ended) {
		shared[0] = ~0ULL;
		off();
	}
}

static void obey(char *line)
{
	char *rest = line;
	char *command = next(&rest);
	char *first = next(&rest);

	if (!strcmp(command, "load"))
		load(first, rest ? rest : "");
	else if (!strcmp(command, "section")) {
		char *name = next(&rest);
		section(first, name, next(&rest));
	} else if (!strcmp(command, "range")) {
		char *to = next(&rest);
		range(first, to, next(&rest));
	} else if (!strcmp(command, "copy"))
		copy(first, next(&rest));
	else if (!strcmp(command, "list"))
		list(first, next(&rest));
	else if (!strcmp(command, "dmesg"))
		dmesg(first);
	else if (!strcmp(command, "write"))
		write_apart(first, rest ? rest : "");
	else if (!strcmp(command, "run"))
		run(first, rest);
	else if (!strcmp(command, "try")) {
		if (rest)
			try(first, rest);
	} else if (!strcmp(command, "sleep"))
		usleep(1000 * strtoul(first, NULL, 10));
	else
		printf("init: what is %s?\n", command);
}

int main(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	map_shared();
	write_line("/proc/sys/kernel/kptr_restrict", "0");

	FILE *plan = fopen("/plan", "re");
	char *line = NULL;
	size_t size = 0;
	if (!plan)
		die("/plan");
	for (uint64_t number = 1; getline(&line, &size, plan) > 0; number++) {
		shared[0] = number;
		line[strcspn(line, "\n")] = 0;
		if (*line)
			obey(line);
	}
	shared[0] = ~0ULL;
	off();
}
