/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * call.h - one call of one method: what came in, what goes out, and what to do when the answer has to wait for libvirt or
 * the kernel.
 */
#ifndef VGPU_AGENT_CALL_H
#define VGPU_AGENT_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/error.h"
#include "lib/json.h"
#include "vgpud-agent/agent.h"
#include "vgpud-agent/libvirt.h"

struct vgpu_peer;

/* What a method returns whose answer comes later. */
#define VGPU_CALL_WAITS 1

struct vgpu_method;

struct vgpu_call {
	struct vgpu_agent *agent;
	const struct vgpu_method *method;
	struct vgpu_json *params; /* an object, checked against the method's table; never NULL */
	struct vgpu_json *result; /* set by the method */
	struct vgpu_error error; /* set by a method that fails */
	struct vgpu_json *explanation; /* NULL: there is no more to say of the error */
	/* While it waits: */
	struct vgpu_record record; /* of the vGPU that it is about to change; nobody else may */
	const char *domain; /* to which it is about to give it; NULL: to none */
	int (*resume)(struct vgpu_call *call, const struct vgpu_domain_job *job);
	struct vgpu_call *next;
	/* Whom to answer: */
	uint64_t connection;
	uid_t uid;
	struct vgpu_json *id; /* NULL: a notification, answered to nobody */
};

struct vgpu_param {
	const char *key;
	enum vgpu_json_kind kind;
	bool required;
	bool zero; /* an integer that may be 0 */
};

#define VGPU_PARAMS_MAX 16

/* The methods are a table in dispatch.c; the ones below are its entries, by the file that has them. */
struct vgpu_method {
	const char *name;
	int (*run)(struct vgpu_call *call);
	bool reads; /* changes nothing: allowed on the read-only socket */
	struct vgpu_param params[VGPU_PARAMS_MAX];
};

int vgpu_method_create(struct vgpu_call *call);
int vgpu_method_delete(struct vgpu_call *call);
int vgpu_method_set(struct vgpu_call *call);
int vgpu_method_restore(struct vgpu_call *call);
int vgpu_method_attach(struct vgpu_call *call);
int vgpu_method_detach(struct vgpu_call *call);

int vgpu_method_version(struct vgpu_call *call);
int vgpu_method_gpus(struct vgpu_call *call);
int vgpu_method_gpu(struct vgpu_call *call);
int vgpu_method_policy(struct vgpu_call *call);
int vgpu_method_types(struct vgpu_call *call);
int vgpu_method_list(struct vgpu_call *call);
int vgpu_method_show(struct vgpu_call *call);
int vgpu_method_xml(struct vgpu_call *call);
int vgpu_method_stats(struct vgpu_call *call);

int vgpu_method_classes(struct vgpu_call *call);

int vgpu_method_gpu_bind(struct vgpu_call *call);
int vgpu_method_gpu_unbind(struct vgpu_call *call);

int vgpu_method_doctor(struct vgpu_call *call);
int vgpu_method_events(struct vgpu_call *call);
int vgpu_method_subscribe(struct vgpu_call *call);

int vgpu_call_find(struct vgpu_call *call, struct vgpu_record *ret_record);
int vgpu_call_change(struct vgpu_call *call, struct vgpu_record *ret_record);
void vgpu_call_refresh(struct vgpu_agent *agent, const struct vgpu_record *record);
int vgpu_call_place(struct vgpu_call *call, struct vgpu_record *record, struct vgpu_json **ret_explanation);
int vgpu_call_admit(struct vgpu_call *call, const struct vgpu_record *record, const char *domain);
bool vgpu_call_asks_for_class(const struct vgpu_call *call, const struct vgpu_record *record);
int vgpu_call_hold(struct vgpu_call *call, const struct vgpu_record *record);
void vgpu_call_answer(struct vgpu_call *call, int rc);
int vgpu_call_wait(struct vgpu_call *call, struct vgpu_domain_job *job, const struct vgpu_record *record,
		   int (*resume)(struct vgpu_call *call, const struct vgpu_domain_job *job));

/* Called by server.c through its handler. */
char *vgpu_dispatch_line(void *agent, const struct vgpu_peer *peer, const char *line, size_t length, bool *ret_later);
char *vgpu_dispatch_too_long(void *agent);
void vgpu_dispatch_fini(struct vgpu_agent *agent);
void vgpu_dispatch_print(void);

#endif
