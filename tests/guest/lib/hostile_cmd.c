// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Hostile commands as a table: each row is one attack by what the ring holds. No state.
 *
 * Operand layouts: Haswell PRM vol. 2a; XY_SETUP_BLT and its followers: vol. 10, blitter engine.
 */
#include "tests/guest/lib/hostile.h"

#define MI_WAIT_FOR_EVENT MI_CMD(0x03, 0)
#define MI_DISPLAY_FLIP MI_CMD(0x14, 1)
#define MI_SEMAPHORE_MBOX MI_CMD(0x16, 1)
#define MI_SET_CONTEXT MI_CMD(0x18, 0)
#define MI_UPDATE_GTT MI_CMD(0x23, 1)
#define MI_SECOND_LEVEL_BATCH (1u << 22)
#define XY_SETUP_BLT BLT_CMD(0x01, 8 - 2)
#define XY_SCANLINES_BLT BLT_CMD(0x25, 3 - 2)
#define PIPE_CONTROL 0x7a000003u

static void raw(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, c->word[0]);
	for (uint32_t i = 1; i < c->word[1]; i++)
		cmd_put(cmd, hostile_address(h, c->at));
	cmd_align_qword(cmd);
}

static void load_reg(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, MI_NOOP);
	cmd_load_reg(cmd, c->word[0], c->word[1]);
}

static void load_reg_outside(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, MI_NOOP);
	cmd_load_reg(cmd, c->word[0], hostile_address(h, c->at));
}

static void store(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_store_imm(cmd, c->word[0], hostile_address(h, c->at) + c->word[1], h->poison);
}

static void store_qword(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, MI_STORE_QWORD_IMM | MI_USE_GGTT);
	cmd_put(cmd, 0);
	cmd_put(cmd, hostile_address(h, c->at) + c->word[1]);
	cmd_put(cmd, h->poison);
	cmd_put(cmd, h->poison);
	cmd_align_qword(cmd);
}

static void flush_store(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW | c->word[0]);
	cmd_put(cmd, (c->word[0] & MI_FLUSH_DW_STORE_INDEX ? c->word[1] : hostile_address(h, c->at)) | MI_FLUSH_DW_USE_GTT);
	cmd_put(cmd, h->poison);
	cmd_align_qword(cmd);
}

static void store_index(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, MI_STORE_DWORD_INDEX);
	cmd_put(cmd, c->word[1]);
	cmd_put(cmd, h->poison);
	cmd_align_qword(cmd);
}

static void store_reg(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, MI_STORE_REGISTER_MEM | MI_USE_GGTT);
	cmd_put(cmd, c->word[0]);
	cmd_put(cmd, hostile_address(h, c->at));
	cmd_align_qword(cmd);
}

/* MI_UPDATE_GTT writes translation entries from a batch, past every check of the table's trap. */
static void update_gtt(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, MI_UPDATE_GTT);
	cmd_put(cmd, hostile_address(h, c->at));
	cmd_put(cmd, gpu_pte_encode(h->probe->src.phys[0]));
	cmd_align_qword(cmd);
}

static void put_rect(struct cmd_buf *cmd, const struct blt_rect *rect)
{
	cmd_put(cmd, blt_point(rect->x1, rect->y1));
	cmd_put(cmd, blt_point(rect->x2, rect->y2));
}

static void fill(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, blt_color_header(BLT_DEPTH_32, BLT_LINEAR) | c->word[0]);
	cmd_put(cmd, blt_br13(BLT_DEPTH_32, BLT_ROP_PATTERN, c->pitch, BLT_LINEAR));
	put_rect(cmd, &c->rect);
	cmd_put(cmd, hostile_address(h, c->at));
	cmd_put(cmd, h->poison);
}

static void copy_from(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, blt_copy_header(BLT_DEPTH_32, BLT_LINEAR, BLT_LINEAR));
	cmd_put(cmd, blt_br13(BLT_DEPTH_32, BLT_ROP_COPY, PROBE_PITCH_BYTES, BLT_LINEAR));
	put_rect(cmd, &c->rect);
	cmd_put(cmd, (uint32_t)h->probe->dst.gma);
	cmd_put(cmd, c->word[0]);
	cmd_put(cmd, c->pitch);
	cmd_put(cmd, hostile_address(h, c->at));
}

