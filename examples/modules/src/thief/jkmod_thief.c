// SPDX-License-Identifier: GPL-2.0
/*
 * jkmod_thief - a proprietary module that uses a GPL-only export
 *
 * The kernel hides jkmod_ring_write() from it: "Unknown symbol jkmod_ring_write
 * (err -2)". modpost refuses such a module, so the Makefile builds it as happens
 * in the wild: against a Module.symvers of a day when the export was open to all.
 * (This source is GPL-2.0 all the same: the tag below is test data.)
 */
#include <linux/init.h>
#include <linux/module.h>

#include "jkmod_ring.h"

static struct jkmod_ring *ring;

static int __init jkmod_thief_init(void)
{
	ring = jkmod_ring_alloc(0);
	if (!ring)
		return -ENOMEM;
	jkmod_ring_write(ring, "loot", 4);
	return 0;
}

static void __exit jkmod_thief_exit(void)
{
	jkmod_ring_free(ring);
}

module_init(jkmod_thief_init);
module_exit(jkmod_thief_exit);

MODULE_DESCRIPTION("A proprietary user of a GPL-only export: the kernel refuses it");
MODULE_AUTHOR("The jkmod authors");
MODULE_LICENSE("Proprietary");
