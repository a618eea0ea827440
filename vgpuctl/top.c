// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top.c - vgpu-top: options, and reports one after the other, also across restarts of the agent. top_live.c is it on a terminal.
 */
#include "vgpuctl/top.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/complete.h"
#include "lib/nearest.h"
#include "lib/output.h"
#include "lib/size.h"
#include "vgpuctl/top_client.h"
#include "vgpuctl/top_live.h"
#include "vgpuctl/top_ui.h"

/* The columns that are never dropped. */
#define WIDTH_MIN 40
#define REPLY_TIMEOUT_MS 60000
#define RETRY_NS 250000000ull

static const char *arg_socket = VGPU_RPC_SOCKET;
static uint64_t arg_delay_ns = 2000000000ull;
static uint64_t arg_count; /* 0: until interrupted */
static bool arg_batch, arg_json, arg_csv;

/* getopt's number of an option that has no letter. */
#define NO_LETTER 256

/* What can be given: getopt's tables, the help and completion are made of it. */
/* clang-format off */
static const struct {
	int letter;
	const char *name, *argument, *help;
} option_info[] = {
	{ 'b', "batch", NULL, "one report below the other, also on a terminal" },
	{ 'J', "json", NULL, "one JSON object a line" },
	{ 'c', "csv", NULL, "a CSV row for each GPU and vGPU" },
	{ 'd', "delay", "SECONDS", "time between reports, such as 0.5 (default: 2)" },
	{ 'n', "count", "COUNT", "end after this many reports" },
	{ NO_LETTER, "socket", "PATH", "where vgpud listens" },
	{ 'h', "help", NULL, "print this" },
	{ 'V', "version", NULL, "print the version" },
};
/* clang-format on */

#define OPTIONS VGPU_COUNT(option_info)

static void make_getopt(struct option options[OPTIONS + 1], char letters[2 * OPTIONS + 2])
{
	unsigned int i;

	/* A colon first: a missing argument is told apart from an unknown option. */
	*letters++ = ':';
	for (i = 0; i < OPTIONS; i++) {
		options[i] = (struct option) { option_info[i].name, option_info[i].argument ? required_argument : no_argument,
					       NULL, option_info[i].letter };
		if (option_info[i].letter == NO_LETTER)
			continue;
		*letters++ = option_info[i].letter;
		if (option_info[i].argument)
			*letters++ = ':';
	}
	*letters = '\0';
	options[OPTIONS] = (struct option) { 0 };
}

static void print_usage(void)
{
	char left[48];
	unsigned int i;

	puts("usage: vgpu-top [-b] [-J | -c] [-d SECONDS] [-n COUNT] [--socket PATH]\n");
	for (i = 0; i < OPTIONS; i++) {
		snprintf(left, sizeof(left), "%c%c%s--%s %s", option_info[i].letter == NO_LETTER ? ' ' : '-',
			 option_info[i].letter == NO_LETTER ? ' ' : option_info[i].letter,
			 option_info[i].letter == NO_LETTER ? "  " : ", ", option_info[i].name,
			 option_info[i].argument ? option_info[i].argument : "");
		printf("  %-23s %s\n", left, option_info[i].help);
	}
	puts("\nOn a terminal it stays on the screen, and takes keys; h lists them.");
}

/* Is a word an option of the table, by its name or its letter? */
static bool is_option(const char *word, unsigned int i)
{
	const char letter[] = { '-', option_info[i].letter, '\0' };

	if (option_info[i].letter != NO_LETTER && !strcmp(word, letter))
		return true;
	return !strncmp(word, "--", 2) && !strcmp(word + 2, option_info[i].name);
}

/* What may come next, see lib/complete.h: the value of the option before, or an option. */
static int complete(int argc, char **argv)
{
	const char *before = argc > 2 ? argv[argc - 2] : "", *current = argc > 1 ? argv[argc - 1] : "";
	bool value = false, file = !strncmp(current, "--socket=", strlen("--socket="));
	unsigned int i;

	for (i = 0; i < OPTIONS; i++)
		if (option_info[i].argument && is_option(before, i)) {
			value = true;
			file = !strcmp(option_info[i].argument, "PATH");
		}
	if (file)
		vgpu_complete_files();
	for (i = 0; !value && i < OPTIONS; i++)
		vgpu_complete_offer("--", option_info[i].name, option_info[i].help);
	return VGPU_EXIT_DONE;
}

static int usage_error(const char *object, const char *what, const char *remedy)
{
	struct vgpu_error error;

	vgpu_error_set(&error, VGPU_EXIT_USAGE, object, remedy, "%s", what);
	return vgpu_error_print("vgpu-top", &error);
}

static int unknown_option(const char *word)
{
	const char letter[] = { '-', optopt, '\0' };
	struct vgpu_nearest nearest = { .typed = word + strspn(word, "-") };
	char remedy[64] = "see vgpu-top --help";
	unsigned int i;

	/* getopt names an option of the table when it was given an argument and takes none. */
	for (i = 0; i < OPTIONS; i++)
		if (option_info[i].letter == optopt)
			return usage_error(word, "it takes no argument", remedy);
	if (optopt)
		return usage_error(letter, "unknown option", remedy);
	for (i = 0; i < OPTIONS; i++)
		vgpu_nearest_consider(&nearest, option_info[i].name);
	if (nearest.word)
		snprintf(remedy, sizeof(remedy), "did you mean --%s?", nearest.word);
	return usage_error(word, "unknown option", remedy);
}

