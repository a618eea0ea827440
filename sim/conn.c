// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * One vfio-user connection: framing, both ways.
 *
 * Input is read in large pieces and cut into messages, so that a client that sends many at once costs one system call, and
 * replies are collected and sent together. Both buffers have a fixed size: while the client does not take its
 * replies, no further message is handled (gen75_conn_has_room()), which is the only back pressure needed.
 */
#include "sim/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Descriptors for which there is room in one recvmsg(). More than the protocol allows, to be able to tell the client. */
#define RECEIVE_FDS (VFU_MAX_MSG_FDS + 7)

static void close_received(struct gen75_conn *conn)
{
	for (unsigned int i = 0; i < conn->fd_count; i++)
		if (conn->fds[i] >= 0)
			close(conn->fds[i]);
	conn->fd_count = 0;
	conn->fds_lost = false;
}

/**
 * gen75_conn_init() - make a connection that is not connected; the buffers serve one client after the other
 * Return: 0, -ENOMEM.
 */
int gen75_conn_init(struct gen75_conn *conn)
{
	memset(conn, 0, sizeof(*conn));
	conn->fd = -1;
	conn->out_fd = -1;
	conn->in = malloc(GEN75_CONN_IN_BYTES);
	conn->out = malloc(GEN75_CONN_OUT_BYTES);
	if (!conn->in || !conn->out) {
		gen75_conn_fini(conn);
		return -ENOMEM;
	}
	return 0;
}

/**
 * gen75_conn_fini() - close and free
 */
void gen75_conn_fini(struct gen75_conn *conn)
{
	gen75_conn_close(conn);
	free(conn->in);
	free(conn->out);
	conn->in = conn->out = NULL;
}

/**
 * gen75_conn_open() - start with a new client
 * @fd: non-blocking socket, owned by the connection from here on
 */
void gen75_conn_open(struct gen75_conn *conn, int fd)
{
	gen75_conn_close(conn);
	conn->fd = fd;
}

/**
 * gen75_conn_close() - end with a client: what was not handled or sent is dropped, received descriptors are closed
 */
void gen75_conn_close(struct gen75_conn *conn)
{
	close_received(conn);
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
	conn->out_fd = -1;
	conn->in_start = conn->in_end = 0;
	conn->out_start = conn->out_end = 0;
}

/* Take the descriptors out of a control message: as many as are allowed, the rest are closed. */
static void keep_fds(struct gen75_conn *conn, const struct cmsghdr *cmsg)
{
	size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(fd));
		if (conn->fd_count < VFU_MAX_MSG_FDS) {
			conn->fds[conn->fd_count++] = fd;
		} else {
			conn->fds_lost = true;
			close(fd);
		}
	}
}

/*
 * How much to read. Descriptors are said to belong to the message in which the bytes read with them end (the kernel ends a
 * read behind data that carries descriptors). While a message that has some is incomplete, no byte of the next one may be
 * read, or it would seem to own them.
 */
static size_t receive_limit(const struct gen75_conn *conn)
{
	size_t have = conn->in_end - conn->in_start;
	struct vfu_header header;

	if (!conn->fd_count && !conn->fds_lost)
		return GEN75_CONN_IN_BYTES - have;
	if (have < sizeof(header))
		return sizeof(header) - have;
	memcpy(&header, conn->in + conn->in_start, sizeof(header));
	return header.size - have;
}

/**
 * gen75_conn_receive() - read what the client has sent; call it only when gen75_conn_next() has returned 0
 * Return: bytes read; -EAGAIN: nothing there; -ECONNRESET: the client is gone.
 */
