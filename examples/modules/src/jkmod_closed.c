// SPDX-License-Identifier: GPL-2.0
/*
 * jkmod_closed - a module that tells the kernel it is proprietary
 *
 * It keeps to what EXPORT_SYMBOL offers to everybody, so it loads, and taints
 * the kernel. (This source is GPL-2.0 all the same: the tag below is test data.)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "jkmod_ring.h"

static struct jkmod_ring *ring;

static int __init jkmod_closed_init(void)
{
	ring = jkmod_ring_alloc(0);
	if (!ring)
		return -ENOMEM;
	pr_info("has a ring\n");
	return 0;
}

static void __exit jkmod_closed_exit(void)
{
	jkmod_ring_free(ring);
}

module_init(jkmod_closed_init);
module_exit(jkmod_closed_exit);

MODULE_DESCRIPTION("A proprietary user of jkmod_ring's exports that are open to all");
MODULE_AUTHOR("The jkmod authors");
MODULE_LICENSE("Proprietary");
