/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * listen.h - an address and port to listen on by TCP, as the operator writes it.
 */
#ifndef VGPU_AGENT_LISTEN_H
#define VGPU_AGENT_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>

struct vgpu_listen {
	struct sockaddr_storage address;
	socklen_t length;
};

int vgpu_listen_parse(const char *text, struct vgpu_listen *ret_listen);
bool vgpu_listen_loopback(const struct vgpu_listen *where);
int vgpu_listen_open(const struct vgpu_listen *where, int *ret_fd);

#endif
