// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * capacity.c - who holds what of a GPU, which limits there are, and why a vGPU can or can't be, as people read it. No lock: pure functions of the result.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/size.h"
#include "lib/text.h"
#include "vgpuctl/commands.h"

static const char *amount(uint64_t value, bool size, char text[VGPU_SIZE_TEXT])
{
	if (size)
		return vgpu_size_format(value, text);
	snprintf(text, VGPU_SIZE_TEXT, "%" PRIu64, value);
	return text;
}

static void append_rows(struct vgpu_json *rows, const char *resource, const struct vgpu_json *parts)
{
	bool size = strcmp(resource, "fences") != 0;
	const struct vgpu_json *part;
	char text[VGPU_SIZE_TEXT];
	struct vgpu_json *row;
	const char *name;
	size_t i;

	for (i = 0; i < vgpu_json_length(parts); i++) {
		part = vgpu_json_at(parts, i);
		row = vgpu_json_object();
		vgpu_json_put_string(row, "resource", resource);
		vgpu_json_put_string(row, "base", amount(vgpu_json_get_u64(part, "base"), size, text));
		vgpu_json_put_string(row, "size", amount(vgpu_json_get_u64(part, "size"), size, text));
		name = vgpu_json_get_string(part, "name");
		vgpu_json_put_string(row, "name", name ? name : vgpu_json_get_string(part, "uuid"));
		vgpu_json_put_string(row, "domain", vgpu_json_get_string(part, "domain"));
		vgpu_json_put_string(row, "state", vgpu_json_get_string(part, "state"));
		vgpu_json_append(rows, row);
	}
}

static void print_limits(const struct vgpu_json *limits)
{
	const struct vgpu_json *limit;
	char value[VGPU_SIZE_TEXT], used[VGPU_SIZE_TEXT];
	const char *rule;
	size_t i;
	bool size;

	for (i = 0; i < vgpu_json_length(limits); i++) {
		limit = vgpu_json_at(limits, i);
		rule = vgpu_json_get_string(limit, "rule");
		size = rule && strstr(rule, "aperture");
		printf("%-10s %s is %s, %s %s\n", i ? "" : "limits", rule ? rule : "-",
		       amount(vgpu_json_get_u64(limit, "limit"), size, value), size ? "free are" : "it has",
		       amount(vgpu_json_get_u64(limit, "used"), size, used));
	}
}

/**
 * vgpu_print_room() - print what a GPU could still take, and the map of it
 * @gpu: of "gpu.show"
 */
void vgpu_print_room(const struct vgpu_json *gpu)
{
	static const char *const resources[] = { "aperture", "hidden", "fences" };
	const char *command = vgpu_json_get_string(vgpu_json_get(gpu, "would_fit"), "command");
	const struct vgpu_json *map = vgpu_json_get(gpu, "map");
	cleanup_json struct vgpu_json *rows = vgpu_json_array();
	unsigned int i;

	print_limits(vgpu_json_get(gpu, "limits"));
	printf("%-10s %s\n", "would fit", command ? command : "nothing");
	if (!map)
		return;
	for (i = 0; i < VGPU_COUNT(resources); i++)
		append_rows(rows, resources[i], vgpu_json_get(map, resources[i]));
	putchar('\n');
	vgpu_print_map(rows);
	if (!vgpu_json_get_bool(gpu, "map_complete"))
		puts("\nThe kernel says that less is free: a vGPU is on its way.");
}

/**
 * vgpu_print_policy() - print placement and limits
 * @invocation: the format; of the limits, the names are their rules
 * @result: of "policy.show"
 */
