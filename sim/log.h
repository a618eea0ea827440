/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The server's log: lines on one stream, those that a client can cause limited in rate.
 *
 * Context: one thread, no locks.
 */
#ifndef GEN75_LOG_H
#define GEN75_LOG_H

#include <stdint.h>
#include <stdio.h>

/**
 * struct gen75_log - a log
 * @window_ns: start of the second in which @window_lines client lines were written and @dropped were not
 */
struct gen75_log {
	FILE *out;
	uint64_t window_ns;
	unsigned int window_lines;
	uint64_t dropped;
};

void gen75_log(struct gen75_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gen75_log_client(struct gen75_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** gen75_now_ns() - CLOCK_MONOTONIC in nanoseconds, the only clock of the server */
uint64_t gen75_now_ns(void);

#endif
