// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * print.c - lists as people read them, and libsmartcols' one home. No lock: pure functions of the result.
 */
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/size.h"
#include "vgpuctl/commands.h"

#define TEXT_SIZE 640

enum how {
	AS_IS, /* a string, or a number without unit */
	AS_SIZE,
	AS_PERCENT,
	AS_STATE,
};

struct column {
	const char *title;
	const char *key;
	enum how how;
	bool wide; /* only with -o wide */
	const char *of; /* a second key: "VALUE/OF" */
};

/* What was measured can be printed: a missing value is a dash, so that every row has all its columns for awk. */
static const char *value_text(const struct vgpu_json *object, const char *key, enum how how, char text[TEXT_SIZE])
{
	const struct vgpu_json *value = vgpu_json_get(object, key);
	char size[VGPU_SIZE_TEXT];

	switch (vgpu_json_kind(value)) {
	case VGPU_JSON_STRING:
		snprintf(text, TEXT_SIZE, "%s", vgpu_json_string(value) ? vgpu_json_string(value) : "-");
		break;
	case VGPU_JSON_INTEGER:
		if (how == AS_SIZE)
			snprintf(text, TEXT_SIZE, "%s", vgpu_size_format(vgpu_json_u64(value), size));
		else
			snprintf(text, TEXT_SIZE, "%" PRIu64 "%s", vgpu_json_u64(value), how == AS_PERCENT ? "%" : "");
		break;
	case VGPU_JSON_BOOL:
		snprintf(text, TEXT_SIZE, "%s", vgpu_json_get_bool(object, key) ? "yes" : "no");
		break;
	default:
		snprintf(text, TEXT_SIZE, "-");
	}
	return text;
}

static bool use_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
}

/**
 * vgpu_print_colour() - how to begin and end what is printed in colour beside tables
 * @word: "ok", "warning" or "problem"; NULL for the end
 *
 * Return: the sequence, empty where there is no colour.
 */
const char *vgpu_print_colour(const char *word)
{
	if (!use_colour())
		return "";
	if (!word)
		return "\033[0m";
	return !strcmp(word, "ok")	  ? "\033[32m"
	       : !strcmp(word, "warning") ? "\033[33m"
	       : !strcmp(word, "problem") ? "\033[31m"
					  : "";
}

static const char *state_colour(const char *state)
{
	static const struct {
		const char *state, *colour;
	} colours[] = {
		{ "running", "green" },
		{ "open", "green" },
		{ "stopped", "yellow" },
		{ "missing", "red" },
	};
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(colours); i++)
		if (!strcmp(colours[i].state, state))
			return colours[i].colour;
	return NULL;
}

static void fill_line(struct libscols_table *table, const struct column *columns, size_t count, const struct vgpu_json *object,
		      bool wide)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[TEXT_SIZE], of[TEXT_SIZE], both[2 * TEXT_SIZE];
	unsigned int at = 0;
	size_t i;

	for (i = 0; line && i < count; i++) {
		if (columns[i].wide && !wide)
			continue;
		value_text(object, columns[i].key, columns[i].how, text);
		snprintf(both, sizeof(both), "%s", text);
		if (columns[i].of && strcmp(text, "-") != 0)
			snprintf(both, sizeof(both), "%s/%s", text, value_text(object, columns[i].of, columns[i].how, of));
		scols_line_set_data(line, at, both);
		if (columns[i].how == AS_STATE && state_colour(text))
			scols_cell_set_color(scols_line_get_cell(line, at), state_colour(text));
		at++;
	}
}

static void print_table(const struct column *columns, size_t count, const struct vgpu_json *array, bool wide)
{
	struct libscols_table *table = scols_new_table();
	size_t i;

	if (!table)
		return;
	scols_table_enable_colors(table, use_colour());
	for (i = 0; i < count; i++)
		if (!columns[i].wide || wide)
			scols_table_new_column(table, columns[i].title, 0, 0);
	for (i = 0; i < vgpu_json_length(array); i++)
		fill_line(table, columns, count, vgpu_json_at(array, i), wide);
	scols_print_table(table);
	scols_unref_table(table);
}

