// SPDX-License-Identifier: GPL-2.0
/*
 * jkmod_stat - /proc/jkmod_stat shows what jkmod_ring and jkmod_echo have done
 *
 * jkmod_bonus_count() is a weak reference. No module exports it, so the loader
 * leaves it at address 0 and the line "bonus" is left out. The reference is in
 * data: in code, gcc would use a GOT relocation on arm64, which that kernel's
 * loader does not know, and a pc-relative one on riscv, which cannot reach 0.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "jkmod_echo.h"
#include "jkmod_ring.h"

extern unsigned long jkmod_bonus_count(void) __weak;
static unsigned long (*jkmod_bonus)(void) = jkmod_bonus_count;

static int jkmod_stat_show(struct seq_file *file, void *unused)
{
	unsigned long (*bonus)(void) = READ_ONCE(jkmod_bonus);
	struct jkmod_ring_stats stats;

	jkmod_ring_totals(&stats);
	seq_printf(file, "rings   %u\n", stats.rings);
	seq_printf(file, "written %llu\n", stats.written);
	seq_printf(file, "read    %llu\n", stats.read);
	seq_printf(file, "refused %llu\n", stats.refused);
	seq_printf(file, "users   %u\n", jkmod_echo_users());
	if (bonus)
		seq_printf(file, "bonus   %lu\n", bonus());
	return 0;
}

static int __init jkmod_stat_init(void)
{
	return proc_create_single("jkmod_stat", 0444, NULL, jkmod_stat_show) ? 0 : -ENOMEM;
}

static void __exit jkmod_stat_exit(void)
{
	remove_proc_entry("jkmod_stat", NULL);
}

module_init(jkmod_stat_init);
module_exit(jkmod_stat_exit);

MODULE_DESCRIPTION("Statistics of jkmod_ring and jkmod_echo in /proc/jkmod_stat");
MODULE_AUTHOR("The jkmod authors");
MODULE_LICENSE("GPL");
