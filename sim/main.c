// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * gen75-sim: options, signals and the event loop.
 *
 * One thread does everything. It waits with epoll_pwait2(), whose time-out has nanoseconds: the engine's next deadline is
 * given to the call that waits anyway, where a timerfd would cost two more system calls for each deadline.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "sim/log.h"
#include "sim/report.h"
#include "sim/server.h"

#define NS_PER_SECOND UINT64_C(1000000000)

/* The signal handler's only way to the client's memory map. */
static struct gen75_server server;

struct options {
	const char *socket;
	const char *log;
	const char *trace;
	bool tracing;
	bool once;
	uint64_t stats_interval_ns;
	struct gen75_config config;
};

struct option_row {
	struct option option;
	const char *argument;
	const char *help;
};

static const struct option_row option_rows[] = {
	{ { "socket", required_argument, NULL, 'S' }, "PATH", "listen on this unix socket (required)" },
	{ { "aperture", required_argument, NULL, 'a' }, "SIZE", "aperture: 128M, 256M or 512M (256M)" },
	{ { "speed", required_argument, NULL, 's' }, "FACTOR", "speed of the engines, 0.01 to 100 (1)" },
	{ { "trace", optional_argument, NULL, 't' }, "FILE", "write a line for each event to FILE (standard error)" },
	{ { "log", required_argument, NULL, 'l' }, "FILE", "append messages and summaries to FILE (standard error)" },
	{ { "stats-interval", required_argument, NULL, 'i' }, "SECONDS", "write a summary every so often" },
	{ { "once", no_argument, NULL, 'o' }, NULL, "end when the first client disconnects" },
	{ { "help", no_argument, NULL, 'h' }, NULL, "show this help" },
	{ { "version", no_argument, NULL, 'V' }, NULL, "show the version" },
};

#define OPTIONS (sizeof(option_rows) / sizeof(option_rows[0]))

static void print_help(void)
{
	printf("Usage: gen75-sim --socket PATH [OPTION]...\n"
	       "Show a simulated Intel Gen7.5 GPU to a vfio-user client such as QEMU.\n\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option_row *row = &option_rows[i];
		char text[40];

		if (!row->argument)
			snprintf(text, sizeof(text), "--%s", row->option.name);
		else if (row->option.has_arg == optional_argument)
			snprintf(text, sizeof(text), "--%s[=%s]", row->option.name, row->argument);
		else
			snprintf(text, sizeof(text), "--%s %s", row->option.name, row->argument);
		printf("  %-26s %s\n", text, row->help);
	}
	printf("\nSIGUSR1 writes a summary; SIGTERM and SIGINT write one and end the program. See gen75-sim(1).\n");
}

static int parse_aperture(const char *text, uint64_t *ret_bytes)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} sizes[] = { { "128M", 128u << 20 }, { "256M", 256u << 20 }, { "512M", 512u << 20 } };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (!strcmp(text, sizes[i].text)) {
			*ret_bytes = sizes[i].bytes;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_number(const char *text, double low, double high, double *ret_value)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (errno || end == text || *end || !(value >= low && value <= high))
		return -EINVAL;
	*ret_value = value;
	return 0;
}

static int set_option(struct options *options, int letter, const char *value)
{
	double number;

	switch (letter) {
	case 'S':
		options->socket = value;
		return 0;
	case 'a':
		return parse_aperture(value, &options->config.aperture_bytes);
	case 's':
		if (parse_number(value, 0.01, 100, &number))
			return -EINVAL;
		options->config.speed_pct = (uint32_t)(number * 100 + 0.5);
		return 0;
	case 't':
		options->tracing = true;
		options->trace = value;
		return 0;
	case 'l':
		options->log = value;
		return 0;
	case 'i':
		if (parse_number(value, 0.001, 86400, &number))
			return -EINVAL;
		options->stats_interval_ns = (uint64_t)(number * NS_PER_SECOND);
		return 0;
	case 'o':
		options->once = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/* 0: go on; 1: help or version has been shown; -EINVAL: said why on standard error. */
static int parse_options(struct options *options, int argc, char **argv)
{
	struct option table[OPTIONS + 1] = { 0 };
	int letter, index = 0;

	for (size_t i = 0; i < OPTIONS; i++)
		table[i] = option_rows[i].option;
	while ((letter = getopt_long(argc, argv, "", table, &index)) != -1) {
		if (letter == 'h') {
			print_help();
			return 1;
		}
		if (letter == 'V') {
			printf("gen75-sim %s\n", VGPU_VERSION);
			return 1;
		}
		if (letter == '?')
			return -EINVAL;
		if (set_option(options, letter, optarg)) {
			fprintf(stderr, "gen75-sim: --%s: '%s' is not a value for it; try --help\n",
				option_rows[index].option.name, optarg);
			return -EINVAL;
		}
	}
	if (optind < argc || !options->socket) {
		fprintf(stderr,
			optind < argc ? "gen75-sim: unexpected argument '%s'; try --help\n"
				      : "gen75-sim: --socket is required; try --help\n",
			argv[optind]);
		return -EINVAL;
	}
	return 0;
}

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	if (!gen75_dma_repair(&server.device.dma, info->si_addr)) {
		/* Not the client's doing: let it end us as it would have. */
		struct sigaction standard = { .sa_handler = SIG_DFL };

		sigaction(SIGBUS, &standard, NULL);
	}
}

/* All signals that we want come through a descriptor, but SIGBUS, which belongs to an instruction. */
static int set_up_signals(int *ret_fd)
{
	struct sigaction on_bus = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL) || sigaction(SIGBUS, &on_bus, NULL))
		return -errno;
	signal(SIGPIPE, SIG_IGN); /* whoever reads the log may go away */
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* Returns whether to go on. */
static bool handle_signal(int fd, FILE *out)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return true;
	if (info.ssi_signo != SIGUSR1)
		return false;
	gen75_report_summary(out, &server);
	return true;
}

