// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_client.c - vgpu-top's calls of the agent. No lock: a client belongs to one thread.
 */
#include "vgpuctl/top_client.h"

/**
 * vgpu_top_client_read() - read the counters of every GPU and vGPU
 * @client: the connection, made when there is none, and given up after any failure
 * @ret_reading: what the agent says, released by vgpu_json_unref()
 * @ret_error: why not
 *
 * Return: 0 or -errno with @ret_error filled; -ECONNREFUSED when the agent is away.
 */
int vgpu_top_client_read(struct vgpu_top_client *client, struct vgpu_json **ret_reading, struct vgpu_error *ret_error)
{
	int rc = 0;

	if (!client->rpc)
		rc = vgpu_rpc_connect_within(client->socket_path, true, client->timeout_ms, &client->rpc, ret_error);
	if (!rc)
		rc = vgpu_rpc_call(client->rpc, "vgpu.stats", NULL, ret_reading, ret_error);
	if (rc) {
		vgpu_rpc_close(client->rpc);
		client->rpc = NULL;
	}
	return rc;
}

/**
 * vgpu_top_client_set() - change a vGPU
 * @client: says where the agent listens; a connection of its own is made, since reading may be all that the client's is allowed
 * @name: of the vGPU, or its UUID
 * @key: parameter of the method vgpu.set
 * @value: what it shall be
 * @ret_error: why not
 *
 * Return: 0 or -errno with @ret_error filled.
 */
int vgpu_top_client_set(const struct vgpu_top_client *client, const char *name, const char *key, uint64_t value,
			struct vgpu_error *ret_error)
{
	struct vgpu_json *params, *result = NULL;
	struct vgpu_rpc *rpc;
	int rc;

	rc = vgpu_rpc_connect_within(client->socket_path, false, client->timeout_ms, &rpc, ret_error);
	if (rc)
		return rc;
	params = vgpu_json_object();
	vgpu_json_put_string(params, "name", name);
	vgpu_json_put_u64(params, key, value);
	rc = vgpu_rpc_call(rpc, "vgpu.set", params, &result, ret_error);
	vgpu_json_unref(result);
	vgpu_rpc_close(rpc);
	return rc;
}
