/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * commands.h - what vgpuctl can do, as data. Dispatch, help, completion and the man page's synopsis all come from the tables in
 * commands.c, so they can't disagree.
 */
#ifndef VGPU_CTL_COMMANDS_H
#define VGPU_CTL_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"
#include "lib/nearest.h"

enum vgpu_option {
	VGPU_OPT_APERTURE,
	VGPU_OPT_HIDDEN,
	VGPU_OPT_FENCES,
	VGPU_OPT_TYPE,
	VGPU_OPT_WEIGHT,
	VGPU_OPT_CAP,
	VGPU_OPT_LATENCY,
	VGPU_OPT_CLASS,
	VGPU_OPT_NAME,
	VGPU_OPT_UUID,
	VGPU_OPT_GPU,
	VGPU_OPT_DOMAIN,
	VGPU_OPT_LIVE,
	VGPU_OPT_CONFIG,
	VGPU_OPT_FILE,
	VGPU_OPT_PRUNE,
	VGPU_OPT_DRY_RUN,
	VGPU_OPT_ROOT,
	VGPU_OPT_FOLLOW,
	VGPU_OPT_SINCE,
	VGPU_OPT_LIMIT,
	VGPU_OPT_OUTPUT,
	VGPU_OPT_SOCKET,
	VGPU_OPT_HELP,
	VGPU_OPT_VERSION,
	VGPU_OPTIONS,
};

enum vgpu_value {
	VGPU_VALUE_NONE, /* a flag */
	VGPU_VALUE_TEXT,
	VGPU_VALUE_NUMBER,
	VGPU_VALUE_SIZE,
};

enum vgpu_complete {
	VGPU_COMPLETE_NOTHING,
	VGPU_COMPLETE_VGPU,
	VGPU_COMPLETE_GPU,
	VGPU_COMPLETE_DOMAIN,
	VGPU_COMPLETE_CLASS,
	VGPU_COMPLETE_TYPE,
	VGPU_COMPLETE_FORMAT,
	VGPU_COMPLETE_FILE,
	VGPU_COMPLETE_COMMAND,
};

struct vgpu_option_info {
	const char *name;
	char letter; /* 0: none */
	const char *argument; /* NULL: a flag */
	const char *help;
	const char *key; /* parameter of the method; NULL: not passed on */
	enum vgpu_value value;
	uint64_t min, max; /* of a number */
	enum vgpu_complete complete;
};

enum vgpu_format {
	VGPU_FORMAT_TABLE,
	VGPU_FORMAT_WIDE,
	VGPU_FORMAT_JSON,
	VGPU_FORMAT_YAML,
	VGPU_FORMAT_NAME,
	VGPU_FORMATS,
};

struct vgpu_format_info {
	const char *name, *help;
};

struct vgpu_invocation {
	const struct vgpu_command *command;
	const char *operand; /* the first one, NULL when there is none */
	const char *const *operands;
	unsigned int operands_count;
	const char *option[VGPU_OPTIONS]; /* its text, "" for a flag, NULL when not given */
	enum vgpu_format format;
};

#define VGPU_TAKES(option) (1u << (option))

struct vgpu_command {
	const char *name; /* one word or two */
	const char *operand; /* NULL: takes none; in brackets: optional */
	unsigned int operands_max; /* 0: one */
	enum vgpu_complete complete;
	const char *key; /* the operand's parameter of the method */
	uint32_t options;
	uint32_t required;
	const char *summary;
	const char *program; /* which does it all, with what stands behind the command; NULL: none */
	const char *doing; /* said while it takes long, such as "creating"; NULL: it does not */
	const char *waits_for; /* who takes long; NULL: libvirt if there is a domain, else vgpud */
	const char *method; /* NULL: .run or .program does it all */
	bool reads;
	int (*run)(const struct vgpu_invocation *invocation);
	void (*print)(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
	void (*explain)(const struct vgpu_json *explanation); /* of a dry run that fails; NULL: there is none */
};

extern const struct vgpu_option_info vgpu_option_info[VGPU_OPTIONS];
extern const struct vgpu_command vgpu_commands[];
extern const struct vgpu_format_info vgpu_format_info[VGPU_FORMATS];

#define VGPU_EVERYWHERE (VGPU_TAKES(VGPU_OPT_SOCKET) | VGPU_TAKES(VGPU_OPT_HELP))

int vgpu_doctor_run(const struct vgpu_invocation *invocation);
int vgpu_events_run(const struct vgpu_invocation *invocation);
int vgpu_help_run(const struct vgpu_invocation *invocation);
void vgpu_help_usage(const struct vgpu_command *command);
struct vgpu_nearest vgpu_help_nearest(const char *typed);
void vgpu_help_synopsis(void);

int vgpu_pool_apply_run(const struct vgpu_invocation *invocation);
int vgpu_pool_diff_run(const struct vgpu_invocation *invocation);
int vgpu_pool_export_run(const struct vgpu_invocation *invocation);

void vgpu_print_vgpus(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_vgpu(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_gpus(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_gpu(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_types(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_classes(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_policy(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_created(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_events(const struct vgpu_invocation *invocation, const struct vgpu_json *rows);
void vgpu_print_xml(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_version(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_bound(const struct vgpu_invocation *invocation, const struct vgpu_json *result);
void vgpu_print_json(const struct vgpu_json *result);
const char *vgpu_print_colour(const char *word);

/* Parts of the above. */
void vgpu_print_explanation(const struct vgpu_json *explanation);
void vgpu_print_room(const struct vgpu_json *gpu);
void vgpu_print_map(const struct vgpu_json *rows);
void vgpu_print_limits(const struct vgpu_json *rows);
void vgpu_print_considered(const struct vgpu_json *rows);

#endif
