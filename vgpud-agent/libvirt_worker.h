/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * libvirt_worker.h - what the two halves of libvirt.h share: libvirt.c, in the event loop's thread, puts jobs in and takes them out;
 * libvirt_worker.c, in threads of its own, does them.
 *
 * struct vgpu_libvirt's lock protects what stands below it there: the queues and the picture of the owners. The connection belongs to
 * the worker alone. A job's fields belong to the event loop while it is queued, to nobody while it runs (the worker has a copy), and to
 * the event loop again afterwards.
 */
#ifndef VGPU_AGENT_LIBVIRT_WORKER_H
#define VGPU_AGENT_LIBVIRT_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vgpud-agent/libvirt.h"

struct _virConnect;
struct sd_event_source;

enum vgpu_job_state {
	VGPU_JOB_QUEUED,
	VGPU_JOB_RUNNING,
	VGPU_JOB_FINISHED,
	VGPU_JOB_ABANDONED, /* timed out while it ran: the worker frees it */
};

struct vgpu_job {
	struct vgpu_domain_job job;
	enum vgpu_job_state state;
	struct vgpu_job *next;
	struct vgpu_libvirt *libvirt;
	struct sd_event_source *timer;
};

struct vgpu_libvirt {
	struct sd_event *event;
	struct sd_event_source *source;
	char *uri;
	uint64_t timeout_us;
	void (*changed)(void *data);
	void *changed_data;
	int eventfd; /* the worker has finished a job or changed the picture */
	int wake_timer; /* libvirt's: ends the event thread's wait */
	pthread_t worker, events;
	struct _virConnect *connection; /* the worker's */

	pthread_mutex_t lock;
	pthread_cond_t work;
	struct vgpu_job *queued, *finished;
	struct vgpu_domain_owner *owners; /* by UUID */
	size_t owners_count;
	struct vgpu_libvirt_info info; /* .connected and .uri are not used here */
	bool connected;
	bool dirty; /* something happened: look again */
	bool news; /* the picture is another one; the event loop has not been told */
	bool stop;
};

int vgpu_libvirt_worker_start(struct vgpu_libvirt *libvirt);
int vgpu_libvirt_worker_stop(struct vgpu_libvirt *libvirt);
struct vgpu_domain_owner *vgpu_libvirt_find_owner(struct vgpu_domain_owner *owners, size_t count, const char *uuid,
						  const char *domain);

#endif
