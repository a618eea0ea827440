/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * One vfio-user connection: bytes and descriptors in, cut into messages; replies out.
 *
 * Context: one thread, no locks. Nothing here blocks.
 */
#ifndef GEN75_CONN_H
#define GEN75_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/vfio_user.h"

#define GEN75_CONN_IN_BYTES (2 * VFU_MAX_MSG_BYTES)
#define GEN75_CONN_OUT_BYTES (2 * VFU_MAX_MSG_BYTES)

/**
 * struct gen75_conn - a connection
 * @fd: the socket; -1: not connected
 * @in: received bytes, those from @in_start to @in_end not yet handled
 * @fds: descriptors received with the last byte in @in, see gen75_conn_next()
 * @out: replies, those from @out_start to @out_end not yet sent
 * @out_fd: descriptor to send along with the byte at @out_fd_at; -1: none
 */
struct gen75_conn {
	int fd;
	uint8_t *in, *out;
	size_t in_start, in_end;
	size_t out_start, out_end;
	int fds[VFU_MAX_MSG_FDS];
	unsigned int fd_count;
	bool fds_lost;
	int out_fd;
	size_t out_fd_at;
};

int gen75_conn_init(struct gen75_conn *conn);
void gen75_conn_fini(struct gen75_conn *conn);
void gen75_conn_open(struct gen75_conn *conn, int fd);
void gen75_conn_close(struct gen75_conn *conn);
int gen75_conn_receive(struct gen75_conn *conn);
int gen75_conn_next(struct gen75_conn *conn, struct vfu_request *ret_request);
bool gen75_conn_has_room(const struct gen75_conn *conn);
uint8_t *gen75_conn_reply_payload(struct gen75_conn *conn);
void gen75_conn_reply(struct gen75_conn *conn, const struct vfu_header *header, size_t payload_bytes, int fd);
int gen75_conn_flush(struct gen75_conn *conn);
bool gen75_conn_is_flushed(const struct gen75_conn *conn);

#endif
