// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * libvirt.c - the event loop's half of libvirt.h: jobs in, answers or time-outs out. No call into libvirt stands here. Lock: see
 * libvirt_worker.h; held for a few instructions at a time.
 */
#include "vgpud-agent/libvirt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "vgpud-agent/libvirt_worker.h"

static void complete(struct vgpu_job *job, bool free_it)
{
	sd_event_source_disable_unref(job->timer);
	job->timer = NULL;
	job->job.done(&job->job, job->job.data);
	if (free_it)
		free(job);
}

static int on_finished(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct vgpu_libvirt *libvirt = data;
	struct vgpu_job *job, *next;
	uint64_t count;
	bool news;

	if (read(fd, &count, sizeof(count)) < 0)
		return 0;
	pthread_mutex_lock(&libvirt->lock);
	job = libvirt->finished;
	libvirt->finished = NULL;
	news = libvirt->news;
	libvirt->news = false;
	pthread_mutex_unlock(&libvirt->lock);
	for (; job; job = next) {
		next = job->next;
		complete(job, true);
	}
	if (news)
		libvirt->changed(libvirt->changed_data);
	return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *data)
{
	struct vgpu_job *job = data, **at, copy;
	struct vgpu_libvirt *libvirt = job->libvirt;
	enum vgpu_job_state state;

	pthread_mutex_lock(&libvirt->lock);
	state = job->state;
	for (at = &libvirt->queued; state == VGPU_JOB_QUEUED && *at != job; at = &(*at)->next)
		;
	if (state == VGPU_JOB_QUEUED)
		*at = job->next;
	/* From here on a running job is the worker's to free: what is left to do is done with a copy. */
	copy = *job;
	if (state == VGPU_JOB_RUNNING)
		job->state = VGPU_JOB_ABANDONED;
	pthread_mutex_unlock(&libvirt->lock);
	if (state == VGPU_JOB_FINISHED)
		return 0;
	vgpu_error_set(&copy.job.error, VGPU_EXIT_FAILED, copy.job.domain[0] ? copy.job.domain : copy.job.name,
		       "restart libvirtd, then see vgpuctl list", "libvirt did not answer within %g s",
		       libvirt->timeout_us / 1e6);
	copy.job.rc = state == VGPU_JOB_RUNNING ? -ETIMEDOUT : -ECANCELED;
	if (state == VGPU_JOB_QUEUED)
		free(job);
	complete(&copy, false);
	return 0;
}

/**
 * vgpu_libvirt_submit() - have the worker do a job
 * @libvirt: libvirt
 * @job: what to do; copied
 *
 * Its done() is called in the event loop when the worker has finished, or after the timeout with -ETIMEDOUT when the job may still happen
 * and -ECANCELED when it will not.
 *
 * Return: 0 or -errno, with done() never called.
 */
int vgpu_libvirt_submit(struct vgpu_libvirt *libvirt, const struct vgpu_domain_job *job)
{
	struct vgpu_job *queued = calloc(1, sizeof(*queued)), **at;
	int rc;

	if (!queued)
		return -ENOMEM;
	queued->job = *job;
	queued->libvirt = libvirt;
	rc = sd_event_add_time_relative(libvirt->event, &queued->timer, CLOCK_MONOTONIC, libvirt->timeout_us, 0, on_timeout,
					queued);
	if (rc < 0) {
		free(queued);
		return rc;
	}
	pthread_mutex_lock(&libvirt->lock);
	for (at = &libvirt->queued; *at; at = &(*at)->next)
		;
	*at = queued;
	pthread_cond_signal(&libvirt->work);
	pthread_mutex_unlock(&libvirt->lock);
	return 0;
}

/**
 * vgpu_libvirt_owner() - which domain has a vGPU, as of the last look
 * @libvirt: libvirt, NULL when it is switched off
 * @uuid: the vGPU
 * @ret_owner: the domain
 *
 * Never waits.
 *
 * Return: true when a domain has it, as far as is known.
 */
bool vgpu_libvirt_owner(struct vgpu_libvirt *libvirt, const char *uuid, struct vgpu_domain_owner *ret_owner)
{
	struct vgpu_domain_owner *owner;

	if (!libvirt)
		return false;
	pthread_mutex_lock(&libvirt->lock);
	owner = vgpu_libvirt_find_owner(libvirt->owners, libvirt->owners_count, uuid, NULL);
	if (owner)
		*ret_owner = *owner;
	pthread_mutex_unlock(&libvirt->lock);
	return owner;
}

