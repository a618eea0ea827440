// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * blt-probe: drive the blitter of a Gen7.5 GPU or vGPU from user space, with no driver bound.
 *
 * It needs no i915, so it shows a mediator's behaviour at the level of registers: PVINFO, translation entries, the
 * aperture, a ring, a reset; and on request it misbehaves. This file has the options, the loop and the verdict; the
 * work is in lib/probe.c and lib/hostile*.c. One thread; the signal handler only sets a flag.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/guest/lib/hostile.h"

#define DEFAULT_SIZE_BYTES (256ul * 1024)
#define DEFAULT_TIMEOUT_MS 5000
#define HOSTILE_TIMEOUT_MS 2000 /* many attacks end in a hang, on purpose */
#define LOOP_VERIFY_EVERY 256 /* submissions between two full checks */

enum {
	EXIT_PASS = 0,
	EXIT_FAIL = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DEVICE = 3
};

/** struct options - the parsed command line. */
struct options {
	const char *device;
	const char *hostile;
	unsigned long loop_s, size_bytes, rate, timeout_ms;
	struct gpu_range mappable, hidden; /* --partition */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signal_number)
{
	interrupted = 1;
}

static void usage(FILE *out)
{
	fputs("Usage: blt-probe [OPTION]...\n"
	      "Drives the blitter of a Gen7.5 GPU or vGPU (8086:0412) that has no driver, and checks every byte.\n\n"
	      "  -d, --device ADDR       PCI address (default: the first 8086:0412)\n"
	      "  -s, --size BYTES        size of each of the three buffers (default 262144)\n"
	      "  -l, --loop SECONDS      go on blitting for so long\n"
	      "  -r, --rate N            at most N submissions a second while looping (default 0: no limit)\n"
	      "  -t, --timeout MS        how long a submission may take (default 5000, hostile 2000)\n"
	      "  -p, --partition B:S[:HB:HS]\n"
	      "                          use this part of the aperture and of hidden memory: base, size in bytes.\n"
	      "                          Default: what PVINFO says, and without PVINFO everything\n"
	      "  -x, --hostile MODE      misbehave, say what was seen, reset the engine, blit normally.\n"
	      "                          MODE is a line of --list-hostile, the part before its slash, or all\n"
	      "  -L, --list-hostile      print the hostile cases\n"
	      "  -h, --help              print this text\n\n"
	      "Exit status: 0 passed, 1 failed or an effect outside the partition was seen, 2 wrong usage,\n"
	      "3 no such GPU, or not usable.\n",
	      out);
}

static int parse_number(const char *text, char end_mark, unsigned long low, unsigned long high, const char **ret_end,
			unsigned long *ret_value)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *text == '-' || (*end && *end != end_mark) || value < low || value > high)
		return -EINVAL;
	if (ret_end)
		*ret_end = *end ? end + 1 : NULL;
	*ret_value = value;
	return 0;
}

static int parse_partition(const char *text, struct options *options)
{
	unsigned long value[4] = { 0 };
	int count = 0;

	while (text && count < 4)
		if (parse_number(text, ':', 0, UINT32_MAX, &text, &value[count++]))
			return -EINVAL;
	if (text || (count != 2 && count != 4) || !value[1])
		return -EINVAL;
	options->mappable = (struct gpu_range) { value[0], value[1] };
	options->hidden = (struct gpu_range) { value[2], value[3] };
	return 0;
}

static int usage_error(const char *option, const char *wants, const char *got)
{
	fprintf(stderr, "blt-probe: --%s takes %s, not '%s'\n", option, wants, got);
	return EXIT_USAGE;
}

static int parse_size(const char *text, struct options *options)
{
	if (parse_number(text, '\0', GPU_PAGE_BYTES, PROBE_SIZE_MAX, NULL, &options->size_bytes))
		return -EINVAL;
	return options->size_bytes % GPU_PAGE_BYTES ? -EINVAL : 0;
}

/* One option. Returns -1 to go on, or the exit status. */
static int parse_option(int option, struct options *options)
{
	switch (option) {
	case 'd':
		options->device = optarg;
		return -1;
	case 's':
		return parse_size(optarg, options) ? usage_error("size", "whole pages up to 127 MiB", optarg) : -1;
	case 'l':
		return parse_number(optarg, '\0', 1, 1000000, NULL, &options->loop_s)
			       ? usage_error("loop", "1 to 1000000 seconds", optarg)
			       : -1;
	case 'r':
		return parse_number(optarg, '\0', 0, 1000000, NULL, &options->rate)
			       ? usage_error("rate", "0 to 1000000 submissions a second", optarg)
			       : -1;
	case 't':
		return parse_number(optarg, '\0', 1, 600000, NULL, &options->timeout_ms)
			       ? usage_error("timeout", "1 to 600000 milliseconds", optarg)
			       : -1;
	case 'p':
		return parse_partition(optarg, options)
			       ? usage_error("partition", "BASE:SIZE or BASE:SIZE:HIDDENBASE:HIDDENSIZE", optarg)
			       : -1;
	case 'x':
		options->hostile = optarg;
		return hostile_known(optarg) ? -1 : usage_error("hostile", "a mode of --list-hostile", optarg);
	case 'L':
		hostile_list();
		return EXIT_PASS;
	case 'h':
		usage(stdout);
		return EXIT_PASS;
	default:
		fputs("Try 'blt-probe --help'.\n", stderr);
		return EXIT_USAGE;
	}
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "device", required_argument, NULL, 'd' },  { "size", required_argument, NULL, 's' },
		{ "loop", required_argument, NULL, 'l' },    { "rate", required_argument, NULL, 'r' },
		{ "timeout", required_argument, NULL, 't' }, { "partition", required_argument, NULL, 'p' },
		{ "hostile", required_argument, NULL, 'x' }, { "list-hostile", no_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },	     { 0 },
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "d:s:l:r:t:p:x:Lh", longs, NULL)) != -1) {
		status = parse_option(option, options);
		if (status >= 0)
			return status;
	}
	if (optind != argc) {
		fprintf(stderr, "blt-probe: '%s' is not an option; try 'blt-probe --help'\n", argv[optind]);
		return EXIT_USAGE;
	}
	if (options->hostile && options->loop_s) {
		fputs("blt-probe: --hostile and --loop exclude each other\n", stderr);
		return EXIT_USAGE;
	}
	return -1;
}

