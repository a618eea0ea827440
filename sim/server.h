/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The server: a listening socket, at most one client, and the device that it uses.
 *
 * Context: one thread, no locks.
 */
#ifndef GEN75_SERVER_H
#define GEN75_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/conn.h"
#include "sim/device.h"
#include "sim/log.h"
#include "sim/vfio_user.h"

/**
 * struct gen75_server - the server
 * @clients, @refused: clients served, and turned away because there was one
 * @messages, @rejected: of the clients that are gone; those of the present one are in @session
 */
struct gen75_server {
	const char *path;
	int epoll_fd;
	int listen_fd;
	struct gen75_conn conn;
	struct gen75_session session;
	struct gen75_device device;
	struct gen75_log *log;
	uint64_t clients, refused;
	uint64_t messages, rejected;
};

int gen75_server_init(struct gen75_server *server, const char *path, const struct gen75_config *config, FILE *trace,
		      struct gen75_log *log);
void gen75_server_fini(struct gen75_server *server);
int gen75_server_watch_signals(struct gen75_server *server, int fd);
bool gen75_server_has_client(const struct gen75_server *server);
int gen75_server_accept(struct gen75_server *server);
int gen75_server_serve(struct gen75_server *server, uint32_t events);
uint64_t gen75_server_run(struct gen75_server *server);

#endif
