/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the engine's files share: the state of one GPU and the functions that cross files. Private to sim/engine.
 *
 * Context: as gen75.h says: nothing locks, the caller serialises.
 */
#ifndef GEN75_GPU_H
#define GEN75_GPU_H

#include "sim/engine/gen75.h"

#define PAGE_BYTES 4096u
#define CMD_MAX_DW 1032u /* longest command that is copied whole: 10 bits of length, and some slack */
#define RENDER_STATE_DW 4096u /* room for a context's state commands */
#define RENDER_SLOTS 160u
#define UNKNOWN_MAX 256u
#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Registers relative to an engine's base (i915 gt/intel_engine_regs.h). */
enum {
	RING_TAIL = 0x30,
	RING_HEAD = 0x34,
	RING_START = 0x38,
	RING_CTL = 0x3c,
	RING_SYNC0 = 0x40,
	RING_IPEIR = 0x64,
	RING_IPEHR = 0x68,
	RING_ACTHD = 0x74,
	RING_NOPID = 0x94,
	RING_MI_MODE = 0x9c,
	RING_IMR = 0xa8,
	RING_EIR = 0xb0,
	RING_EMR = 0xb4,
	RING_ESR = 0xb8,
	RING_INSTPM = 0xc0,
	RING_BBSTATE = 0x110,
	RING_SBBADDR = 0x114,
	RING_UHPTR = 0x134,
	RING_BBADDR = 0x140,
	RING_CCID = 0x180,
	RING_DCLV = 0x220,
	RING_PP_DIR_BASE = 0x228,
	RING_MODE = 0x29c,
	RING_TIMESTAMP = 0x358,
};

#define HEAD_ADDR 0x001ffffcu
#define TAIL_ADDR 0x001ffff8u
#define HEAD_WRAP_ONE 0x00200000u
#define CTL_VALID 0x00000001u
#define CTL_PAGES 0x001ff000u
#define CTL_WAIT_SEMAPHORE (1u << 10)
#define CTL_WAIT_EVENT (1u << 11)
#define MI_MODE_STOP (1u << 8)
#define MI_MODE_IDLE (1u << 9)
#define RING_MODE_PPGTT (1u << 9)

/* Absolute registers that more than one file looks at. */
enum {
	REG_BCS_SWCTRL = 0x22200,
	REG_DE_ISR = 0x44000,
	REG_GT_ISR = 0x44010,
	REG_PM_ISR = 0x44020,
	REG_SDE_ISR = 0xc4000,
	REG_FENCES = 0x100000,
};

enum gen75_space {
	SPACE_GGTT,
	SPACE_PPGTT,
};

/* What became of a command. */
enum verdict {
	CMD_DONE, /* executed: go on behind it */
	CMD_JUMPED, /* executed, and has itself set where to go on */
	CMD_WAIT, /* cannot be executed yet: try it again later */
	CMD_BUSY, /* under way: gen75_blit_run() has the rest of it */
	CMD_HANG, /* the engine stops here until it is reset */
};

enum tiling {
	TILING_NONE,
	TILING_X,
	TILING_Y,
};

struct batch {
	uint32_t addr;
	enum gen75_space space;
	bool nonpriv;
};

/* A surface as the blitter sees it. */
struct surface {
	uint32_t base;
	int32_t pitch_bytes;
	enum tiling tiling;
};

enum operand {
	OPERAND_NONE,
	OPERAND_SOLID, /* one colour */
	OPERAND_COLOUR, /* memory (source), 8 x 8 pixels (pattern) */
	OPERAND_MONO, /* one bit a pixel: foreground or background */
};

enum chroma {
	CHROMA_NONE,
	CHROMA_SRC, /* a source pixel within the range is not written */
	CHROMA_DST, /* only a destination pixel within the range is written: the pattern blits' key */
};

/* One blit, in the middle of which the engine may give up the CPU: gen75_blit_run() does some rows of it. */
struct blit {
	bool active;
	bool up; /* rows from the last to the first, for a copy onto itself */
	uint8_t rop;
	uint8_t cpp; /* bytes per pixel */
	uint32_t write_mask; /* of a pixel's bits */
	struct surface dst, src;
	int32_t x1, y1, x2, y2; /* destination, clipped, in pixels; x2 and y2 are outside */
	int32_t sx, sy; /* the source's pixel for (x1, y1) */
	uint32_t rows_done;

	enum operand src_kind, pat_kind;
	uint32_t bg, fg;
	bool src_transparent, pat_transparent; /* mono zero bits leave the destination */
	uint32_t pat_bg, pat_fg;
	uint8_t pat_x, pat_y; /* the pattern's pixel for destination (0, 0) */
	uint8_t pat[8 * 8 * 4]; /* colour: rows of 8 pixels; mono: 8 bytes */
	uint64_t mono_bits_per_row, mono_first_bit;
	bool mono_immediate; /* the bits are in the command, not in memory */
	enum chroma chroma;
	uint32_t chroma_low, chroma_high;
};

