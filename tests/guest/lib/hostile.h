/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * One kind of misbehaviour at a time, as a malicious guest would try it, and what can be seen of it from inside.
 *
 * A guest sees its own side alone: whether the engine went on, what reads back, whether the word next to its slice
 * changed. Whether a neighbour was harmed, the neighbour and the host have to say.
 */
#ifndef TESTS_GUEST_LIB_HOSTILE_H
#define TESTS_GUEST_LIB_HOSTILE_H

#include "tests/guest/lib/probe.h"

/** enum hostile_place - where an attack aims. */
enum hostile_place {
	PLACE_OUTSIDE, /* the page behind our slice of the aperture, or before it */
	PLACE_OWN, /* our destination buffer */
	PLACE_OWN_END, /* the last page of our slice */
	PLACE_TOP, /* the last page of 32 bits, beyond any graphics memory */
	PLACE_BATCH, /* our batch buffer */
};

/** struct hostile - an attack in progress. */
struct hostile {
	struct probe *probe;
	uint32_t outside; /* graphics address of PLACE_OUTSIDE */
	uint32_t poison; /* what is written there, another value for each case */
	unsigned int breaches; /* effects seen outside the partition */
};

/** struct hostile_case - one attack: commands for the ring, or a function that does something else. */
struct hostile_case {
	const char *mode, *name;
	void (*emit)(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd);
	void (*run)(const struct hostile_case *c, struct hostile *h);
	enum hostile_place at;
	uint32_t word[2]; /* what the emitter makes of it: header and length, register and value */
	uint16_t pitch;
	struct blt_rect rect;
	bool cut; /* no epilogue: the tail stops inside the commands */
};

extern const struct hostile_case hostile_commands[];
extern const unsigned int hostile_command_count;

uint32_t hostile_address(const struct hostile *h, enum hostile_place place);
bool hostile_known(const char *mode);
void hostile_list(void);
int hostile_run(struct probe *probe, const char *mode, unsigned int *ret_breaches);

#endif
