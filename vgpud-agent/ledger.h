/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ledger.h - what should exist on this host, and what has happened to it, kept across restarts. The kernel is the truth about what does
 * exist.
 *
 * Every change is one transaction, the event that tells of it included. The interface says nothing of SQLite, so that a pool shared by
 * many hosts can stand behind it.
 *
 * A record is written before its device is made, with .wanted false, and confirmed afterwards; likewise it is set back before its
 * device is removed, and taken out afterwards. So whatever the agent dies in the middle of, the record says whose the device is and
 * that it should go.
 */
#ifndef VGPU_AGENT_LEDGER_H
#define VGPU_AGENT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"
#include "vgpud-agent/mdev.h"
#include "vgpud-agent/resource.h"

struct vgpu_record {
	char uuid[VGPU_UUID_SIZE];
	char name[VGPU_NAME_SIZE];
	char gpu[64];
	char type[96];
	char domain[256]; /* empty: none */
	char class[VGPU_NAME_SIZE]; /* empty: none; .knob is then the vGPU's own, else what the policy last said of the class */
	uint64_t size[VGPU_RESOURCES]; /* as asked for; zero: comes with the type */
	uint64_t knob[VGPU_KNOBS]; /* zero: the module's default, which for the latency is zero */
	bool wanted;
	bool missing, running; /* the device is, the domain does, as the last event said */
};

#define VGPU_EVENTS_KEPT 10000

/* What has happened; see event.h. */
struct vgpu_event {
	uint64_t seq; /* 1 and up, never used again; given by the ledger, as is the time */
	uint64_t time_us; /* CLOCK_REALTIME */
	char kind[24];
	char name[VGPU_NAME_SIZE]; /* of the vGPU; empty: of none */
	char uuid[VGPU_UUID_SIZE];
	char gpu[64];
	int64_t uid; /* who asked for it; VGPU_NOBODY: nobody did */
	char text[512];
	char details[1024]; /* a JSON object; empty: none */
};

#define VGPU_NOBODY (-1)

/* Which events; always in the order of their numbers. */
struct vgpu_event_query {
	uint64_t since; /* later than this number */
	uint64_t before; /* earlier than this number; 0: no end */
	uint64_t since_us; /* from the first one that is not earlier than this time; 0: no beginning */
	const char *name; /* of this vGPU, a name or a UUID; NULL: all */
	const char *kind; /* of this kind; NULL: all */
	size_t limit;
	bool oldest; /* of more than the limit the oldest, not the newest */
};

struct vgpu_ledger;

int vgpu_ledger_open(const char *state_dir, struct vgpu_ledger **ret_ledger);
void vgpu_ledger_close(struct vgpu_ledger *ledger);
int vgpu_ledger_check(struct vgpu_ledger *ledger, char *ret_text, size_t size);
int vgpu_ledger_add(struct vgpu_ledger *ledger, const struct vgpu_record *record, const struct vgpu_event *event);
int vgpu_ledger_set(struct vgpu_ledger *ledger, const struct vgpu_record *record, const struct vgpu_event *event);
int vgpu_ledger_remove(struct vgpu_ledger *ledger, const char *uuid, const struct vgpu_event *event);
int vgpu_ledger_find(struct vgpu_ledger *ledger, const char *name_or_uuid, struct vgpu_record *ret_record);
int vgpu_ledger_list(struct vgpu_ledger *ledger, struct vgpu_record **ret_records, size_t *ret_count);

int vgpu_ledger_gpu_set(struct vgpu_ledger *ledger, const char *address, bool there, const struct vgpu_event *event);
int vgpu_ledger_gpu_list(struct vgpu_ledger *ledger, char (**ret_addresses)[64], size_t *ret_count);

int vgpu_ledger_note(struct vgpu_ledger *ledger, const struct vgpu_event *event);
int vgpu_ledger_events(struct vgpu_ledger *ledger, const struct vgpu_event_query *query, struct vgpu_event **ret_events,
		       size_t *ret_count);
uint64_t vgpu_ledger_first_event(const struct vgpu_ledger *ledger);
uint64_t vgpu_ledger_last_event(const struct vgpu_ledger *ledger);
void vgpu_ledger_listen(struct vgpu_ledger *ledger, void (*noted)(void *data), void *data);

#endif
