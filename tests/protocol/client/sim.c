// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A simulator process under test. The program is $GEN75_SIM. Nothing waits by sleeping: the simulator says when it listens,
 * and every wait has a limit after which the test fails.
 */
#include "tests/protocol/client/sim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 30000
#define MAX_OPTIONS 8

static void run_simulator(const struct sim *sim, const char *const *options, int log)
{
	const char *program = getenv("GEN75_SIM");
	const char *argv[MAX_OPTIONS + 4] = { program, "--socket", sim->path };

	for (int i = 0; options && options[i] && i < MAX_OPTIONS; i++)
		argv[3 + i] = options[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(log, STDERR_FILENO);
	execv(program, (char *const *)argv);
	_exit(127);
}

/* More of the log, or false at its end. */
static bool read_log(struct sim *sim)
{
	struct pollfd poll_fd = { .fd = sim->log, .events = POLLIN };
	ssize_t got;

	assert_int_equal(poll(&poll_fd, 1, WAIT_MS), 1);
	assert_true(sim->text_bytes < sizeof(sim->text) - 1);
	got = read(sim->log, sim->text + sim->text_bytes, sizeof(sim->text) - 1 - sim->text_bytes);
	if (got <= 0)
		return false;
	sim->text_bytes += (size_t)got;
	sim->text[sim->text_bytes] = '\0';
	return true;
}

/**
 * sim_launch() - start a simulator, without waiting for anything
 * @options: further options, NULL-terminated, or NULL
 */
void sim_launch(struct sim *sim, const char *path, const char *const *options)
{
	int log[2];

	assert_non_null(getenv("GEN75_SIM"));
	memset(sim, 0, sizeof(*sim));
	snprintf(sim->path, sizeof(sim->path), "%s", path);
	assert_int_equal(pipe2(log, O_CLOEXEC), 0);
	sim->pid = fork();
	assert_true(sim->pid >= 0);
	if (!sim->pid)
		run_simulator(sim, options, log[1]);
	close(log[1]);
	sim->log = log[0];
}

/**
 * sim_start() - start a simulator in a directory of its own, which sim_join() removes, and wait until it listens
 */
void sim_start(struct sim *sim, const char *const *options)
{
	char dir[] = "/tmp/gen75-proto-XXXXXX";
	char path[96];

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	sim_launch(sim, path, options);
	strcpy(sim->dir, dir);
	sim_wait_for(sim, "listening on");
}

/**
 * sim_wait_for() - read the log until it has @text, and forget what was read
 */
void sim_wait_for(struct sim *sim, const char *text)
{
	while (!strstr(sim->text, text))
		if (!read_log(sim))
			fail_msg("the simulator ended without saying '%s'; it said: %s", text, sim->text);
	sim->text[0] = '\0';
	sim->text_bytes = 0;
}

/**
 * sim_join() - read the log to its end, and wait for the end of the process
 * Return: its exit status, or minus the signal that it died of.
 */
int sim_join(struct sim *sim)
{
	int status;

	while (read_log(sim))
		;
	close(sim->log);
	assert_int_equal(waitpid(sim->pid, &status, 0), sim->pid);
	if (sim->dir[0]) {
		unlink(sim->path);
		rmdir(sim->dir);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/**
 * sim_stop() - send a signal, then as sim_join()
 */
int sim_stop(struct sim *sim, int signal)
{
	kill(sim->pid, signal);
	return sim_join(sim);
}

/**
 * sim_count_fds() - how many files the simulator has open
 */
unsigned int sim_count_fds(const struct sim *sim)
{
	char path[64];
	unsigned int count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", sim->pid);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

int sim_setup(void **state)
{
	struct sim *sim = malloc(sizeof(*sim));

	assert_non_null(sim);
	sim_start(sim, NULL);
	*state = sim;
	return 0;
}

int sim_teardown(void **state)
{
	struct sim *sim = *state;
	int status = sim_stop(sim, SIGTERM);

	if (status)
		fprintf(stderr, "the simulator ended with %d: %s\n", status, sim->text);
	free(sim);
	return status;
}
