// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * show.c - one vGPU or GPU as people read it: a line for each thing that it has, then what it has counted. No lock: pure functions of
 * the result.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/size.h"
#include "lib/text.h"
#include "vgpuctl/commands.h"

#define TEXT_SIZE 640

enum how {
	AS_TEXT,
	AS_PERCENT,
	AS_LATENCY,
	AS_DOMAIN,
	AS_CLASS,
	AS_SIZE_AT, /* the second key says where it begins */
	AS_COUNT_AT,
	AS_SIZE_ROOM, /* the second key is the total, the third the largest hole */
	AS_COUNT_ROOM,
};

/* A line; it is left out when there is no value under its key, unless it is always there. */
struct field {
	const char *title;
	const char *key;
	enum how how;
	bool always;
	const char *second, *third;
};

/* clang-format off */
static const struct field vgpu_fields[] = {
	{ .title = "name", .key = "name" },
	{ .title = "uuid", .key = "uuid" },
	{ .title = "state", .key = "state" },
	{ .title = "domain", .key = "domain", .how = AS_DOMAIN, .always = true },
	{ .title = "gpu", .key = "gpu" },
	{ .title = "type", .key = "type" },
	{ .title = "aperture", .key = "aperture_bytes", .how = AS_SIZE_AT, .second = "aperture_base" },
	{ .title = "hidden", .key = "hidden_bytes", .how = AS_SIZE_AT, .second = "hidden_base" },
	{ .title = "fences", .key = "fences", .how = AS_COUNT_AT, .second = "fence_base" },
	{ .title = "class", .key = "class", .how = AS_CLASS },
	{ .title = "weight", .key = "weight" },
	{ .title = "cap", .key = "cap_pct", .how = AS_PERCENT },
	{ .title = "latency", .key = "latency_us", .how = AS_LATENCY },
	{ .title = "managed", .key = "managed" },
	{ .title = "verdict", .key = "verdict" },
};

static const struct field planned_fields[] = {
	{ .title = "name", .key = "name" },
	{ .title = "uuid", .key = "uuid" },
	{ .title = "domain", .key = "domain" },
	{ .title = "gpu", .key = "gpu" },
	{ .title = "type", .key = "type" },
	{ .title = "aperture", .key = "aperture_bytes", .how = AS_SIZE_AT },
	{ .title = "hidden", .key = "hidden_bytes", .how = AS_SIZE_AT },
	{ .title = "fences", .key = "fences" },
	{ .title = "class", .key = "class", .how = AS_CLASS },
	{ .title = "weight", .key = "weight" },
	{ .title = "cap", .key = "cap_pct", .how = AS_PERCENT },
	{ .title = "latency", .key = "latency_us", .how = AS_LATENCY },
};

static const struct field gpu_fields[] = {
	{ .title = "gpu", .key = "gpu" },
	{ .title = "id", .key = "id" },
	{ .title = "driver", .key = "driver" },
	{ .title = "aperture", .key = "aperture_free_bytes", .how = AS_SIZE_ROOM, .second = "aperture_total_bytes", .third = "aperture_hole_bytes" },
	{ .title = "hidden", .key = "hidden_free_bytes", .how = AS_SIZE_ROOM, .second = "hidden_total_bytes", .third = "hidden_hole_bytes" },
	{ .title = "fences", .key = "fences_free", .how = AS_COUNT_ROOM, .second = "fences_total", .third = "fences_hole" },
	{ .title = "vgpus", .key = "vgpus" },
};
/* clang-format on */

static const char *number(const struct vgpu_json *object, const char *key, bool size, char text[VGPU_SIZE_TEXT])
{
	if (size)
		return vgpu_size_format(vgpu_json_get_u64(object, key), text);
	snprintf(text, VGPU_SIZE_TEXT, "%" PRIu64, vgpu_json_get_u64(object, key));
	return text;
}

