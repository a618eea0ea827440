// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ledger.c - the ledger on SQLite: its file, its records, and the one way to write. WAL mode with full syncs, so that an answered request
 * survives a power cut. No lock: the event loop's thread alone uses it.
 */
#include "vgpud-agent/ledger_sqlite.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cleanup.h"
#include "lib/text.h"

/* clang-format off */
/* Each step makes the next version of a ledger out of the one before; an empty file is version 0. Steps are added, never changed. */
static const char *const steps[] = {
	"CREATE TABLE vgpu ("
	" uuid TEXT PRIMARY KEY NOT NULL,"
	" name TEXT UNIQUE NOT NULL,"
	" gpu TEXT NOT NULL,"
	" type TEXT NOT NULL,"
	" domain TEXT NOT NULL,"
	" aperture_bytes INTEGER NOT NULL,"
	" hidden_bytes INTEGER NOT NULL,"
	" fences INTEGER NOT NULL,"
	" weight INTEGER NOT NULL,"
	" cap_pct INTEGER NOT NULL,"
	" latency_us INTEGER NOT NULL,"
	" wanted INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"PRAGMA user_version = 1;",
	"ALTER TABLE vgpu ADD COLUMN class TEXT NOT NULL DEFAULT '';"
	"PRAGMA user_version = 2;",
	"ALTER TABLE vgpu ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE vgpu ADD COLUMN running INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE gpu (address TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE event ("
	" seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	" time_us INTEGER NOT NULL,"
	" kind TEXT NOT NULL,"
	" name TEXT NOT NULL,"
	" uuid TEXT NOT NULL,"
	" gpu TEXT NOT NULL,"
	" uid INTEGER NOT NULL,"
	" text TEXT NOT NULL,"
	" details TEXT NOT NULL"
	") STRICT;"
	"CREATE INDEX event_name ON event (name);"
	"CREATE INDEX event_uuid ON event (uuid);"
	"CREATE INDEX event_time ON event (time_us);"
	"PRAGMA user_version = 3;",
};
/* clang-format on */

/* Columns in the order in which bind_record() and read_record() number them. */
#define COLUMNS                                                                                                     \
	"uuid, name, gpu, type, domain, class, aperture_bytes, hidden_bytes, fences, weight, cap_pct, latency_us, " \
	"wanted, missing, running"
#define VALUES "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)"
enum {
	UUID,
	NAME,
	GPU,
	TYPE,
	DOMAIN,
	CLASS,
	SIZES,
	KNOBS = SIZES + VGPU_RESOURCES,
	WANTED = KNOBS + VGPU_KNOBS,
	MISSING,
	RUNNING
};

/**
 * vgpu_sqlite_errno() - what SQLite's answer means
 * @rc: its result code
 *
 * Return: 0 or -errno.
 */
int vgpu_sqlite_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	default:
		return -EIO;
	}
}

/**
 * vgpu_sqlite_number() - what a query says that has one number as its answer
 * @db: the database
 * @sql: the query
 * @ret_number: the number, 0 for NULL
 *
 * Return: 0 or -errno.
 */
int vgpu_sqlite_number(sqlite3 *db, const char *sql, int64_t *ret_number)
{
	sqlite3_stmt *statement;
	int rc;

	rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(statement);
		if (rc == SQLITE_ROW)
			*ret_number = sqlite3_column_int64(statement, 0);
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_ROW ? 0 : vgpu_sqlite_errno(rc);
}

/**
 * vgpu_sqlite_text() - a text of the row that a statement is at
 * @statement: the statement
 * @column: which, from 0
 * @ret_text: the text, cut to the buffer
 * @size: bytes in it
 */
void vgpu_sqlite_text(sqlite3_stmt *statement, int column, char *ret_text, size_t size)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	vgpu_text_copy(ret_text, size, text ? (const char *)text : "");
}

