/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * libvirt.h - which domain has which vGPU, and changing that. The event loop never waits for libvirt: it submits jobs, and reads a
 * picture of the owners that a worker thread keeps.
 */
#ifndef VGPU_AGENT_LIBVIRT_H
#define VGPU_AGENT_LIBVIRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/name.h"

#define VGPU_DOMAIN_NAME_SIZE 256

struct sd_event;
struct vgpu_libvirt;

enum vgpu_domain_verb {
	VGPU_DOMAIN_LOOK, /* bring the picture of the owners up to date */
	VGPU_DOMAIN_ATTACH,
	VGPU_DOMAIN_DETACH,
};

/* Which of a domain's two descriptions: the one it runs with, the one it will start with. */
#define VGPU_DOMAIN_LIVE 1u
#define VGPU_DOMAIN_CONFIG 2u

struct vgpu_domain_job {
	enum vgpu_domain_verb verb;
	char name[VGPU_NAME_SIZE]; /* of the vGPU, for messages */
	char uuid[VGPU_UUID_SIZE];
	char domain[VGPU_DOMAIN_NAME_SIZE]; /* detach: empty means whichever has it; filled when done */
	unsigned int where; /* 0: both as far as they exist; when done: what was changed */
	/* Filled when done: */
	int rc; /* -ETIMEDOUT: it may still happen */
	struct vgpu_error error;
	/* Called once, in the event loop, never from within vgpu_libvirt_submit(); the job is freed behind it. */
	void (*done)(struct vgpu_domain_job *job, void *data);
	void *data;
};

struct vgpu_domain_owner {
	char uuid[VGPU_UUID_SIZE];
	char domain[VGPU_DOMAIN_NAME_SIZE];
	bool running;
	const char *ended; /* why it does not run; NULL: nobody knows */
	unsigned int where;
};

/* What is known of libvirt itself. Versions are 1000000 * major + 1000 * minor + release, 0 when unknown. */
struct vgpu_libvirt_info {
	const char *uri;
	bool connected;
	unsigned long version;
	char hypervisor[16];
	unsigned long hypervisor_version;
};

int vgpu_libvirt_create(struct sd_event *event, const char *uri, uint64_t timeout_us, void (*changed)(void *data), void *data,
			struct vgpu_libvirt **ret_libvirt);
void vgpu_libvirt_destroy(struct vgpu_libvirt *libvirt);
int vgpu_libvirt_submit(struct vgpu_libvirt *libvirt, const struct vgpu_domain_job *job);
bool vgpu_libvirt_owner(struct vgpu_libvirt *libvirt, const char *uuid, struct vgpu_domain_owner *ret_owner);
int vgpu_libvirt_owners(struct vgpu_libvirt *libvirt, struct vgpu_domain_owner **ret_owners, size_t *ret_count);
bool vgpu_libvirt_connected(struct vgpu_libvirt *libvirt);
void vgpu_libvirt_info(struct vgpu_libvirt *libvirt, struct vgpu_libvirt_info *ret_info);

#endif