/**
 * vgpu_libvirt_owners() - which domains have mediated devices, as of the last look
 * @libvirt: libvirt, NULL when it is switched off
 * @ret_owners: array to free(), with an entry for each domain and device, whoever made the device
 * @ret_count: its length
 *
 * Never waits.
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_libvirt_owners(struct vgpu_libvirt *libvirt, struct vgpu_domain_owner **ret_owners, size_t *ret_count)
{
	struct vgpu_domain_owner *owners;
	size_t count;

	if (!libvirt) {
		*ret_owners = NULL;
		*ret_count = 0;
		return 0;
	}
	pthread_mutex_lock(&libvirt->lock);
	count = libvirt->owners_count;
	owners = calloc(count + 1, sizeof(*owners));
	if (owners && count)
		memcpy(owners, libvirt->owners, count * sizeof(*owners));
	pthread_mutex_unlock(&libvirt->lock);
	if (!owners)
		return -ENOMEM;
	*ret_owners = owners;
	*ret_count = count;
	return 0;
}

/**
 * vgpu_libvirt_info() - what is known of libvirt itself, as of the last look
 * @libvirt: libvirt, not NULL
 * @ret_info: what is known; .uri lives as long as @libvirt
 */
void vgpu_libvirt_info(struct vgpu_libvirt *libvirt, struct vgpu_libvirt_info *ret_info)
{
	pthread_mutex_lock(&libvirt->lock);
	*ret_info = libvirt->info;
	ret_info->connected = libvirt->connected;
	pthread_mutex_unlock(&libvirt->lock);
	ret_info->uri = libvirt->uri;
}

/**
 * vgpu_libvirt_connected() - did libvirt answer when it was last asked?
 * @libvirt: libvirt, NULL when it is switched off
 *
 * Return: true when it did.
 */
bool vgpu_libvirt_connected(struct vgpu_libvirt *libvirt)
{
	bool connected;

	if (!libvirt)
		return false;
	pthread_mutex_lock(&libvirt->lock);
	connected = libvirt->connected;
	pthread_mutex_unlock(&libvirt->lock);
	return connected;
}

/**
 * vgpu_libvirt_create() - start to keep an eye on libvirt
 * @event: the event loop
 * @uri: libvirt's
 * @timeout_us: how long a job may take
 * @changed: called in the event loop when other domains have other vGPUs than before, or libvirt answers again
 * @data: passed to it
 * @ret_libvirt: released by vgpu_libvirt_destroy()
 *
 * libvirt need not be there: the worker tries again until it is. One per process.
 *
 * Return: 0 or -errno.
 */
int vgpu_libvirt_create(struct sd_event *event, const char *uri, uint64_t timeout_us, void (*changed)(void *data), void *data,
			struct vgpu_libvirt **ret_libvirt)
{
	struct vgpu_libvirt *libvirt = calloc(1, sizeof(*libvirt));
	int rc;

	if (!libvirt)
		return -ENOMEM;
	libvirt->event = event;
	libvirt->timeout_us = timeout_us;
	libvirt->changed = changed;
	libvirt->changed_data = data;
	libvirt->uri = strdup(uri);
	libvirt->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!libvirt->uri || libvirt->eventfd < 0) {
		rc = libvirt->uri ? -errno : -ENOMEM;
		goto free_libvirt;
	}
	rc = sd_event_add_io(event, &libvirt->source, libvirt->eventfd, EPOLLIN, on_finished, libvirt);
	if (rc >= 0)
		rc = vgpu_libvirt_worker_start(libvirt);
	if (rc < 0)
		goto unref_source;
	*ret_libvirt = libvirt;
	return 0;

unref_source:
	sd_event_source_disable_unref(libvirt->source);
	close(libvirt->eventfd);
free_libvirt:
	free(libvirt->uri);
	free(libvirt);
	return rc;
}

static void free_jobs(struct vgpu_job *job)
{
	struct vgpu_job *next;

	for (; job; job = next) {
		next = job->next;
		sd_event_source_disable_unref(job->timer);
		free(job);
	}
}

/**
 * vgpu_libvirt_destroy() - stop the threads
 * @libvirt: libvirt or NULL
 *
 * A worker that hangs inside libvirt is left behind with what it uses: the process is about to end.
 */
void vgpu_libvirt_destroy(struct vgpu_libvirt *libvirt)
{
	if (!libvirt)
		return;
	sd_event_source_disable_unref(libvirt->source);
	if (vgpu_libvirt_worker_stop(libvirt))
		return;
	free_jobs(libvirt->queued);
	free_jobs(libvirt->finished);
	close(libvirt->eventfd);
	free(libvirt->owners);
	free(libvirt->uri);
	free(libvirt);
}
