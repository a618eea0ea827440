// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * gpu-selftest: does an i915 guest get right results from its Gen7.5 GPU, real, simulated or mediated?
 *
 * Static, with raw DRM ioctls, so that an initrd needs nothing else. Prints TAP. This file has the table of tests,
 * the options and the runner; the tests are in lib/test_*.c. One thread, no lock.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/guest/lib/selftest.h"

#define DEFAULT_DEVICE "/dev/dri/renderD128"
#define REPEAT_MAX 1000000

/* Longer than every wait of one test together; a test over it is stuck in the kernel. */
#define TEST_LIMIT_S 300

enum {
	EXIT_PASS = 0,
	EXIT_FAIL = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DEVICE = 3
};

static const struct selftest_case cases[] = {
	{ .name = "copy-linear", .run = test_copy_linear },
	{ .name = "copy-rectangle", .run = test_copy_rect },
	{ .name = "copy-rop", .run = test_copy_rop },
	{ .name = "fill", .run = test_fill },
	{ .name = "store-rcs", .run = test_store, .arg = I915_EXEC_RENDER },
	{ .name = "store-vcs", .run = test_store, .arg = I915_EXEC_BSD },
	{ .name = "store-bcs", .run = test_store, .arg = I915_EXEC_BLT },
	{ .name = "store-vecs", .run = test_store, .arg = I915_EXEC_VEBOX },
	{ .name = "store-qword", .run = test_store_qword, .arg = I915_EXEC_RENDER },
	{ .name = "tile-x-blit", .run = test_tiled_blit, .arg = BLT_TILED_X },
	{ .name = "tile-y-blit", .run = test_tiled_blit, .arg = BLT_TILED_Y },
	{ .name = "tile-x-aperture", .run = test_tiled_aperture, .arg = BLT_TILED_X },
	{ .name = "tile-y-aperture", .run = test_tiled_aperture, .arg = BLT_TILED_Y },
	{ .name = "fence-stealing", .run = test_fence_stealing },
	{ .name = "chain-parsed", .run = test_chain, .arg = false },
	{ .name = "chain-unparsed", .run = test_chain, .arg = true },
	{ .name = "relocation", .run = test_relocation },
	{ .name = "no-relocation", .run = test_no_relocation },
	{ .name = "many-batches-bcs", .run = test_many_batches, .arg = I915_EXEC_BLT },
	{ .name = "many-batches-rcs", .run = test_many_batches, .arg = I915_EXEC_RENDER },
	{ .name = "register-access", .run = test_register_access },
	{ .name = "context-state", .run = test_context_state },
	{ .name = "register-filter-parsed", .run = test_register_filter, .arg = false },
	{ .name = "register-filter-unparsed", .run = test_register_filter, .arg = true },
	{ .name = "parser-einval", .run = test_parser_einval },
	{ .name = "reset-recover", .run = test_reset_recover, .resets = true },
	{ .name = "reset-ban", .run = test_reset_ban, .resets = true },
};

#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))

/** struct options - the parsed command line. */
struct options {
	const char *device;
	const char *only;
	long repeat;
	bool no_reset;
};

static void usage(FILE *out)
{
	fputs("Usage: gpu-selftest [OPTION]...\n"
	      "Tests a Gen7.5 GPU through i915 and prints TAP.\n\n"
	      "  -d, --device PATH   DRM render node (default " DEFAULT_DEVICE ")\n"
	      "  -l, --list          print the tests' names\n"
	      "  -o, --only NAME     run this test alone\n"
	      "  -r, --repeat N      run the tests N times\n"
	      "  -n, --no-reset      leave out the tests that hang the GPU\n"
	      "  -h, --help          print this text\n\n"
	      "Exit status: 0 passed, 1 a test failed, 2 wrong usage, 3 no such GPU.\n",
	      out);
}

static bool selected(const struct selftest_case *c, const struct options *options)
{
	if (options->only)
		return !strcmp(c->name, options->only);
	return !(c->resets && options->no_reset);
}

static unsigned int count_selected(const struct options *options)
{
	unsigned int count = 0;

	for (size_t i = 0; i < CASE_COUNT; i++)
		count += selected(&cases[i], options);
	return count;
}

