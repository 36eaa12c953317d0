// SPDX-License-Identifier: GPL-2.0
/*
 * jkmod_ring - rings of bytes for other modules
 *
 * Writers and readers of a ring may be in any context.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jump_label.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "jkmod_ring.h"

#define JKMOD_RING_MAX (1U << 20)

struct jkmod_ring {
	spinlock_t lock;	/* protects head, tail and data */
	unsigned int head, tail;	/* both run freely; head - tail bytes wait */
	unsigned int size;
	u8 *data;
};

static unsigned int size __ro_after_init = 4096;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "Bytes in a ring whose user names no size (a power of two)");

static bool account;
module_param(account, bool, 0444);
MODULE_PARM_DESC(account, "Count the bytes that found their ring full");

static DEFINE_PER_CPU(struct jkmod_ring_stats, jkmod_ring_counts);
static DEFINE_STATIC_KEY_FALSE(jkmod_ring_account);
static struct kmem_cache *jkmod_ring_cache __ro_after_init;

struct jkmod_ring *jkmod_ring_alloc(size_t bytes)
{
	struct jkmod_ring *ring;

	if (bytes > JKMOD_RING_MAX)
		return NULL;
	ring = kmem_cache_zalloc(jkmod_ring_cache, GFP_KERNEL);
	if (!ring)
		return NULL;
	spin_lock_init(&ring->lock);
	ring->size = bytes ? roundup_pow_of_two(bytes) : size;
	ring->data = kvmalloc(ring->size, GFP_KERNEL);
	if (!ring->data) {
		kmem_cache_free(jkmod_ring_cache, ring);
		return NULL;
	}
	this_cpu_inc(jkmod_ring_counts.rings);
	return ring;
}
EXPORT_SYMBOL(jkmod_ring_alloc);

void jkmod_ring_free(struct jkmod_ring *ring)
{
	kvfree(ring->data);
	kmem_cache_free(jkmod_ring_cache, ring);
	this_cpu_dec(jkmod_ring_counts.rings);
}
EXPORT_SYMBOL(jkmod_ring_free);

size_t jkmod_ring_write(struct jkmod_ring *ring, const void *from, size_t len)
{
	size_t at, fits, first;

	guard(spinlock_irqsave)(&ring->lock);
	fits = min_t(size_t, len, ring->size - (ring->head - ring->tail));
	at = ring->head & (ring->size - 1);
	first = min_t(size_t, fits, ring->size - at);
	memcpy(ring->data + at, from, first);
	memcpy(ring->data, from + first, fits - first);
	ring->head += fits;
	this_cpu_add(jkmod_ring_counts.written, fits);
	if (static_branch_unlikely(&jkmod_ring_account))
		this_cpu_add(jkmod_ring_counts.refused, len - fits);
	return fits;
}
EXPORT_SYMBOL_GPL(jkmod_ring_write);

size_t jkmod_ring_read(struct jkmod_ring *ring, void *to, size_t len)
{
	size_t at, first, taken;

	guard(spinlock_irqsave)(&ring->lock);
	taken = min_t(size_t, len, ring->head - ring->tail);
	at = ring->tail & (ring->size - 1);
	first = min_t(size_t, taken, ring->size - at);
	memcpy(to, ring->data + at, first);
	memcpy(to + first, ring->data, taken - first);
	ring->tail += taken;
	this_cpu_add(jkmod_ring_counts.read, taken);
	return taken;
}
EXPORT_SYMBOL_GPL(jkmod_ring_read);

void jkmod_ring_totals(struct jkmod_ring_stats *stats)
{
	int cpu;

	memset(stats, 0, sizeof(*stats));
	for_each_possible_cpu(cpu) {
		const struct jkmod_ring_stats *count = per_cpu_ptr(&jkmod_ring_counts, cpu);

		stats->written += count->written;
		stats->read += count->read;
		stats->refused += count->refused;
		stats->rings += count->rings;	/* may wrap on one CPU, not in all */
	}
}
EXPORT_SYMBOL_GPL(jkmod_ring_totals);

size_t jkmod_ring_waiting(struct jkmod_ring *ring)
{
	return READ_ONCE(ring->head) - READ_ONCE(ring->tail);
}
EXPORT_SYMBOL_NS_GPL(jkmod_ring_waiting, JKMOD_RING);

static int __init jkmod_ring_init(void)
{
	if (!is_power_of_2(size) || size > JKMOD_RING_MAX) {
		pr_err("size=%u is not a power of two up to %u\n", size, JKMOD_RING_MAX);
		return -EINVAL;
	}
	jkmod_ring_cache = KMEM_CACHE(jkmod_ring, 0);
	if (!jkmod_ring_cache)
		return -ENOMEM;
	if (account)
		static_branch_enable(&jkmod_ring_account);
	return 0;
}

static void __exit jkmod_ring_exit(void)
{
	kmem_cache_destroy(jkmod_ring_cache);
}

module_init(jkmod_ring_init);
module_exit(jkmod_ring_exit);

MODULE_DESCRIPTION("Rings of bytes for other modules");
MODULE_AUTHOR("The jkmod authors");
MODULE_VERSION("1.0");
MODULE_LICENSE("GPL");
