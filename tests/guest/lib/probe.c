// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Honest blits without a driver: fill, copy to hidden memory and back, checked by the CPU in its own pages and
 * through the aperture. One thread, no lock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/guest/lib/oracle.h"
#include "tests/guest/lib/probe.h"

#define CMD_MAX_DW 64

/**
 * probe_create() - allocate the ring and the buffers in the partition
 * @probe: its @gpu is open; on failure probe_destroy() is still right
 * @size_bytes: size of each buffer, a multiple of a page, at most PROBE_SIZE_MAX
 *
 * Return: 0 or -errno, with the reason in the device
 */
int probe_create(struct probe *probe, size_t size_bytes)
{
	struct gpu *gpu = &probe->gpu;
	struct gma_space *high;
	int ret;

	probe->low = (struct gma_space) { .range = gpu->mappable };
	probe->high = (struct gma_space) { .range = gpu->hidden };
	high = gpu->hidden.bytes ? &probe->high : &probe->low;
	probe->pattern = malloc(size_bytes);
	if (!probe->pattern)
		return gpu_fail(gpu, ENOMEM, "out of memory");
	ret = ring_create(&probe->ring, gpu, &probe->low);
	if (!ret)
		ret = surface_create(gpu, &probe->low, size_bytes, &probe->src);
	if (!ret)
		ret = surface_create(gpu, &probe->low, size_bytes, &probe->dst);
	if (!ret)
		ret = surface_create(gpu, high, size_bytes, &probe->far);
	if (!ret)
		ret = surface_create(gpu, &probe->low, GPU_PAGE_BYTES, &probe->batch);
	return ret;
}

/**
 * probe_destroy() - stop the engine, unbind and free everything but the device
 * @probe: probe, created or not
 */
void probe_destroy(struct probe *probe)
{
	if (probe->gpu.mmio) {
		ring_destroy(&probe->ring);
		surface_destroy(&probe->gpu, &probe->src);
		surface_destroy(&probe->gpu, &probe->dst);
		surface_destroy(&probe->gpu, &probe->far);
		surface_destroy(&probe->gpu, &probe->batch);
	}
	free(probe->pattern);
	probe->pattern = NULL;
}

static void put_fill(struct cmd_buf *cmd, const struct surface *dst, uint32_t color)
{
	cmd_put(cmd, blt_color_header(BLT_DEPTH_32, BLT_LINEAR));
	cmd_put(cmd, blt_br13(BLT_DEPTH_32, BLT_ROP_PATTERN, PROBE_PITCH_BYTES, BLT_LINEAR));
	cmd_put(cmd, blt_point(0, 0));
	cmd_put(cmd, blt_point(PROBE_PITCH_BYTES / 4, (unsigned int)(dst->bytes / PROBE_PITCH_BYTES)));
	cmd_put(cmd, (uint32_t)dst->gma);
	cmd_put(cmd, color);
}

static void put_copy(struct cmd_buf *cmd, const struct surface *dst, const struct surface *src)
{
	cmd_put(cmd, blt_copy_header(BLT_DEPTH_32, BLT_LINEAR, BLT_LINEAR));
	cmd_put(cmd, blt_br13(BLT_DEPTH_32, BLT_ROP_COPY, PROBE_PITCH_BYTES, BLT_LINEAR));
	cmd_put(cmd, blt_point(0, 0));
	cmd_put(cmd, blt_point(PROBE_PITCH_BYTES / 4, (unsigned int)(dst->bytes / PROBE_PITCH_BYTES)));
	cmd_put(cmd, (uint32_t)dst->gma);
	cmd_put(cmd, blt_point(0, 0));
	cmd_put(cmd, PROBE_PITCH_BYTES);
	cmd_put(cmd, (uint32_t)src->gma);
}

static int submit_and_wait(struct probe *probe, struct cmd_buf *cmd, unsigned int blits)
{
	uint64_t start_ns = gpu_now_ns();
	int ret = ring_submit(&probe->ring, cmd);

	if (!ret)
		ret = ring_wait(&probe->ring, probe->timeout_ms);
	if (ret)
		return ret;
	probe->figures.submissions++;
	probe->figures.blit_ns += gpu_now_ns() - start_ns;
	probe->figures.blit_bytes += blits * probe->src.bytes;
	return 0;
}

