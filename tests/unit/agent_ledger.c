// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * agent_ledger.c - what is written is read back, a ledger of an older version becomes one of this version and keeps what is in it, and
 * one of a newer version is left alone.
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
};

static void round_trip(void **state)
{
	struct vgpu_record record, changed = sample;
	struct vgpu_ledger *ledger;

	assert_int_equal(vgpu_ledger_open(directory, &ledger), 0);
	assert_int_equal(vgpu_ledger_add(ledger, &sample), 0);
	assert_int_equal(vgpu_ledger_add(ledger, &sample), -EEXIST);
	assert_int_equal(vgpu_ledger_find(ledger, "b", &record), 0);
	assert_memory_equal(&record, &sample, sizeof(record));
	memset(changed.class, 0, sizeof(changed.class));
	changed.knob[VGPU_WEIGHT] = 3;
	assert_int_equal(vgpu_ledger_set(ledger, &changed), 0);
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
		free(records);
		vgpu_ledger_close(ledger);
	}
}

static void newer(void **state)
{
	static const char *const versions[] = { "PRAGMA user_version = 3", "PRAGMA user_version = -1" };
	struct vgpu_ledger *ledger;
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(versions); i++) {
		execute(versions[i]);
		assert_int_equal(vgpu_ledger_open(directory, &ledger), -EPROTONOSUPPORT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(older, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(newer, make_directory, remove_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
