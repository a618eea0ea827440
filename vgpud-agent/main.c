// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * main.c - vgpud: options, ordered start, event loop, ordered end.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "lib/exit.h"
#include "lib/output.h"
#include "lib/rpc.h"
#include "lib/size.h"
#include "vgpud-agent/agent.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/class.h"
#include "vgpud-agent/listen.h"
#include "vgpud-agent/metrics_http.h"
#include "vgpud-agent/notice.h"
#include "vgpud-agent/rebind.h"
#include "vgpud-agent/removal.h"
#include "vgpud-agent/restore.h"
#include "vgpud-agent/server.h"
#include "vgpud-agent/udev.h"
#include "vgpud-agent/watch.h"
#include "vgpud-agent/xml.h"

static const char *arg_socket = VGPU_RPC_SOCKET;
static const char *arg_sysfs = "/sys";
static const char *arg_state = "/var/lib/vgpud";
static const char *arg_policy;
static const char *arg_libvirt = "qemu:///system";
static uint64_t arg_libvirt_timeout_us = 20000000;
static uint64_t arg_remove_timeout_us = 5000000;
static const char *arg_metrics; /* NULL: not served */
static struct vgpu_listen arg_metrics_where;
static bool arg_metrics_remote;

/* The client waits for 60 s. */
#define TIMEOUT_MIN_NS 100000000ull
#define TIMEOUT_MAX_NS 55000000000ull

static const char usage[] = "usage: vgpud [--socket PATH] [--sysfs DIR] [--state DIR] [--policy FILE]\n"
			    "             [--libvirt URI|none] [--libvirt-timeout SECONDS]\n"
			    "             [--remove-timeout SECONDS] [--metrics ADDRESS:PORT [--metrics-remote]]\n"
			    "       vgpud --help | --version\n";

enum {
	OPTION_HELP = 'h',
	OPTION_VERSION = 'V',
	OPTION_SOCKET = 256,
	OPTION_SYSFS,
	OPTION_STATE,
	OPTION_POLICY,
	OPTION_LIBVIRT,
	OPTION_LIBVIRT_TIMEOUT,
	OPTION_REMOVE_TIMEOUT,
	OPTION_METRICS,
	OPTION_METRICS_REMOTE,
	OPTION_PRINT_API, /* for the tests and packagers: stands in no help */
};

static const struct option options[] = {
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "sysfs", required_argument, NULL, OPTION_SYSFS },
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "policy", required_argument, NULL, OPTION_POLICY },
	{ "libvirt", required_argument, NULL, OPTION_LIBVIRT },
	{ "libvirt-timeout", required_argument, NULL, OPTION_LIBVIRT_TIMEOUT },
	{ "remove-timeout", required_argument, NULL, OPTION_REMOVE_TIMEOUT },
	{ "metrics", required_argument, NULL, OPTION_METRICS },
	{ "metrics-remote", no_argument, NULL, OPTION_METRICS_REMOTE },
	{ "print-api", no_argument, NULL, OPTION_PRINT_API },
	{ 0 },
};

static int parse_seconds(const char *option, const char *text, uint64_t *ret_us)
{
	uint64_t ns;

	if (vgpu_seconds_parse(text, TIMEOUT_MIN_NS, TIMEOUT_MAX_NS, &ns)) {
		fprintf(stderr, "vgpud: %s: %s is not 0.1 to 55 seconds; see vgpud(8)\n", option, text);
		return -EINVAL;
	}
	*ret_us = ns / 1000;
	return 0;
}

/* Paths, and libvirt's URI. */
static int parse_text(const char *option, const char *text, const char **ret_text)
{
	if (!*text) {
		fprintf(stderr, "vgpud: %s: it is empty; see vgpud(8)\n", option);
		return -EINVAL;
	}
	*ret_text = text;
	return 0;
}

/* There is neither a password nor encryption, so what other hosts may read is for the operator to say. */
static int check_metrics(void)
{
	if (!arg_metrics && !arg_metrics_remote)
		return 0;
	if (!arg_metrics) {
		fprintf(stderr, "vgpud: --metrics-remote: says nothing without --metrics; see vgpud(8)\n");
		return -EINVAL;
	}
	if (vgpu_listen_parse(arg_metrics, &arg_metrics_where)) {
		fprintf(stderr, "vgpud: --metrics: %s is no ADDRESS:PORT such as 127.0.0.1:9479 or [::1]:9479; see vgpud(8)\n",
			arg_metrics);
		return -EINVAL;
	}
	if (arg_metrics_remote || vgpu_listen_loopback(&arg_metrics_where))
		return 0;
	fprintf(stderr,
		"vgpud: --metrics: %s is no loopback address: other hosts could read them; if they shall, add --metrics-remote\n",
		arg_metrics);
	return -EINVAL;
}

