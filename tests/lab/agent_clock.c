// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * How fast this machine's time-stamp counter runs, which is the one that a machine in an emulator sees. A kernel that finds it out by itself,
 * against an emulated timer, is wrong by a factor when the emulator is held up meanwhile, and all its limits with it.
 */
#include "tests/lab/agent.h"

#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define MEASURE_NS 200000000
#define TRIES 20

struct moment {
	int64_t ns;
	uint64_t ticks;
	uint64_t doubt; /* ticks between which the clock was read */
};

/* Of several looks at both clocks, the one that nothing came between. */
static struct moment look(void)
{
	struct moment best = { .doubt = UINT64_MAX };
	struct timespec now;
	uint64_t before, doubt;
	int i;

	for (i = 0; i < TRIES; i++) {
		before = __rdtsc();
		clock_gettime(CLOCK_MONOTONIC_RAW, &now);
		doubt = __rdtsc() - before;
		if (doubt < best.doubt)
			best = (struct moment) { now.tv_sec * 1000000000ll + now.tv_nsec, before + doubt / 2, doubt };
	}
	return best;
}

int clock_main(void)
{
	const struct timespec wait = { .tv_nsec = MEASURE_NS };
	struct moment begin = look(), end;

	nanosleep(&wait, NULL);
	end = look();
	printf("%llu\n", (unsigned long long)((end.ticks - begin.ticks) * 1000000ull / (end.ns - begin.ns)));
	return 0;
}