/* The destination comes with the setup, the pixels with a later command. */
static void setup_then_scanlines(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, XY_SETUP_BLT | BLT_WRITE_RGBA);
	cmd_put(cmd, blt_br13(BLT_DEPTH_32, BLT_ROP_PATTERN, c->pitch, BLT_LINEAR));
	cmd_put(cmd, blt_point(0, 0));
	cmd_put(cmd, blt_point(0x7fff, 0x7fff));
	cmd_put(cmd, hostile_address(h, c->at));
	cmd_put(cmd, h->poison);
	cmd_put(cmd, h->poison);
	cmd_put(cmd, 0);
	cmd_put(cmd, XY_SCANLINES_BLT);
	put_rect(cmd, &c->rect);
	cmd_align_qword(cmd);
}

static void start_batch(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	cmd_put(cmd, MI_BATCH_BUFFER_START | c->word[0]);
	cmd_put(cmd, hostile_address(h, c->at));
}

static void fill_batch(struct hostile *h, struct cmd_buf *batch)
{
	*batch = (struct cmd_buf) { .dw = h->probe->batch.va, .max_dw = GPU_PAGE_BYTES / 4 };
}

static void store_in_batch(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	struct cmd_buf batch;

	fill_batch(h, &batch);
	cmd_store_imm(&batch, MI_USE_GGTT, hostile_address(h, PLACE_OUTSIDE), h->poison);
	cmd_put(&batch, MI_BATCH_BUFFER_END);
	cmd_align_qword(&batch);
	start_batch(c, h, cmd);
}

static void endless_batch(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	struct cmd_buf batch;

	fill_batch(h, &batch);
	start_batch(c, h, &batch);
	start_batch(c, h, cmd);
}

/* A batch without an end runs on into whatever is bound behind it. */
static void batch_without_end(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
	struct cmd_buf batch;

	fill_batch(h, &batch);
	while (batch.used_dw < batch.max_dw)
		cmd_put(&batch, MI_NOOP);
	start_batch(c, h, cmd);
}

