// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * commands.c - the tables. No lock: constant data.
 */
#include "vgpuctl/commands.h"

#include <stddef.h>

/* clang-format off */
const struct vgpu_option_info vgpu_option_info[VGPU_OPTIONS] = {
	[VGPU_OPT_APERTURE] = {
		.name = "aperture", .argument = "SIZE", .help = "graphics memory that the guest's CPU can map, such as 128M",
		.key = "aperture_bytes", .value = VGPU_VALUE_SIZE,
	},
	[VGPU_OPT_HIDDEN] = {
		.name = "hidden", .argument = "SIZE", .help = "graphics memory that only the GPU sees (default: 6 times the aperture)",
		.key = "hidden_bytes", .value = VGPU_VALUE_SIZE,
	},
	[VGPU_OPT_FENCES] = {
		.name = "fences", .argument = "N", .help = "fence registers (default: one for each 8M of aperture)",
		.key = "fences", .value = VGPU_VALUE_NUMBER, .min = 1, .max = 32,
	},
	[VGPU_OPT_TYPE] = {
		.name = "type", .argument = "TYPE", .help = "a type of the GPU, instead of sizes",
		.key = "type", .value = VGPU_VALUE_TEXT, .complete = VGPU_COMPLETE_TYPE,
	},
	[VGPU_OPT_WEIGHT] = {
		.name = "weight", .argument = "N", .help = "share of GPU time in relation to others, 1 to 10000",
		.key = "weight", .value = VGPU_VALUE_NUMBER, .min = 1, .max = 10000,
	},
	[VGPU_OPT_CAP] = {
		.name = "cap", .argument = "PCT", .help = "GPU time never to exceed, 1 to 100 percent",
		.key = "cap_pct", .value = VGPU_VALUE_NUMBER, .min = 1, .max = 100,
	},
	[VGPU_OPT_LATENCY] = {
		.name = "latency", .argument = "US", .help = "longest wait for the GPU to aim at, in microseconds; 0: none",
		.key = "latency_us", .value = VGPU_VALUE_NUMBER, .min = 0, .max = 10000000,
	},
	[VGPU_OPT_CLASS] = {
		.name = "class", .argument = "CLASS", .help = "service class: weight, cap and latency by the policy; none: in no class",
		.key = "class", .value = VGPU_VALUE_TEXT, .complete = VGPU_COMPLETE_CLASS,
	},
	[VGPU_OPT_NAME] = {
		.name = "name", .argument = "NAME", .help = "name of the vGPU (default: vgpu-1, vgpu-2, ...)",
		.key = "name", .value = VGPU_VALUE_TEXT,
	},
	[VGPU_OPT_UUID] = {
		.name = "uuid", .argument = "UUID", .help = "UUID of the vGPU (default: a random one)",
		.key = "uuid", .value = VGPU_VALUE_TEXT,
	},
	[VGPU_OPT_GPU] = {
		.name = "gpu", .argument = "ADDR", .help = "GPU to use, such as 00:02.0 (default: by the placement of the policy)",
		.key = "gpu", .value = VGPU_VALUE_TEXT, .complete = VGPU_COMPLETE_GPU,
	},
	[VGPU_OPT_DOMAIN] = {
		.name = "domain", .argument = "DOMAIN", .help = "libvirt domain that gets the vGPU",
		.key = "domain", .value = VGPU_VALUE_TEXT, .complete = VGPU_COMPLETE_DOMAIN,
	},
	[VGPU_OPT_LIVE] = { .name = "live", .help = "change the running domain only", .key = "live" },
	[VGPU_OPT_CONFIG] = { .name = "config", .help = "change the domain's next start only", .key = "config" },
	[VGPU_OPT_FILE] = {
		.name = "file", .letter = 'f', .argument = "FILE", .help = "the pool file, see vgpu-pool(5); - for standard input",
		.value = VGPU_VALUE_TEXT, .complete = VGPU_COMPLETE_FILE,
	},
	[VGPU_OPT_PRUNE] = { .name = "prune", .help = "also delete the vGPUs that the file does not name" },
	[VGPU_OPT_DRY_RUN] = { .name = "dry-run", .help = "say what would be done, do nothing", .key = "dry_run" },
	[VGPU_OPT_ROOT] = {
		.name = "root", .argument = "DIR", .help = "the directory that stands for / (default: /)", .value = VGPU_VALUE_TEXT,
		.complete = VGPU_COMPLETE_FILE,
	},
	[VGPU_OPT_FOLLOW] = { .name = "follow", .help = "go on with what happens from now on" },
	[VGPU_OPT_SINCE] = {
		.name = "since", .argument = "WHEN", .help = "behind the event of this number, or since a time: 10m, 2h, 2026-11-27",
		.value = VGPU_VALUE_TEXT,
	},
	[VGPU_OPT_LIMIT] = {
		.name = "limit", .argument = "N", .help = "only the newest N, 1 to 10000", .value = VGPU_VALUE_NUMBER, .min = 1,
		.max = 10000,
	},
	[VGPU_OPT_OUTPUT] = {
		.name = "output", .letter = 'o', .argument = "FORMAT", .help = "table, wide, json, yaml or name",
		.value = VGPU_VALUE_TEXT, .complete = VGPU_COMPLETE_FORMAT,
	},
	[VGPU_OPT_SOCKET] = {
		.name = "socket", .argument = "PATH", .help = "where vgpud listens", .value = VGPU_VALUE_TEXT,
		.complete = VGPU_COMPLETE_FILE,
	},
	[VGPU_OPT_HELP] = { .name = "help", .letter = 'h', .help = "explain the command" },
	[VGPU_OPT_VERSION] = { .name = "version", .letter = 'V', .help = "print the version" },
};