/**
 * probe_blit() - fill the destination, then copy source to hidden memory and on to the destination
 * @probe: probe
 * @color: what the destination holds in between
 *
 * Return: 0 or -errno, with the reason in the device
 */
int probe_blit(struct probe *probe, uint32_t color)
{
	uint32_t dw[CMD_MAX_DW];
	struct cmd_buf cmd = { .dw = dw, .max_dw = CMD_MAX_DW };

	put_fill(&cmd, &probe->dst, color);
	put_copy(&cmd, &probe->far, &probe->src);
	put_copy(&cmd, &probe->dst, &probe->far);
	return submit_and_wait(probe, &cmd, 3);
}

static int expect_cpu(struct probe *probe, const struct surface *surface, const char *what)
{
	ptrdiff_t at = oracle_mismatch(surface->va, probe->pattern, surface->bytes);

	probe->figures.verified_bytes += surface->bytes;
	if (at < 0)
		return 0;
	return gpu_fail(&probe->gpu, EIO, "%s: byte %#tx is %02x, not %02x", what, at, ((uint8_t *)surface->va)[at],
			probe->pattern[at]);
}

static int expect_aperture(struct probe *probe, const struct surface *surface, const char *what)
{
	ptrdiff_t at = surface_aperture_mismatch(&probe->gpu, surface, probe->pattern);

	probe->figures.verified_bytes += surface->bytes;
	return at < 0 ? 0 : gpu_fail(&probe->gpu, EIO, "%s: wrong at byte %#tx", what, at);
}

static int verify_fill(struct probe *probe, uint32_t color)
{
	uint32_t dw[CMD_MAX_DW];
	struct cmd_buf cmd = { .dw = dw, .max_dw = CMD_MAX_DW };
	int ret;

	put_fill(&cmd, &probe->dst, color);
	ret = submit_and_wait(probe, &cmd, 1);
	if (ret)
		return ret;
	for (size_t i = 0; i < probe->dst.bytes; i += sizeof(color))
		memcpy(probe->pattern + i, &color, sizeof(color));
	return expect_cpu(probe, &probe->dst, "filled buffer, by the CPU");
}

static int verify_round(struct probe *probe, uint32_t seed)
{
	const size_t bytes = probe->src.bytes;
	int ret = verify_fill(probe, ~seed);

	if (ret)
		return ret;
	oracle_pattern(probe->pattern, bytes, seed);
	memcpy(probe->src.va, probe->pattern, bytes);
	ret = expect_aperture(probe, &probe->src, "written by the CPU, read through the aperture");
	if (ret)
		return ret;
	oracle_pattern(probe->pattern, bytes, seed + 0x10000000);
	surface_aperture_write(&probe->gpu, &probe->src, probe->pattern);
	ret = expect_cpu(probe, &probe->src, "written through the aperture, read by the CPU");
	if (!ret)
		ret = probe_blit(probe, seed);
	if (!ret)
		ret = expect_cpu(probe, &probe->far, "copied to hidden memory");
	if (!ret)
		ret = expect_cpu(probe, &probe->dst, "copied back, by the CPU");
	if (!ret)
		ret = expect_aperture(probe, &probe->dst, "copied back, through the aperture");
	return ret;
}

/**
 * probe_verify() - one round of everything, with every byte looked at
 * @probe: probe
 * @seed: another seed gives other bytes
 *
 * Return: 0 or -errno, with the reason in the device
 */
int probe_verify(struct probe *probe, uint32_t seed)
{
	const struct surface *surfaces[] = { &probe->src, &probe->far, &probe->dst, &probe->ring.mem };
	char why[sizeof(probe->gpu.why)];
	int ret = verify_round(probe, seed);

	if (!ret)
		return 0;
	/* A page that the kernel moved explains a mismatch better than the mismatch does. */
	memcpy(why, probe->gpu.why, sizeof(why));
	for (size_t i = 0; i < sizeof(surfaces) / sizeof(surfaces[0]); i++)
		if (surface_check_moved(&probe->gpu, surfaces[i]))
			return -EAGAIN;
	memcpy(probe->gpu.why, why, sizeof(why));
	return ret;
}
