// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * agent_ledger.c - what is written is read back, a ledger of an older version becomes one of this version and keeps what is in it, and
 * one of a newer version is left alone. Events go with the changes that they tell of, and the newest are kept.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "lib/cleanup.h"
#include "vgpud-agent/ledger.h"

#define UUID_A "11111111-2222-4333-8444-555555555555"
#define UUID_B "22222222-2222-4333-8444-555555555555"

/* As version 1 left it. */
static const char version_1[] = "CREATE TABLE vgpu (uuid TEXT PRIMARY KEY NOT NULL, name TEXT UNIQUE NOT NULL, gpu TEXT NOT NULL,"
				" type TEXT NOT NULL, domain TEXT NOT NULL, aperture_bytes INTEGER NOT NULL,"
				" hidden_bytes INTEGER NOT NULL, fences INTEGER NOT NULL, weight INTEGER NOT NULL,"
				" cap_pct INTEGER NOT NULL, latency_us INTEGER NOT NULL, wanted INTEGER NOT NULL"
				") STRICT, WITHOUT ROWID;"
				"PRAGMA user_version = 1;"
				"INSERT INTO vgpu VALUES ('" UUID_A "', 'old', '0000:00:02.0', 'vgpu-flex', 'web',"
				" 65536, 131072, 3, 7, 50, 5000, 1);";

static char directory[64], path[96];

static int make_directory(void **state)
{
	strcpy(directory, "/tmp/vgpu-ledger.XXXXXX");
	if (!mkdtemp(directory))
		return -errno;
	snprintf(path, sizeof(path), "%s/ledger.db", directory);
	return 0;
}

static int remove_directory(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char file[128];
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(suffixes); i++) {
		snprintf(file, sizeof(file), "%s%s", path, suffixes[i]);
		unlink(file);
	}
	return rmdir(directory) ? -errno : 0;
}

static void execute(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static const struct vgpu_record sample = {
	.uuid = UUID_B,
	.name = "b",
	.gpu = "0000:00:02.0",
	.type = "vgpu-flex",
	.domain = "d",
	.class = "gold",
	.size = { 4096, 8192, 1 },
	.knob = { 400, 100, 5000 },
	.wanted = true,
	.running = true,
};

static void round_trip(void **state)
{
	struct vgpu_record record, changed = sample;
	struct vgpu_ledger *ledger;

	assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
	assert_int_equal(vgpu_ledger_add(ledger, &sample, NULL), 0);
	assert_int_equal(vgpu_ledger_add(ledger, &sample, NULL), -EEXIST);
	assert_int_equal(vgpu_ledger_find(ledger, "b", &record), 0);
	assert_memory_equal(&record, &sample, sizeof(record));
	memset(changed.class, 0, sizeof(changed.class));
	changed.knob[VGPU_WEIGHT] = 3;
	assert_int_equal(vgpu_ledger_set(ledger, &changed, NULL), 0);
	vgpu_ledger_close(ledger);

	assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
	assert_int_equal(vgpu_ledger_find(ledger, UUID_B, &record), 0);
	assert_memory_equal(&record, &changed, sizeof(record));
	vgpu_ledger_close(ledger);
}

static void older(void **state)
{
	struct vgpu_record *records;
	struct vgpu_ledger *ledger;
	size_t count;
	unsigned int pass;

	execute(version_1);
	/* The second time there is nothing left to do. */
	for (pass = 0; pass < 2; pass++) {
		assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
		assert_int_equal(vgpu_ledger_list(ledger, &records, &count), 0);
		assert_int_equal(count, 1);
		assert_string_equal(records[0].name, "old");
		assert_string_equal(records[0].domain, "web");
		assert_string_equal(records[0].class, "");
		assert_int_equal(records[0].size[VGPU_FENCES], 3);
		assert_int_equal(records[0].knob[VGPU_CAP_PCT], 50);
		assert_true(records[0].wanted);
		assert_false(records[0].missing);
		assert_int_equal(vgpu_ledger_first_event(ledger), 1);
		assert_int_equal(vgpu_ledger_last_event(ledger), 0);
		free(records);
		vgpu_ledger_close(ledger);
	}
}

static void newer(void **state)
{
	static const char *const versions[] = { "PRAGMA user_version = 4", "PRAGMA user_version = -1" };
	struct vgpu_ledger *ledger;
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(versions); i++) {
		execute(versions[i]);
		assert_int_equal(vgpu_ledger_open(directory, &ledger), -EPROTONOSUPPORT);
	}
}

