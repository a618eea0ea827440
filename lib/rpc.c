// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * rpc.c - the client's half of the protocol in rpc.h. No lock: a connection belongs to one thread.
 */
#include "lib/rpc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cleanup.h"

/* Longer than the agent waits for libvirt, so that its own answer arrives first. */
#define REPLY_TIMEOUT_MS 60000

struct vgpu_rpc {
	int fd;
	char *path;
	unsigned int next_id;
	unsigned int timeout_ms;
	void (*waiting)(unsigned int seconds, void *data); /* NULL: nobody is told */
	void *data; /* of .waiting */
	char *in; /* what has arrived and was not asked for yet */
	size_t in_length, in_size;
};

/**
 * vgpu_rpc_readonly_path() - where the read-only socket beside a socket is
 * @socket_path: the full socket, "DIR/NAME.sock"
 * @ret_path: "DIR/NAME-ro.sock"
 * @size: bytes in @ret_path
 *
 * Return: 0 or -ENAMETOOLONG.
 */
int vgpu_rpc_readonly_path(const char *socket_path, char *ret_path, size_t size)
{
	size_t length = strlen(socket_path);
	int printed;

	if (length > 5 && !strcmp(socket_path + length - 5, ".sock"))
		length -= 5;
	printed = snprintf(ret_path, size, "%.*s-ro.sock", (int)length, socket_path);
	return printed < 0 || (size_t)printed >= size ? -ENAMETOOLONG : 0;
}

static int connect_path(const char *path, unsigned int timeout_ms, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
	int fd, rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

static int unreachable(struct vgpu_error *ret_error, const char *path, int rc)
{
	if (rc == -ENAMETOOLONG)
		return vgpu_error_set(ret_error, VGPU_EXIT_USAGE, path, "name it by a shorter path",
				      "a socket's path can't be as long");
	if (rc == -EACCES || rc == -EPERM)
		return vgpu_error_set(ret_error, VGPU_EXIT_DENIED, path, "run as root or join the group vgpu",
				      "not allowed to change vGPUs");
	return vgpu_error_set(ret_error, VGPU_EXIT_UNREACHABLE, path, "start it: systemctl start vgpud",
			      "vgpud does not answer: %s", strerror(-rc));
}

/**
 * vgpu_rpc_connect() - connect to the agent, with time for all that it may have to wait for
 * @socket_path: the full socket
 * @reads: as of vgpu_rpc_connect_within()
 * @ret_rpc: the connection, released by vgpu_rpc_close()
 * @ret_error: why not
 *
 * Return: 0 or -errno with @ret_error filled.
 */
int vgpu_rpc_connect(const char *socket_path, bool reads, struct vgpu_rpc **ret_rpc, struct vgpu_error *ret_error)
{
	return vgpu_rpc_connect_within(socket_path, reads, REPLY_TIMEOUT_MS, ret_rpc, ret_error);
}

/**
 * vgpu_rpc_connect_within() - connect to the agent
 * @socket_path: the full socket
 * @reads: the caller only reads, so the read-only socket will do when the full one is not allowed
 * @timeout_ms: longest silence to bear; a call that ends by it leaves the connection good for nothing but to be closed
 * @ret_rpc: the connection, released by vgpu_rpc_close()
 * @ret_error: why not
 *
 * Return: 0 or -errno with @ret_error filled.
 */
int vgpu_rpc_connect_within(const char *socket_path, bool reads, unsigned int timeout_ms, struct vgpu_rpc **ret_rpc,
			    struct vgpu_error *ret_error)
{
	char readonly_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct vgpu_rpc *rpc;
	int fd = -1, rc;

	rc = connect_path(socket_path, timeout_ms, &fd);
	if (rc == -EACCES && reads && !vgpu_rpc_readonly_path(socket_path, readonly_path, sizeof(readonly_path)))
		rc = connect_path(readonly_path, timeout_ms, &fd);
	if (rc)
		return unreachable(ret_error, socket_path, rc);
	rpc = calloc(1, sizeof(*rpc));
	if (rpc)
		rpc->path = strdup(socket_path);
	if (!rpc || !rpc->path) {
		free(rpc);
		close(fd);
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, socket_path, "try again", "out of memory");
	}
	rpc->fd = fd;
	rpc->timeout_ms = timeout_ms;
	*ret_rpc = rpc;
	return 0;
}

