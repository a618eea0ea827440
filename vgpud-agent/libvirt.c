// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * libvirt.c - libvirt, its one home. Every call into it may hang for as long as libvirtd does, so a worker thread makes them, and an
 * event thread runs libvirt's own loop (keepalive, which turns a dead connection into an error, and domain events).
 *
 * struct vgpu_libvirt's lock protects what stands below it there: the queues and the picture of the owners. The connection belongs to the
 * worker alone. A job's fields belong to the event loop while it is queued, to nobody while it runs (the worker has a copy), and to the
 * event loop again afterwards.
 */
#include "vgpud-agent/libvirt.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpud-agent/xml.h"

#define KEEPALIVE_S 5
#define KEEPALIVE_COUNT 3
/* Events bring the picture up to date; the slow look is for what has no event. Without a connection, how often to try again. */
#define LOOK_S 60
#define RETRY_S 5

enum job_state {
	QUEUED,
	RUNNING,
	FINISHED,
	ABANDONED, /* timed out while it ran: the worker frees it */
};

struct job {
	struct vgpu_domain_job job;
	enum job_state state;
	struct job *next;
	struct vgpu_libvirt *libvirt;
	sd_event_source *timer;
};

struct vgpu_libvirt {
	sd_event *event;
	sd_event_source *source;
	char *uri;
	uint64_t timeout_us;
	int eventfd; /* the worker has finished a job */
	int wake_timer; /* libvirt's: ends the event thread's wait */
	pthread_t worker, events;
	virConnectPtr connection; /* the worker's */

	pthread_mutex_t lock;
	pthread_cond_t work;
	struct job *queued, *finished;
	struct vgpu_domain_owner *owners;
	size_t owners_count;
	bool connected;
	bool dirty; /* something happened: look again */
	bool stop;
};

/* --- the worker's side ---------------------------------------------------------------------------------------------------- */

static int libvirt_failed(struct vgpu_error *ret_error, const char *object, const char *what)
{
	const char *why = virGetLastErrorMessage();

	return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, object, "see the log of libvirtd", "%s: %s", what, why);
}

static void on_event(void *data)
{
	struct vgpu_libvirt *libvirt = data;

	pthread_mutex_lock(&libvirt->lock);
	libvirt->dirty = true;
	pthread_cond_signal(&libvirt->work);
	pthread_mutex_unlock(&libvirt->lock);
}

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *data)
{
	on_event(data);
	return 0;
}

static void on_device(virConnectPtr connection, virDomainPtr domain, const char *alias, void *data)
{
	on_event(data);
}

static void on_close(virConnectPtr connection, int reason, void *data)
{
	on_event(data);
}

static void disconnect(struct vgpu_libvirt *libvirt)
{
	if (libvirt->connection) {
		virConnectUnregisterCloseCallback(libvirt->connection, on_close);
		virConnectClose(libvirt->connection);
	}
	libvirt->connection = NULL;
	pthread_mutex_lock(&libvirt->lock);
	libvirt->connected = false;
	pthread_mutex_unlock(&libvirt->lock);
}

static int connect_to(struct vgpu_libvirt *libvirt)
{
	virConnectPtr connection;

	if (libvirt->connection && virConnectIsAlive(libvirt->connection) == 1)
		return 0;
	disconnect(libvirt);
	connection = virConnectOpen(libvirt->uri);
	if (!connection)
		return -ECONNREFUSED;
	/* Drivers inside this process have neither keepalive nor all events, and need neither. */
	virConnectSetKeepAlive(connection, KEEPALIVE_S, KEEPALIVE_COUNT);
	virConnectRegisterCloseCallback(connection, on_close, libvirt, NULL);
	virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle),
					 libvirt, NULL);
	virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, VIR_DOMAIN_EVENT_CALLBACK(on_device),
					 libvirt, NULL);
	virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
					 VIR_DOMAIN_EVENT_CALLBACK(on_device), libvirt, NULL);
	libvirt->connection = connection;
	return 0;
}

static unsigned int available(virDomainPtr domain)
{
	return (virDomainIsActive(domain) == 1 ? VGPU_DOMAIN_LIVE : 0) |
	       (virDomainIsPersistent(domain) == 1 ? VGPU_DOMAIN_CONFIG : 0);
}