/* Returns 0 to go on, an exit code, or -1 when the program is done. */
static int read_options(int argc, char **argv)
{
	struct option options[OPTIONS + 1];
	char letters[2 * OPTIONS + 2];
	int option;

	make_getopt(options, letters);
	opterr = 0;
	while ((option = getopt_long(argc, argv, letters, options, NULL)) >= 0) {
		switch (option) {
		case 'b':
			arg_batch = true;
			break;
		case 'J':
			arg_json = true;
			break;
		case 'c':
			arg_csv = true;
			break;
		case 'd':
			if (vgpu_top_delay_parse(optarg, &arg_delay_ns))
				return usage_error(optarg, "not a delay", "give 0.05 to 86400 seconds");
			break;
		case 'n':
			if (vgpu_number_parse(optarg, 1, UINT32_MAX, &arg_count))
				return usage_error(optarg, "not a count", "give 1 or more");
			break;
		case NO_LETTER:
			if (!*optarg)
				return usage_error("--socket", "it is empty", "give a path");
			arg_socket = optarg;
			break;
		case 'h':
			print_usage();
			return -1;
		case 'V':
			puts("vgpu-top " VGPU_VERSION);
			return -1;
		case ':':
			return usage_error(argv[optind - 1], "it needs an argument", "see vgpu-top --help");
		default:
			return unknown_option(argv[optind - 1]);
		}
	}
	if (arg_json && arg_csv)
		return usage_error("--csv", "it can't go with --json", "leave out one of them");
	return optind < argc ? usage_error(argv[optind], "unexpected argument", "see vgpu-top --help") : 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void sleep_until(uint64_t time_ns)
{
	const struct timespec until = { .tv_sec = time_ns / 1000000000, .tv_nsec = time_ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

/* Reads, and after the first success goes on trying for as long as the agent is away: it may be restarting. */
static int read_stats(struct vgpu_top_client *client, bool first, struct vgpu_json **ret_reading, struct vgpu_error *ret_error)
{
	bool told = false;
	int rc;

	while ((rc = vgpu_top_client_read(client, ret_reading, ret_error)) == -ECONNREFUSED && !first) {
		if (!told)
			vgpu_error_print("vgpu-top", ret_error);
		told = true;
		sleep_until(now_ns() + RETRY_NS);
	}
	return rc;
}

/* Columns that there are: what COLUMNS says, or the terminal; 0 where there is no limit, as in a file. */
static unsigned int line_width(void)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	uint64_t columns;

	if (text && !vgpu_number_parse(text, WIDTH_MIN, UINT16_MAX, &columns))
		return columns;
	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 0;
	return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

static void print_report(const struct vgpu_top_report *report)
{
	if (arg_json)
		vgpu_top_print_json(report);
	else if (arg_csv)
		vgpu_top_print_csv(report);
	else
		vgpu_top_print_text(report, line_width());
}

static int print_reports(void)
{
	struct vgpu_top_client client = { .socket_path = arg_socket, .timeout_ms = REPLY_TIMEOUT_MS };
	struct vgpu_json *before = NULL, *now = NULL;
	struct vgpu_error error;
	uint64_t count, next;
	int rc;

	rc = read_stats(&client, true, &before, &error);
	if (!rc && arg_csv)
		vgpu_top_print_csv_title();
	next = now_ns();
	for (count = 0; !rc && (!arg_count || count < arg_count); count++) {
		/* Against a fixed grid, so that slow output does not stretch the interval; a missed beat is left out. */
		next += arg_delay_ns;
		if (next < now_ns())
			next = now_ns();
		sleep_until(next);
		rc = read_stats(&client, false, &now, &error);
		if (rc)
			break;
		print_report(&(struct vgpu_top_report) { .before = before, .now = now });
		vgpu_json_unref(before);
		before = now;
		now = NULL;
		rc = vgpu_output_flush(&error);
	}
	vgpu_json_unref(before);
	vgpu_rpc_close(client.rpc);
	return rc ? vgpu_error_print("vgpu-top", &error) : VGPU_EXIT_DONE;
}

/* Keys come from where the report goes to, or not at all. */
static bool interactive(void)
{
	return !arg_batch && !arg_json && !arg_csv && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static int run(int argc, char **argv)
{
	struct vgpu_error error;
	int rc;

	if (argc > 1 && !strcmp(argv[1], VGPU_COMPLETE_OPTION))
		return complete(argc - 1, argv + 1);
	rc = read_options(argc, argv);
	if (rc)
		return rc < 0 ? VGPU_EXIT_DONE : rc;
	if (!interactive())
		return print_reports();
	return vgpu_top_live(arg_socket, arg_delay_ns, arg_count, &error) ? vgpu_error_print("vgpu-top", &error) : VGPU_EXIT_DONE;
}

int main(int argc, char **argv)
{
	int rc;

	vgpu_output_init();
	setlocale(LC_CTYPE, "");
	rc = run(argc, argv);
	return vgpu_output_finish("vgpu-top", rc);
}