/**
 * vgpu_rpc_watch() - have somebody told how long a reply takes
 * @rpc: the connection
 * @waiting: called after each second in which no reply began to arrive
 * @data: passed to @waiting
 */
void vgpu_rpc_watch(struct vgpu_rpc *rpc, void (*waiting)(unsigned int seconds, void *data), void *data)
{
	rpc->waiting = waiting;
	rpc->data = data;
}

/**
 * vgpu_rpc_close() - end a connection
 * @rpc: the connection or NULL
 */
void vgpu_rpc_close(struct vgpu_rpc *rpc)
{
	if (!rpc)
		return;
	close(rpc->fd);
	free(rpc->in);
	free(rpc->path);
	free(rpc);
}

static int send_line(int fd, const char *text)
{
	size_t left = strlen(text);
	ssize_t sent;

	while (left) {
		sent = send(fd, text, left, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		text += sent;
		left -= sent;
	}
	return 0;
}

static int wait_for_reply(struct vgpu_rpc *rpc)
{
	struct pollfd fd = { .fd = rpc->fd, .events = POLLIN };
	unsigned int seconds;

	if (!rpc->waiting)
		return 0;
	for (seconds = 1; seconds <= rpc->timeout_ms / 1000; seconds++) {
		/* Whatever it is, receiving tells. */
		if (poll(&fd, 1, 1000))
			return 0;
		rpc->waiting(seconds, rpc->data);
	}
	return -ETIMEDOUT;
}

static int grow(struct vgpu_rpc *rpc)
{
	size_t size = rpc->in_size ? rpc->in_size * 2 : 4096;
	char *larger;

	if (rpc->in_length < rpc->in_size)
		return 0;
	larger = size <= VGPU_RPC_REPLY_BYTES_MAX ? realloc(rpc->in, size) : NULL;
	if (!larger)
		return -EMSGSIZE;
	rpc->in = larger;
	rpc->in_size = size;
	return 0;
}

/* The next line, which stays in the buffer behind whatever came with it until consume(). */
static int receive_line(struct vgpu_rpc *rpc, size_t *ret_length)
{
	size_t seen = 0;
	ssize_t got;
	char *end;
	int rc;

	for (;;) {
		end = seen < rpc->in_length ? memchr(rpc->in + seen, '\n', rpc->in_length - seen) : NULL;
		if (end) {
			*ret_length = end + 1 - rpc->in;
			return 0;
		}
		seen = rpc->in_length;
		rc = grow(rpc);
		if (rc)
			return rc;
		got = recv(rpc->fd, rpc->in + rpc->in_length, rpc->in_size - rpc->in_length, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return !got ? -ECONNRESET : errno == EAGAIN ? -ETIMEDOUT : -errno;
		rpc->in_length += got;
	}
}

static void consume(struct vgpu_rpc *rpc, size_t length)
{
	rpc->in_length -= length;
	memmove(rpc->in, rpc->in + length, rpc->in_length);
}

static int receive(struct vgpu_rpc *rpc, struct vgpu_json **ret_value, struct vgpu_error *ret_error)
{
	size_t length = 0;
	int rc = receive_line(rpc, &length);

	if (rc)
		return unreachable(ret_error, rpc->path, rc);
	rc = vgpu_json_parse(rpc->in, length, VGPU_RPC_DEPTH_MAX, ret_value);
	consume(rpc, length);
	return rc ? vgpu_error_set(ret_error, VGPU_EXIT_FAILED, rpc->path, "is it vgpud's socket?", "the reply is not JSON") : 0;
}

static int remote_error(const struct vgpu_json *error, struct vgpu_error *ret_error)
{
	const struct vgpu_json *data = vgpu_json_get(error, "data");
	const char *object = vgpu_json_get_string(data, "object"), *remedy = vgpu_json_get_string(data, "remedy");
	const char *what = vgpu_json_get_string(error, "message");
	uint64_t exit = vgpu_json_get_u64(data, "exit");

	if (exit < VGPU_EXIT_FAILED || exit > VGPU_EXIT_UNREACHABLE)
		exit = VGPU_EXIT_FAILED;
	return vgpu_error_set(ret_error, exit, object ? object : "vgpud", remedy ? remedy : "see the log of vgpud", "%s",
			      what ? what : "failed");
}

/**
 * vgpu_rpc_call() - call a method and wait for its reply
 * @rpc: the connection
 * @method: which one
 * @params: consumed; NULL for none
 * @ret_result: what the method returned, released by vgpu_json_unref()
 * @ret_error: why not
 *
 * Return: 0 or -errno with @ret_error filled.
 */
int vgpu_rpc_call(struct vgpu_rpc *rpc, const char *method, struct vgpu_json *params, struct vgpu_json **ret_result,
		  struct vgpu_error *ret_error)
{
	cleanup_json struct vgpu_json *explanation = NULL;

	return vgpu_rpc_ask(rpc, method, params, ret_result, &explanation, ret_error);
}

/**
 * vgpu_rpc_ask() - call a method and wait for its reply, and for all that there is to say if it fails
 * @rpc: the connection
 * @method: which one
 * @params: consumed; NULL for none
 * @ret_result: what the method returned, released by vgpu_json_unref()
 * @ret_explanation: set when it fails, and has more to say than an error; released by vgpu_json_unref()
 * @ret_error: why not
 *
 * Return: 0 or -errno with @ret_error filled.
 */
int vgpu_rpc_ask(struct vgpu_rpc *rpc, const char *method, struct vgpu_json *params, struct vgpu_json **ret_result,
		 struct vgpu_json **ret_explanation, struct vgpu_error *ret_error)
{
	cleanup_json struct vgpu_json *request = vgpu_json_object(), *reply = NULL;
	cleanup_free char *text = NULL, *sent = NULL;
	int rc;

	vgpu_json_put_string(request, "jsonrpc", "2.0");
	vgpu_json_put_u64(request, "id", ++rpc->next_id);
	vgpu_json_put_string(request, "method", method);
	if (params)
		vgpu_json_put(request, "params", params);
	text = vgpu_json_text(request, false);
	if (!text || asprintf(&sent, "%s\n", text) < 0)
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, method, "try again", "out of memory");
	rc = send_line(rpc->fd, sent);
	if (!rc)
		rc = wait_for_reply(rpc);
	if (rc)
		return unreachable(ret_error, rpc->path, rc);
	rc = receive(rpc, &reply, ret_error);
	if (rc)
		return rc;
	if (vgpu_json_get(reply, "error")) {
		*ret_explanation =
			vgpu_json_ref(vgpu_json_get(vgpu_json_get(vgpu_json_get(reply, "error"), "data"), "explanation"));
		return remote_error(vgpu_json_get(reply, "error"), ret_error);
	}
	*ret_result = vgpu_json_ref(vgpu_json_get(reply, "result"));
	return 0;
}

/**
 * vgpu_rpc_next() - wait for the next notification, for as long as it takes
 * @rpc: a connection on which a method that brings some was called, and on which nothing else is called
 * @ret_notification: the whole object, released by vgpu_json_unref()
 * @ret_error: why not
 *
 * Return: 0 or -errno with @ret_error filled.
 */
int vgpu_rpc_next(struct vgpu_rpc *rpc, struct vgpu_json **ret_notification, struct vgpu_error *ret_error)
{
	const struct timeval forever = { 0 };

	setsockopt(rpc->fd, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof(forever));
	return receive(rpc, ret_notification, ret_error);
}