static void print_list(const struct vgpu_invocation *invocation, const struct vgpu_json *array, const struct column *columns,
		       size_t count, const char *const name_keys[])
{
	const struct vgpu_json *object;
	const char *name;
	size_t i, k;

	if (invocation->format != VGPU_FORMAT_NAME) {
		print_table(columns, count, array, invocation->format == VGPU_FORMAT_WIDE);
		return;
	}
	for (i = 0; i < vgpu_json_length(array); i++) {
		object = vgpu_json_at(array, i);
		for (name = NULL, k = 0; !name && name_keys[k]; k++)
			name = vgpu_json_get_string(object, name_keys[k]);
		if (name)
			puts(name);
	}
}

/**
 * vgpu_print_json() - print a result as JSON, in base units
 * @result: the result
 */
void vgpu_print_json(const struct vgpu_json *result)
{
	cleanup_free char *text = vgpu_json_text(result, true);

	if (text)
		puts(text);
}

static const struct column vgpu_columns[] = {
	{ .title = "NAME", .key = "name" },
	{ .title = "STATE", .key = "state", .how = AS_STATE },
	{ .title = "DOMAIN", .key = "domain" },
	{ .title = "GPU", .key = "gpu" },
	{ .title = "APERTURE", .key = "aperture_bytes", .how = AS_SIZE },
	{ .title = "HIDDEN", .key = "hidden_bytes", .how = AS_SIZE },
	{ .title = "FENCES", .key = "fences" },
	{ .title = "WEIGHT", .key = "weight" },
	{ .title = "CAP", .key = "cap_pct", .how = AS_PERCENT, .wide = true },
	{ .title = "LATENCY_US", .key = "latency_us", .wide = true },
	{ .title = "CLASS", .key = "class", .wide = true },
	{ .title = "TYPE", .key = "type", .wide = true },
	{ .title = "UUID", .key = "uuid", .wide = true },
	{ .title = "VERDICT", .key = "verdict", .wide = true },
};

/**
 * vgpu_print_vgpus() - print a list of vGPUs
 * @invocation: the format
 * @result: of "vgpu.list"
 */
void vgpu_print_vgpus(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	static const char *const name_keys[] = { "name", "uuid", NULL };

	print_list(invocation, vgpu_json_get(result, "vgpus"), vgpu_columns, VGPU_COUNT(vgpu_columns), name_keys);
}

static const struct column gpu_columns[] = {
	{ .title = "GPU", .key = "gpu" },
	{ .title = "ID", .key = "id" },
	{ .title = "DRIVER", .key = "driver" },
	{ .title = "APERTURE", .key = "aperture_free_bytes", .how = AS_SIZE, .of = "aperture_total_bytes" },
	{ .title = "LARGEST", .key = "aperture_hole_bytes", .how = AS_SIZE },
	{ .title = "HIDDEN", .key = "hidden_free_bytes", .how = AS_SIZE, .of = "hidden_total_bytes" },
	{ .title = "LARGEST", .key = "hidden_hole_bytes", .how = AS_SIZE, .wide = true },
	{ .title = "FENCES", .key = "fences_free", .of = "fences_total" },
	{ .title = "LARGEST", .key = "fences_hole", .wide = true },
};

/**
 * vgpu_print_gpus() - print a list of GPUs; of each resource what is free and what there is
 * @invocation: the format
 * @result: of "gpu.list"
 */
void vgpu_print_gpus(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	static const char *const name_keys[] = { "gpu", NULL };

	print_list(invocation, vgpu_json_get(result, "gpus"), gpu_columns, VGPU_COUNT(gpu_columns), name_keys);
}

static const struct column type_columns[] = {
	{ .title = "GPU", .key = "gpu" },
	{ .title = "TYPE", .key = "type" },
	{ .title = "AVAILABLE", .key = "available" },
	{ .title = "NAME", .key = "name" },
	{ .title = "APERTURE", .key = "aperture_bytes", .how = AS_SIZE, .wide = true },
	{ .title = "HIDDEN", .key = "hidden_bytes", .how = AS_SIZE, .wide = true },
	{ .title = "FENCES", .key = "fences", .wide = true },
	{ .title = "API", .key = "device_api", .wide = true },
};

/**
 * vgpu_print_types() - print a list of types
 * @invocation: the format
 * @result: of "types.list"
 */