static int view_domain(virDomainPtr domain, unsigned int where, struct vgpu_domain_view *ret_view)
{
	char *xml = virDomainGetXMLDesc(domain, where == VGPU_DOMAIN_CONFIG ? VIR_DOMAIN_XML_INACTIVE : 0);
	int rc = xml ? vgpu_xml_read_domain(xml, ret_view) : -EIO;

	free(xml);
	return rc;
}

struct picture {
	struct vgpu_domain_owner *owners;
	size_t count;
};

static struct vgpu_domain_owner *find_owner(struct vgpu_domain_owner *owners, size_t count, const char *uuid, const char *domain)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(owners[i].uuid, uuid) && (!domain || !strcmp(owners[i].domain, domain)))
			return &owners[i];
	return NULL;
}

static int add_owners(struct picture *picture, virDomainPtr domain, unsigned int where)
{
	struct vgpu_domain_owner *owner, *larger;
	struct vgpu_domain_view view;
	size_t i;

	/* A domain that vanishes while it is looked at has nothing any more. */
	if (view_domain(domain, where, &view))
		return 0;
	for (i = 0; i < view.count; i++) {
		owner = find_owner(picture->owners, picture->count, view.uuid[i], virDomainGetName(domain));
		if (!owner) {
			larger = reallocarray(picture->owners, picture->count + 1, sizeof(*larger));
			if (!larger)
				return -ENOMEM;
			picture->owners = larger;
			owner = &larger[picture->count++];
			*owner = (struct vgpu_domain_owner) { 0 };
			strcpy(owner->uuid, view.uuid[i]);
			vgpu_text_copy(owner->domain, sizeof(owner->domain), virDomainGetName(domain));
		}
		owner->where |= where;
		owner->running |= where == VGPU_DOMAIN_LIVE;
	}
	return 0;
}

/* Looks at every domain; what was known stays when that fails. */
static int look(struct vgpu_libvirt *libvirt)
{
	struct vgpu_domain_owner *old;
	struct picture picture = { 0 };
	virDomainPtr *domains;
	unsigned int where;
	int count, i, rc = 0;

	count = virConnectListAllDomains(libvirt->connection, &domains, 0);
	if (count < 0)
		return -EIO;
	for (i = 0; i < count; i++) {
		where = available(domains[i]);
		if (!rc && where & VGPU_DOMAIN_LIVE)
			rc = add_owners(&picture, domains[i], VGPU_DOMAIN_LIVE);
		if (!rc && where & VGPU_DOMAIN_CONFIG)
			rc = add_owners(&picture, domains[i], VGPU_DOMAIN_CONFIG);
		virDomainFree(domains[i]);
	}
	free(domains);
	if (rc) {
		free(picture.owners);
		return rc;
	}
	pthread_mutex_lock(&libvirt->lock);
	old = libvirt->owners;
	libvirt->owners = picture.owners;
	libvirt->owners_count = picture.count;
	libvirt->connected = true;
	pthread_mutex_unlock(&libvirt->lock);
	free(old);
	return 0;
}

static int find_domain(struct vgpu_libvirt *libvirt, struct vgpu_domain_job *job, virDomainPtr *ret_domain)
{
	virDomainPtr domain = virDomainLookupByName(libvirt->connection, job->domain);
	virErrorPtr error;

	if (domain) {
		*ret_domain = domain;
		return 0;
	}
	error = virGetLastError();
	if (error && error->code == VIR_ERR_NO_DOMAIN)
		return vgpu_error_set(&job->error, VGPU_EXIT_NOT_FOUND, job->domain, "see virsh list --all", "no such domain");
	return libvirt_failed(&job->error, job->domain, "libvirt could not look for it");
}

static unsigned int impact(unsigned int where)
{
	return (where & VGPU_DOMAIN_LIVE ? VIR_DOMAIN_AFFECT_LIVE : 0) |
	       (where & VGPU_DOMAIN_CONFIG ? VIR_DOMAIN_AFFECT_CONFIG : 0);
}

