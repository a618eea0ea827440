// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Register file: dispatches accesses to the tables of reg_table.c in constant time, and splits what the bus does (1 to 8
 * bytes, registers or GGTT entries) into dwords.
 */
#include <errno.h>
#include <string.h>

#include "sim/engine/regs.h"

#define INDEX_PLAIN UINT16_MAX

static const struct reg_desc *find(const struct gen75 *gpu, uint32_t offset)
{
	uint16_t index = gpu->reg_index[offset / 4];

	return index && index != INDEX_PLAIN ? &gen75_reg_table[index - 1] : NULL;
}

static int index_add(struct gen75 *gpu, uint32_t offset, uint32_t count, uint16_t index)
{
	if (offset % 4 || offset >= GEN75_MMIO_BYTES || count > (GEN75_MMIO_BYTES - offset) / 4)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++)
		gpu->reg_index[offset / 4 + i] = index;
	return 0;
}

/**
 * gen75_regs_init() - build the index of the tables
 * Return: 0, -EINVAL when a table is wrong (a bug, caught by the unit tests).
 */
int gen75_regs_init(struct gen75 *gpu)
{
	int r = 0;

	for (unsigned int i = 0; i < gen75_reg_plain_count && !r; i++)
		r = index_add(gpu, gen75_reg_plain[i].start, (gen75_reg_plain[i].end - gen75_reg_plain[i].start) / 4,
			      INDEX_PLAIN);
	for (unsigned int i = 0; i < gen75_reg_table_count && !r; i++) {
		const struct reg_desc *d = &gen75_reg_table[i];

		if (!(d->flags & REG_PER_ENGINE)) {
			r = index_add(gpu, d->offset, d->count, i + 1);
			continue;
		}
		for (unsigned int id = 0; id < GEN75_ENGINES && !r; id++)
			r = index_add(gpu, gpu->engine[id].base + d->offset, d->count, i + 1);
	}
	return r;
}

static void reset_desc(struct gen75 *gpu, const struct reg_desc *d, uint32_t base)
{
	for (uint32_t i = 0; i < d->count; i++)
		*reg(gpu, base + d->offset + 4 * i) = d->reset;
}

/**
 * gen75_regs_reset_engine() - an engine's own registers at their defaults
 */
void gen75_regs_reset_engine(struct gen75 *gpu, const struct engine *e)
{
	for (unsigned int i = 0; i < gen75_reg_table_count; i++)
		if (gen75_reg_table[i].flags & REG_PER_ENGINE)
			reset_desc(gpu, &gen75_reg_table[i], e->base);
}

/**
 * gen75_regs_reset() - all registers at their power-on values
 */
void gen75_regs_reset(struct gen75 *gpu)
{
	memset(gpu->mmio, 0, GEN75_MMIO_BYTES);
	for (unsigned int i = 0; i < gen75_reg_table_count; i++)
		if (!(gen75_reg_table[i].flags & REG_PER_ENGINE))
			reset_desc(gpu, &gen75_reg_table[i], 0);
	for (unsigned int id = 0; id < GEN75_ENGINES; id++)
		gen75_regs_reset_engine(gpu, &gpu->engine[id]);
}

/**
 * gen75_reg_read() - what a dword read gives, to the CPU or to an engine's command
 * @offset: below GEN75_MMIO_BYTES; its lower two bits are ignored
 */
uint32_t gen75_reg_read(struct gen75 *gpu, uint32_t offset)
{
	const struct reg_desc *d;
	uint32_t value;

	offset &= (GEN75_MMIO_BYTES - 1) & ~3u;
	d = find(gpu, offset);
	value = *reg(gpu, offset);
	if (d && d->read)
		value = d->read(gpu, offset, value);
	if (!gpu->reg_index[offset / 4])
		gen75_event(gpu, GEN75_EV_UNKNOWN_READ, -1, offset, 0);
	if (gpu->tracing)
		gen75_event(gpu, GEN75_EV_MMIO_READ, -1, offset, value);
	return value;
}