static void plain_text(const struct vgpu_json *value, char text[TEXT_SIZE])
{
	const char *string = vgpu_json_string(value);
	cleanup_free char *other = NULL;

	if (vgpu_json_kind(value) == VGPU_JSON_BOOL || vgpu_json_kind(value) == VGPU_JSON_INTEGER)
		string = other = vgpu_json_text(value, false);
	if (other && vgpu_json_kind(value) == VGPU_JSON_BOOL)
		string = !strcmp(other, "true") ? "yes" : "no";
	vgpu_text_copy(text, TEXT_SIZE, string ? string : "-");
}

static void field_text(const struct field *field, const struct vgpu_json *object, char text[TEXT_SIZE])
{
	bool size = field->how == AS_SIZE_AT || field->how == AS_SIZE_ROOM;
	char first[VGPU_SIZE_TEXT], second[VGPU_SIZE_TEXT], third[VGPU_SIZE_TEXT];

	plain_text(vgpu_json_get(object, field->key), text);
	switch (field->how) {
	case AS_TEXT:
		break;
	case AS_PERCENT:
		vgpu_text_append(text, TEXT_SIZE, "%%");
		break;
	case AS_LATENCY:
		if (vgpu_json_get_u64(object, field->key))
			vgpu_text_append(text, TEXT_SIZE, " us");
		else
			strcpy(text, "none");
		break;
	case AS_DOMAIN:
		if (vgpu_json_get(object, "domain_running"))
			vgpu_text_append(text, TEXT_SIZE, ", %s",
					 vgpu_json_get_bool(object, "domain_running") ? "running" : "not running");
		break;
	case AS_CLASS:
		if (!vgpu_json_get_bool(object, "class_defined"))
			vgpu_text_append(text, TEXT_SIZE, ", not in the policy: its settings stay");
		break;
	case AS_SIZE_AT:
	case AS_COUNT_AT:
		vgpu_text_copy(text, TEXT_SIZE, number(object, field->key, size, first));
		if (field->second && vgpu_json_get(object, field->second))
			vgpu_text_append(text, TEXT_SIZE, " at %s", number(object, field->second, size, second));
		break;
	case AS_SIZE_ROOM:
	case AS_COUNT_ROOM:
		snprintf(text, TEXT_SIZE, "%s free of %s, largest hole %s", number(object, field->key, size, first),
			 number(object, field->second, size, second), number(object, field->third, size, third));
		break;
	}
}

static void print_fields(const struct field *fields, size_t count, const struct vgpu_json *object)
{
	char text[TEXT_SIZE];
	size_t i;

	for (i = 0; i < count; i++) {
		if (!vgpu_json_get(object, fields[i].key) && !fields[i].always)
			continue;
		field_text(&fields[i], object, text);
		/* A domain's name is its owner's choice. */
		printf("%-10s ", fields[i].title);
		vgpu_text_print(stdout, text);
		putchar('\n');
	}
}

static void duration_text(uint64_t ns, char text[VGPU_SIZE_TEXT])
{
	if (ns >= 1000000000)
		snprintf(text, VGPU_SIZE_TEXT, "%.3f s", ns / 1e9);
	else if (ns >= 1000000)
		snprintf(text, VGPU_SIZE_TEXT, "%.3f ms", ns / 1e6);
	else
		snprintf(text, VGPU_SIZE_TEXT, "%.3f us", ns / 1e3);
}

struct counters {
	bool all;
	unsigned int printed, zero;
};

/* Of some forty counters a few have moved: those are what somebody looks for. */
static int print_counter(const char *key, struct vgpu_json *value, void *data)
{
	struct counters *counters = data;
	uint64_t count = vgpu_json_u64(value);
	size_t length = strlen(key);
	char text[VGPU_SIZE_TEXT];

	if (!count && !counters->all) {
		counters->zero++;
		return 0;
	}
	snprintf(text, sizeof(text), "%" PRIu64, count);
	if (length > 3 && !strcmp(key + length - 3, "_ns")) {
		duration_text(count, text);
		length -= 3;
	}
	printf("%s%-*.*s %s\n", counters->printed++ ? "" : "\n", 22, (int)length, key, text);
	return 0;
}

