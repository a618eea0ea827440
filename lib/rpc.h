/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * rpc.h - how clients talk to vgpud: JSON-RPC 2.0 over a UNIX stream socket, one object a line in each direction. The limits are
 * part of the protocol; the agent enforces them on requests, the client on replies.
 */
#ifndef VGPU_LIB_RPC_H
#define VGPU_LIB_RPC_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/json.h"

#define VGPU_RPC_SOCKET "/run/vgpud/vgpud.sock"
#define VGPU_RPC_REQUEST_BYTES_MAX 65536u
#define VGPU_RPC_REPLY_BYTES_MAX (16u << 20)
#define VGPU_RPC_DEPTH_MAX 16u
/* vgpud-api(7) says what makes either number grow. */
#define VGPU_SCHEMA 1u
#define VGPU_API 1u

/* JSON-RPC 2.0's reserved error codes; the agent's own errors use VGPU_RPC_AGENT and say more in "data". */
/* clang-format off */
enum vgpu_rpc_code {
	VGPU_RPC_PARSE		= -32700,
	VGPU_RPC_REQUEST	= -32600,
	VGPU_RPC_METHOD		= -32601,
	VGPU_RPC_PARAMS		= -32602,
	VGPU_RPC_AGENT		= -32000,
};
/* clang-format on */

struct vgpu_rpc;

int vgpu_rpc_connect(const char *socket_path, bool reads, struct vgpu_rpc **ret_rpc, struct vgpu_error *ret_error);
int vgpu_rpc_connect_within(const char *socket_path, bool reads, unsigned int timeout_ms, struct vgpu_rpc **ret_rpc,
			    struct vgpu_error *ret_error);
int vgpu_rpc_ask(struct vgpu_rpc *rpc, const char *method, struct vgpu_json *params, struct vgpu_json **ret_result,
		 struct vgpu_json **ret_explanation, struct vgpu_error *ret_error);
int vgpu_rpc_call(struct vgpu_rpc *rpc, const char *method, struct vgpu_json *params, struct vgpu_json **ret_result,
		  struct vgpu_error *ret_error);
int vgpu_rpc_next(struct vgpu_rpc *rpc, struct vgpu_json **ret_notification, struct vgpu_error *ret_error);
void vgpu_rpc_watch(struct vgpu_rpc *rpc, void (*waiting)(unsigned int seconds, void *data), void *data);
void vgpu_rpc_close(struct vgpu_rpc *rpc);
int vgpu_rpc_readonly_path(const char *socket_path, char *ret_path, size_t size);

#endif