void vgpu_print_types(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	static const char *const name_keys[] = { "type", NULL };

	print_list(invocation, vgpu_json_get(result, "types"), type_columns, VGPU_COUNT(type_columns), name_keys);
}

static const struct column class_columns[] = {
	{ .title = "CLASS", .key = "name" },
	{ .title = "WEIGHT", .key = "weight" },
	{ .title = "CAP", .key = "cap_pct", .how = AS_PERCENT },
	{ .title = "LATENCY_US", .key = "latency_us" },
	{ .title = "VGPUS", .key = "vgpus" },
	{ .title = "MAX", .key = "max_vgpus", .wide = true },
	{ .title = "GPUS", .key = "gpus", .wide = true },
};

/**
 * vgpu_print_classes() - print a list of service classes
 * @invocation: the format
 * @result: of "policy.classes"
 */
void vgpu_print_classes(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	static const char *const name_keys[] = { "name", NULL };

	print_list(invocation, vgpu_json_get(result, "classes"), class_columns, VGPU_COUNT(class_columns), name_keys);
}

static const struct column event_columns[] = {
	{ .title = "SEQ", .key = "seq", .wide = true },
	{ .title = "TIME", .key = "time" },
	{ .title = "KIND", .key = "kind" },
	{ .title = "OBJECT", .key = "object" },
	{ .title = "UUID", .key = "uuid", .wide = true },
	{ .title = "BY", .key = "by" },
	{ .title = "WHAT", .key = "text" },
};

/**
 * vgpu_print_events() - print a list of events
 * @invocation: the format, table or wide
 * @rows: made of the events by events.c
 */
void vgpu_print_events(const struct vgpu_invocation *invocation, const struct vgpu_json *rows)
{
	print_table(event_columns, VGPU_COUNT(event_columns), rows, invocation->format == VGPU_FORMAT_WIDE);
}

static const struct column map_columns[] = {
	{ .title = "RESOURCE", .key = "resource" }, { .title = "BASE", .key = "base" },
	{ .title = "SIZE", .key = "size" },	    { .title = "NAME", .key = "name" },
	{ .title = "DOMAIN", .key = "domain" },	    { .title = "STATE", .key = "state", .how = AS_STATE },
};

/**
 * vgpu_print_map() - print who holds which range of a GPU
 * @rows: one object for each range
 */
void vgpu_print_map(const struct vgpu_json *rows)
{
	print_table(map_columns, VGPU_COUNT(map_columns), rows, false);
}

static const struct column limit_columns[] = {
	{ .title = "RULE", .key = "rule" }, { .title = "LIMIT", .key = "limit" }, { .title = "NEAREST", .key = "nearest" },
	{ .title = "OF", .key = "of" },	    { .title = "LINE", .key = "line" },
};

/**
 * vgpu_print_limits() - print the limits of the policy
 * @rows: one object for each limit
 */
void vgpu_print_limits(const struct vgpu_json *rows)
{
	print_table(limit_columns, VGPU_COUNT(limit_columns), rows, false);
}

static const struct column considered_columns[] = {
	{ .title = "GPU", .key = "gpu" },
	{ .title = "FITS", .key = "fits" },
	{ .title = "WHY", .key = "why" },
};

/**
 * vgpu_print_considered() - print which GPUs could take a vGPU, and why the others can't
 * @rows: one object for each GPU
 */
void vgpu_print_considered(const struct vgpu_json *rows)
{
	print_table(considered_columns, VGPU_COUNT(considered_columns), rows, false);
}

/**
 * vgpu_print_xml() - print the XML
 * @invocation: unused
 * @result: of "vgpu.xml"
 */
void vgpu_print_xml(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	const char *xml = vgpu_json_get_string(result, "xml");

	if (xml)
		puts(xml);
}

/**
 * vgpu_print_version() - print both versions
 * @invocation: unused
 * @result: of "version"
 */
void vgpu_print_version(const struct vgpu_invocation *invocation, const struct vgpu_json *result)
{
	const char *version = vgpu_json_get_string(result, "version");

	printf("vgpuctl %s\nvgpud %s\n", VGPU_VERSION, version ? version : "-");
}