/* A URI that can't be one would look like a libvirt that does not answer. */
static int check_libvirt(void)
{
	const char *wrong = strcmp(arg_libvirt, "none") != 0 ? vgpu_xml_uri_wrong(arg_libvirt) : NULL;

	if (!wrong)
		return 0;
	fprintf(stderr, "vgpud: --libvirt: %s: %s; see vgpud(8)\n", arg_libvirt, wrong);
	return -EINVAL;
}

static int option_error(int option, const char *word)
{
	const char letter[] = { '-', optopt, '\0' };

	if (option == '?' && optopt && optopt < OPTION_SOCKET && optopt != OPTION_HELP && optopt != OPTION_VERSION)
		fprintf(stderr, "vgpud: %s: unknown option; see vgpud --help\n", letter);
	else
		fprintf(stderr, "vgpud: %s: %s; see vgpud --help\n", word,
			option == ':' ? "it needs an argument"
			: optopt      ? "it takes no argument"
				      : "unknown option");
	return -EINVAL;
}

/* Returns 0 to go on, 1 when the program is done, -EINVAL on an option that is none. */
static int parse_options(int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hV", options, NULL)) >= 0) {
		switch (option) {
		case OPTION_HELP:
			fputs(usage, stdout);
			return 1;
		case OPTION_VERSION:
			puts("vgpud " VGPU_VERSION);
			return 1;
		case OPTION_PRINT_API:
			vgpu_dispatch_print();
			return 1;
		case OPTION_SOCKET:
			if (parse_text("--socket", optarg, &arg_socket))
				return -EINVAL;
			break;
		case OPTION_SYSFS:
			if (parse_text("--sysfs", optarg, &arg_sysfs))
				return -EINVAL;
			break;
		case OPTION_STATE:
			if (parse_text("--state", optarg, &arg_state))
				return -EINVAL;
			break;
		case OPTION_POLICY:
			if (parse_text("--policy", optarg, &arg_policy))
				return -EINVAL;
			break;
		case OPTION_LIBVIRT:
			if (parse_text("--libvirt", optarg, &arg_libvirt))
				return -EINVAL;
			break;
		case OPTION_LIBVIRT_TIMEOUT:
			if (parse_seconds("--libvirt-timeout", optarg, &arg_libvirt_timeout_us))
				return -EINVAL;
			break;
		case OPTION_REMOVE_TIMEOUT:
			if (parse_seconds("--remove-timeout", optarg, &arg_remove_timeout_us))
				return -EINVAL;
			break;
		case OPTION_METRICS:
			arg_metrics = optarg;
			break;
		case OPTION_METRICS_REMOTE:
			arg_metrics_remote = true;
			break;
		default:
			return option_error(option, argv[optind - 1]);
		}
	}
	if (optind == argc)
		return check_metrics() ? -EINVAL : check_libvirt();
	fprintf(stderr, "vgpud: %s: unexpected argument; see vgpud --help\n", argv[optind]);
	return -EINVAL;
}

/* Both sockets full and the files of the moment fit; a lower limit would let clients starve the agent of descriptors. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* What systemctl status shows is the last reload's fate, until the next one. */
static int reload(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	sd_notify(0, "RELOADING=1");
	sd_notify(0, vgpu_class_reload(data) ? "READY=1\nSTATUS=the policy could not be read again, see the log"
					     : "READY=1\nSTATUS=the policy was read again");
	return 0;
}

