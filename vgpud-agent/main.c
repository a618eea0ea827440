// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * main.c - vgpud: options, ordered start, event loop, ordered end.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <systemd/sd-event.h>
#include <unistd.h>

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
#include "vgpud-agent/service.h"
#include "vgpud-agent/sockets.h"
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
		vgpu_log_error("%s: %s is not 0.1 to 55 seconds; see vgpud(8)", option, text);
		return -EINVAL;
	}
	*ret_us = ns / 1000;
	return 0;
}

/* Paths, and libvirt's URI. */
static int parse_text(const char *option, const char *text, const char **ret_text)
{
	if (!*text) {
		vgpu_log_error("%s: it is empty; see vgpud(8)", option);
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
		vgpu_log_error("--metrics-remote: says nothing without --metrics; see vgpud(8)");
		return -EINVAL;
	}
	if (vgpu_listen_parse(arg_metrics, &arg_metrics_where)) {
		vgpu_log_error("--metrics: %s is no ADDRESS:PORT such as 127.0.0.1:9479 or [::1]:9479; see vgpud(8)",
			       arg_metrics);
		return -EINVAL;
	}
	if (arg_metrics_remote || vgpu_listen_loopback(&arg_metrics_where))
		return 0;
	vgpu_log_error("--metrics: %s is no loopback address: other hosts could read them; if they shall, add --metrics-remote",
		       arg_metrics);
	return -EINVAL;
}

/* A URI that can't be one would look like a libvirt that does not answer. */
static int check_libvirt(void)
{
	const char *wrong = strcmp(arg_libvirt, "none") != 0 ? vgpu_xml_uri_wrong(arg_libvirt) : NULL;

	if (!wrong)
		return 0;
	vgpu_log_error("--libvirt: %s: %s; see vgpud(8)", arg_libvirt, wrong);
	return -EINVAL;
}

static int option_error(int option, const char *word)
{
	const char letter[] = { '-', optopt, '\0' };

	if (option == '?' && optopt && optopt < OPTION_SOCKET && optopt != OPTION_HELP && optopt != OPTION_VERSION)
		vgpu_log_error("%s: unknown option; see vgpud --help", letter);
	else
		vgpu_log_error("%s: %s; see vgpud --help", word,
			       option == ':' ? "it needs an argument"
			       : optopt	     ? "it takes no argument"
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
	vgpu_log_error("%s: unexpected argument; see vgpud --help", argv[optind]);
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

static int failed(const char *object, const char *what, int rc)
{
	vgpu_log_error("%s: %s: %s", object, what, strerror(-rc));
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

static int start_server(struct vgpu_agent *agent, struct vgpu_sockets *ret_sockets)
{
	const struct vgpu_server_handler handler = {
		.line = vgpu_dispatch_line,
		.too_long = vgpu_dispatch_too_long,
		.next = vgpu_watch_next,
		.gone = vgpu_watch_gone,
		.data = agent,
	};
	struct vgpu_error error;
	int rc;

	rc = vgpu_sockets_open(arg_socket, ret_sockets, &error);
	if (rc) {
		vgpu_log_error("%s: %s; %s", error.object, error.what, error.remedy);
		return rc;
	}
	rc = vgpu_server_create(agent->event, ret_sockets, &handler, &agent->server);
	return rc ? failed(arg_socket, "can't be served", rc) : 0;
}

/* What keeps a second agent from touching the first one's devices. The kernel gives it back when we end, however that is. */
static int lock_ledger(void)
{
	int fd = open(arg_state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return failed(arg_state, "it can't be opened", -errno);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	close(fd);
	vgpu_log_error("%s: another vgpud has the ledger; end it first", arg_state);
	return -EBUSY;
}

static int open_ledger(struct vgpu_agent *agent)
{
	int rc = vgpu_ledger_open(arg_state, &agent->ledger);

	if (rc == -EPROTONOSUPPORT) {
		vgpu_log_error("%s: a newer vgpud wrote the ledger; install that version again", arg_state);
		return rc;
	}
	return rc ? failed(arg_state, "the ledger can't be opened", rc) : lock_ledger();
}

static int start(struct vgpu_agent *agent, struct vgpu_sockets *ret_sockets, struct vgpu_udev **ret_udev,
		 struct vgpu_metrics_http **ret_metrics)
{
	int rc;

	rc = sd_event_default(&agent->event);
	if (rc >= 0)
		rc = vgpu_service_follow_signals(agent);
	if (rc < 0)
		return failed("event loop", "can't be made", rc);
	rc = start_server(agent, ret_sockets);
	if (!rc)
		rc = open_ledger(agent);
	if (rc)
		return rc;
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
	if (rc)
		return failed(arg_libvirt, "libvirt's client can't be started", rc);
	rc = vgpu_service_ready(agent);
	return rc ? failed("watchdog", "can't be fed", rc) : 0;
}

int main(int argc, char **argv)
{
	struct vgpu_agent agent = { .asker = VGPU_NOBODY };
	struct vgpu_sockets sockets = { .of = { { .fd = -1 }, { .fd = -1 } } };
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
	rc = start(&agent, &sockets, &udev, &metrics);
	if (!rc) {
		rc = sd_event_loop(agent.event);
		vgpu_service_stopping();
		note_end(&agent);
	}
	vgpu_metrics_http_destroy(metrics);
	vgpu_libvirt_destroy(agent.libvirt);
	vgpu_removal_fini(&agent);
	vgpu_rebind_fini(&agent);
	vgpu_dispatch_fini(&agent);
	vgpu_udev_destroy(udev);
	vgpu_server_destroy(agent.server);
	vgpu_sockets_close(&sockets);
	vgpu_restore_fini(&agent);
	vgpu_ledger_close(agent.ledger);
	sd_event_unref(agent.event);
	vgpu_xml_fini();
	return rc < 0 ? VGPU_EXIT_FAILED : VGPU_EXIT_DONE;
}
