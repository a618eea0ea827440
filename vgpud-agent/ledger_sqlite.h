/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ledger_sqlite.h - what the two halves of the ledger share, and nobody else sees: ledger.c has the records and the transactions,
 * ledger_event.c the events.
 */
#ifndef VGPU_AGENT_LEDGER_SQLITE_H
#define VGPU_AGENT_LEDGER_SQLITE_H

#include <sqlite3.h>

#include "vgpud-agent/ledger.h"

struct vgpu_ledger {
	sqlite3 *db;
	uint64_t first_event, last_event; /* kept; the last one stays the last when there are none left */
	void (*noted)(void *data); /* NULL: nobody listens */
	void *noted_data;
};

int vgpu_sqlite_errno(int rc);
void vgpu_sqlite_text(sqlite3_stmt *statement, int column, char *ret_text, size_t size);
int vgpu_sqlite_number(sqlite3 *db, const char *sql, int64_t *ret_number);

int vgpu_ledger_event_range(struct vgpu_ledger *ledger);
int vgpu_ledger_event_insert(struct vgpu_ledger *ledger, const struct vgpu_event *event);
void vgpu_ledger_event_stored(struct vgpu_ledger *ledger, uint64_t seq);

#endif