/* i915 looks for its GPU at 00:02.0: give it that where the domain has the place and its bus takes the device. */
static bool slot_2_free(virDomainPtr domain, unsigned int where)
{
	static const unsigned int each[] = { VGPU_DOMAIN_LIVE, VGPU_DOMAIN_CONFIG };
	struct vgpu_domain_view view;
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(each); i++)
		if (where & each[i] &&
		    (view_domain(domain, each[i], &view) || view.slot_2_used || (each[i] == VGPU_DOMAIN_LIVE && view.pcie)))
			return false;
	return true;
}

static int attach_to(virDomainPtr domain, unsigned int already, struct vgpu_domain_job *job)
{
	unsigned int can = available(domain), where = job->where ? job->where : can;
	char *xml;
	int rc;

	if (where & ~can)
		return vgpu_error_set(&job->error, VGPU_EXIT_FAILED, job->domain,
				      where & ~can & VGPU_DOMAIN_LIVE ? "start it or leave out --live" : "leave out --config",
				      where & ~can & VGPU_DOMAIN_LIVE ? "the domain does not run"
								      : "the domain is transient and keeps no configuration");
	where &= ~already;
	if (!where)
		return vgpu_error_set(&job->error, VGPU_EXIT_IN_USE, job->name, "nothing is left to do",
				      "domain %s has it already", job->domain);
	if (vgpu_xml_hostdev(job->uuid, slot_2_free(domain, where), &xml))
		return vgpu_error_set(&job->error, VGPU_EXIT_FAILED, job->name, "try again", "out of memory");
	rc = virDomainAttachDeviceFlags(domain, xml, impact(where));
	free(xml);
	if (rc < 0)
		return libvirt_failed(&job->error, job->domain, "libvirt did not attach the vGPU");
	job->where = where;
	return 0;
}

/* The owner as the worker, which alone changes the picture, may read it without the lock. */
static int attach(struct vgpu_libvirt *libvirt, struct vgpu_domain_job *job)
{
	const struct vgpu_domain_owner *owner = find_owner(libvirt->owners, libvirt->owners_count, job->uuid, NULL);
	virDomainPtr domain = NULL;
	int rc;

	if (owner && strcmp(owner->domain, job->domain) != 0)
		return vgpu_error_set(&job->error, VGPU_EXIT_IN_USE, job->name, "detach it first: vgpuctl detach",
				      "domain %s has it", owner->domain);
	rc = find_domain(libvirt, job, &domain);
	if (rc)
		return rc;
	rc = attach_to(domain, owner ? owner->where : 0, job);
	virDomainFree(domain);
	return rc;
}

static int detach(struct vgpu_libvirt *libvirt, struct vgpu_domain_job *job)
{
	const struct vgpu_domain_owner *owner = find_owner(libvirt->owners, libvirt->owners_count, job->uuid, NULL);
	virDomainPtr domain = NULL;
	char *xml;
	int rc;

	if (!owner || (job->where & ~owner->where))
		return vgpu_error_set(&job->error, VGPU_EXIT_NOT_FOUND, job->name, "see vgpuctl list",
				      owner ? "domain %s does not have it there" : "no domain has it%s",
				      owner ? owner->domain : "");
	strcpy(job->domain, owner->domain);
	if (!job->where)
		job->where = owner->where;
	rc = find_domain(libvirt, job, &domain);
	if (rc)
		return rc;
	if (vgpu_xml_hostdev(job->uuid, false, &xml)) {
		virDomainFree(domain);
		return vgpu_error_set(&job->error, VGPU_EXIT_FAILED, job->name, "try again", "out of memory");
	}
	rc = virDomainDetachDeviceFlags(domain, xml, impact(job->where));
	free(xml);
	virDomainFree(domain);
	if (rc < 0)
		return libvirt_failed(&job->error, job->domain, "libvirt did not detach the vGPU");
	/* Success of a live detach means that the guest was asked; libvirt waits a while for it to let go. */
	if (!look(libvirt)) {
		owner = find_owner(libvirt->owners, libvirt->owners_count, job->uuid, job->domain);
		if (owner && (owner->where & job->where))
			return vgpu_error_set(&job->error, VGPU_EXIT_FAILED, job->name,
					      "unload its driver in the guest or shut the domain down",
					      "the guest of domain %s has not let go of it", job->domain);
	}
	return 0;
}

