/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * doctor.h - what vgpuctl doctor can see by itself: the host, below a root, and the agent's sockets. What only the agent sees, it asks
 * the agent for.
 */
#ifndef VGPU_CTL_DOCTOR_H
#define VGPU_CTL_DOCTOR_H

#include <stdbool.h>

#include "lib/finding.h"

struct vgpu_host {
	const char *root_path; /* the directory that stands for /; NULL: / */
	int root; /* its descriptor */
	const char *socket_path;
	struct vgpu_findings findings;
	char release[96]; /* of the kernel that runs */
	bool loaded; /* our module is */
	bool shared; /* there is a GPU that offers mediated devices, whoever drives it */
};

void vgpu_host_examine(struct vgpu_host *host);

#endif
