// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The blitter's ring, in the order in which i915 programs one (gt/intel_ring_submission.c, xcs_resume() and
 * reset_prepare()). One thread, no lock; every wait has a limit.
 */
#include <errno.h>
#include <string.h>

#include "tests/guest/lib/ring.h"

#define REGISTER_TIMEOUT_US 100000
#define RESET_TIMEOUT_US 2000000

static void stop(const struct gpu *gpu)
{
	gpu_write(gpu, GPU_BCS_MI_MODE, MASKED_SET(GPU_MI_MODE_STOP));
	gpu_poll(gpu, GPU_BCS_MI_MODE, GPU_MI_MODE_IDLE, GPU_MI_MODE_IDLE, REGISTER_TIMEOUT_US);
	/* Empty, then disabled, then rewound: the hardware may lose the head otherwise. */
	gpu_write(gpu, GPU_BCS_HEAD, gpu_read(gpu, GPU_BCS_TAIL));
	gpu_write(gpu, GPU_BCS_CTL, 0);
	gpu_write(gpu, GPU_BCS_HEAD, 0);
	gpu_write(gpu, GPU_BCS_TAIL, 0);
}

/**
 * ring_start() - set up the ring registers for an empty ring in our memory
 * @ring: ring
 *
 * Return: 0 or -errno, with the reason in the device
 */
int ring_start(struct ring *ring)
{
	struct gpu *gpu = ring->gpu;

	stop(gpu);
	if (gpu_read(gpu, GPU_BCS_HEAD) & GPU_HEAD_ADDR)
		return gpu_fail(gpu, EIO, "the blitter's head stays at %#x", gpu_read(gpu, GPU_BCS_HEAD));
	memset(ring->mem.va, 0, ring->mem.bytes);
	ring->tail_bytes = 0;

	gpu_write(gpu, GPU_BCS_IMR, ~0u); /* nobody handles interrupts */
	gpu_write(gpu, GPU_BCS_MODE, MASKED_CLEAR(GPU_MODE_PPGTT));
	gpu_write(gpu, GPU_BLT_HWS_PGA, (uint32_t)ring->hwsp.gma);
	gpu_read(gpu, GPU_BLT_HWS_PGA);
	gpu_write(gpu, GPU_BCS_INSTPM, MASKED_SET(GPU_INSTPM_SYNC_FLUSH | GPU_INSTPM_TLB_INVAL));
	gpu_poll(gpu, GPU_BCS_INSTPM, GPU_INSTPM_SYNC_FLUSH, 0, REGISTER_TIMEOUT_US);

	gpu_write(gpu, GPU_BCS_START, (uint32_t)ring->mem.gma);
	gpu_write(gpu, GPU_BCS_HEAD, 0);
	gpu_write(gpu, GPU_BCS_TAIL, 0);
	gpu_write(gpu, GPU_BCS_CTL, (RING_BYTES - GPU_PAGE_BYTES) | GPU_CTL_VALID);
	if (gpu_poll(gpu, GPU_BCS_CTL, GPU_CTL_VALID, GPU_CTL_VALID, REGISTER_TIMEOUT_US))
		return gpu_fail(gpu, EIO, "the blitter's ring does not start: ctl %#x", gpu_read(gpu, GPU_BCS_CTL));
	gpu_write(gpu, GPU_BCS_MI_MODE, MASKED_CLEAR(GPU_MI_MODE_STOP));
	return 0;
}

/**
 * ring_create() - allocate a ring and a status page, and start the ring
 * @ring: ring; on failure ring_destroy() is still right
 * @gpu: device
 * @space: where in the graphics address space
 *
 * Return: 0 or -errno, with the reason in the device
 */
int ring_create(struct ring *ring, struct gpu *gpu, struct gma_space *space)
{
	int ret;

	*ring = (struct ring) { .gpu = gpu };
	ret = surface_create(gpu, space, RING_BYTES, &ring->mem);
	if (!ret)
		ret = surface_create(gpu, space, GPU_PAGE_BYTES, &ring->hwsp);
	return ret ? ret : ring_start(ring);
}

/**
 * ring_destroy() - stop the engine and free the ring
 * @ring: ring, created or not
 */
void ring_destroy(struct ring *ring)
{
	if (!ring->gpu || !ring->gpu->mmio)
		return;
	stop(ring->gpu);
	gpu_write(ring->gpu, GPU_BLT_HWS_PGA, 0);
	surface_destroy(ring->gpu, &ring->hwsp);
	surface_destroy(ring->gpu, &ring->mem);
}

static int reset_domain(struct gpu *gpu, uint32_t domain)
{
	gpu_write(gpu, GPU_GDRST, domain);
	return gpu_poll(gpu, GPU_GDRST, domain, 0, RESET_TIMEOUT_US);
}

