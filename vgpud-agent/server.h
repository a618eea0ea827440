/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * server.h - the two sockets and the connections on them: lines in, lines out, limits on everything a client can make the agent
 * keep. It knows nothing of JSON.
 */
#ifndef VGPU_AGENT_SERVER_H
#define VGPU_AGENT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sd_event;
struct vgpu_server;
struct vgpu_sockets;

/* Who is at the other end. */
struct vgpu_peer {
	uint64_t connection; /* its number; none has the same later */
	uid_t uid;
	bool readonly;
};

struct vgpu_server_handler {
	/*
	 * A line arrived. Returns a reply to free(), or NULL with *ret_later true when vgpu_server_reply() will bring it; until
	 * then the connection is not read. NULL with *ret_later false: nothing to say.
	 */
	char *(*line)(void *data, const struct vgpu_peer *peer, const char *line, size_t length, bool *ret_later);
	/* The line was longer than a request may be; the connection ends behind the reply. */
	char *(*too_long)(void *data);
	/*
	 * A connection of vgpu_server_stream() has room. Returns what comes next to free(), one or more lines without the last newline,
	 * or NULL when there is nothing until vgpu_server_wake().
	 */
	char *(*next)(void *data, uint64_t connection);
	/* A connection of vgpu_server_stream() has ended. */
	void (*gone)(void *data, uint64_t connection);
	void *data;
};

int vgpu_server_create(struct sd_event *event, const struct vgpu_sockets *sockets, const struct vgpu_server_handler *handler,
		       struct vgpu_server **ret_server);
void vgpu_server_destroy(struct vgpu_server *server);
void vgpu_server_reply(struct vgpu_server *server, uint64_t connection, const char *reply);
void vgpu_server_stream(struct vgpu_server *server, uint64_t connection);
void vgpu_server_wake(struct vgpu_server *server);

#endif
