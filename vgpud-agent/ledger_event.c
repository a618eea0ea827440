// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ledger_event.c - the events in the ledger: numbered, the newest VGPU_EVENTS_KEPT of them. No lock: as ledger.c.
 *
 * Numbers are never used again, also when the events are gone, and there are no gaps between them: the two ends say what is kept.
 */
#include "vgpud-agent/ledger_sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/cleanup.h"

#define EVENT_COLUMNS "seq, time_us, kind, name, uuid, gpu, uid, text, details"
enum {
	EVENT_SEQ,
	EVENT_TIME,
	EVENT_KIND,
	EVENT_NAME,
	EVENT_UUID,
	EVENT_GPU,
	EVENT_UID,
	EVENT_TEXT,
	EVENT_DETAILS
};

/**
 * vgpu_ledger_event_range() - find both ends of the history, when the ledger is opened
 * @ledger: the ledger
 *
 * Return: 0 or -errno.
 */
int vgpu_ledger_event_range(struct vgpu_ledger *ledger)
{
	int64_t first = 0, last = 0;
	int rc;

	rc = vgpu_sqlite_number(ledger->db, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'", &last);
	if (!rc)
		rc = vgpu_sqlite_number(ledger->db, "SELECT min(seq) FROM event", &first);
	if (rc)
		return rc;
	ledger->first_event = first ? first : last + 1;
	ledger->last_event = last;
	return 0;
}

static int insert(struct vgpu_ledger *ledger, const struct vgpu_event *event)
{
	const char *const texts[] = { event->kind, event->name, event->uuid, event->gpu, event->text, event->details };
	sqlite3_stmt *statement;
	struct timespec now;
	unsigned int i;
	int rc;

	rc = sqlite3_prepare_v2(ledger->db,
				"INSERT INTO event (kind, name, uuid, gpu, text, details, uid, time_us)"
				" VALUES (?1,?2,?3,?4,?5,?6,?7,?8)",
				-1, &statement, NULL);
	if (rc)
		return vgpu_sqlite_errno(rc);
	clock_gettime(CLOCK_REALTIME, &now);
	for (i = 0; i < VGPU_COUNT(texts); i++)
		sqlite3_bind_text(statement, i + 1, texts[i], -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, i + 1, event->uid);
	sqlite3_bind_int64(statement, i + 2, now.tv_sec * 1000000ll + now.tv_nsec / 1000);
	rc = vgpu_sqlite_errno(sqlite3_step(statement));
	sqlite3_finalize(statement);
	return rc;
}

static uint64_t oldest_kept(uint64_t newest)
{
	return newest > VGPU_EVENTS_KEPT ? newest - VGPU_EVENTS_KEPT + 1 : 1;
}

/* One goes for each that comes, so that there is never much to take out. */
static int prune(struct vgpu_ledger *ledger, uint64_t first)
{
	sqlite3_stmt *statement;
	int rc;

	if (first <= ledger->first_event)
		return 0;
	rc = sqlite3_prepare_v2(ledger->db, "DELETE FROM event WHERE seq < ?1", -1, &statement, NULL);
	if (rc)
		return vgpu_sqlite_errno(rc);
	sqlite3_bind_int64(statement, 1, first);
	rc = vgpu_sqlite_errno(sqlite3_step(statement));
	sqlite3_finalize(statement);
	return rc;
}

/**
 * vgpu_ledger_event_insert() - write an event, and take out the one that it makes too many
 * @ledger: the ledger, within a transaction
 * @event: the event
 *
 * Return: 0 or -errno; the transaction is then to be rolled back.
 */
int vgpu_ledger_event_insert(struct vgpu_ledger *ledger, const struct vgpu_event *event)
{
	int rc = insert(ledger, event);

	return rc ? rc : prune(ledger, oldest_kept(sqlite3_last_insert_rowid(ledger->db)));
}

/**
 * vgpu_ledger_event_stored() - the transaction has been committed: the new ends hold, and whoever listens is told
 * @ledger: the ledger
 * @seq: number of the event
 */
void vgpu_ledger_event_stored(struct vgpu_ledger *ledger, uint64_t seq)
{
	if (oldest_kept(seq) > ledger->first_event)
		ledger->first_event = oldest_kept(seq);
	ledger->last_event = seq;
	if (ledger->noted)
		ledger->noted(ledger->noted_data);
}

static void read_event(sqlite3_stmt *statement, struct vgpu_event *event)
{
	event->seq = sqlite3_column_int64(statement, EVENT_SEQ);
	event->time_us = sqlite3_column_int64(statement, EVENT_TIME);
	vgpu_sqlite_text(statement, EVENT_KIND, event->kind, sizeof(event->kind));
	vgpu_sqlite_text(statement, EVENT_NAME, event->name, sizeof(event->name));
	vgpu_sqlite_text(statement, EVENT_UUID, event->uuid, sizeof(event->uuid));
	vgpu_sqlite_text(statement, EVENT_GPU, event->gpu, sizeof(event->gpu));
	event->uid = sqlite3_column_int64(statement, EVENT_UID);
	vgpu_sqlite_text(statement, EVENT_TEXT, event->text, sizeof(event->text));
	vgpu_sqlite_text(statement, EVENT_DETAILS, event->details, sizeof(event->details));
}

/*
 * A client chooses by what an index, or the order of the numbers, answers. A time stands for the first number that has it or a later one,
 * since a clock may have been set back.
 */
static int prepare_query(struct vgpu_ledger *ledger, const struct vgpu_event_query *query, sqlite3_stmt **ret_statement)
{
	const char *of = !query->name ? "" : vgpu_uuid_valid(query->name) ? " AND uuid = ?5" : " AND name = ?5";
	const char *from = " AND seq >= (SELECT min(seq) FROM event INDEXED BY event_time WHERE time_us >= ?3)";
	char sql[400];
	int rc;

	snprintf(sql, sizeof(sql),
		 "SELECT " EVENT_COLUMNS " FROM event WHERE seq > ?1 AND seq < ?2%s%s%s ORDER BY seq %s LIMIT ?4",
		 query->since_us ? from : "", of, query->kind ? " AND kind = ?6" : "", query->oldest ? "ASC" : "DESC");
	rc = sqlite3_prepare_v2(ledger->db, sql, -1, ret_statement, NULL);
	if (rc)
		return vgpu_sqlite_errno(rc);
	sqlite3_bind_int64(*ret_statement, 1, query->since);
	sqlite3_bind_int64(*ret_statement, 2, query->before ? query->before : INT64_MAX);
	if (query->since_us)
		sqlite3_bind_int64(*ret_statement, 3, query->since_us);
	sqlite3_bind_int64(*ret_statement, 4, query->limit);
	if (query->name)
		sqlite3_bind_text(*ret_statement, 5, query->name, -1, SQLITE_STATIC);
	if (query->kind)
		sqlite3_bind_text(*ret_statement, 6, query->kind, -1, SQLITE_STATIC);
	return 0;
}

static void reverse(struct vgpu_event *events, size_t count)
{
	struct vgpu_event swap;
	size_t i;

	for (i = 0; i < count / 2; i++) {
		swap = events[i];
		events[i] = events[count - 1 - i];
		events[count - 1 - i] = swap;
	}
}

/**
 * vgpu_ledger_events() - the events that a query asks for
 * @ledger: the ledger
 * @query: which; its numbers and times fit into 63 bits
 * @ret_events: array to free(), in the order of their numbers
 * @ret_count: its length, at most the query's limit
 *
 * Return: 0 or -errno.
 */
int vgpu_ledger_events(struct vgpu_ledger *ledger, const struct vgpu_event_query *query, struct vgpu_event **ret_events,
		       size_t *ret_count)
{
	struct vgpu_event *events;
	sqlite3_stmt *statement;
	size_t count = 0;
	int rc;

	rc = prepare_query(ledger, query, &statement);
	if (rc)
		return rc;
	events = calloc(query->limit + 1, sizeof(*events));
	rc = events ? SQLITE_OK : SQLITE_NOMEM;
	while (events && (rc = sqlite3_step(statement)) == SQLITE_ROW && count < query->limit)
		read_event(statement, &events[count++]);
	sqlite3_finalize(statement);
	if (rc != SQLITE_DONE) {
		free(events);
		return vgpu_sqlite_errno(rc);
	}
	if (!query->oldest)
		reverse(events, count);
	*ret_events = events;
	*ret_count = count;
	return 0;
}

/**
 * vgpu_ledger_first_event() - where the history that is kept begins
 * @ledger: the ledger
 *
 * Return: the number of the oldest event, that of the next one when there is none.
 */
uint64_t vgpu_ledger_first_event(const struct vgpu_ledger *ledger)
{
	return ledger->first_event;
}

/**
 * vgpu_ledger_last_event() - where the history ends
 * @ledger: the ledger
 *
 * Return: the number of the newest event, 0 when there never was one.
 */
uint64_t vgpu_ledger_last_event(const struct vgpu_ledger *ledger)
{
	return ledger->last_event;
}

/**
 * vgpu_ledger_listen() - be told of events
 * @ledger: the ledger
 * @noted: called whenever one has been stored; it must not write to the ledger
 * @data: passed to it
 */
void vgpu_ledger_listen(struct vgpu_ledger *ledger, void (*noted)(void *data), void *data)
{
	ledger->noted = noted;
	ledger->noted_data = data;
}