/* The blitter's registers that XY_SETUP_* loads and later commands use (Haswell PRM vol. 10, BR00 to BR29). */
struct blt_setup {
	uint32_t br01; /* clip and depth and ROP and pitch */
	uint32_t flags; /* header bits of the setup command: write mask, tiling */
	int32_t clip_x1, clip_y1, clip_x2, clip_y2;
	uint32_t base, bg, fg, pattern;
	bool mono_pattern;
	uint32_t mono[2];
};

struct engine {
	enum gen75_engine_id id;
	uint32_t base; /* of its registers */
	uint64_t t_ns; /* when its next command starts */
	uint64_t cost_ns; /* what the command under way has cost so far, unscaled */
	bool idle; /* found nothing to do when it last looked; a register write makes it look again */
	bool blocked; /* the command at its head said CMD_WAIT */
	bool released; /* software has ended the wait */
	bool hung;
	bool arbitration_off;
	uint32_t wait_ctl; /* CTL_WAIT_* while blocked */
	unsigned int depth; /* 0: in the ring, 1: batch, 2: second-level batch */
	struct batch batch[3]; /* by depth; [0] is not used */
	bool set_predicate; /* MI_SET_PREDICATE: commands are skipped */
	uint64_t wait_since_ns;
	uint32_t cmd_len_dw; /* of the command under way */
	struct blit blit;
	struct blt_setup setup;
	/* its first CMD_MAX_DW dwords; last in here, since a command that resets its own engine is still being read */
	uint32_t cmd[CMD_MAX_DW];
};

struct unknown {
	enum gen75_event ev;
	uint32_t what;
	uint64_t count;
};

struct gen75 {
	struct gen75_ops ops;
	void *ctx;
	uint32_t *ggtt;
	uint64_t aperture_bytes;
	uint32_t speed_pct;
	uint64_t now_ns; /* of the call being served; of the engine's command while one executes */
	bool tracing;
	bool irq_line;
	struct engine engine[GEN75_ENGINES];
	struct {
		uint64_t up_since_ns, down_since_ns; /* start of the evaluation intervals */
		uint64_t up_busy_ns, down_busy_ns; /* busy time at that moment */
	} rps;
	struct gen75_stats stats;
	struct unknown unknown[UNKNOWN_MAX];
	unsigned int unknown_count;
	uint32_t *render_state; /* state commands of the loaded context, RENDER_STATE_DW dwords */
	uint16_t render_slot[RENDER_SLOTS]; /* where each command's is in there */
	uint8_t *row[5]; /* the blitter's row buffers: source, pattern, destination, pixel mask, result */
	uint16_t *reg_index; /* by dword: 0 unknown, else index of its descriptor + 1 */
	uint32_t *mmio; /* GEN75_MMIO_BYTES of register values */
};

struct cmd_desc {
	const char *name;
	uint8_t engines; /* bit mask of engines that know the command */
	uint8_t len_bits; /* width of the length field; 0: always min_dw */
	uint8_t filter; /* enum filter_rule */
	uint16_t min_dw, max_dw; /* exact bounds of the total length; outside of them the command is not known */
	uint8_t step_dw; /* a longer one has a multiple of so many dwords more than min_dw; 0: any number */
	uint16_t cost; /* enum cost */
	enum verdict (*exec)(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);
	uint16_t state; /* render state: dwords that its context keeps, 0: none */
	bool unpredicated; /* executed even where MI_SET_PREDICATE has commands skipped */
};

#define ON_RCS (1u << GEN75_RCS)
#define ON_VCS (1u << GEN75_VCS)
#define ON_BCS (1u << GEN75_BCS)
#define ON_VECS (1u << GEN75_VECS)
#define ON_ALL (ON_RCS | ON_VCS | ON_BCS | ON_VECS)

/* How a command is confined in a non-privileged batch (filter.c). */
enum filter_rule {
	FILTER_NONE,
	FILTER_DROP, /* becomes a no-operation */
	FILTER_REGS, /* LRI, LRM, LRR: registers outside of the whitelist are not written */
	FILTER_GGTT_HEADER, /* header bit 22 is treated as clear */
};

/* Documented in cost.c, where the numbers are. */
enum cost {
	COST_NOOP,
	COST_MI,
	COST_REGISTER,
	COST_MEMORY,
	COST_BATCH,
	COST_INTERRUPT,
	COST_FLUSH,
	COST_CONTEXT,
	COST_STATE,
	COST_DRAW,
	COST_DISPATCH,
	COST_BLIT,
	COST_MEDIA,
	COSTS,
};

