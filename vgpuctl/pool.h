/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * pool.h - declarative pools: a file that says which vGPUs there shall be, what there is, and the actions that lead from the one to the
 * other. vgpu-pool(5) has the format.
 *
 * What the file wants of a vGPU is an object with the parameters of "vgpu.create"; what there is, are the objects that the agent answers
 * with. So the two are compared key by key, and what differs is sent as it is.
 */
#ifndef VGPU_CTL_POOL_H
#define VGPU_CTL_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/error.h"
#include "lib/json.h"
#include "lib/name.h"
#include "vgpuctl/commands.h"

#define VGPU_POOL_KIND "vgpu-pool"
#define VGPU_POOL_VERSION 1
#define VGPU_POOL_VGPUS_MAX 4096
#define VGPU_POOL_ISSUES_MAX 20
#define VGPU_POOL_VALUE_SIZE 256

/* A key of the file is an option of create without its dashes, with the same units and limits. */
#define VGPU_POOL_KEYS 12
extern const enum vgpu_option vgpu_pool_keys[VGPU_POOL_KEYS];

/* Why a file, or a plan, is refused. */
struct vgpu_pool_issue {
	unsigned int line, column; /* 0: it stands nowhere in the file */
	struct vgpu_error error;
};

struct vgpu_pool_issues {
	struct vgpu_pool_issue list[VGPU_POOL_ISSUES_MAX];
	size_t count; /* also those that found no place in the list */
};

struct vgpu_pool_entry {
	unsigned int line, column;
	struct vgpu_json *want; /* parameters of "vgpu.create" */
	const char *name, *uuid; /* in .want; .uuid may be NULL */
	bool no_domain; /* the file says that no domain shall have it */
};

struct vgpu_pool {
	struct vgpu_pool_entry *entries; /* in the order of the file */
	size_t count;
};

/* What there is, as the agent answers: arrays. */
struct vgpu_pool_host {
	const struct vgpu_json *vgpus, *gpus; /* of "vgpu.stats" */
	const struct vgpu_json *types; /* of "types.list" */
	const struct vgpu_json *classes; /* of "policy.classes" */
};

/* In the order in which they are done: what makes room comes before what needs it, and a vGPU is nobody's when it goes. */
enum vgpu_pool_verb {
	VGPU_POOL_DETACH,
	VGPU_POOL_DELETE,
	VGPU_POOL_SHRINK, /* a set that gives back and takes nothing */
	VGPU_POOL_RESTORE,
	VGPU_POOL_SET,
	VGPU_POOL_CREATE,
	VGPU_POOL_ATTACH,
	VGPU_POOL_VERBS,
};

struct vgpu_pool_action {
	enum vgpu_pool_verb verb;
	char name[VGPU_NAME_SIZE];
	char uuid[VGPU_UUID_SIZE]; /* empty: of one that is made and may have any */
	const char *reason;
	struct vgpu_json *from,
		*to; /* what changes, by parameter; what is made has no .from, what goes no .to, and both may be NULL */
	bool done;
};

struct vgpu_pool_plan {
	struct vgpu_pool_action *actions;
	size_t count;
};

void vgpu_pool_refuse(struct vgpu_pool_issues *issues, unsigned int line, unsigned int column, enum vgpu_exit exit,
		      const char *object, const char *remedy, const char *format, ...) __attribute__((format(printf, 7, 8)));
void vgpu_pool_value(enum vgpu_option key, const struct vgpu_json *value, char text[VGPU_POOL_VALUE_SIZE]);

int vgpu_pool_parse(const char *text, size_t length, struct vgpu_pool *ret_pool, struct vgpu_pool_issues *issues);
int vgpu_pool_read(const char *path, struct vgpu_pool *ret_pool, struct vgpu_pool_issues *issues);
void vgpu_pool_fini(struct vgpu_pool *pool);

const struct vgpu_json *vgpu_pool_find(const struct vgpu_json *array, const char *key, const char *value);
const struct vgpu_json *vgpu_pool_find_gpu(const struct vgpu_pool_host *host, const char *asked);
const struct vgpu_json *vgpu_pool_find_type(const struct vgpu_pool_host *host, const char *gpu, const char *type);
bool vgpu_pool_same_gpu(const char *address, const char *asked);
bool vgpu_pool_gpu_schedules(const struct vgpu_json *gpu);
bool vgpu_pool_state(const struct vgpu_json *have, const char *state);
bool vgpu_pool_in_use(const struct vgpu_json *have);
bool vgpu_pool_was_opened(const struct vgpu_json *have);

int vgpu_pool_plan(const struct vgpu_pool *pool, const struct vgpu_pool_host *host, bool prune, struct vgpu_pool_plan *ret_plan,
		   struct vgpu_pool_issues *issues);
void vgpu_pool_plan_fini(struct vgpu_pool_plan *plan);

void vgpu_pool_print_action(const struct vgpu_pool_action *action, FILE *to);
void vgpu_pool_print_issues(const struct vgpu_pool_issues *issues, const char *file);
struct vgpu_json *vgpu_pool_document(const struct vgpu_pool_plan *plan, const struct vgpu_pool_issues *issues, bool applied,
				     const struct vgpu_error *error);

struct vgpu_json *vgpu_pool_params(const struct vgpu_json *vgpu);
struct vgpu_json *vgpu_pool_export(const struct vgpu_json *vgpus);

#endif