void vgpu_print_policy(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	const struct vgpu_json *limits = vgpu_json_get(result, "limits"), *limit;
	const char *file = vgpu_json_get_string(result, "file"), *placement = vgpu_json_get_string(result, "placement"), *rule;
	cleanup_json struct vgpu_json *rows = vgpu_json_array();
	char text[VGPU_SIZE_TEXT];
	struct vgpu_json *row;
	bool size;
	size_t i;

	for (i = 0; i < vgpu_json_length(limits); i++) {
		limit = vgpu_json_at(limits, i);
		rule = vgpu_json_get_string(limit, "rule");
		size = rule && strstr(rule, "aperture");
		if (invocation->format == VGPU_FORMAT_NAME)
			puts(rule ? rule : "-");
		row = vgpu_json_object();
		vgpu_json_put_string(row, "rule", rule);
		vgpu_json_put_string(row, "limit", amount(vgpu_json_get_u64(limit, "limit"), size, text));
		if (vgpu_json_get(limit, "nearest"))
			vgpu_json_put_string(row, "nearest", amount(vgpu_json_get_u64(limit, "nearest"), size, text));
		vgpu_json_put_string(row, "of", vgpu_json_get_string(limit, "nearest_of"));
		vgpu_json_put_u64(row, "line", vgpu_json_get_u64(limit, "line"));
		vgpu_json_append(rows, row);
	}
	if (invocation->format == VGPU_FORMAT_NAME)
		return;
	printf("%-10s %s\n%-10s %s\n", "file", file ? file : "-", "placement", placement ? placement : "-");
	if (!vgpu_json_length(rows))
		return;
	putchar('\n');
	vgpu_print_limits(rows);
}

static void print_commands(const struct vgpu_json *commands)
{
	const char *command;
	size_t i;

	for (i = 0; i < vgpu_json_length(commands); i++) {
		command = vgpu_json_get_string(vgpu_json_at(commands, i), "command");
		fputs("  ", stdout);
		vgpu_text_print(stdout, command ? command : "-");
		putchar('\n');
	}
}

static void print_considered(const struct vgpu_json *explanation)
{
	const struct vgpu_json *gpus = vgpu_json_get(explanation, "gpus"), *gpu;
	cleanup_json struct vgpu_json *rows = vgpu_json_array();
	const char *placement = vgpu_json_get_string(explanation, "placement"), *reason;
	struct vgpu_json *row;
	char text[64];
	size_t i;

	snprintf(text, sizeof(text), "taken, placement %s", placement ? placement : "-");
	for (i = 0; i < vgpu_json_length(gpus); i++) {
		gpu = vgpu_json_at(gpus, i);
		reason = vgpu_json_get_string(gpu, "reason");
		row = vgpu_json_object();
		vgpu_json_put_string(row, "gpu", vgpu_json_get_string(gpu, "gpu"));
		vgpu_json_put_string(row, "fits", reason ? "no" : "yes");
		vgpu_json_put_string(row, "why", reason ? reason : vgpu_json_get_bool(gpu, "chosen") ? text : NULL);
		vgpu_json_append(rows, row);
	}
	vgpu_print_considered(rows);
}

/**
 * vgpu_print_explanation() - print which GPUs were considered for a vGPU, and if none can take it, what would help
 * @explanation: of "vgpu.create"
 */
void vgpu_print_explanation(const struct vgpu_json *explanation)
{
	const struct vgpu_json *move = vgpu_json_get(explanation, "move");
	const char *command = vgpu_json_get_string(vgpu_json_get(explanation, "would_fit"), "command");
	const char *name = vgpu_json_get_string(move, "name"), *from, *to;

	print_considered(explanation);
	if (command) {
		fputs("\nThis would fit:\n  ", stdout);
		vgpu_text_print(stdout, command);
		putchar('\n');
	}
	if (!name)
		return;
	from = vgpu_json_get_string(move, "from");
	to = vgpu_json_get_string(move, "to");
	printf("\nNobody uses %s. Made again %s%s, it would leave room:\n", name,
	       from && to && !strcmp(from, to) ? "elsewhere on GPU " : "on GPU ", to ? to : "-");
	print_commands(vgpu_json_get(move, "commands"));
}