const struct vgpu_format_info vgpu_format_info[VGPU_FORMATS] = {
	[VGPU_FORMAT_TABLE] = { "table", "for people" },
	[VGPU_FORMAT_WIDE] = { "wide", "for people, with more columns" },
	[VGPU_FORMAT_JSON] = { "json", "for programs, sizes in bytes" },
	[VGPU_FORMAT_YAML] = { "yaml", "what json has, for people" },
	[VGPU_FORMAT_NAME] = { "name", "one name a line" },
};
/* clang-format on */

#define OPT(option) VGPU_TAKES(VGPU_OPT_##option)
#define SIZES (OPT(APERTURE) | OPT(HIDDEN) | OPT(FENCES))
#define SETTINGS (OPT(WEIGHT) | OPT(CAP) | OPT(LATENCY) | OPT(CLASS))

/* clang-format off */
const struct vgpu_command vgpu_commands[] = {
	{
		.name = "create", .method = "vgpu.create", .print = vgpu_print_created, .explain = vgpu_print_explanation,
		.options = SIZES | SETTINGS | OPT(TYPE) | OPT(NAME) | OPT(UUID) | OPT(GPU) | OPT(DOMAIN) | OPT(DRY_RUN) | OPT(OUTPUT),
		.doing = "creating", .summary = "make a vGPU",
	},
	{
		.name = "list", .method = "vgpu.list", .reads = true, .print = vgpu_print_vgpus, .options = OPT(OUTPUT),
		.summary = "list the vGPUs of this host",
	},
	{
		.name = "show", .operand = "NAME", .key = "name", .complete = VGPU_COMPLETE_VGPU, .method = "vgpu.show",
		.reads = true, .print = vgpu_print_vgpu, .options = OPT(OUTPUT),
		.summary = "show all about a vGPU, with its counters",
	},
	{
		.name = "set", .operand = "NAME", .key = "name", .complete = VGPU_COMPLETE_VGPU, .method = "vgpu.set",
		.doing = "changing", .options = SIZES | SETTINGS,
		.summary = "change a vGPU: settings at any time, sizes until a guest has opened it",
	},
	{
		.name = "delete", .operand = "NAME", .key = "name", .complete = VGPU_COMPLETE_VGPU, .method = "vgpu.delete",
		.doing = "deleting", .waits_for = "the kernel", .summary = "remove a vGPU that nothing uses",
	},
	{
		.name = "restore", .operand = "NAME", .key = "name", .complete = VGPU_COMPLETE_VGPU, .method = "vgpu.restore",
		.doing = "restoring", .summary = "make the device of a missing vGPU again",
	},
	{
		.name = "attach", .operand = "NAME", .key = "name", .complete = VGPU_COMPLETE_VGPU, .method = "vgpu.attach",
		.options = OPT(DOMAIN) | OPT(LIVE) | OPT(CONFIG), .required = OPT(DOMAIN),
		.doing = "attaching", .summary = "give a vGPU to a domain",
	},
	{
		.name = "detach", .operand = "NAME", .key = "name", .complete = VGPU_COMPLETE_VGPU, .method = "vgpu.detach",
		.options = OPT(LIVE) | OPT(CONFIG), .doing = "detaching", .waits_for = "libvirt",
		.summary = "take a vGPU from its domain",
	},
	{
		.name = "xml", .operand = "NAME", .key = "name", .complete = VGPU_COMPLETE_VGPU, .method = "vgpu.xml",
		.reads = true, .print = vgpu_print_xml,
		.summary = "print the hostdev element for a domain's description",
	},
	{
		.name = "apply", .run = vgpu_pool_apply_run, .required = OPT(FILE),
		.options = OPT(FILE) | OPT(PRUNE) | OPT(DRY_RUN) | OPT(OUTPUT), .doing = "changing",
		.summary = "make the vGPUs what a pool file says",
	},
	{
		.name = "diff", .run = vgpu_pool_diff_run, .required = OPT(FILE), .options = OPT(FILE) | OPT(PRUNE) | OPT(OUTPUT),
		.summary = "say what apply would do, and exit with 1 if that is something",
	},
	{
		.name = "export", .run = vgpu_pool_export_run, .summary = "print the vGPUs of this host as a pool file",
	},
	{
		.name = "types", .method = "types.list", .reads = true, .print = vgpu_print_types,
		.options = OPT(GPU) | OPT(OUTPUT), .summary = "list the types of vGPU that the GPUs offer",
	},
	{
		.name = "classes", .method = "policy.classes", .reads = true, .print = vgpu_print_classes, .options = OPT(OUTPUT),
		.summary = "list the service classes of this host",
	},
	{
		.name = "policy", .method = "policy.show", .reads = true, .print = vgpu_print_policy, .options = OPT(OUTPUT),
		.summary = "show placement and limits, and who is nearest to each",
	},
	{
		.name = "events", .operand = "[NAME]", .complete = VGPU_COMPLETE_VGPU, .run = vgpu_events_run,
		.options = OPT(FOLLOW) | OPT(SINCE) | OPT(LIMIT) | OPT(OUTPUT),
		.summary = "show what has happened, to a vGPU or to all, and who asked for it",
	},
	{
		.name = "gpu list", .method = "gpu.list", .reads = true, .print = vgpu_print_gpus, .options = OPT(OUTPUT),
		.summary = "list the GPUs that can be shared",
	},
	{
		.name = "gpu show", .operand = "ADDR", .key = "gpu", .complete = VGPU_COMPLETE_GPU, .method = "gpu.show",
		.reads = true, .print = vgpu_print_gpu, .options = OPT(OUTPUT),
		.summary = "show all about a GPU, with who holds what of it",
	},
	{
		.name = "gpu bind", .operand = "ADDR", .key = "gpu", .complete = VGPU_COMPLETE_GPU, .method = "gpu.bind",
		.print = vgpu_print_bound, .options = OPT(DRY_RUN) | OPT(OUTPUT),
		.summary = "take a GPU from its driver to share it",
	},
	{
		.name = "gpu unbind", .operand = "ADDR", .key = "gpu", .complete = VGPU_COMPLETE_GPU, .method = "gpu.unbind",
		.print = vgpu_print_bound, .options = OPT(DRY_RUN) | OPT(OUTPUT),
		.summary = "give a GPU back to the stock driver",
	},
	{
		.name = "doctor", .run = vgpu_doctor_run, .options = OPT(ROOT) | OPT(OUTPUT),
		.summary = "find out what is wrong on this host, and say what to type",
	},
	{
		.name = "top", .operand = "[ARGUMENT ...]", .program = "vgpu-top",
		.summary = "show what vGPUs do, now and from then on",
	},
	{
		.name = "help", .operand = "[COMMAND]", .operands_max = 2, .complete = VGPU_COMPLETE_COMMAND, .run = vgpu_help_run,
		.summary = "explain the commands",
	},
	{
		.name = "version", .method = "version", .reads = true, .print = vgpu_print_version,
		.summary = "print the versions of vgpuctl and vgpud",
	},
	{ 0 },
};
/* clang-format on */