static int prepare_schema(sqlite3 *db)
{
	int64_t version = 0;
	int rc;

	rc = sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", NULL, NULL, NULL);
	if (rc)
		return vgpu_sqlite_errno(rc);
	rc = vgpu_sqlite_number(db, "PRAGMA user_version", &version);
	if (rc)
		return rc;
	if (version == (int)VGPU_COUNT(steps))
		return 0;
	/* A ledger from the future is left alone rather than guessed at. */
	if (version < 0 || version > (int)VGPU_COUNT(steps))
		return -EPROTONOSUPPORT;
	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	for (; !rc && version < (int)VGPU_COUNT(steps); version++)
		rc = sqlite3_exec(db, steps[version], NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return vgpu_sqlite_errno(rc);
}

/**
 * vgpu_ledger_open() - open the ledger, making an empty one where there is none
 * @state_dir: directory that holds it, made when missing (its parent must exist)
 * @ret_ledger: the ledger, released by vgpu_ledger_close()
 *
 * Return: 0 or -errno; -EPROTONOSUPPORT when a newer version wrote it.
 */
int vgpu_ledger_open(const char *state_dir, struct vgpu_ledger **ret_ledger)
{
	struct vgpu_ledger *ledger;
	char path[PATH_MAX];
	int rc;

	if (mkdir(state_dir, 0700) && errno != EEXIST)
		return -errno;
	rc = snprintf(path, sizeof(path), "%s/ledger.db", state_dir);
	if (rc < 0 || rc >= (int)sizeof(path))
		return -ENAMETOOLONG;
	ledger = calloc(1, sizeof(*ledger));
	if (!ledger)
		return -ENOMEM;
	rc = vgpu_sqlite_errno(sqlite3_open_v2(path, &ledger->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL));
	if (!rc) {
		sqlite3_busy_timeout(ledger->db, 2000);
		rc = prepare_schema(ledger->db);
	}
	if (!rc)
		rc = vgpu_ledger_event_range(ledger);
	if (rc) {
		vgpu_ledger_close(ledger);
		return rc;
	}
	*ret_ledger = ledger;
	return 0;
}

/**
 * vgpu_ledger_close() - close the ledger
 * @ledger: the ledger or NULL
 */
void vgpu_ledger_close(struct vgpu_ledger *ledger)
{
	if (!ledger)
		return;
	sqlite3_close(ledger->db);
	free(ledger);
}

/**
 * vgpu_ledger_check() - look for damage
 * @ledger: the ledger
 * @ret_text: the first that was found, "ok" when there is none
 * @size: bytes in @ret_text
 *
 * Return: 0, -EIO when there is some, other -errno when it could not be looked at.
 */
int vgpu_ledger_check(struct vgpu_ledger *ledger, char *ret_text, size_t size)
{
	const unsigned char *text;
	sqlite3_stmt *statement;
	int rc;

	rc = sqlite3_prepare_v2(ledger->db, "PRAGMA integrity_check(1)", -1, &statement, NULL);
	if (!rc)
		rc = sqlite3_step(statement);
	text = rc == SQLITE_ROW ? sqlite3_column_text(statement, 0) : NULL;
	vgpu_text_copy(ret_text, size, text ? (const char *)text : sqlite3_errstr(rc));
	sqlite3_finalize(statement);
	if (text)
		return strcmp(ret_text, "ok") != 0 ? -EIO : 0;
	return rc ? vgpu_sqlite_errno(rc) : -EIO;
}

static void bind_record(sqlite3_stmt *statement, const struct vgpu_record *record)
{
	const char *const texts[] = { record->uuid, record->name, record->gpu, record->type, record->domain, record->class };
	unsigned int i;

	for (i = UUID; i <= CLASS; i++)
		sqlite3_bind_text(statement, i + 1, texts[i], -1, SQLITE_STATIC);
	for (i = 0; i < VGPU_RESOURCES; i++)
		sqlite3_bind_int64(statement, SIZES + i + 1, record->size[i]);
	for (i = 0; i < VGPU_KNOBS; i++)
		sqlite3_bind_int64(statement, KNOBS + i + 1, record->knob[i]);
	sqlite3_bind_int(statement, WANTED + 1, record->wanted);
	sqlite3_bind_int(statement, MISSING + 1, record->missing);
	sqlite3_bind_int(statement, RUNNING + 1, record->running);
}

static void read_record(sqlite3_stmt *statement, struct vgpu_record *ret_record)
{
	struct vgpu_record record = { 0 };
	unsigned int i;

	vgpu_sqlite_text(statement, UUID, record.uuid, sizeof(record.uuid));
	vgpu_sqlite_text(statement, NAME, record.name, sizeof(record.name));
	vgpu_sqlite_text(statement, GPU, record.gpu, sizeof(record.gpu));
	vgpu_sqlite_text(statement, TYPE, record.type, sizeof(record.type));
	vgpu_sqlite_text(statement, DOMAIN, record.domain, sizeof(record.domain));
	vgpu_sqlite_text(statement, CLASS, record.class, sizeof(record.class));
	for (i = 0; i < VGPU_RESOURCES; i++)
		record.size[i] = sqlite3_column_int64(statement, SIZES + i);
	for (i = 0; i < VGPU_KNOBS; i++)
		record.knob[i] = sqlite3_column_int64(statement, KNOBS + i);
	record.wanted = sqlite3_column_int(statement, WANTED);
	record.missing = sqlite3_column_int(statement, MISSING);
	record.running = sqlite3_column_int(statement, RUNNING);
	*ret_record = record;
}

static int execute(struct vgpu_ledger *ledger, const char *sql)
{
	return vgpu_sqlite_errno(sqlite3_exec(ledger->db, sql, NULL, NULL, NULL));
}

/* Runs a statement that changes one row. */
static int change_row(struct vgpu_ledger *ledger, const char *sql, const struct vgpu_record *record, const char *key)
{
	sqlite3_stmt *statement;
	int rc;

	rc = sqlite3_prepare_v2(ledger->db, sql, -1, &statement, NULL);
	if (rc)
		return vgpu_sqlite_errno(rc);
	if (record)
		bind_record(statement, record);
	else
		sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
	rc = vgpu_sqlite_errno(sqlite3_step(statement));
	sqlite3_finalize(statement);
	if (!rc && !sqlite3_changes(ledger->db))
		rc = -ENOENT;
	return rc;
}

/* The one way to write: a change of one row, if there is one, and the event that tells of it, if there is one. */
static int change(struct vgpu_ledger *ledger, const char *sql, const struct vgpu_record *record, const char *key,
		  const struct vgpu_event *event)
{
	uint64_t seq = 0;
	int rc;

	rc = execute(ledger, "BEGIN IMMEDIATE");
	if (rc)
		return rc;
	if (sql)
		rc = change_row(ledger, sql, record, key);
	if (!rc && event) {
		rc = vgpu_ledger_event_insert(ledger, event);
		seq = sqlite3_last_insert_rowid(ledger->db);
	}
	if (!rc)
		rc = execute(ledger, "COMMIT");
	if (rc)
		execute(ledger, "ROLLBACK");
	else if (event)
		vgpu_ledger_event_stored(ledger, seq);
	return rc;
}

/**
 * vgpu_ledger_add() - put a new record in
 * @ledger: the ledger
 * @record: the record
 * @event: tells of it; NULL: nothing does
 *
 * Return: 0, -EEXIST when its name or UUID is taken, other -errno when it could not be stored.
 */
int vgpu_ledger_add(struct vgpu_ledger *ledger, const struct vgpu_record *record, const struct vgpu_event *event)
{
	return change(ledger, "INSERT INTO vgpu (" COLUMNS ") VALUES " VALUES, record, NULL, event);
}

/**
 * vgpu_ledger_set() - change the record with the same UUID
 * @ledger: the ledger
 * @record: its new contents
 * @event: tells of it; NULL: nothing does
 *
 * Return: 0, -ENOENT when there is none, other -errno when it could not be stored.
 */
int vgpu_ledger_set(struct vgpu_ledger *ledger, const struct vgpu_record *record, const struct vgpu_event *event)
{
	return change(ledger, "UPDATE vgpu SET (" COLUMNS ") = " VALUES " WHERE uuid = ?1", record, NULL, event);
}

/**
 * vgpu_ledger_remove() - take a record out
 * @ledger: the ledger
 * @uuid: whose
 * @event: tells of it; NULL: nothing does
 *
 * Return: 0, -ENOENT when there is none, other -errno when the change could not be stored.
 */
int vgpu_ledger_remove(struct vgpu_ledger *ledger, const char *uuid, const struct vgpu_event *event)
{
	return change(ledger, "DELETE FROM vgpu WHERE uuid = ?1", NULL, uuid, event);
}

/**
 * vgpu_ledger_gpu_set() - remember that a GPU is there, or that it is not any more
 * @ledger: the ledger
 * @address: its
 * @there: which of the two
 * @event: tells of it
 *
 * Return: 0, -EEXIST or -ENOENT when that is what was remembered, other -errno when it could not be stored.
 */
int vgpu_ledger_gpu_set(struct vgpu_ledger *ledger, const char *address, bool there, const struct vgpu_event *event)
{
	return change(ledger, there ? "INSERT INTO gpu (address) VALUES (?1)" : "DELETE FROM gpu WHERE address = ?1", NULL,
		      address, event);
}

/**
 * vgpu_ledger_note() - keep an event that no change of the ledger goes with
 * @ledger: the ledger
 * @event: the event
 *
 * Return: 0 or -errno when it could not be stored.
 */
int vgpu_ledger_note(struct vgpu_ledger *ledger, const struct vgpu_event *event)
{
	return change(ledger, NULL, NULL, NULL, event);
}

/**
 * vgpu_ledger_find() - look a record up
 * @ledger: the ledger
 * @name_or_uuid: whose; the two can't be confused, see name.h
 * @ret_record: the record
 *
 * Return: 0, -ENOENT when there is none, other -errno when the ledger can't be read.
 */
int vgpu_ledger_find(struct vgpu_ledger *ledger, const char *name_or_uuid, struct vgpu_record *ret_record)
{
	sqlite3_stmt *statement;
	int rc;

	rc = sqlite3_prepare_v2(ledger->db, "SELECT " COLUMNS " FROM vgpu WHERE name = ?1 OR uuid = ?1", -1, &statement, NULL);
	if (rc)
		return vgpu_sqlite_errno(rc);
	sqlite3_bind_text(statement, 1, name_or_uuid, -1, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		read_record(statement, ret_record);
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? -ENOENT : vgpu_sqlite_errno(rc);
}

/**
 * vgpu_ledger_list() - every record
 * @ledger: the ledger
 * @ret_records: array to free(), by name
 * @ret_count: its length
 *
 * Return: 0 or -errno.
 */
int vgpu_ledger_list(struct vgpu_ledger *ledger, struct vgpu_record **ret_records, size_t *ret_count)
{
	struct vgpu_record *records = NULL, *larger;
	size_t count = 0, size = 0;
	sqlite3_stmt *statement;
	int rc;

	rc = sqlite3_prepare_v2(ledger->db, "SELECT " COLUMNS " FROM vgpu ORDER BY name", -1, &statement, NULL);
	if (rc)
		return vgpu_sqlite_errno(rc);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		if (count == size) {
			size = size ? size * 2 : 16;
			larger = reallocarray(records, size, sizeof(*records));
			if (!larger) {
				rc = SQLITE_NOMEM;
				break;
			}
			records = larger;
		}
		read_record(statement, &records[count++]);
	}
	sqlite3_finalize(statement);
	if (rc != SQLITE_DONE) {
		free(records);
		return vgpu_sqlite_errno(rc);
	}
	*ret_records = records;
	*ret_count = count;
	return 0;
}

/**
 * vgpu_ledger_gpu_list() - every GPU that was there when it was last looked
 * @ledger: the ledger
 * @ret_addresses: array to free(), sorted
 * @ret_count: its length
 *
 * Return: 0 or -errno.
 */
int vgpu_ledger_gpu_list(struct vgpu_ledger *ledger, char (**ret_addresses)[64], size_t *ret_count)
{
	char(*addresses)[64] = NULL, (*larger)[64];
	sqlite3_stmt *statement;
	size_t count = 0;
	int rc;

	rc = sqlite3_prepare_v2(ledger->db, "SELECT address FROM gpu ORDER BY address", -1, &statement, NULL);
	if (rc)
		return vgpu_sqlite_errno(rc);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		larger = reallocarray(addresses, count + 1, sizeof(*addresses));
		if (!larger) {
			rc = SQLITE_NOMEM;
			break;
		}
		addresses = larger;
		vgpu_sqlite_text(statement, 0, addresses[count++], sizeof(*addresses));
	}
	sqlite3_finalize(statement);
	if (rc != SQLITE_DONE) {
		free(addresses);
		return vgpu_sqlite_errno(rc);
	}
	*ret_addresses = addresses;
	*ret_count = count;
	return 0;
}