/* clang-format off */
const struct hostile_case hostile_commands[] = {
	{ .mode = "unknown-command", .name = "mi-3f", .emit = raw, .word = { MI_CMD(0x3f, 0), 2 } },
	{ .mode = "unknown-command", .name = "blt-7f", .emit = raw, .word = { BLT_CMD(0x7f, 4), 6 } },
	{ .mode = "unknown-command", .name = "type-1", .emit = raw, .word = { 1u << 29, 2 } },
	{ .mode = "unknown-command", .name = "type-7", .emit = raw, .word = { 7u << 29, 2 } },
	{ .mode = "unknown-command", .name = "3d-on-blitter", .emit = raw, .word = { PIPE_CONTROL, 5 } },
	{ .mode = "unknown-command", .name = "wait-for-event", .emit = raw, .word = { MI_WAIT_FOR_EVENT | 1u << 1, 1 } },
	{ .mode = "unknown-command", .name = "display-flip", .emit = raw, .word = { MI_DISPLAY_FLIP, 3 } },
	{ .mode = "unknown-command", .name = "set-context", .emit = raw, .word = { MI_SET_CONTEXT, 2 } },
	{ .mode = "unknown-command", .name = "semaphore-wait", .emit = raw,
	  .word = { MI_SEMAPHORE_MBOX | 1u << 20 | 1u << 18, 3 } },

	{ .mode = "blt-outside", .name = "destination", .emit = fill, .pitch = 4096, .rect = { 0, 0, 1024, 1 } },
	{ .mode = "blt-outside", .name = "source", .emit = copy_from, .pitch = 4096, .rect = { 0, 0, 1024, 1 } },
	{ .mode = "blt-outside", .name = "width-overflow", .emit = fill, .at = PLACE_OWN_END, .pitch = 4096,
	  .rect = { 0, 0, 2048, 1 } },
	{ .mode = "blt-outside", .name = "pitch-overflow", .emit = fill, .at = PLACE_OWN_END, .pitch = 0x7ffc,
	  .rect = { 0, 0, 16, 64 } },
	{ .mode = "blt-outside", .name = "negative-pitch", .emit = fill, .at = PLACE_OWN, .pitch = 0x8000,
	  .rect = { 0, 0, 16, 0x7fff } },
	{ .mode = "blt-outside", .name = "huge-height", .emit = fill, .at = PLACE_OWN_END, .pitch = 4096,
	  .rect = { 0, 0, 1024, 0x7fff } },
	{ .mode = "blt-outside", .name = "negative-origin", .emit = fill, .at = PLACE_OWN, .pitch = 4096,
	  .rect = { 0xff00, 0xf000, 0, 1 } },
	{ .mode = "blt-outside", .name = "negative-source", .emit = copy_from, .at = PLACE_OWN, .pitch = 4096,
	  .word = { 0xf000u << 16 }, .rect = { 0, 0, 1024, 1 } },
	{ .mode = "blt-outside", .name = "address-wrap", .emit = fill, .at = PLACE_TOP, .pitch = 4096,
	  .rect = { 0, 0, 1024, 4 } },
	{ .mode = "blt-outside", .name = "tiled-overflow", .emit = fill, .at = PLACE_OWN_END, .pitch = 4096,
	  .word = { BLT_DST_TILED }, .rect = { 0, 0, 1024, 64 } },
	{ .mode = "blt-outside", .name = "setup", .emit = setup_then_scanlines, .pitch = 4096,
	  .rect = { 0, 0, 1024, 1 } },

	{ .mode = "store-outside", .name = "imm", .emit = store, .word = { MI_USE_GGTT } },
	{ .mode = "store-outside", .name = "imm-ppgtt", .emit = store, .word = { 0 } },
	{ .mode = "store-outside", .name = "imm-top", .emit = store, .at = PLACE_TOP, .word = { MI_USE_GGTT } },
	{ .mode = "store-outside", .name = "qword-across-end", .emit = store_qword, .at = PLACE_OWN_END,
	  .word = { 0, 4092 } },
	{ .mode = "store-outside", .name = "flush-dw", .emit = flush_store },
	{ .mode = "store-outside", .name = "flush-index", .emit = flush_store,
	  .word = { MI_FLUSH_DW_STORE_INDEX, 0x1000 } },
	{ .mode = "store-outside", .name = "store-index", .emit = store_index, .word = { 0, 0x1000 } },
	{ .mode = "store-outside", .name = "store-register", .emit = store_reg, .word = { GPU_BCS_START } },
	{ .mode = "store-outside", .name = "update-gtt", .emit = update_gtt },

	{ .mode = "batch-start", .name = "outside", .emit = start_batch },
	{ .mode = "batch-start", .name = "store-inside", .emit = store_in_batch, .at = PLACE_BATCH },
	{ .mode = "batch-start", .name = "ppgtt", .emit = store_in_batch, .at = PLACE_BATCH,
	  .word = { MI_BATCH_PPGTT_HSW | MI_BATCH_NON_SECURE_HSW } },
	{ .mode = "batch-start", .name = "second-level", .emit = store_in_batch, .at = PLACE_BATCH,
	  .word = { MI_SECOND_LEVEL_BATCH } },
	{ .mode = "batch-start", .name = "without-end", .emit = batch_without_end, .at = PLACE_BATCH },
	{ .mode = "batch-start", .name = "endless", .emit = endless_batch, .at = PLACE_BATCH },

	{ .mode = "lri", .name = "ring-tail", .emit = load_reg, .word = { GPU_BCS_TAIL, 0 } },
	{ .mode = "lri", .name = "ring-start", .emit = load_reg_outside, .word = { GPU_BCS_START } },
	{ .mode = "lri", .name = "pp-dir-base", .emit = load_reg_outside, .word = { GPU_BCS_PP_DIR_BASE } },
	{ .mode = "lri", .name = "hws-pga", .emit = load_reg_outside, .word = { GPU_BLT_HWS_PGA } },
	{ .mode = "lri", .name = "reset", .emit = load_reg, .word = { GPU_GDRST, GPU_GDRST_FULL } },
	{ .mode = "lri", .name = "fence", .emit = load_reg, .word = { GPU_FENCE0 + 8 * 31, 1 } },
	{ .mode = "lri", .name = "render-tail", .emit = load_reg, .word = { 0x2030, 0x40 } },

	{ .mode = "bad-length", .name = "cut-off", .emit = raw, .word = { XY_COLOR_BLT | BLT_WRITE_RGBA, 2 },
	  .cut = true },
	{ .mode = "bad-length", .name = "beyond-tail", .emit = raw, .word = { MI_CMD(0x20, 0x3ff), 4 }, .cut = true },
	{ .mode = "bad-length", .name = "too-short", .emit = raw, .word = { BLT_CMD(0x50, 0), 2 } },
	{ .mode = "bad-length", .name = "too-long", .emit = raw, .word = { BLT_CMD(0x50, 0xff), 6 }, .cut = true },
};
/* clang-format on */

const unsigned int hostile_command_count = sizeof(hostile_commands) / sizeof(hostile_commands[0]);
