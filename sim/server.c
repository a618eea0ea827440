// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The server: who may connect, what happens when a client comes and goes, and how the time is divided between its messages
 * and the engines.
 *
 * Replies go out before the engines run, and the engines run for a bounded number of commands before the socket is looked at
 * again: neither a spinning batch nor a flood of messages can keep the other side from its turn.
 */
#include "sim/server.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* About a millisecond of a spinning batch. */
#define RUN_COMMANDS 16384u

static int watch(struct gen75_server *server, int operation, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(server->epoll_fd, operation, fd, &event) ? -errno : 0;
}

/* --- the listening socket ------------------------------------------------------------------------------------------------- */

/* A socket file that nobody listens on is left over from a server that was killed. */
static bool is_stale(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool stale;

	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int listen_at(struct gen75_server *server, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	ret = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	if (ret && errno == EADDRINUSE && is_stale(&addr) && !unlink(path))
		ret = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	if (ret || listen(fd, 8)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	server->listen_fd = fd;
	server->path = path;
	return watch(server, EPOLL_CTL_ADD, fd, EPOLLIN);
}

/**
 * gen75_server_init() - make the device and listen
 * @path: of the socket; it is bound with the process's umask, and removed at the end. Must outlive the server.
 * Return: 0, or a negative errno; nothing is left behind then.
 */
int gen75_server_init(struct gen75_server *server, const char *path, const struct gen75_config *config, FILE *trace,
		      struct gen75_log *log)
{
	int ret;

	memset(server, 0, sizeof(*server));
	server->listen_fd = -1;
	server->log = log;
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll_fd < 0)
		return -errno;
	ret = gen75_conn_init(&server->conn);
	if (ret)
		goto close_epoll;
	ret = gen75_device_init(&server->device, config, trace);
	if (ret)
		goto fini_conn;
	ret = listen_at(server, path);
	if (!ret)
		return 0;

	if (server->listen_fd >= 0)
		close(server->listen_fd);
	gen75_device_fini(&server->device);
fini_conn:
	gen75_conn_fini(&server->conn);
close_epoll:
	close(server->epoll_fd);
	return ret;
}

/**
 * gen75_server_fini() - disconnect the client and stop listening
 */
void gen75_server_fini(struct gen75_server *server)
{
	unlink(server->path);
	close(server->listen_fd);
	gen75_conn_fini(&server->conn);
	gen75_device_fini(&server->device);
	close(server->epoll_fd);
}

/**
 * gen75_server_watch_signals() - let the loop wait for @fd, too; it stays the caller's
 * Return: 0, or a negative errno.
 */
int gen75_server_watch_signals(struct gen75_server *server, int fd)
{
	return watch(server, EPOLL_CTL_ADD, fd, EPOLLIN);
}

/* --- the client ----------------------------------------------------------------------------------------------------------- */

/**
 * gen75_server_has_client() - whether a client is connected
 */
bool gen75_server_has_client(const struct gen75_server *server)
{
	return server->conn.fd >= 0;
}

/* The client is gone, or has to go. Nothing of it is left in the device. */
static int drop_client(struct gen75_server *server, const char *why)
{
	if (server->conn.in_start != server->conn.in_end)
		gen75_log_client(server->log, "client left in the middle of a message");
	gen75_log_client(server->log, "client disconnected: %s", why);
	gen75_conn_close(&server->conn);
	server->messages += server->session.messages;
	server->rejected += server->session.rejected;
	memset(&server->session, 0, sizeof(server->session));
	return gen75_device_abandon(&server->device);
}

static bool has_hung_up(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLRDHUP };

	return poll(&poll_fd, 1, 0) > 0 && poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

/**
 * gen75_server_accept() - take a new client, or turn it away when there is one
 * Return: 0, or a negative errno when the device can't be used any more.
 */
int gen75_server_accept(struct gen75_server *server)
{
	int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int ret = 0;

	if (fd < 0)
		return 0;
	/* A client that was killed with messages under way is still here until they are read: its successor need not wait. */
	if (gen75_server_has_client(server) && has_hung_up(server->conn.fd))
		ret = drop_client(server, "replaced");
	if (ret || gen75_server_has_client(server) || watch(server, EPOLL_CTL_ADD, fd, EPOLLIN)) {
		server->refused++;
		close(fd);
		gen75_log_client(server->log, "connection refused: there is a client");
		return ret;
	}
	gen75_conn_open(&server->conn, fd);
	server->session = (struct gen75_session) {
		.conn = &server->conn,
		.device = &server->device,
		.log = server->log,
	};
	server->clients++;
	gen75_log_client(server->log, "client connected");
	return 0;
}

/* Handle the complete messages for whose replies there is room. -EPROTO: the client has to go. */
static int handle_messages(struct gen75_server *server)
{
	struct vfu_request request;
	int ret = 0;

	while (gen75_conn_has_room(&server->conn)) {
		ret = gen75_conn_next(&server->conn, &request);
		if (ret <= 0)
			break;
		ret = gen75_session_answer(&server->session, &request);
		if (ret)
			break;
	}
	return ret;
}

/**
 * gen75_server_serve() - the client's socket is ready: answer what is there
 * @events: EPOLLIN, EPOLLOUT, EPOLLHUP and so on, as epoll reported them
 *
 * While replies wait to be taken, the socket is watched for that alone, and messages that are already here stay unhandled.
 * One call handles at most two buffers full of messages.
 *
 * Return: 0, or a negative errno when the device can't be used any more.
 */
int gen75_server_serve(struct gen75_server *server, uint32_t events)
{
	struct gen75_conn *conn = &server->conn;
	bool waiting = !gen75_conn_is_flushed(conn);
	int ret = 0;

	if (waiting) {
		ret = gen75_conn_flush(conn);
		if (!ret && events & (EPOLLHUP | EPOLLERR))
			ret = -ECONNRESET;
	} else {
		ret = gen75_conn_receive(conn);
		if (ret == -EAGAIN)
			return 0;
	}
	while (ret >= 0 && gen75_conn_is_flushed(conn)) {
		size_t before = conn->in_start;
		int handled = handle_messages(server);

		ret = gen75_conn_flush(conn);
		if (handled < 0)
			ret = handled;
		if (before == conn->in_start)
			break;
	}
	if (ret == -EPROTO)
		return drop_client(server, "it does not speak this protocol");
	if (ret < 0)
		return drop_client(server, "end of connection");
	if (waiting != !gen75_conn_is_flushed(conn))
		watch(server, EPOLL_CTL_MOD, conn->fd, waiting ? EPOLLIN : EPOLLOUT);
	return 0;
}

/**
 * gen75_server_run() - let the engines work for a while
 * Return: when to call again, see gen75_run().
 */
uint64_t gen75_server_run(struct gen75_server *server)
{
	uint64_t deadline_ns = gen75_run(server->device.gpu, gen75_now_ns(), RUN_COMMANDS);

	if (server->device.dma.lost) {
		server->device.dma.lost = 0;
		gen75_log_client(server->log, "memory of the client has vanished: its file was cut, or there is no page for it");
	}
	return deadline_ns;
}
