// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The server's log. What a client can cause goes through gen75_log_client(), which writes a few lines a second and counts
 * the rest: a hostile client must not be able to fill a disk.
 */
#include "sim/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <time.h>

#define CLIENT_LINES_PER_SECOND 8u
#define NS_PER_SECOND UINT64_C(1000000000)

uint64_t gen75_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SECOND + (uint64_t)ts.tv_nsec;
}

static void write_line(struct gen75_log *log, const char *format, va_list args)
{
	fputs("gen75-sim: ", log->out);
	vfprintf(log->out, format, args);
	fputc('\n', log->out);
	fflush(log->out);
}

/**
 * gen75_log() - write a line
 */
void gen75_log(struct gen75_log *log, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(log, format, args);
	va_end(args);
}

/**
 * gen75_log_client() - write a line about something that a client did; at most a few a second, the rest are counted
 */
void gen75_log_client(struct gen75_log *log, const char *format, ...)
{
	uint64_t now_ns = gen75_now_ns();
	va_list args;

	if (!log->window_ns || now_ns - log->window_ns >= NS_PER_SECOND) {
		log->window_ns = now_ns;
		log->window_lines = 0;
		if (log->dropped)
			gen75_log(log, "%" PRIu64 " further lines about the client were not written", log->dropped);
		log->dropped = 0;
	}
	if (log->window_lines >= CLIENT_LINES_PER_SECOND) {
		log->dropped++;
		return;
	}
	log->window_lines++;

	va_start(args, format);
	write_line(log, format, args);
	va_end(args);
}