static struct vgpu_event event_of(const struct vgpu_record *record, const char *kind)
{
	struct vgpu_event event = { .uid = 1000, .text = "it was so", .details = "{\"a\":1}" };

	strcpy(event.kind, kind);
	if (record) {
		strcpy(event.name, record->name);
		strcpy(event.uuid, record->uuid);
	}
	return event;
}

static void count_call(void *data)
{
	++*(unsigned int *)data;
}

static void events(void **state)
{
	struct vgpu_event event = event_of(&sample, "vgpu.created"), nobodys = event_of(NULL, "agent.started"), *got;
	struct vgpu_event_query all = { .limit = 10 };
	struct vgpu_ledger *ledger;
	unsigned int calls = 0;
	size_t count;

	nobodys.uid = VGPU_NOBODY;
	assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
	vgpu_ledger_listen(ledger, count_call, &calls);
	assert_int_equal(vgpu_ledger_note(ledger, &nobodys), 0);
	assert_int_equal(vgpu_ledger_add(ledger, &sample, &event), 0);
	/* Without the change there is no event, and nothing to hear of. */
	assert_int_equal(vgpu_ledger_add(ledger, &sample, &event), -EEXIST);
	assert_int_equal(vgpu_ledger_remove(ledger, UUID_A, &event), -ENOENT);
	assert_int_equal(calls, 2);
	vgpu_ledger_close(ledger);

	assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
	assert_int_equal(vgpu_ledger_last_event(ledger), 2);
	assert_int_equal(vgpu_ledger_events(ledger, &all, &got, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(got[0].seq, 1);
	assert_int_equal(got[0].uid, VGPU_NOBODY);
	assert_string_equal(got[0].kind, "agent.started");
	assert_int_equal(got[1].seq, 2);
	assert_true(got[1].time_us >= got[0].time_us && got[0].time_us > 1700000000000000);
	assert_int_equal(got[1].uid, 1000);
	assert_string_equal(got[1].name, "b");
	assert_string_equal(got[1].uuid, UUID_B);
	assert_string_equal(got[1].text, "it was so");
	assert_string_equal(got[1].details, "{\"a\":1}");
	free(got);
	vgpu_ledger_close(ledger);
}

static void choice(void **state)
{
	static const struct {
		const char *name;
		struct vgpu_event_query query;
		uint64_t first, last; /* of what is found; 0: nothing */
	} cases[] = {
		{ "the newest", { .limit = 3 }, 8, 10 },
		{ "the oldest", { .limit = 3, .oldest = true }, 1, 3 },
		{ "behind a number", { .since = 7, .limit = 20 }, 8, 10 },
		{ "behind the last", { .since = 10, .limit = 20 }, 0, 0 },
		{ "before a number", { .before = 4, .limit = 2 }, 2, 3 },
		{ "between", { .since = 2, .before = 5, .limit = 20 }, 3, 4 },
		{ "the largest numbers", { .since = INT64_MAX, .before = INT64_MAX, .limit = 20 }, 0, 0 },
		{ "by name", { .name = "b", .limit = 20 }, 10, 10 },
		{ "by UUID", { .name = UUID_B, .limit = 20 }, 10, 10 },
		{ "by another name", { .name = "c", .limit = 20 }, 0, 0 },
		{ "by kind", { .kind = "last", .limit = 20 }, 10, 10 },
		{ "not before ever", { .since_us = INT64_MAX, .limit = 20 }, 0, 0 },
		{ "since the beginning", { .since_us = 1, .limit = 20 }, 1, 10 },
		{ "since a time", { .since_us = 4000000, .limit = 20 }, 4, 10 },
		{ "since between two", { .since_us = 4000001, .limit = 20 }, 5, 10 },
		{ "since a time, the newest", { .since_us = 4000000, .limit = 2 }, 9, 10 },
		{ "since a time and behind a number", { .since_us = 4000000, .since = 8, .limit = 20 }, 9, 10 },
	};
	struct vgpu_event other = event_of(NULL, "other"), last = event_of(&sample, "last"), *got;
	struct vgpu_ledger *ledger;
	unsigned int i;
	size_t count;

	assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
	for (i = 0; i < 9; i++)
		assert_int_equal(vgpu_ledger_note(ledger, &other), 0);
	assert_int_equal(vgpu_ledger_note(ledger, &last), 0);
	/* One a second, but before the last one the clock was set back. */
	execute("UPDATE event SET time_us = CASE seq WHEN 10 THEN 1 ELSE seq * 1000000 END");
	for (i = 0; i < VGPU_COUNT(cases); i++) {
		assert_int_equal(vgpu_ledger_events(ledger, &cases[i].query, &got, &count), 0);
		if (count != (cases[i].last ? cases[i].last - cases[i].first + 1 : 0) ||
		    (count && (got[0].seq != cases[i].first || got[count - 1].seq != cases[i].last)))
			fail_msg("%s: %zu found", cases[i].name, count);
		free(got);
	}
	vgpu_ledger_close(ledger);
}

static void kept(void **state)
{
	struct vgpu_event_query all = { .limit = 2 * VGPU_EVENTS_KEPT };
	struct vgpu_event event = event_of(NULL, "one"), *got;
	struct vgpu_ledger *ledger;
	unsigned int pass;
	size_t count;

	assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
	assert_int_equal(vgpu_ledger_note(ledger, &event), 0);
	vgpu_ledger_close(ledger);
	/* As if there had been many more. */
	execute("INSERT INTO event SELECT seq + 20000, time_us, kind, name, uuid, gpu, uid, text, details FROM event");
	for (pass = 0; pass < 2; pass++) {
		assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
		assert_int_equal(vgpu_ledger_note(ledger, &event), 0);
		assert_int_equal(vgpu_ledger_last_event(ledger), 20002 + pass);
		assert_int_equal(vgpu_ledger_first_event(ledger), pass ? 20001 : 10003);
		assert_int_equal(vgpu_ledger_events(ledger, &all, &got, &count), 0);
		assert_int_equal(count, 2 + pass);
		assert_int_equal(got[0].seq, 20001);
		free(got);
		vgpu_ledger_close(ledger);
	}
	/* Also with an empty history the numbers go on. */
	execute("DELETE FROM event");
	assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
	assert_int_equal(vgpu_ledger_first_event(ledger), 20004);
	assert_int_equal(vgpu_ledger_note(ledger, &event), 0);
	assert_int_equal(vgpu_ledger_last_event(ledger), 20004);
	vgpu_ledger_close(ledger);
}

static void gpus(void **state)
{
	struct vgpu_event event = event_of(NULL, "gpu");
	struct vgpu_ledger *ledger;
	char(*addresses)[64];
	size_t count;

	assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
	assert_int_equal(vgpu_ledger_gpu_set(ledger, "0000:03:00.0", true, &event), 0);
	assert_int_equal(vgpu_ledger_gpu_set(ledger, "0000:00:02.0", true, &event), 0);
	assert_int_equal(vgpu_ledger_gpu_set(ledger, "0000:00:02.0", true, &event), -EEXIST);
	assert_int_equal(vgpu_ledger_gpu_list(ledger, &addresses, &count), 0);
	assert_int_equal(count, 2);
	assert_string_equal(addresses[0], "0000:00:02.0");
	assert_string_equal(addresses[1], "0000:03:00.0");
	free(addresses);
	assert_int_equal(vgpu_ledger_gpu_set(ledger, "0000:03:00.0", false, &event), 0);
	assert_int_equal(vgpu_ledger_gpu_set(ledger, "0000:03:00.0", false, &event), -ENOENT);
	assert_int_equal(vgpu_ledger_last_event(ledger), 3);
	vgpu_ledger_close(ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(older, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(newer, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(events, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(choice, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(kept, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(gpus, make_directory, remove_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