/* A system call that never returns is the one thing that a test cannot bound itself. */
static void on_alarm(int signal_number)
{
	static const char message[] = "Bail out! the test is stuck in the kernel\ngpu-selftest: FAIL 1\n";
	ssize_t ignored = write(STDOUT_FILENO, message, sizeof(message) - 1);

	(void)ignored;
	_exit(EXIT_FAIL);
}

/* Run one test on a device opened for it. Returns true unless it failed. */
static bool run_case(const struct selftest_case *c, const char *device, unsigned long number)
{
	static struct selftest t;
	int ret;

	memset(&t, 0, sizeof(t));
	t.path = device;
	t.fd = gem_open(device);
	if (t.fd < 0) {
		printf("not ok %lu - %s\n# open %s: %s\n", number, c->name, device, strerror(-t.fd));
		return false;
	}
	alarm(TEST_LIMIT_S);
	ret = c->run(&t, c->arg);
	alarm(0);
	for (unsigned int i = 0; i < t.bo_count; i++)
		gem_bo_destroy(t.fd, &t.bos[i]);
	close(t.fd);

	if (ret == SELFTEST_SKIP)
		printf("ok %lu - %s # SKIP %s\n", number, c->name, t.why);
	else if (ret)
		printf("not ok %lu - %s\n# %s\n", number, c->name, t.why);
	else
		printf("ok %lu - %s\n", number, c->name);
	return !ret || ret == SELFTEST_SKIP;
}

static int run_all(const struct options *options)
{
	unsigned long number = 0, failed = 0;

	printf("1..%lu\n", count_selected(options) * (unsigned long)options->repeat);
	for (long round = 0; round < options->repeat; round++)
		for (size_t i = 0; i < CASE_COUNT; i++)
			if (selected(&cases[i], options))
				failed += !run_case(&cases[i], options->device, ++number);
	if (failed)
		printf("gpu-selftest: FAIL %lu\n", failed);
	else
		printf("gpu-selftest: PASS\n");
	return failed ? EXIT_FAIL : EXIT_PASS;
}

static int parse_repeat(const char *text, long *ret_repeat)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < 1 || value > REPEAT_MAX)
		return -EINVAL;
	*ret_repeat = value;
	return 0;
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "list", no_argument, NULL, 'l' },
		{ "only", required_argument, NULL, 'o' },
		{ "repeat", required_argument, NULL, 'r' },
		{ "no-reset", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "d:lo:r:nh", longs, NULL)) != -1) {
		switch (option) {
		case 'd':
			options->device = optarg;
			break;
		case 'l':
			for (size_t i = 0; i < CASE_COUNT; i++)
				puts(cases[i].name);
			return EXIT_PASS;
		case 'o':
			options->only = optarg;
			break;
		case 'r':
			if (parse_repeat(optarg, &options->repeat)) {
				fprintf(stderr, "gpu-selftest: --repeat takes 1 to %d, not '%s'\n", REPEAT_MAX, optarg);
				return EXIT_USAGE;
			}
			break;
		case 'n':
			options->no_reset = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_PASS;
		default:
			fputs("Try 'gpu-selftest --help'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "gpu-selftest: '%s' is not an option; try 'gpu-selftest --help'\n", argv[optind]);
		return EXIT_USAGE;
	}
	if (!count_selected(options)) {
		fprintf(stderr, "gpu-selftest: no test is called '%s'; see gpu-selftest --list\n", options->only);
		return EXIT_USAGE;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct options options = { .device = DEFAULT_DEVICE, .repeat = 1 };
	struct sigaction action = { .sa_handler = on_alarm };
	int status = parse_options(argc, argv, &options);
	int fd;

	if (status >= 0)
		return status;
	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = gem_open(options.device);
	if (fd < 0) {
		fprintf(stderr, "gpu-selftest: %s: %s; load i915, or name its render node with --device\n", options.device,
			fd == -ENODEV ? "not driven by i915" : strerror(-fd));
		return EXIT_NO_DEVICE;
	}
	close(fd);
	sigaction(SIGALRM, &action, NULL);
	return run_all(&options);
}
