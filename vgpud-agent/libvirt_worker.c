// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * libvirt_worker.c - libvirt, its one home. Every call into it may hang for as long as libvirtd does, so a worker thread makes them, and
 * an event thread runs libvirt's own loop (keepalive, which turns a dead connection into an error, and domain events). Lock: see
 * libvirt_worker.h.
 */
#include "vgpud-agent/libvirt_worker.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>
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
	libvirt->info = (struct vgpu_libvirt_info) { 0 };
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

/* The word for why a domain does not run. */
static const char *why_ended(virDomainPtr domain)
{
	static const char *const words[] = {
		[VIR_DOMAIN_SHUTOFF_SHUTDOWN] = "shut down", [VIR_DOMAIN_SHUTOFF_DESTROYED] = "destroyed",
		[VIR_DOMAIN_SHUTOFF_CRASHED] = "crashed",    [VIR_DOMAIN_SHUTOFF_MIGRATED] = "migrated",
		[VIR_DOMAIN_SHUTOFF_SAVED] = "saved",	     [VIR_DOMAIN_SHUTOFF_FAILED] = "failed to start",
	};
	int state, reason;

	if (virDomainGetState(domain, &state, &reason, 0) || state != VIR_DOMAIN_SHUTOFF || reason < 0 ||
	    reason >= (int)VGPU_COUNT(words))
		return NULL;
	return words[reason];
}

struct picture {
	struct vgpu_domain_owner *owners;
	size_t count;
};

/**
 * vgpu_libvirt_find_owner() - look a vGPU up in a picture of the owners
 * @owners: the picture; its keeper holds the lock, or is the worker, which alone changes it
 * @count: its length
 * @uuid: the vGPU
 * @domain: of this domain only, NULL for any
 *
 * Return: the owner, of several one that runs; NULL when there is none.
 */
struct vgpu_domain_owner *vgpu_libvirt_find_owner(struct vgpu_domain_owner *owners, size_t count, const char *uuid,
						  const char *domain)
{
	struct vgpu_domain_owner *found = NULL;
	size_t low = 0, high = count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(owners[middle].uuid, uuid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && !strcmp(owners[low].uuid, uuid); low++)
		if ((!domain || !strcmp(owners[low].domain, domain)) && (!found || (owners[low].running && !found->running)))
			found = &owners[low];
	return found;
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
		larger = reallocarray(picture->owners, picture->count + 1, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		picture->owners = larger;
		owner = &larger[picture->count++];
		*owner = (struct vgpu_domain_owner) { .running = where == VGPU_DOMAIN_LIVE, .where = where };
		strcpy(owner->uuid, view.uuid[i]);
		vgpu_text_copy(owner->domain, sizeof(owner->domain), virDomainGetName(domain));
		owner->ended = owner->running ? NULL : why_ended(domain);
	}
	return 0;
}

static int compare_owners(const void *a, const void *b)
{
	const struct vgpu_domain_owner *x = a, *y = b;
	int order = strcmp(x->uuid, y->uuid);

	return order ? order : strcmp(x->domain, y->domain);
}

/* By UUID, and a domain that has a vGPU in both of its descriptions only once. */
static void sort_owners(struct picture *picture)
{
	struct vgpu_domain_owner *owners = picture->owners;
	size_t kept = 0, i;

	if (!picture->count)
		return;
	qsort(owners, picture->count, sizeof(*owners), compare_owners);
	for (i = 1; i < picture->count; i++) {
		if (compare_owners(&owners[kept], &owners[i])) {
			owners[++kept] = owners[i];
			continue;
		}
		owners[kept].where |= owners[i].where;
		owners[kept].running |= owners[i].running;
		if (owners[kept].running)
			owners[kept].ended = NULL;
	}
	picture->count = kept + 1;
}

/* A full counter means that the event loop will look anyway. */
static void wake_loop(struct vgpu_libvirt *libvirt)
{
	uint64_t one = 1;
	ssize_t written = write(libvirt->eventfd, &one, sizeof(one));

	(void)written;
}

