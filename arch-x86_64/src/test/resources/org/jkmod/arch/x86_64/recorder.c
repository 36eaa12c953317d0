// SPDX-License-Identifier: Apache-2.0
// The init of a virtual machine that does what /script says to the kernel's module loader, and prints what comes of it.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int kmsg;

static void drain(void)
{
	char record[8192];
	ssize_t n;

	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		char *text;
		int level = atoi(record) & 7;

		if (n < 0)
			continue;
		record[n] = 0;
		text = strchr(record, ';') + 1;
		text[strcspn(text, "\n")] = 0;
		// From level 6 on it is what modules' own code says, and the rest of the kernel.
		if (level < 6)
			printf("  dmesg %d %s\n", level, text);
	}
}

static void result(long r)
{
	printf("  errno %s\n", r ? strerrorname_np(errno) : "0");
	drain();
}

static void show(const char *file, const char *what, const char *filter)
{
	FILE *f = fopen(file, "r");
	char line[4096];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, filter))
			printf("  %s %s", what, line);
	if (f)
		fclose(f);
}

static void sections(const char *module)
{
	char path[1024];
	DIR *dir;
	struct dirent *entry;

	snprintf(path, sizeof(path), "/sys/module/%s/sections", module);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "/sys/module/%s/sections/%s", module, entry->d_name);
		char what[512];
		snprintf(what, sizeof(what), "section %s", entry->d_name);
		show(path, what, "");
	}
	if (dir)
		closedir(dir);
}

int main(void)
{
	char line[8192];
	FILE *script;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	lseek(kmsg, 0, SEEK_END);
	script = fopen("/script", "r");
	printf("\n> boot\n");
	while (fgets(line, sizeof(line), script)) {
		char *verb = line, *rest;

		line[strcspn(line, "\n")] = 0;
		printf("> %s\n", line);
		rest = strchr(line, ' ');
		if (rest)
			*rest++ = 0;
		if (!strcmp(verb, "load")) {
			char *args = strchr(rest, ' '), path[256];
			int fd;

			if (args)
				*args++ = 0;
			snprintf(path, sizeof(path), "/ko/%s.ko", rest);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			result(syscall(SYS_finit_module, fd, args ? args : "", 0));
			close(fd);
		} else if (!strcmp(verb, "unload"))
			result(syscall(SYS_delete_module, rest, O_NONBLOCK));
		else if (!strcmp(verb, "modules"))
			show("/proc/modules", "modules", "");
		else if (!strcmp(verb, "tainted"))
			show("/proc/sys/kernel/tainted", "tainted", "");
		else if (!strcmp(verb, "kallsyms"))
			show("/proc/kallsyms", "kallsyms", "\t[jkmod_");
		else if (!strcmp(verb, "sections"))
			sections(rest);
		fflush(stdout);
	}
	printf("> end\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
