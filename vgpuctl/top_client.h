/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * top_client.h - how vgpu-top asks the agent: the same reading again and again, and now and then a change.
 */
#ifndef VGPU_CTL_TOP_CLIENT_H
#define VGPU_CTL_TOP_CLIENT_H

#include "lib/rpc.h"

struct vgpu_top_client {
	const char *socket_path;
	unsigned int timeout_ms;
	struct vgpu_rpc *rpc; /* NULL: to be connected by the next reading */
};

int vgpu_top_client_read(struct vgpu_top_client *client, struct vgpu_json **ret_reading, struct vgpu_error *ret_error);
int vgpu_top_client_set(const struct vgpu_top_client *client, const char *name, const char *key, uint64_t value,
			struct vgpu_error *ret_error);

#endif