/* Looks at every domain; what was known stays when that fails. */
static int look(struct vgpu_libvirt *libvirt)
{
	struct vgpu_domain_owner *old;
	struct picture picture = { 0 };
	virDomainPtr *domains;
	unsigned int where;
	int count, i, rc = 0;
	bool news;

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
	sort_owners(&picture);
	pthread_mutex_lock(&libvirt->lock);
	old = libvirt->owners;
	news = !libvirt->connected || libvirt->owners_count != picture.count ||
	       (picture.count && memcmp(old, picture.owners, picture.count * sizeof(*old)) != 0);
	libvirt->owners = picture.owners;
	libvirt->owners_count = picture.count;
	libvirt->connected = true;
	libvirt->news |= news;
	pthread_mutex_unlock(&libvirt->lock);
	if (news)
		wake_loop(libvirt);
	free(old);
	return 0;
}

/* To tell QEMU's version libvirt may have to start one: the picture comes first, and it is asked once a connection. */
static void learn_versions(struct vgpu_libvirt *libvirt)
{
	struct vgpu_libvirt_info info = { 0 };
	const char *type;

	if (libvirt->info.version || virConnectGetLibVersion(libvirt->connection, &info.version) < 0)
		return;
	if (virConnectGetVersion(libvirt->connection, &info.hypervisor_version) < 0)
		info.hypervisor_version = 0;
	type = virConnectGetType(libvirt->connection);
	vgpu_text_copy(info.hypervisor, sizeof(info.hypervisor), type ? type : "hypervisor");
	pthread_mutex_lock(&libvirt->lock);
	libvirt->info = info;
	pthread_mutex_unlock(&libvirt->lock);
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
	const struct vgpu_domain_owner *owner = vgpu_libvirt_find_owner(libvirt->owners, libvirt->owners_count, job->uuid, NULL);
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
	const struct vgpu_domain_owner *owner = vgpu_libvirt_find_owner(libvirt->owners, libvirt->owners_count, job->uuid, NULL);
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
		owner = vgpu_libvirt_find_owner(libvirt->owners, libvirt->owners_count, job->uuid, job->domain);
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

static void finish_job(struct vgpu_libvirt *libvirt, struct vgpu_job *job, const struct vgpu_domain_job *result)
{
	bool abandoned;

	pthread_mutex_lock(&libvirt->lock);
	abandoned = job->state == VGPU_JOB_ABANDONED;
	if (!abandoned) {
		job->job = *result;
		job->state = VGPU_JOB_FINISHED;
		job->next = libvirt->finished;
		libvirt->finished = job;
	}
	pthread_mutex_unlock(&libvirt->lock);
	if (abandoned)
		free(job);
	else
		wake_loop(libvirt);
}

/* Waits for a job, an event or the time for a look. Returns false at the end; *ret_job is NULL for a look. */
static bool next_work(struct vgpu_libvirt *libvirt, struct vgpu_job **ret_job, struct vgpu_domain_job *ret_copy)
{
	struct timespec until;
	struct vgpu_job *job;
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
		job->state = VGPU_JOB_RUNNING;
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
	struct vgpu_job *job;

	while (next_work(libvirt, &job, &copy)) {
		if (job) {
			perform(libvirt, &copy);
			finish_job(libvirt, job, &copy);
		} else if (connect_to(libvirt) || look(libvirt)) {
			disconnect(libvirt);
		} else {
			learn_versions(libvirt);
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

/**
 * vgpu_libvirt_worker_start() - start the threads
 * @libvirt: without threads
 *
 * One per process.
 *
 * Return: 0 or -errno.
 */
int vgpu_libvirt_worker_start(struct vgpu_libvirt *libvirt)
{
	pthread_condattr_t monotonic;
	int rc;

	virSetErrorFunc(NULL, ignore_error);
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
		return -EIO;
	libvirt->wake_timer = virEventAddTimeout(-1, ignore_timer, NULL, NULL);
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
 * vgpu_libvirt_worker_stop() - stop the threads
 * @libvirt: with threads
 *
 * Return: 0, -ETIMEDOUT when the worker hangs inside libvirt and goes on using @libvirt.
 */
int vgpu_libvirt_worker_stop(struct vgpu_libvirt *libvirt)
{
	struct timespec until;

	pthread_mutex_lock(&libvirt->lock);
	libvirt->stop = true;
	pthread_cond_signal(&libvirt->work);
	pthread_mutex_unlock(&libvirt->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 1;
	if (pthread_timedjoin_np(libvirt->worker, NULL, &until))
		return -ETIMEDOUT;
	virEventUpdateTimeout(libvirt->wake_timer, 0);
	pthread_join(libvirt->events, NULL);
	virEventRemoveTimeout(libvirt->wake_timer);
	pthread_cond_destroy(&libvirt->work);
	pthread_mutex_destroy(&libvirt->lock);
	return 0;
}
