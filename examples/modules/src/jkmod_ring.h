/* SPDX-License-Identifier: GPL-2.0 */
#ifndef JKMOD_RING_H
#define JKMOD_RING_H

#include <linux/types.h>

struct jkmod_ring;

/* Totals over all rings, past and present. */
struct jkmod_ring_stats {
	u64 written;
	u64 read;
	u64 refused;	/* bytes that found their ring full; only counted with account=1 */
	unsigned int rings;
};

/*
 * EXPORT_SYMBOL. The size is rounded up to a power of two; 0 stands for the
 * module's parameter. NULL: too big, or no memory.
 */
struct jkmod_ring *jkmod_ring_alloc(size_t size);
void jkmod_ring_free(struct jkmod_ring *ring);

/* EXPORT_SYMBOL_GPL. write and read return how many bytes they moved. */
size_t jkmod_ring_write(struct jkmod_ring *ring, const void *from, size_t len);
size_t jkmod_ring_read(struct jkmod_ring *ring, void *to, size_t len);
void jkmod_ring_totals(struct jkmod_ring_stats *stats);

/* EXPORT_SYMBOL_NS_GPL, namespace JKMOD_RING */
size_t jkmod_ring_waiting(struct jkmod_ring *ring);

#endif
