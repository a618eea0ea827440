/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Between the table of render commands (render_table.c) and their functions (render.c). Private to sim/engine.
 */
#ifndef GEN75_RENDER_H
#define GEN75_RENDER_H

#include "sim/engine/gpu.h"

enum verdict gen75_draw(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);
enum verdict gen75_gpgpu_walker(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);
enum verdict gen75_media_object(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);
enum verdict gen75_bsd_object(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);
enum verdict gen75_pipe_control(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);
enum verdict gen75_state(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw);

/* The last command of an opcode (header bits 31:16) in the loaded context; NULL: it is not kept. All zeros: none yet. */
uint32_t *gen75_render_state(const struct gen75 *gpu, uint32_t opcode);

#endif
