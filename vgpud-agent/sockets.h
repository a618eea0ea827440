/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * sockets.h - what the agent listens on: systemd's sockets where it was started with them, else its own.
 */
#ifndef VGPU_AGENT_SOCKETS_H
#define VGPU_AGENT_SOCKETS_H

#include <sys/un.h>

#include "lib/error.h"

/* Who may change vGPUs besides root. */
#define VGPU_GROUP "vgpu"

enum vgpu_socket_kind {
	VGPU_SOCKET_FULL,
	VGPU_SOCKET_READONLY,
	VGPU_SOCKETS,
};

struct vgpu_socket {
	int fd; /* listens, non-blocking; -1: there is none */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* to remove at the end; empty: systemd's, and stays */
};

struct vgpu_sockets {
	struct vgpu_socket of[VGPU_SOCKETS];
};

int vgpu_sockets_open(const char *socket_path, struct vgpu_sockets *ret_sockets, struct vgpu_error *ret_error);
void vgpu_sockets_close(struct vgpu_sockets *sockets);

#endif