static void perform(struct vgpu_libvirt *libvirt, struct vgpu_domain_job *job)
{
	virResetLastError();
	if (connect_to(libvirt) || look(libvirt)) {
		job->rc = libvirt_failed(&job->error, job->domain[0] ? job->domain : job->name, "libvirt does not answer");
		disconnect(libvirt);
		return;
	}
	if (job->verb == VGPU_DOMAIN_ATTACH)
		job->rc = attach(libvirt, job);
	else if (job->verb == VGPU_DOMAIN_DETACH)
		job->rc = detach(libvirt, job);
	else
		job->rc = 0;
	if (job->verb != VGPU_DOMAIN_LOOK)
		look(libvirt);
}

static void finish_job(struct vgpu_libvirt *libvirt, struct job *job, const struct vgpu_domain_job *result)
{
	uint64_t one = 1;
	bool abandoned;

	pthread_mutex_lock(&libvirt->lock);
	abandoned = job->state == ABANDONED;
	if (!abandoned) {
		job->job = *result;
		job->state = FINISHED;
		job->next = libvirt->finished;
		libvirt->finished = job;
	}
	pthread_mutex_unlock(&libvirt->lock);
	if (abandoned)
		free(job);
	else if (write(libvirt->eventfd, &one, sizeof(one)) < 0)
		return; /* the counter is full, so the event loop will look anyway */
}

/* Waits for a job, an event or the time for a look. Returns false at the end; *ret_job is NULL for a look. */
static bool next_work(struct vgpu_libvirt *libvirt, struct job **ret_job, struct vgpu_domain_job *ret_copy)
{
	struct timespec until;
	struct job *job;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	pthread_mutex_lock(&libvirt->lock);
	until.tv_sec += libvirt->connected ? LOOK_S : RETRY_S;
	while (!libvirt->stop && !libvirt->queued && !libvirt->dirty)
		if (pthread_cond_timedwait(&libvirt->work, &libvirt->lock, &until) == ETIMEDOUT)
			break;
	job = libvirt->queued;
	if (job) {
		libvirt->queued = job->next;
		job->state = RUNNING;
		*ret_copy = job->job;
	} else {
		libvirt->dirty = false;
	}
	go_on = !libvirt->stop;
	pthread_mutex_unlock(&libvirt->lock);
	*ret_job = job;
	return go_on;
}

static void *run_worker(void *data)
{
	struct vgpu_libvirt *libvirt = data;
	struct vgpu_domain_job copy;
	struct job *job;

	while (next_work(libvirt, &job, &copy)) {
		if (job) {
			perform(libvirt, &copy);
			finish_job(libvirt, job, &copy);
		} else if (connect_to(libvirt) || look(libvirt)) {
			disconnect(libvirt);
		}
	}
	disconnect(libvirt);
	return NULL;
}

static void ignore_timer(int timer, void *data)
{
	virEventUpdateTimeout(timer, -1);
}

static void *run_events(void *data)
{
	struct vgpu_libvirt *libvirt = data;
	bool stop;

	do {
		virEventRunDefaultImpl();
		pthread_mutex_lock(&libvirt->lock);
		stop = libvirt->stop;
		pthread_mutex_unlock(&libvirt->lock);
	} while (!stop);
	return NULL;
}

/* libvirt would print every error to stderr; ours go to whoever asked. */
static void ignore_error(void *data, virErrorPtr error)
{
}

/* --- the event loop's side ------------------------------------------------------------------------------------------------ */

