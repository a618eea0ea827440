/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ledger.h - what should exist on this host, kept across restarts. The kernel is the truth about what does exist.
 *
 * Every change is one transaction. The interface says nothing of SQLite, so that a pool shared by many hosts can stand behind it.
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
};

struct vgpu_ledger;

int vgpu_ledger_open(const char *state_dir, struct vgpu_ledger **ret_ledger);
void vgpu_ledger_close(struct vgpu_ledger *ledger);
int vgpu_ledger_check(struct vgpu_ledger *ledger, char *ret_text, size_t size);
int vgpu_ledger_add(struct vgpu_ledger *ledger, const struct vgpu_record *record);
int vgpu_ledger_set(struct vgpu_ledger *ledger, const struct vgpu_record *record);
int vgpu_ledger_remove(struct vgpu_ledger *ledger, const char *uuid);
int vgpu_ledger_find(struct vgpu_ledger *ledger, const char *name_or_uuid, struct vgpu_record *ret_record);
int vgpu_ledger_list(struct vgpu_ledger *ledger, struct vgpu_record **ret_records, size_t *ret_count);

#endif
