/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * agent.h - what the parts of the agent share. Everything here belongs to the event loop's thread; libvirt.c alone has others.
 */
#ifndef VGPU_AGENT_AGENT_H
#define VGPU_AGENT_AGENT_H

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "vgpud-agent/event.h"
#include "vgpud-agent/ledger.h"
#include "vgpud-agent/libvirt.h"
#include "vgpud-agent/log.h"
#include "vgpud-agent/policy.h"
#include "vgpud-agent/sysfs.h"

struct sd_event;
struct vgpu_call;
struct vgpu_rebind;
struct vgpu_removal;
struct vgpu_server;
struct vgpu_watch;

/* What became of a recorded vGPU when the agent last tried to bring it back. */
struct vgpu_verdict {
	char uuid[VGPU_UUID_SIZE];
	char text[256];
};

struct vgpu_agent {
	struct sd_event *event;
	struct vgpu_sysfs sysfs;
	struct vgpu_ledger *ledger;
	const char *state_directory; /* where the ledger is */
	struct vgpu_policy policy;
	const char *policy_option; /* NULL: the usual places */
	char policy_path[PATH_MAX]; /* where the policy was read; empty: nowhere */
	struct stat policy_status; /* of that file, just before it was read */
	struct vgpu_libvirt *libvirt; /* NULL: switched off */
	struct vgpu_server *server;
	struct vgpu_call *waiting; /* calls that wait for libvirt or the kernel */
	struct vgpu_removal *removals;
	struct vgpu_rebind *rebinds;
	uint64_t remove_timeout_us;
	struct vgpu_verdict *verdicts; /* by UUID */
	size_t verdicts_count;
	int64_t asker; /* uid of the client whose request is being worked on; VGPU_NOBODY: it is none */
	struct vgpu_refusals refusals;
	struct vgpu_watch *watches;
};

#endif
