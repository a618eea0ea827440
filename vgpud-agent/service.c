// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * service.c - sd_notify(3) and the signals that a service manager sends. No lock: runs in the event loop's thread.
 *
 * The watchdog is fed by the event loop itself, between two events: it is fed as long as events are served, and no longer.
 */
#include "vgpud-agent/service.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "vgpud-agent/class.h"
#include "vgpud-agent/restore.h"

/* What systemctl status shows is the last reload's fate, until the next one. */
static int reload(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct vgpu_agent *agent = data;
	uint64_t now_us = 0;
	bool failed;

	/* The time lets systemd tell this reload from an earlier one. */
	sd_event_now(agent->event, CLOCK_MONOTONIC, &now_us);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reading the policy again", now_us);
	failed = vgpu_class_reload(agent);
	sd_notifyf(0, "READY=1\nSTATUS=%s",
		   failed ? "the policy could not be read again, see the log" : "the policy was read again");
	return 0;
}

/**
 * vgpu_service_follow_signals() - end on SIGTERM and SIGINT, read the policy again on SIGHUP
 * @agent: the agent, with an event loop; no other thread runs yet, so that all of them leave these signals to it
 *
 * Return: 0 or -errno.
 */
int vgpu_service_follow_signals(struct vgpu_agent *agent)
{
	sd_event_source *hup = NULL;
	sigset_t signals;
	int rc;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	rc = sd_event_add_signal(agent->event, NULL, SIGTERM, NULL, NULL);
	if (rc >= 0)
		rc = sd_event_add_signal(agent->event, NULL, SIGINT, NULL, NULL);
	if (rc >= 0)
		rc = sd_event_add_signal(agent->event, &hup, SIGHUP, reload, agent);
	/* Before requests: whoever asks after "systemctl reload" has ended is answered by the new policy. */
	if (rc >= 0)
		rc = sd_event_source_set_priority(hup, SD_EVENT_PRIORITY_IMPORTANT);
	if (rc >= 0)
		rc = sd_event_source_set_floating(hup, true);
	sd_event_source_unref(hup);
	return rc < 0 ? rc : 0;
}

/**
 * vgpu_service_ready() - requests are served from now on; feed the watchdog, if there is one
 * @agent: the agent, with what should exist compared to what does
 *
 * Return: 0 or -errno when the watchdog can't be fed, and would end us.
 */
int vgpu_service_ready(struct vgpu_agent *agent)
{
	unsigned int missing = vgpu_restore_missing(agent);
	int rc = sd_event_set_watchdog(agent->event, true);

	if (rc < 0)
		return rc;
	sd_notifyf(0, "READY=1\nSTATUS=started with %zu vGPU%s, %u missing", agent->verdicts_count,
		   agent->verdicts_count == 1 ? "" : "s", missing);
	return 0;
}

/**
 * vgpu_service_stopping() - no request is served any more
 */
void vgpu_service_stopping(void)
{
	sd_notify(0, "STOPPING=1\nSTATUS=");
}