static uint32_t byte_mask(uint32_t bytes)
{
	uint32_t mask = 0;

	for (int i = 0; i < 4; i++)
		if (bytes >> i & 1)
			mask |= 0xffu << 8 * i;
	return mask;
}

/**
 * gen75_reg_write() - write a dword, by the CPU or by an engine's command
 * @offset: below GEN75_MMIO_BYTES; its lower two bits are ignored
 * @bytes: bit mask of the bytes that are written, 0xf: all
 */
void gen75_reg_write(struct gen75 *gpu, uint32_t offset, uint32_t value, uint32_t bytes)
{
	const struct reg_desc *d;
	uint32_t mask = byte_mask(bytes), old, new;

	offset &= (GEN75_MMIO_BYTES - 1) & ~3u;
	value &= mask;
	d = find(gpu, offset);
	old = *reg(gpu, offset);
	new = (old & ~mask) | value;
	if (gpu->tracing)
		gen75_event(gpu, GEN75_EV_MMIO_WRITE, -1, offset, value);
	if (!gpu->reg_index[offset / 4])
		gen75_event(gpu, GEN75_EV_UNKNOWN_WRITE, -1, offset, value);
	if (!d) {
		*reg(gpu, offset) = new;
		return;
	}
	if (d->flags & REG_MASKED)
		new = (old & ~(value >> 16)) | (value & value >> 16);
	new = (new & ~d->w1c) | (old & d->w1c & ~value);
	new = (new & ~d->ro) | (old & d->ro);
	*reg(gpu, offset) = new;
	if (d->write)
		d->write(gpu, offset, old, value);
}

static bool bar0_range_ok(struct gen75 *gpu, enum gen75_event ev, uint32_t offset, size_t len)
{
	bool sized = len == 1 || len == 2 || len == 4 || len == 8;

	/* one access stays in one half, and within two dwords */
	if (sized && offset < GEN75_BAR0_BYTES && len <= GEN75_BAR0_BYTES - offset && offset % 4 + len <= 8 &&
	    (offset < GEN75_MMIO_BYTES) == (offset + len - 1 < GEN75_MMIO_BYTES))
		return true;
	gen75_event(gpu, ev, -1, offset, len);
	return false;
}

/**
 * gen75_bar0_read() - read BAR0; see gen75.h
 */
void gen75_bar0_read(struct gen75 *gpu, uint64_t now_ns, uint32_t offset, void *buf, size_t len)
{
	uint32_t value[2];

	gpu->now_ns = now_ns;
	if (!bar0_range_ok(gpu, GEN75_EV_UNKNOWN_READ, offset, len)) {
		memset(buf, 0, len);
		return;
	}
	if (offset >= GEN75_MMIO_BYTES) {
		memcpy(buf, (const uint8_t *)gpu->ggtt + (offset - GEN75_MMIO_BYTES), len);
		return;
	}
	gpu->stats.mmio_reads++;
	value[0] = gen75_reg_read(gpu, offset);
	if (offset % 4 + len > 4)
		value[1] = gen75_reg_read(gpu, offset + 4);
	memcpy(buf, (const uint8_t *)value + offset % 4, len);
}

/**
 * gen75_bar0_write() - write BAR0; see gen75.h
 */
void gen75_bar0_write(struct gen75 *gpu, uint64_t now_ns, uint32_t offset, const void *buf, size_t len)
{
	uint32_t value[2] = { 0, 0 }, bytes;

	gpu->now_ns = now_ns;
	if (!bar0_range_ok(gpu, GEN75_EV_UNKNOWN_WRITE, offset, len))
		return;
	if (offset >= GEN75_MMIO_BYTES) {
		memcpy((uint8_t *)gpu->ggtt + (offset - GEN75_MMIO_BYTES), buf, len);
		return;
	}
	gpu->stats.mmio_writes++;
	memcpy((uint8_t *)value + offset % 4, buf, len);
	bytes = ((1u << len) - 1) << offset % 4;
	gen75_reg_write(gpu, offset, value[0], bytes & 0xf);
	if (bytes >> 4)
		gen75_reg_write(gpu, offset + 4, value[1], bytes >> 4);
}