/* gpu.c */
static inline uint32_t *reg(struct gen75 *gpu, uint32_t offset)
{
	return &gpu->mmio[offset / 4];
}
static inline uint32_t *ring_reg(struct gen75 *gpu, const struct engine *e, uint32_t offset)
{
	return &gpu->mmio[(e->base + offset) / 4];
}
static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}
static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}
static inline int32_t min_i32(int32_t a, int32_t b)
{
	return a < b ? a : b;
}
static inline int32_t max_i32(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* unknown.c */
void gen75_event(struct gen75 *gpu, enum gen75_event ev, int engine, uint64_t arg0, uint64_t arg1);

/* regs.c, reg_table.c */
int gen75_regs_init(struct gen75 *gpu);
void gen75_regs_reset(struct gen75 *gpu);
void gen75_regs_reset_engine(struct gen75 *gpu, const struct engine *e);
uint32_t gen75_reg_read(struct gen75 *gpu, uint32_t offset);
void gen75_reg_write(struct gen75 *gpu, uint32_t offset, uint32_t value, uint32_t bytes);

/* irq.c */
void gen75_irq_engine(struct gen75 *gpu, const struct engine *e, uint32_t bits);
void gen75_irq_user(struct gen75 *gpu, const struct engine *e);
void gen75_irq_raise(struct gen75 *gpu, uint32_t isr, uint32_t bits);
void gen75_irq_update(struct gen75 *gpu);

/* gm.c */
void *gen75_gm_map(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr, size_t len, bool write);
void gen75_gm_read(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr, void *buf, size_t len);
void gen75_gm_write(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr, const void *buf,
		    size_t len);
uint32_t gen75_gm_read32(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr);
void gen75_gm_write32(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr, uint32_t value);
bool gen75_gm_ppgtt_on(struct gen75 *gpu, const struct engine *e);

/* fence.c */
uint32_t gen75_tile_offset(enum tiling tiling, uint32_t pitch_bytes, uint32_t x_bytes, uint32_t y, uint32_t *ret_run_bytes);

/* ring.c */
void gen75_engine_kick(struct gen75 *gpu, struct engine *e);
bool gen75_engine_is_idle(struct gen75 *gpu, struct engine *e);
void gen75_engine_reset(struct gen75 *gpu, struct engine *e);
void gen75_engine_release_wait(struct gen75 *gpu, struct engine *e);
uint32_t gen75_hwsp(struct gen75 *gpu, const struct engine *e);

/* streamer.c */
uint32_t gen75_step(struct gen75 *gpu, struct engine *e, uint32_t budget);
enum gen75_space gen75_data_space(struct gen75 *gpu, const struct engine *e, bool ggtt);
bool gen75_nonpriv(const struct engine *e);
void gen75_advance(struct gen75 *gpu, struct engine *e, uint32_t len_dw);

/* mi.c, blt.c, render.c: the command tables */
const struct cmd_desc *gen75_mi_find(uint32_t header);
const struct cmd_desc *gen75_blt_find(uint32_t header);
const struct cmd_desc *gen75_render_find(struct gen75 *gpu, const struct engine *e, uint32_t header);
enum verdict gen75_not_executed(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);
enum verdict gen75_math(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);
enum verdict gen75_predicate(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);
void gen75_write_timestamp(struct gen75 *gpu, struct engine *e, enum gen75_space space, uint32_t addr);

/* blt_rows.c */
enum verdict gen75_blit_start(struct gen75 *gpu, struct engine *e);
bool gen75_blit_run(struct gen75 *gpu, struct engine *e, uint32_t *budget);

/* render_table.c */
uint32_t gen75_render_state_layout(uint16_t *offset);

/* context.c */
enum verdict gen75_set_context(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);

/* batch.c */
enum verdict gen75_batch_start(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);
enum verdict gen75_batch_end(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);

/* filter.c */
bool gen75_filter_reg_allowed(const struct engine *e, uint32_t offset);
void gen75_filter_dropped(struct gen75 *gpu, const struct engine *e, uint32_t header, uint32_t what);

/* cost.c */
uint64_t gen75_cost(enum cost cost);
uint64_t gen75_cost_blit(uint64_t bytes_read, uint64_t bytes_written);
uint64_t gen75_cost_draw(uint64_t vertices, uint64_t primitives, bool rectangles, uint64_t pixel_limit, uint64_t *ret_pixels);
uint64_t gen75_cost_dispatch(uint64_t threads);
uint64_t gen75_cost_media(uint64_t bytes);
uint64_t gen75_cost_context(uint64_t bytes);

/* rps.c */
void gen75_rps_restart(struct gen75 *gpu);
void gen75_rps_evaluate(struct gen75 *gpu);

#endif
