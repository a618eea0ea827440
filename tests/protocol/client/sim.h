/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A simulator process under test: started on a socket in a directory of its own, watched, ended.
 */
#ifndef PROTO_SIM_H
#define PROTO_SIM_H

#include <sys/types.h>

/**
 * struct sim - a running simulator
 * @log: read end of its standard error
 * @dir: directory to remove at the end; empty: none
 * @text: what has been read from @log since the last sim_wait_for()
 */
struct sim {
	pid_t pid;
	int log;
	char dir[64];
	char path[96];
	char text[65536];
	size_t text_bytes;
};

void sim_launch(struct sim *sim, const char *path, const char *const *options);
void sim_start(struct sim *sim, const char *const *options);
void sim_wait_for(struct sim *sim, const char *text);
int sim_stop(struct sim *sim, int signal);
int sim_join(struct sim *sim);
unsigned int sim_count_fds(const struct sim *sim);

/* For cmocka: setup and teardown of a test that has a simulator as its state. The teardown fails if it did not end well. */
int sim_setup(void **state);
int sim_teardown(void **state);

#endif