static int wait_until(uint64_t deadline_ns, struct epoll_event *events, int count, FILE *trace)
{
	uint64_t now_ns = gen75_now_ns();
	uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	struct timespec timeout = { (time_t)(left_ns / NS_PER_SECOND), (long)(left_ns % NS_PER_SECOND) };
	int ready;

	if (trace && left_ns)
		fflush(trace);
	ready = epoll_pwait2(server.epoll_fd, events, count, deadline_ns == GEN75_NO_DEADLINE ? NULL : &timeout, NULL);
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	return ready;
}

static int serve_events(const struct options *options, const struct epoll_event *events, int count, int signal_fd, FILE *out,
			bool *ret_go_on)
{
	int ret = 0;

	/* The client goes first: it may have left before the next one came, and its descriptor may be reused after that. */
	for (int i = 0; i < count && !ret; i++)
		if (gen75_server_has_client(&server) && events[i].data.fd == server.conn.fd) {
			ret = gen75_server_serve(&server, events[i].events);
			if (options->once && !gen75_server_has_client(&server))
				*ret_go_on = false;
			break;
		}
	for (int i = 0; i < count && !ret; i++) {
		if (events[i].data.fd == signal_fd)
			*ret_go_on = *ret_go_on && handle_signal(signal_fd, out);
		else if (events[i].data.fd == server.listen_fd)
			ret = gen75_server_accept(&server);
	}
	return ret;
}

static int loop(const struct options *options, int signal_fd, FILE *out)
{
	uint64_t stats_ns = options->stats_interval_ns ? gen75_now_ns() + options->stats_interval_ns : GEN75_NO_DEADLINE;
	uint64_t deadline_ns = GEN75_NO_DEADLINE;
	struct epoll_event events[4];
	bool go_on = true;
	int ret = 0;

	while (go_on && ret >= 0) {
		ret = wait_until(deadline_ns < stats_ns ? deadline_ns : stats_ns, events, 4, server.device.trace);
		if (ret > 0)
			ret = serve_events(options, events, ret, signal_fd, out, &go_on);
		deadline_ns = gen75_server_run(&server);
		if (gen75_now_ns() >= stats_ns) {
			gen75_report_summary(out, &server);
			stats_ns += options->stats_interval_ns;
		}
	}
	return ret < 0 ? ret : 0;
}

static FILE *open_output(const char *path)
{
	FILE *file = path ? fopen(path, "ae") : stderr;

	if (!file)
		fprintf(stderr, "gen75-sim: %s: %s\n", path, strerror(errno));
	return file;
}

static int serve(const struct options *options, FILE *log_file, FILE *trace)
{
	struct gen75_log log = { .out = log_file };
	int signal_fd = -1, ret;

	/* The engine's deadlines are microseconds away: the kernel's default slack of 50 us would be an error of its own. */
	prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
	ret = set_up_signals(&signal_fd);
	if (!ret)
		ret = gen75_server_init(&server, options->socket, &options->config, trace, &log);
	if (ret) {
		gen75_log(&log, "%s: %s", options->socket, strerror(-ret));
		return ret;
	}
	gen75_log(&log, "listening on %s", options->socket);

	ret = gen75_server_watch_signals(&server, signal_fd);
	if (!ret)
		ret = loop(options, signal_fd, log_file);
	if (ret)
		gen75_log(&log, "giving up: %s", strerror(-ret));
	gen75_report_summary(log_file, &server);
	gen75_server_fini(&server);
	close(signal_fd);
	return ret;
}

int main(int argc, char **argv)
{
	struct options options = { .config = { .aperture_bytes = 256u << 20, .speed_pct = 100 } };
	FILE *log_file, *trace = NULL;
	int ret = parse_options(&options, argc, argv);

	if (ret)
		return ret < 0 ? 2 : 0;
	log_file = open_output(options.log);
	if (!log_file)
		return 1;
	if (options.tracing) {
		trace = open_output(options.trace);
		if (!trace)
			return 1;
		setvbuf(trace, NULL, _IOFBF, 1 << 16);
	}
	ret = serve(&options, log_file, trace);
	if (trace)
		fclose(trace);
	if (log_file != trace)
		fclose(log_file);
	return ret ? 1 : 0;
}
