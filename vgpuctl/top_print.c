// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_print.c - a report for programs, as CSV or JSON. No lock: pure functions of the report.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "lib/size.h"
#include "vgpuctl/top.h"

/**
 * vgpu_top_print_csv_title() - print the columns of the CSV
 */
void vgpu_top_print_csv_title(void)
{
	puts("t_ns,interval_ns,kind,gpu,name,domain,state,gpu_pct,rcs_pct,vcs_pct,bcs_pct,vecs_pct,submissions_per_s,traps_per_s,"
	     "rejections,aperture_bytes,weight,entitled_pct,rcs_entitled_pct,vcs_entitled_pct,bcs_entitled_pct,vecs_entitled_pct,"
	     "wait_pct,capped_pct,wait_p99_us,switches_per_s,why");
}

/* A domain's name may hold anything (RFC 4180). */
static void print_quoted(const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (; *text; text++)
		printf("%s%c", *text == '"' ? "\"" : "", *text);
	putchar('"');
}

/* What only vGPUs have: empty in the row of a GPU. */
static void print_csv_vgpu(const struct vgpu_json *row, const struct vgpu_top_rates *rates)
{
	unsigned int i;

	printf("%" PRIu64 ",%.2f", vgpu_json_get_u64(row, "weight"), rates->share_pct);
	for (i = 0; i < VGPU_TOP_ENGINES; i++)
		printf(",%.2f", rates->entitled_pct[i]);
	printf(",%.2f,%.2f,", rates->wait_pct, rates->capped_pct);
	if (rates->wait_p99_us)
		printf("%u", rates->wait_p99_us);
	printf(",%.2f,%s", rates->switches_per_s, vgpu_top_why_text(rates->why));
}

static void print_csv_row(const struct vgpu_top_report *report, const struct vgpu_json *row, bool gpu)
{
	const char *domain = vgpu_json_get_string(row, "domain");
	struct vgpu_top_rates rates;
	unsigned int i;

	vgpu_top_rates(report, gpu ? "gpus" : "vgpus", gpu ? "gpu" : "uuid", row, &rates);
	printf("%" PRIu64 ",%" PRIu64 ",%s,%s,%s,", vgpu_json_get_u64(row, "t_ns"), rates.interval_ns, gpu ? "gpu" : "vgpu",
	       vgpu_top_text(row, "gpu"), gpu ? "" : vgpu_top_name(row));
	print_quoted(domain ? domain : "");
	printf(",%s,%.2f", gpu ? "" : vgpu_top_text(row, "state"), rates.gpu_pct);
	for (i = 0; i < VGPU_TOP_ENGINES; i++)
		printf(",%.2f", rates.busy_pct[i]);
	printf(",%.2f,%.2f,%" PRIu64 ",%" PRIu64 ",", rates.submissions_per_s, rates.traps_per_s, rates.rejections,
	       vgpu_json_get_u64(row, gpu ? "aperture_total_bytes" : "aperture_bytes"));
	if (gpu)
		fputs(",,,,,,,,,,", stdout);
	else
		print_csv_vgpu(row, &rates);
	putchar('\n');
}

/**
 * vgpu_top_print_csv() - print a report as CSV, a row for each GPU and vGPU
 * @report: the report
 */
void vgpu_top_print_csv(const struct vgpu_top_report *report)
{
	const struct vgpu_json *gpus = vgpu_json_get(report->now, "gpus"), *vgpus = vgpu_json_get(report->now, "vgpus");
	size_t i;

	for (i = 0; i < vgpu_json_length(gpus); i++)
		print_csv_row(report, vgpu_json_at(gpus, i), true);
	for (i = 0; i < vgpu_json_length(vgpus); i++)
		print_csv_row(report, vgpu_json_at(vgpus, i), false);
}

static void put_engines(struct vgpu_json *object, const char *what, const double pct[VGPU_TOP_ENGINES])
{
	char name[32];
	unsigned int i;

	for (i = 0; i < VGPU_TOP_ENGINES; i++) {
		snprintf(name, sizeof(name), "%s%s", vgpu_top_engine[i], what);
		vgpu_json_put_number(object, name, pct[i]);
	}
}

static void put_share(struct vgpu_json *object, const struct vgpu_top_rates *rates)
{
	vgpu_json_put_number(object, "entitled_pct", rates->share_pct);
	put_engines(object, "_entitled_pct", rates->entitled_pct);
	vgpu_json_put_number(object, "wait_pct", rates->wait_pct);
	vgpu_json_put_number(object, "capped_pct", rates->capped_pct);
	if (rates->wait_p99_us)
		vgpu_json_put_u64(object, "wait_p99_us", rates->wait_p99_us);
	else
		vgpu_json_put(object, "wait_p99_us", NULL);
	vgpu_json_put_number(object, "switches_per_s", rates->switches_per_s);
	vgpu_json_put_string(object, "why", vgpu_top_why_text(rates->why));
}

static void put_rates(struct vgpu_json *row, const struct vgpu_top_rates *rates, bool gpu)
{
	struct vgpu_json *object = vgpu_json_object();

	vgpu_json_put_u64(object, "interval_ns", rates->interval_ns);
	vgpu_json_put_number(object, "gpu_pct", rates->gpu_pct);
	put_engines(object, "_pct", rates->busy_pct);
	vgpu_json_put_number(object, "submissions_per_s", rates->submissions_per_s);
	vgpu_json_put_number(object, "traps_per_s", rates->traps_per_s);
	vgpu_json_put_u64(object, "rejections", rates->rejections);
	if (!gpu)
		put_share(object, rates);
	vgpu_json_put(row, "rates", object);
}

/**
 * vgpu_top_print_json() - print a report as one JSON object in one line: what the agent said, with "rates" in every row
 * @report: the report
 */
void vgpu_top_print_json(const struct vgpu_top_report *report)
{
	static const struct {
		const char *kind, *key;
	} kinds[] = { { "gpus", "gpu" }, { "vgpus", "uuid" } };
	cleanup_free char *now = vgpu_json_text(report->now, false);
	cleanup_json struct vgpu_json *copy = NULL;
	cleanup_free char *text = NULL;
	struct vgpu_top_rates rates;
	struct vgpu_json *row;
	unsigned int k;
	size_t i;

	/* A copy: the reading is compared with the next one, and must stay as it came. */
	if (!now || vgpu_json_parse(now, strlen(now), VGPU_RPC_DEPTH_MAX, &copy))
		return;
	for (k = 0; k < VGPU_COUNT(kinds); k++)
		for (i = 0; i < vgpu_json_length(vgpu_json_get(copy, kinds[k].kind)); i++) {
			row = vgpu_json_at(vgpu_json_get(copy, kinds[k].kind), i);
			vgpu_top_rates(report, kinds[k].kind, kinds[k].key, row, &rates);
			put_rates(row, &rates, k == 0);
		}
	text = vgpu_json_text(copy, false);
	if (text)
		puts(text);
}
