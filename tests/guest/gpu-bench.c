// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * gpu-bench: how fast does a Gen7.5 GPU work through i915, real, simulated or mediated?
 *
 * Static, with raw DRM ioctls, so that an initrd needs nothing else. This file has the options and the output; the workloads are
 * in lib/bench.c. One thread, no lock.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/guest/lib/bench.h"

#define DEFAULT_DEVICE "/dev/dri/renderD128"
#define ROUNDS_MAX 1000
#define SECONDS_MAX 3600

enum {
	EXIT_DONE = 0,
	EXIT_FAIL = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DEVICE = 3
};

/** struct options - the parsed command line. */
struct options {
	const char *device;
	const struct bench_workload *workload; /* NULL: all */
	bool engine_given, unparsed, json;
	unsigned int ring;
	unsigned long in_flight, rounds;
	uint64_t ns;
};

static void usage(FILE *out)
{
	fputs("Usage: gpu-bench [OPTION]...\n"
	      "Measures a Gen7.5 GPU through i915. Results are checked before and after.\n\n"
	      "  -d, --device PATH     DRM render node (default " DEFAULT_DEVICE ")\n"
	      "  -w, --workload NAME   one of those below (default: each of them)\n"
	      "  -e, --engine NAME     bcs, rcs, vcs or vecs (default bcs)\n"
	      "  -s, --seconds S       how long a round takes (default 2)\n"
	      "  -r, --rounds N        how many, each with a line of its own (default 1)\n"
	      "  -n, --in-flight N     batches queued at the same time, 2 to 256\n"
	      "  -u, --unparsed        keep i915's command parser out\n"
	      "  -j, --json            print one JSON object a line\n"
	      "  -h, --help            print this text\n\n"
	      "Workloads:\n",
	      out);
	for (unsigned int i = 0; i < bench_workload_count; i++)
		fprintf(out, "  %-12s %s\n", bench_workloads[i].name, bench_workloads[i].what);
	fputs("\nExit status: 0 done, 1 something failed or was wrong, 2 wrong usage, 3 no such GPU.\n", out);
}

static void print_json(const struct bench *b, unsigned long number, const struct bench_result *r)
{
	double seconds = (double)r->ns / 1e9;

	printf("{\"workload\":\"%s\",\"engine\":\"%s\",\"parsed\":%s,\"in_flight\":%u,\"round\":%lu,\"ns\":%" PRIu64
	       ",\"batches\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"batches_per_s\":%.3f,\"mib_per_s\":%.3f",
	       b->workload->name, bench_engine_name(b->exec.ring), b->exec.unparsed ? "false" : "true", b->in_flight, number,
	       r->ns, r->batches, r->bytes, (double)r->batches / seconds, (double)r->bytes / seconds / 1048576);
	if (r->p50_ns)
		printf(",\"p50_ns\":%" PRIu64 ",\"p99_ns\":%" PRIu64, r->p50_ns, r->p99_ns);
	puts("}");
}

/* The last object of a workload: all that the GPU did for it, for who has counted what that took. */
static void print_executed(const struct bench *b)
{
	printf("{\"workload\":\"%s\",\"engine\":\"%s\",\"executed\":%" PRIu64 "}\n", b->workload->name,
	       bench_engine_name(b->exec.ring), b->executed);
}

static void print_text(const struct bench *b, const struct bench_result *r)
{
	double seconds = (double)r->ns / 1e9;

	printf("%-10s on %-4s %10.1f batches/s", b->workload->name, bench_engine_name(b->exec.ring),
	       (double)r->batches / seconds);
	if (r->bytes)
		printf(" %10.1f MiB/s", (double)r->bytes / seconds / 1048576);
	if (r->p50_ns)
		printf("  median %.1f us, 99th percentile %.1f us", (double)r->p50_ns / 1e3, (double)r->p99_ns / 1e3);
	putchar('\n');
}

