// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_rates.c - what vgpu-top makes of two readings: shares, waits, and why a vGPU has less than it might.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "vgpuctl/top.h"

/* One vGPU, read twice in a second; the counters are JSON without their braces. */
static struct vgpu_top_rates rates_of(const char *state, const char *counters0, const char *counters1)
{
	const char *format = "{\"vgpus\":[{\"uuid\":\"u\",\"state\":\"%s\",\"t_ns\":%llu,\"counters\":{%s}}]}";
	cleanup_json struct vgpu_json *before = NULL, *now = NULL;
	struct vgpu_top_rates rates;
	char text[1024];

	snprintf(text, sizeof(text), format, state, 5000000000ull, counters0);
	assert_int_equal(vgpu_json_parse(text, strlen(text), 16, &before), 0);
	snprintf(text, sizeof(text), format, state, 6000000000ull, counters1);
	assert_int_equal(vgpu_json_parse(text, strlen(text), 16, &now), 0);
	vgpu_top_rates(&(struct vgpu_top_report) { before, now }, "vgpus", "uuid", vgpu_json_at(vgpu_json_get(now, "vgpus"), 0),
		       &rates);
	return rates;
}

static void close_to(double value, double want)
{
	assert_true(value > want - 0.001 && value < want + 0.001);
}

static void shares(void **state)
{
	struct vgpu_top_rates rates = rates_of(
		"running", "\"rcs_entitled_ns\":1000,\"switches\":5,\"bcs_capped_ns\":7",
		"\"rcs_entitled_ns\":250001000,\"bcs_entitled_ns\":500000000,\"rcs_wait_ns\":30000000,\"bcs_wait_ns\":20000000,"
		"\"bcs_capped_ns\":100000007,\"switches\":45,\"bcs_busy_ns\":400000000");

	assert_int_equal(rates.interval_ns, 1000000000);
	close_to(rates.entitled_pct[VGPU_TOP_RCS], 25);
	close_to(rates.entitled_pct[VGPU_TOP_BCS], 50);
	close_to(rates.share_pct, 75);
	close_to(rates.gpu_pct, 40);
	close_to(rates.wait_pct, 5);
	close_to(rates.capped_pct, 10);
	close_to(rates.switches_per_s, 40);
}

static void waits(void **state)
{
	static const struct {
		const char *before, *now;
		unsigned int want_us;
	} cases[] = {
		{ "", "", 0 },
		{ "\"bcs_waits_1ms\":7", "\"bcs_waits_1ms\":7", 0 },
		{ "", "\"bcs_waits_100us\":1", 100 },
		{ "", "\"bcs_waits_100us\":99,\"bcs_waits_1s\":1", 100 },
		{ "", "\"bcs_waits_100us\":98,\"bcs_waits_1s\":1", 1000000 },
		/* Of all engines together, and only what is new. */
		{ "\"vecs_waits_longer\":1", "\"rcs_waits_300us\":50,\"vcs_waits_3ms\":50,\"vecs_waits_longer\":1", 3000 },
		{ "", "\"rcs_waits_longer\":1", VGPU_TOP_WAIT_LONGER_US },
		{ "\"rcs_waits_10ms\":9", "\"rcs_waits_10ms\":1,\"rcs_waits_30ms\":1", 30000 },
	};
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		print_message("waits %u\n", i);
		assert_int_equal(rates_of("running", cases[i].before, cases[i].now).wait_p99_us, cases[i].want_us);
	}
}

static void reasons(void **state)
{
	static const struct {
		const char *name, *state, *counters, *want;
	} cases[] = {
		{ "nothing happened", "open", "", "idle" },
		{ "alone", "running", "\"bcs_busy_ns\":900000000,\"bcs_entitled_ns\":900000000", "" },
		{ "its share, and it wants more", "running",
		  "\"bcs_busy_ns\":330000000,\"bcs_entitled_ns\":333000000,\"bcs_wait_ns\":660000000", "" },
		{ "less than its share", "running",
		  "\"bcs_busy_ns\":300000000,\"bcs_entitled_ns\":333000000,\"bcs_wait_ns\":660000000", "waiting" },
		{ "less, but not for others", "running", "\"bcs_busy_ns\":300000000,\"bcs_entitled_ns\":333000000", "" },
		{ "starved", "running", "\"rcs_entitled_ns\":100000000,\"rcs_wait_ns\":1000000000", "waiting" },
		{ "short by next to nothing", "running", "\"rcs_busy_ns\":1000000,\"rcs_entitled_ns\":1900000,\"rcs_wait_ns\":5",
		  "" },
		{ "short on one engine, ahead on another", "running",
		  "\"rcs_busy_ns\":100,\"rcs_entitled_ns\":200000000,\"bcs_busy_ns\":300000000,\"bcs_entitled_ns\":100000000,"
		  "\"rcs_wait_ns\":800000000",
		  "waiting" },
		{ "capped, alone", "running",
		  "\"bcs_busy_ns\":500000000,\"bcs_entitled_ns\":500000000,\"bcs_capped_ns\":500000000", "capped" },
		{ "capped, and it waits, too", "running",
		  "\"bcs_busy_ns\":200000000,\"bcs_entitled_ns\":300000000,\"bcs_capped_ns\":300000000,\"bcs_wait_ns\":500000000",
		  "capped" },
		{ "capped all the time", "running", "\"bcs_capped_ns\":1000000000", "capped" },
		{ "hardly capped", "running", "\"bcs_busy_ns\":99000000,\"bcs_entitled_ns\":99000000,\"bcs_capped_ns\":1000000",
		  "" },
		{ "stopped", "stopped", "\"bcs_wait_ns\":1000000000", "stopped" },
	};
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		print_message("%s\n", cases[i].name);
		assert_string_equal(vgpu_top_why_text(rates_of(cases[i].state, "", cases[i].counters).why), cases[i].want);
	}
}

static void nothing_to_compare(void **state)
{
	const char *text = "{\"vgpus\":[{\"uuid\":\"u\",\"state\":\"open\",\"t_ns\":9,\"counters\":{\"bcs_wait_ns\":5}}]}";
	cleanup_json struct vgpu_json *now = NULL;
	struct vgpu_top_rates rates;

	assert_int_equal(vgpu_json_parse(text, strlen(text), 16, &now), 0);
	vgpu_top_rates(&(struct vgpu_top_report) { NULL, now }, "vgpus", "uuid", vgpu_json_at(vgpu_json_get(now, "vgpus"), 0),
		       &rates);
	assert_int_equal(rates.interval_ns, 0);
	assert_string_equal(vgpu_top_why_text(rates.why), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares),
		cmocka_unit_test(waits),
		cmocka_unit_test(reasons),
		cmocka_unit_test(nothing_to_compare),
	};

	return cmocka_run_group_tests_name("top_rates", tests, NULL, NULL);
}
