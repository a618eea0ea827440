// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What the simulator tells about its work. The summary is one "name value" pair or one named row a line, for people and
 * for grep; the trace is one event a line: seconds, event, engine, two numbers.
 */
#include "sim/report.h"

#include <inttypes.h>

#include "sim/log.h"
#include "sim/server.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

/**
 * gen75_report_event() - write a line of the trace
 * @time_ns: since the device was made
 * @engine: -1: the event has none
 */
void gen75_report_event(FILE *out, uint64_t time_ns, enum gen75_event event, int engine, uint64_t arg0, uint64_t arg1)
{
	const char *name = engine >= 0 && engine < GEN75_ENGINES ? gen75_engine_name((enum gen75_engine_id)engine) : "-";

	fprintf(out, "%" PRIu64 ".%09" PRIu64 " %s %s 0x%" PRIx64 " 0x%" PRIx64 "\n", time_ns / NS_PER_SECOND,
		time_ns % NS_PER_SECOND, gen75_event_name(event), name, arg0, arg1);
}

static void report_engine(FILE *out, const char *name, const struct gen75_engine_stats *stats)
{
	fprintf(out,
		"engine %s busy_ms %" PRIu64 ".%03" PRIu64 " commands %" PRIu64 " batches %" PRIu64 " draws %" PRIu64
		" bytes %" PRIu64 " pixels %" PRIu64 " interrupts %" PRIu64 " resets %" PRIu64 "\n",
		name, stats->busy_ns / NS_PER_MS, stats->busy_ns % NS_PER_MS / 1000, stats->commands, stats->batches,
		stats->draws, stats->bytes, stats->pixels, stats->user_interrupts, stats->resets);
}

/**
 * gen75_report_summary() - write all counters
 */
void gen75_report_summary(FILE *out, const struct gen75_server *server)
{
	const struct gen75_device *device = &server->device;
	const struct gen75_stats *stats = gen75_stats(device->gpu);
	uint64_t up_ns = gen75_now_ns() - device->started_ns;
	enum gen75_event event;
	uint32_t what;
	uint64_t count;

	fprintf(out, "summary after %" PRIu64 ".%03" PRIu64 " s\n", up_ns / NS_PER_SECOND, up_ns % NS_PER_SECOND / NS_PER_MS);
	fprintf(out, "clients %" PRIu64 " refused %" PRIu64 " messages %" PRIu64 " rejected %" PRIu64 "\n", server->clients,
		server->refused, server->messages + server->session.messages, server->rejected + server->session.rejected);
	fprintf(out, "mmio reads %" PRIu64 " writes %" PRIu64 "\n", stats->mmio_reads, stats->mmio_writes);
	fprintf(out, "aperture reads %" PRIu64 " writes %" PRIu64 "\n", stats->aperture_reads, stats->aperture_writes);
	fprintf(out, "msi sent %" PRIu64 " lost %" PRIu64 "\n", device->interrupts, device->interrupts_lost);
	fprintf(out, "dma ranges %u\n", device->dma.count);
	for (int id = 0; id < GEN75_ENGINES; id++)
		report_engine(out, gen75_engine_name((enum gen75_engine_id)id), &stats->engine[id]);
	for (int id = 0; id < GEN75_EVENTS; id++)
		if (stats->events[id])
			fprintf(out, "event %s %" PRIu64 "\n", gen75_event_name((enum gen75_event)id), stats->events[id]);
	for (unsigned int i = 0; gen75_unknown(device->gpu, i, &event, &what, &count); i++)
		fprintf(out, "unknown %s 0x%" PRIx32 " %" PRIu64 "\n", gen75_event_name(event), what, count);
	fflush(out);
}