static void print_counters(const struct vgpu_invocation *invocation, const struct vgpu_json *object)
{
	struct counters counters = { .all = invocation->format == VGPU_FORMAT_WIDE };

	vgpu_json_each(vgpu_json_get(object, "counters"), print_counter, &counters);
	if (counters.zero)
		printf("\n%u %scounters are 0\n", counters.zero, counters.printed ? "other " : "");
}

static const char *name_of(const struct vgpu_json *object, const char *key)
{
	const char *name = vgpu_json_get_string(object, key);

	if (!name)
		name = vgpu_json_get_string(object, "uuid");
	return name ? name : "-";
}

/**
 * vgpu_print_vgpu() - print all about a vGPU
 * @invocation: the format; wide has also the counters that are 0
 * @result: of "vgpu.show"
 */
void vgpu_print_vgpu(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	const struct vgpu_json *vgpu = vgpu_json_get(result, "vgpu");

	if (invocation->format == VGPU_FORMAT_NAME) {
		puts(name_of(vgpu, "name"));
		return;
	}
	print_fields(vgpu_fields, VGPU_COUNT(vgpu_fields), vgpu);
	print_counters(invocation, vgpu);
}

/**
 * vgpu_print_gpu() - print all about a GPU
 * @invocation: the format
 * @result: of "gpu.show"
 */
void vgpu_print_gpu(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	const struct vgpu_json *gpu = vgpu_json_get(result, "gpu");

	if (invocation->format == VGPU_FORMAT_NAME) {
		puts(name_of(gpu, "gpu"));
		return;
	}
	print_fields(gpu_fields, VGPU_COUNT(gpu_fields), gpu);
	/* One that another driver has can't take any. */
	if (vgpu_json_get(gpu, "vgpus"))
		vgpu_print_room(gpu);
}

/**
 * vgpu_print_created() - print what was made, or what would be
 * @invocation: the format; without one only the name, for scripts, except for a dry run
 * @result: of "vgpu.create"
 */
void vgpu_print_created(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	const struct vgpu_json *explanation = vgpu_json_get(result, "explanation");
	bool details = invocation->option[VGPU_OPT_OUTPUT] || invocation->option[VGPU_OPT_DRY_RUN];

	if (!details || invocation->format == VGPU_FORMAT_NAME) {
		puts(name_of(result, "name"));
		return;
	}
	print_fields(planned_fields, VGPU_COUNT(planned_fields), result);
	/* Where there was a choice. */
	if (vgpu_json_length(vgpu_json_get(explanation, "gpus")) > 1) {
		putchar('\n');
		vgpu_print_explanation(explanation);
	}
}

/**
 * vgpu_print_bound() - print that a GPU has changed hands, when that was asked for, or the steps that a dry run would have taken
 * @invocation: the format
 * @result: of "gpu.bind" or "gpu.unbind"
 */
void vgpu_print_bound(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	const struct vgpu_json *steps = vgpu_json_get(result, "steps"), *step;
	const char *driver = vgpu_json_get_string(result, "driver"), *file, *text;
	size_t i;

	for (i = 0; invocation->format != VGPU_FORMAT_NAME && i < vgpu_json_length(steps); i++) {
		step = vgpu_json_at(steps, i);
		file = vgpu_json_get_string(step, "file");
		text = vgpu_json_get_string(step, "text");
		printf("echo %.*s >%s\n", text ? (int)strcspn(text, "\n") : 0, text ? text : "", file ? file : "-");
	}
	if (invocation->format == VGPU_FORMAT_NAME)
		puts(name_of(result, "gpu"));
	else if (invocation->option[VGPU_OPT_OUTPUT])
		printf("%s %s\n", name_of(result, "gpu"), driver ? driver : "-");
}