static void complete(struct job *job, bool free_it)
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
	struct job *job, *next;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return 0;
	pthread_mutex_lock(&libvirt->lock);
	job = libvirt->finished;
	libvirt->finished = NULL;
	pthread_mutex_unlock(&libvirt->lock);
	for (; job; job = next) {
		next = job->next;
		complete(job, true);
	}
	return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *data)
{
	struct job *job = data, **at, copy;
	struct vgpu_libvirt *libvirt = job->libvirt;
	enum job_state state;

	pthread_mutex_lock(&libvirt->lock);
	state = job->state;
	for (at = &libvirt->queued; state == QUEUED && *at != job; at = &(*at)->next)
		;
	if (state == QUEUED)
		*at = job->next;
	/* From here on a running job is the worker's to free: what is left to do is done with a copy. */
	copy = *job;
	if (state == RUNNING)
		job->state = ABANDONED;
	pthread_mutex_unlock(&libvirt->lock);
	if (state == FINISHED)
		return 0;
	vgpu_error_set(&copy.job.error, VGPU_EXIT_FAILED, copy.job.domain[0] ? copy.job.domain : copy.job.name,
		       "restart libvirtd, then see vgpuctl list", "libvirt did not answer within %g s",
		       libvirt->timeout_us / 1e6);
	copy.job.rc = state == RUNNING ? -ETIMEDOUT : -ECANCELED;
	if (state == QUEUED)
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
	struct job *queued = calloc(1, sizeof(*queued)), **at;
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
	owner = find_owner(libvirt->owners, libvirt->owners_count, uuid, NULL);
	if (owner)
		*ret_owner = *owner;
	pthread_mutex_unlock(&libvirt->lock);
	return owner;
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

static int start_threads(struct vgpu_libvirt *libvirt)
{
	pthread_condattr_t monotonic;
	int rc;

	pthread_mutex_init(&libvirt->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&libvirt->work, &monotonic);
	pthread_condattr_destroy(&monotonic);
	libvirt->dirty = true;
	rc = pthread_create(&libvirt->events, NULL, run_events, libvirt);
	if (rc)
		return -rc;
	rc = pthread_create(&libvirt->worker, NULL, run_worker, libvirt);
	/* Without a worker the event thread has nothing to do and the agent does not start; it ends with the process. */
	return -rc;
}

/**
 * vgpu_libvirt_create() - start to keep an eye on libvirt
 * @event: the event loop
 * @uri: libvirt's
 * @timeout_us: how long a job may take
 * @ret_libvirt: released by vgpu_libvirt_destroy()
 *
 * libvirt need not be there: the worker tries again until it is. One per process.
 *
 * Return: 0 or -errno.
 */
int vgpu_libvirt_create(struct sd_event *event, const char *uri, uint64_t timeout_us, struct vgpu_libvirt **ret_libvirt)
{
	struct vgpu_libvirt *libvirt = calloc(1, sizeof(*libvirt));
	int rc;

	if (!libvirt)
		return -ENOMEM;
	libvirt->event = event;
	libvirt->timeout_us = timeout_us;
	libvirt->uri = strdup(uri);
	libvirt->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!libvirt->uri || libvirt->eventfd < 0) {
		rc = libvirt->uri ? -errno : -ENOMEM;
		goto free_libvirt;
	}
	virSetErrorFunc(NULL, ignore_error);
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0) {
		rc = -EIO;
		goto close_eventfd;
	}
	libvirt->wake_timer = virEventAddTimeout(-1, ignore_timer, NULL, NULL);
	rc = sd_event_add_io(event, &libvirt->source, libvirt->eventfd, EPOLLIN, on_finished, libvirt);
	if (rc >= 0)
		rc = start_threads(libvirt);
	if (rc < 0)
		goto unref_source;
	*ret_libvirt = libvirt;
	return 0;

unref_source:
	sd_event_source_disable_unref(libvirt->source);
close_eventfd:
	close(libvirt->eventfd);
free_libvirt:
	free(libvirt->uri);
	free(libvirt);
	return rc;
}

static void free_jobs(struct job *job)
{
	struct job *next;

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
	struct timespec until;

	if (!libvirt)
		return;
	pthread_mutex_lock(&libvirt->lock);
	libvirt->stop = true;
	pthread_cond_signal(&libvirt->work);
	pthread_mutex_unlock(&libvirt->lock);
	sd_event_source_disable_unref(libvirt->source);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 1;
	if (pthread_timedjoin_np(libvirt->worker, NULL, &until))
		return;
	virEventUpdateTimeout(libvirt->wake_timer, 0);
	pthread_join(libvirt->events, NULL);
	virEventRemoveTimeout(libvirt->wake_timer);
	free_jobs(libvirt->queued);
	free_jobs(libvirt->finished);
	close(libvirt->eventfd);
	pthread_cond_destroy(&libvirt->work);
	pthread_mutex_destroy(&libvirt->lock);
	free(libvirt->owners);
	free(libvirt->uri);
	free(libvirt);
}