/**
 * ring_reset() - reset the blitter, or failing that the GPU, and set the ring up again
 * @ring: ring
 *
 * Return: 0 or -errno, with the reason in the device
 */
int ring_reset(struct ring *ring)
{
	struct gpu *gpu = ring->gpu;

	stop(gpu);
	if (reset_domain(gpu, GPU_GDRST_BLT) && reset_domain(gpu, GPU_GDRST_FULL))
		return gpu_fail(gpu, EIO, "GDRST does not clear: %#x", gpu_read(gpu, GPU_GDRST));
	return ring_start(ring);
}

/**
 * ring_put_epilogue() - append what tells the CPU that everything before is done
 * @ring: ring; its sequence number advances
 * @cmd: commands
 *
 * A flush with a post-sync write by graphics address, the sequence number into the status page, an interrupt.
 */
void ring_put_epilogue(struct ring *ring, struct cmd_buf *cmd)
{
	ring->seqno++;
	cmd_put(cmd, MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW);
	cmd_put(cmd, ((uint32_t)ring->hwsp.gma + RING_HWSP_FLUSH * 4) | MI_FLUSH_DW_USE_GTT);
	cmd_put(cmd, ~ring->seqno);
	cmd_put(cmd, MI_STORE_DWORD_INDEX);
	cmd_put(cmd, RING_HWSP_SEQNO * 4);
	cmd_put(cmd, ring->seqno);
	cmd_put(cmd, MI_USER_INTERRUPT);
	cmd_align_qword(cmd);
}

/**
 * ring_write() - copy commands into the idle ring and move the tail behind them
 * @ring: ring
 * @cmd: commands, a whole number of qwords, at most half the ring
 *
 * Return: 0 or -E2BIG
 */
int ring_write(struct ring *ring, const struct cmd_buf *cmd)
{
	const uint32_t bytes = cmd->used_dw * sizeof(uint32_t);
	uint8_t *mem = ring->mem.va;

	if (cmd->overflow || bytes > RING_BYTES / 2 || bytes % 8)
		return gpu_fail(ring->gpu, E2BIG, "%u bytes of commands do not fit the ring", bytes);
	if (ring->tail_bytes + bytes >= RING_BYTES) {
		memset(mem + ring->tail_bytes, 0, RING_BYTES - ring->tail_bytes); /* MI_NOOP */
		ring->tail_bytes = 0;
	}
	memcpy(mem + ring->tail_bytes, cmd->dw, bytes);
	ring->tail_bytes += bytes;
	gpu_write(ring->gpu, GPU_BCS_TAIL, ring->tail_bytes);
	return 0;
}

/**
 * ring_submit() - submit commands, followed by the epilogue
 * @ring: idle ring
 * @cmd: commands; the epilogue is appended
 *
 * Return: 0 or -errno
 */
int ring_submit(struct ring *ring, struct cmd_buf *cmd)
{
	ring_put_epilogue(ring, cmd);
	return ring_write(ring, cmd);
}

/**
 * ring_wait() - wait for the last submission
 * @ring: ring
 * @timeout_ms: limit
 *
 * Return: 0, -ETIMEDOUT, or -EIO when the post-sync write is missing
 */
int ring_wait(struct ring *ring, unsigned int timeout_ms)
{
	const volatile uint32_t *hwsp = ring->hwsp.va;
	const uint64_t deadline_ns = gpu_now_ns() + timeout_ms * 1000000ull;

	while (hwsp[RING_HWSP_SEQNO] != ring->seqno) {
		if (gpu_now_ns() < deadline_ns)
			continue;
		if (hwsp[RING_HWSP_SEQNO] == ring->seqno)
			break;
		return gpu_fail(ring->gpu, ETIMEDOUT,
				"the blitter did not finish in %u ms: head %#x tail %#x ctl %#x acthd %#x ipehr %#x eir %#x",
				timeout_ms, gpu_read(ring->gpu, GPU_BCS_HEAD), gpu_read(ring->gpu, GPU_BCS_TAIL),
				gpu_read(ring->gpu, GPU_BCS_CTL), gpu_read(ring->gpu, GPU_BCS_ACTHD),
				gpu_read(ring->gpu, GPU_BCS_IPEHR), gpu_read(ring->gpu, GPU_BCS_EIR));
	}
	__sync_synchronize();
	if (hwsp[RING_HWSP_FLUSH] != ~ring->seqno)
		return gpu_fail(ring->gpu, EIO, "MI_FLUSH_DW's post-sync write is missing: %#x, not %#x", hwsp[RING_HWSP_FLUSH],
				~ring->seqno);
	return 0;
}
