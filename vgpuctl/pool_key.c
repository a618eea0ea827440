// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pool_key.c - the keys of a pool file, in the order in which they are printed, and how their values are written. No lock: constant data
 * and pure functions.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/size.h"
#include "lib/text.h"
#include "vgpuctl/pool.h"

const enum vgpu_option vgpu_pool_keys[VGPU_POOL_KEYS] = {
	VGPU_OPT_NAME,	 VGPU_OPT_UUID,	 VGPU_OPT_GPU,	  VGPU_OPT_TYPE, VGPU_OPT_APERTURE, VGPU_OPT_HIDDEN,
	VGPU_OPT_FENCES, VGPU_OPT_CLASS, VGPU_OPT_WEIGHT, VGPU_OPT_CAP,	 VGPU_OPT_LATENCY,  VGPU_OPT_DOMAIN,
};

/**
 * vgpu_pool_value() - a value as it stands in a pool file
 * @key: its key
 * @value: as the agent has it; NULL stands for none
 * @text: buffer for it
 */
void vgpu_pool_value(enum vgpu_option key, const struct vgpu_json *value, char text[VGPU_POOL_VALUE_SIZE])
{
	const char *string = vgpu_json_string(value);
	char size[VGPU_SIZE_TEXT];

	if (vgpu_json_kind(value) != VGPU_JSON_INTEGER)
		vgpu_text_copy(text, VGPU_POOL_VALUE_SIZE, string ? string : "none");
	else if (vgpu_option_info[key].value == VGPU_VALUE_SIZE)
		vgpu_text_copy(text, VGPU_POOL_VALUE_SIZE, vgpu_size_format(vgpu_json_u64(value), size));
	else
		snprintf(text, VGPU_POOL_VALUE_SIZE, "%" PRIu64 "%s", vgpu_json_u64(value), key == VGPU_OPT_CAP ? "%" : "");
}

/**
 * vgpu_pool_refuse() - note why a pool file, or what it asks for, is refused
 * @issues: counted, and kept as long as there is place
 * @line: where it stands in the file, from 1; 0: nowhere
 * @column: likewise
 * @exit: what the program ends with, if this is the first
 * @object: which key or vGPU it is about
 * @remedy: what to do
 * @format: what is wrong, printf style
 */
void vgpu_pool_refuse(struct vgpu_pool_issues *issues, unsigned int line, unsigned int column, enum vgpu_exit exit,
		      const char *object, const char *remedy, const char *format, ...)
{
	struct vgpu_pool_issue *issue;
	char what[sizeof(issue->error.what)];
	va_list args;

	if (issues->count++ >= VGPU_POOL_ISSUES_MAX)
		return;
	issue = &issues->list[issues->count - 1];
	issue->line = line;
	issue->column = column;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	vgpu_error_set(&issue->error, exit, object, remedy, "%s", what);
}
