/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * top.h - what vgpu-top measures: two readings of the counters, and the rates between them.
 */
#ifndef VGPU_CTL_TOP_H
#define VGPU_CTL_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/json.h"

enum {
	VGPU_TOP_RCS,
	VGPU_TOP_VCS,
	VGPU_TOP_BCS,
	VGPU_TOP_VECS,
	VGPU_TOP_ENGINES
};

extern const char *const vgpu_top_engine[VGPU_TOP_ENGINES];

/* Why a vGPU has less of the GPU than it is entitled to, or than it wants. */
enum vgpu_top_why {
	VGPU_TOP_WHY_NOT, /* it has what it is entitled to, or nothing is known yet */
	VGPU_TOP_WHY_IDLE, /* it wanted nothing */
	VGPU_TOP_WHY_CAPPED, /* it had work, and its cap let it have no more */
	VGPU_TOP_WHY_WAITING, /* it waited for others, and had less than it is entitled to */
	VGPU_TOP_WHY_STOPPED, /* the module stopped it, for repeated hangs */
};

/* What the open class of waits counts as, in microseconds: they lasted for more than a second. */
#define VGPU_TOP_WAIT_LONGER_US 10000000u

/*
 * Rates of a GPU or a vGPU over .interval_ns, which is 0 when there is no earlier reading to compare with. Percent are of the interval,
 * for each engine; the sums over the engines may exceed 100. From .entitled_pct on, they are only of vGPUs.
 */
struct vgpu_top_rates {
	uint64_t interval_ns;
	double busy_pct[VGPU_TOP_ENGINES];
	double gpu_pct; /* sum of .busy_pct */
	double submissions_per_s;
	double traps_per_s;
	uint64_t rejections; /* since the vGPU was made */
	double entitled_pct[VGPU_TOP_ENGINES];
	double share_pct; /* sum of .entitled_pct */
	double wait_pct; /* sum: work was pending, and others ran */
	double capped_pct; /* sum: work was pending, and the cap let none of it run */
	unsigned int wait_p99_us; /* 99 of 100 waits lasted for no longer; 0: there was none */
	double switches_per_s;
	enum vgpu_top_why why;
};

/* What a report is made of; both are borrowed. */
struct vgpu_top_report {
	const struct vgpu_json *before; /* NULL: none yet */
	const struct vgpu_json *now;
};

/**
 * vgpu_top_text() - a text of a row
 * @row: of a GPU or a vGPU
 * @key: which one
 *
 * Return: the text, borrowed, or a dash.
 */
static inline const char *vgpu_top_text(const struct vgpu_json *row, const char *key)
{
	const char *text = vgpu_json_get_string(row, key);

	return text ? text : "-";
}

/**
 * vgpu_top_name() - what a vGPU is called
 * @row: of a vGPU
 *
 * Return: its name, borrowed, or its UUID.
 */
static inline const char *vgpu_top_name(const struct vgpu_json *row)
{
	const char *name = vgpu_json_get_string(row, "name");

	return name ? name : vgpu_top_text(row, "uuid");
}

void vgpu_top_rates(const struct vgpu_top_report *report, const char *kind, const char *key, const struct vgpu_json *row,
		    struct vgpu_top_rates *ret_rates);
const char *vgpu_top_why_text(enum vgpu_top_why why);

void vgpu_top_print_text(const struct vgpu_top_report *report, unsigned int width);
void vgpu_top_print_csv_title(void);
void vgpu_top_print_csv(const struct vgpu_top_report *report);
void vgpu_top_print_json(const struct vgpu_top_report *report);

#endif