int gen75_conn_receive(struct gen75_conn *conn)
{
	union {
		char bytes[CMSG_SPACE(RECEIVE_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_len = receive_limit(conn) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got;

	if (conn->in_start) {
		memmove(conn->in, conn->in + conn->in_start, conn->in_end - conn->in_start);
		conn->in_end -= conn->in_start;
		conn->in_start = 0;
	}
	iov.iov_base = conn->in + conn->in_end;
	do {
		got = recvmsg(conn->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? -EAGAIN : -ECONNRESET;
	if (got == 0)
		return -ECONNRESET;

	conn->in_end += (size_t)got;
	if (msg.msg_flags & MSG_CTRUNC)
		conn->fds_lost = true;
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
			keep_fds(conn, cmsg);
	return (int)got;
}

/**
 * gen75_conn_next() - take the next complete message
 * @ret_request: its payload points into the connection's buffer and is valid until gen75_conn_receive(); the descriptors
 *	that it holds are the caller's
 *
 * Return: 1 for a message; 0: none is complete; -EPROTO: this is not the protocol, there is no way to find the next message.
 */
int gen75_conn_next(struct gen75_conn *conn, struct vfu_request *ret_request)
{
	size_t have = conn->in_end - conn->in_start;
	struct vfu_request request = { .fds = conn->fds };
	bool last;

	if (have < sizeof(request.header))
		return 0;
	memcpy(&request.header, conn->in + conn->in_start, sizeof(request.header));
	if (request.header.size < sizeof(request.header) || request.header.size > VFU_MAX_MSG_BYTES)
		return -EPROTO;
	if ((request.header.flags & VFU_FLAGS_TYPE) != VFU_FLAGS_COMMAND)
		return -EPROTO;
	if (have < request.header.size)
		return 0;

	request.payload = conn->in + conn->in_start + sizeof(request.header);
	request.payload_bytes = request.header.size - sizeof(request.header);
	last = have == request.header.size;
	if (last) {
		request.fd_count = conn->fd_count;
		request.fds_lost = conn->fds_lost;
		conn->fd_count = 0;
		conn->fds_lost = false;
	}
	conn->in_start += request.header.size;
	*ret_request = request;
	return 1;
}

/**
 * gen75_conn_has_room() - whether any reply fits; do not handle a message otherwise
 */
bool gen75_conn_has_room(const struct gen75_conn *conn)
{
	return GEN75_CONN_OUT_BYTES - conn->out_end >= VFU_MAX_MSG_BYTES && conn->out_fd < 0;
}

/**
 * gen75_conn_reply_payload() - where to write the payload of the next reply: VFU_MAX_MSG_BYTES less a header, not aligned
 */
uint8_t *gen75_conn_reply_payload(struct gen75_conn *conn)
{
	return conn->out + conn->out_end + sizeof(struct vfu_header);
}

/**
 * gen75_conn_reply() - queue a reply
 * @header: as it is to be sent, but for the size
 * @payload_bytes: how much has been written at gen75_conn_reply_payload()
 * @fd: descriptor to pass along, or -1; it must stay open until the connection is flushed or closed
 */
void gen75_conn_reply(struct gen75_conn *conn, const struct vfu_header *header, size_t payload_bytes, int fd)
{
	struct vfu_header sent = *header;

	sent.size = (uint32_t)(sizeof(sent) + payload_bytes);
	memcpy(conn->out + conn->out_end, &sent, sizeof(sent));
	if (fd >= 0) {
		conn->out_fd = fd;
		conn->out_fd_at = conn->out_end;
	}
	conn->out_end += sent.size;
}

/* Send bytes up to @end, with a descriptor if @fd is one. */
static ssize_t send_some(struct gen75_conn *conn, size_t end, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = conn->out + conn->out_start, .iov_len = end - conn->out_start };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (fd >= 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	do {
		sent = sendmsg(conn->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent;
}

/**
 * gen75_conn_flush() - send the queued replies
 * Return: 0, even if the client does not take them all now (gen75_conn_is_flushed()); -ECONNRESET: the client is gone.
 */
int gen75_conn_flush(struct gen75_conn *conn)
{
	while (conn->out_start < conn->out_end) {
		bool with_fd = conn->out_fd >= 0 && conn->out_start == conn->out_fd_at;
		size_t end = conn->out_fd >= 0 && !with_fd ? conn->out_fd_at : conn->out_end;
		ssize_t sent = send_some(conn, end, with_fd ? conn->out_fd : -1);

		if (sent < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -ECONNRESET;
		conn->out_start += (size_t)sent;
		if (with_fd)
			conn->out_fd = -1;
	}
	conn->out_start = conn->out_end = 0;
	return 0;
}

/**
 * gen75_conn_is_flushed() - whether no reply waits to be sent
 */
bool gen75_conn_is_flushed(const struct gen75_conn *conn)
{
	return conn->out_start == conn->out_end;
}
