// SPDX-License-Identifier: GPL-2.0
/*
 * jkmod_orphan - a module that needs a symbol which nothing exports
 *
 * The kernel refuses it: "Unknown symbol jkmod_nowhere (err -2)".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

int jkmod_nowhere(void);

static int __init jkmod_orphan_init(void)
{
	pr_info("found %d\n", jkmod_nowhere());
	return 0;
}

static void __exit jkmod_orphan_exit(void)
{
}

module_init(jkmod_orphan_init);
module_exit(jkmod_orphan_exit);

MODULE_DESCRIPTION("Needs a symbol that nothing exports: the kernel refuses it");
MODULE_AUTHOR("The jkmod authors");
MODULE_LICENSE("GPL");