static int prepare_event(struct vgpu_agent *agent)
{
	sigset_t signals;
	int rc;

	/* Before any thread starts, so that all of them leave these signals to the event loop. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	rc = sd_event_default(&agent->event);
	if (rc >= 0)
		rc = sd_event_add_signal(agent->event, NULL, SIGTERM, NULL, NULL);
	if (rc >= 0)
		rc = sd_event_add_signal(agent->event, NULL, SIGINT, NULL, NULL);
	if (rc >= 0)
		rc = sd_event_add_signal(agent->event, NULL, SIGHUP, reload, agent);
	return rc;
}

static int failed(const char *object, const char *what, int rc)
{
	vgpu_log_error("vgpud: %s: %s: %s", object, what, strerror(-rc));
	return rc;
}

/* Whoever sits on the port, which any user of the host can, must not keep the vGPUs from coming back: the agent goes on without. */
static void start_metrics(struct vgpu_agent *agent, struct vgpu_metrics_http **ret_metrics)
{
	int rc = arg_metrics ? vgpu_metrics_http_create(agent, &arg_metrics_where, ret_metrics) : 0;

	if (rc)
		failed(arg_metrics, "metrics are not served", rc);
}

static uint64_t newest(struct vgpu_agent *agent, enum vgpu_event_kind kind)
{
	struct vgpu_event_query query = { .kind = vgpu_event_kind_name(kind), .limit = 1 };
	struct vgpu_event *event = NULL;
	size_t count = 0;
	uint64_t seq;

	if (vgpu_ledger_events(agent->ledger, &query, &event, &count))
		count = 0;
	seq = count ? event->seq : 0;
	free(event);
	return seq;
}

/* An agent that has not said that it ends has crashed, or was killed. */
static void note_start(struct vgpu_agent *agent)
{
	bool ended = newest(agent, VGPU_EVENT_AGENT_STOPPED) >= newest(agent, VGPU_EVENT_AGENT_STARTED);
	struct vgpu_event event;

	vgpu_event_make(agent, &event, VGPU_EVENT_AGENT_STARTED, NULL, "vgpud " VGPU_VERSION "%s",
			ended ? "" : "; the one before has crashed or was killed");
	vgpu_event_note(agent, &event);
}

static void note_end(struct vgpu_agent *agent)
{
	struct vgpu_event event;

	vgpu_event_make(agent, &event, VGPU_EVENT_AGENT_STOPPED, NULL, "vgpud " VGPU_VERSION);
	vgpu_event_note(agent, &event);
}

static int start(struct vgpu_agent *agent, struct vgpu_udev **ret_udev, struct vgpu_metrics_http **ret_metrics)
{
	const struct vgpu_server_handler handler = {
		.line = vgpu_dispatch_line,
		.too_long = vgpu_dispatch_too_long,
		.next = vgpu_watch_next,
		.gone = vgpu_watch_gone,
		.data = agent,
	};
	int rc;

	rc = prepare_event(agent);
	if (rc < 0)
		return failed("event loop", "can't be made", rc);
	rc = vgpu_ledger_open(arg_state, &agent->ledger);
	if (rc == -EPROTONOSUPPORT) {
		vgpu_log_error("vgpud: %s: a newer vgpud wrote the ledger; install that version again", arg_state);
		return rc;
	}
	if (rc)
		return failed(arg_state, "the ledger can't be opened", rc);
	/* The socket before the restore: it is also what keeps a second agent from touching the first one's devices. */
	rc = vgpu_server_create(agent->event, arg_socket, &handler, &agent->server);
	if (rc)
		return failed(arg_socket, "can't listen", rc);
	vgpu_ledger_listen(agent->ledger, vgpu_watch_noted, agent);
	note_start(agent);
	/* Listen before looking, or a GPU that appears in between is missed. Without udev all but that works. */
	if (!strcmp(arg_sysfs, "/sys")) {
		const struct vgpu_udev_handler events = {
			.gpu_appeared = vgpu_notice_gpu,
			.gpu_disappeared = vgpu_notice_gpu_gone,
			.mdev_removed = vgpu_notice_removed,
			.data = agent,
		};

		rc = vgpu_udev_create(agent->event, &events, ret_udev);
		if (rc)
			failed("udev", "GPUs that appear later will not be noticed", rc);
	}
	vgpu_notice_gpus(agent);
	rc = vgpu_class_follow(agent);
	if (!rc)
		rc = vgpu_restore_run(agent);
	if (rc)
		return failed(arg_state, "the ledger can't be read", rc);
	start_metrics(agent, ret_metrics);
	if (strcmp(arg_libvirt, "none") != 0)
		rc = vgpu_libvirt_create(agent->event, arg_libvirt, arg_libvirt_timeout_us, vgpu_notice_domains, agent,
					 &agent->libvirt);
	return rc ? failed(arg_libvirt, "libvirt's client can't be started", rc) : 0;
}

int main(int argc, char **argv)
{
	struct vgpu_agent agent = { .asker = VGPU_NOBODY };
	struct vgpu_metrics_http *metrics = NULL;
	struct vgpu_udev *udev = NULL;
	int rc;

	vgpu_output_init();
	rc = parse_options(argc, argv);
	if (rc)
		return rc < 0 ? VGPU_EXIT_USAGE : vgpu_output_finish("vgpud", VGPU_EXIT_DONE);
	agent.sysfs.root = arg_sysfs;
	agent.remove_timeout_us = arg_remove_timeout_us;
	agent.state_directory = arg_state;
	agent.policy_option = arg_policy;
	/* Before anything is touched: with a bad policy it is as if vgpud had not been started. */
	if (vgpu_class_load(&agent))
		return VGPU_EXIT_USAGE;
	raise_file_limit();
	vgpu_xml_init();
	rc = start(&agent, &udev, &metrics);
	if (!rc) {
		sd_notify(0, "READY=1");
		rc = sd_event_loop(agent.event);
		sd_notify(0, "STOPPING=1");
		note_end(&agent);
	}
	vgpu_metrics_http_destroy(metrics);
	vgpu_libvirt_destroy(agent.libvirt);
	vgpu_removal_fini(&agent);
	vgpu_rebind_fini(&agent);
	vgpu_dispatch_fini(&agent);
	vgpu_udev_destroy(udev);
	vgpu_server_destroy(agent.server);
	vgpu_restore_fini(&agent);
	vgpu_ledger_close(agent.ledger);
	sd_event_unref(agent.event);
	vgpu_xml_fini();
	return rc < 0 ? VGPU_EXIT_FAILED : VGPU_EXIT_DONE;
}