static void print_device(const struct gpu *gpu)
{
	printf("device: %s, aperture %zu MiB, graphics memory %llu MiB\n", gpu->address, gpu->aperture_bytes >> 20,
	       (unsigned long long)gpu->total_bytes >> 20);
	if (gpu->mediated)
		printf("pvinfo: vGPU %u, %u fences\n", gpu->vgpu_id, gpu->fences);
	else
		printf("pvinfo: none, so this GPU is not mediated\n");
	printf("partition: aperture %#llx + %llu KiB, hidden %#llx + %llu KiB\n", (unsigned long long)gpu->mappable.base,
	       (unsigned long long)gpu->mappable.bytes >> 10, (unsigned long long)gpu->hidden.base,
	       (unsigned long long)gpu->hidden.bytes >> 10);
}

static void sleep_until(uint64_t when_ns)
{
	struct timespec ts = { .tv_sec = (time_t)(when_ns / 1000000000u), .tv_nsec = (long)(when_ns % 1000000000u) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static int loop(struct probe *probe, const struct options *options)
{
	const uint64_t start_ns = gpu_now_ns(), end_ns = start_ns + options->loop_s * 1000000000ull;

	for (uint32_t round = 1; !interrupted && gpu_now_ns() < end_ns; round++) {
		int ret = round % LOOP_VERIFY_EVERY ? probe_blit(probe, round) : probe_verify(probe, round);

		if (ret)
			return ret;
		if (options->rate)
			sleep_until(start_ns + round * 1000000000ull / options->rate);
	}
	return interrupted ? 0 : probe_verify(probe, 1);
}

static int work(struct probe *probe, const struct options *options, unsigned int *ret_breaches)
{
	int ret = 0;

	if (options->mappable.bytes)
		ret = gpu_set_partition(&probe->gpu, &options->mappable, &options->hidden);
	if (ret)
		return ret;
	print_device(&probe->gpu);
	ret = probe_create(probe, options->size_bytes);
	if (!ret)
		ret = probe_verify(probe, 0);
	if (ret)
		return ret;
	if (options->hostile)
		return hostile_run(probe, options->hostile, ret_breaches);
	return options->loop_s ? loop(probe, options) : 0;
}

static void print_figures(const struct probe_figures *figures)
{
	const double seconds = figures->blit_ns / 1e9;

	printf("blits: %llu submissions, %llu bytes in %.3f ms", (unsigned long long)figures->submissions,
	       (unsigned long long)figures->blit_bytes, seconds * 1e3);
	if (figures->blit_ns)
		printf(", %.1f MB/s", figures->blit_bytes / seconds / 1e6);
	printf("; %llu bytes checked\n", (unsigned long long)figures->verified_bytes);
}

int main(int argc, char **argv)
{
	struct options options = { .size_bytes = DEFAULT_SIZE_BYTES };
	struct sigaction action = { .sa_handler = on_signal };
	struct probe probe = { 0 };
	unsigned int breaches = 0;
	int status = parse_options(argc, argv, &options);
	int ret;

	if (status >= 0)
		return status;
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* The engine must be stopped before our pages go away. */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);

	ret = gpu_open(options.device, &probe.gpu);
	if (ret) {
		fprintf(stderr, "blt-probe: %s\n", probe.gpu.why);
		gpu_close(&probe.gpu);
		return EXIT_NO_DEVICE;
	}
	probe.timeout_ms = options.timeout_ms ? (unsigned int)options.timeout_ms
			   : options.hostile  ? HOSTILE_TIMEOUT_MS
					      : DEFAULT_TIMEOUT_MS;
	ret = work(&probe, &options, &breaches);
	if (ret)
		printf("blt-probe: FAIL: %s\n", probe.gpu.why);
	print_figures(&probe.figures);
	probe_destroy(&probe);
	gpu_close(&probe.gpu);
	if (!ret && breaches)
		printf("blt-probe: FAIL: %u effects outside the partition\n", breaches);
	else if (!ret)
		printf("blt-probe: PASS\n");
	return ret || breaches ? EXIT_FAIL : EXIT_PASS;
}