static int run(const struct bench_workload *workload, const struct options *options)
{
	unsigned int ring = options->engine_given ? options->ring : bench_default_engine(workload);
	struct bench_result result;
	struct bench b;
	int ret = bench_start(&b, options->device, workload, ring, (unsigned int)options->in_flight, options->unparsed);

	for (unsigned long i = 0; !ret && i < options->rounds; i++) {
		ret = bench_round(&b, options->ns, &result);
		if (!ret && options->json)
			print_json(&b, i + 1, &result);
		else if (!ret)
			print_text(&b, &result);
	}
	if (!ret)
		ret = bench_finish(&b);
	if (!ret && options->json)
		print_executed(&b);
	if (ret)
		fprintf(stderr, "gpu-bench: %s on %s: %s\n", workload->name, bench_engine_name(ring), b.why);
	bench_stop(&b);
	if (b.fd < 0)
		return EXIT_NO_DEVICE;
	return ret ? EXIT_FAIL : EXIT_DONE;
}

static int parse_count(const char *text, unsigned long low, unsigned long high, unsigned long *ret_value)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *text == '-' || *end || value < low || value > high)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

static int parse_seconds(const char *text, uint64_t *ret_ns)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0 && value <= SECONDS_MAX))
		return -EINVAL;
	*ret_ns = (uint64_t)(value * 1e9);
	return 0;
}

static int usage_error(const char *option, const char *wants, const char *got)
{
	fprintf(stderr, "gpu-bench: --%s takes %s, not '%s'; try 'gpu-bench --help'\n", option, wants, got);
	return EXIT_USAGE;
}

/* One option. Returns -1 to go on, or the exit status. */
static int parse_option(int option, struct options *options)
{
	switch (option) {
	case 'd':
		options->device = optarg;
		return -1;
	case 'w':
		options->workload = bench_workload_find(optarg);
		return options->workload ? -1 : usage_error("workload", "a workload's name", optarg);
	case 'e':
		options->engine_given = true;
		return bench_engine_find(optarg, &options->ring) ? usage_error("engine", "an engine's name", optarg) : -1;
	case 's':
		return parse_seconds(optarg, &options->ns) ? usage_error("seconds", "more than 0, up to 3600", optarg) : -1;
	case 'r':
		return parse_count(optarg, 1, ROUNDS_MAX, &options->rounds) ? usage_error("rounds", "1 to 1000", optarg) : -1;
	case 'n':
		return parse_count(optarg, 2, BENCH_IN_FLIGHT_MAX, &options->in_flight)
			       ? usage_error("in-flight", "2 to 256", optarg)
			       : -1;
	case 'u':
		options->unparsed = true;
		return -1;
	case 'j':
		options->json = true;
		return -1;
	case 'h':
		usage(stdout);
		return EXIT_DONE;
	default:
		fputs("Try 'gpu-bench --help'.\n", stderr);
		return EXIT_USAGE;
	}
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "device", required_argument, NULL, 'd' }, { "workload", required_argument, NULL, 'w' },
		{ "engine", required_argument, NULL, 'e' }, { "seconds", required_argument, NULL, 's' },
		{ "rounds", required_argument, NULL, 'r' }, { "in-flight", required_argument, NULL, 'n' },
		{ "unparsed", no_argument, NULL, 'u' },	    { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },	    { 0 },
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "d:w:e:s:r:n:ujh", longs, NULL)) != -1) {
		status = parse_option(option, options);
		if (status >= 0)
			return status;
	}
	if (optind != argc) {
		fprintf(stderr, "gpu-bench: '%s' is not an option; try 'gpu-bench --help'\n", argv[optind]);
		return EXIT_USAGE;
	}
	for (unsigned int i = 0; options->engine_given && i < bench_workload_count; i++) {
		const struct bench_workload *w = &bench_workloads[i];

		if ((!options->workload || options->workload == w) && !(w->engines >> options->ring & 1)) {
			fprintf(stderr, "gpu-bench: %s does not run on %s\n", w->name, bench_engine_name(options->ring));
			return EXIT_USAGE;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct options options = { .device = DEFAULT_DEVICE, .rounds = 1, .ns = 2000000000 };
	int status = parse_options(argc, argv, &options);

	if (status >= 0)
		return status;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (options.workload)
		return run(options.workload, &options);
	status = EXIT_DONE;
	for (unsigned int i = 0; status == EXIT_DONE && i < bench_workload_count; i++)
		status = run(&bench_workloads[i], &options);
	return status;
}
