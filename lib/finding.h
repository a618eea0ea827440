/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * finding.h - what an examination of the host has found: a check's verdict, what was seen, and what to type. The agent and vgpuctl each
 * look at what they can see; both make such findings, and the wire carries them as objects.
 */
#ifndef VGPU_LIB_FINDING_H
#define VGPU_LIB_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/json.h"

enum vgpu_verdict_grade {
	VGPU_FOUND_OK,
	VGPU_FOUND_NOTE, /* worth knowing, nothing to do */
	VGPU_FOUND_WARNING, /* works, and will not always */
	VGPU_FOUND_PROBLEM, /* something does not work */
	VGPU_FOUND_GRADES,
};

struct vgpu_findings {
	struct vgpu_json *array;
	const char *check; /* whose findings come now */
};

void vgpu_finding_add(struct vgpu_findings *findings, enum vgpu_verdict_grade grade, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
const char *vgpu_finding_word(enum vgpu_verdict_grade grade);
enum vgpu_verdict_grade vgpu_finding_grade(const struct vgpu_json *finding);
size_t vgpu_finding_count(const struct vgpu_json *array, enum vgpu_verdict_grade grade);

#endif
