// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * server.c - connections as an event loop sees them. No lock: everything runs in the event loop's thread.
 *
 * Clients are hostile. What one connection can make the agent keep is a request line in, and one reply out: nothing more is
 * read until the reply has left. A reply that does not leave for SLOW_READER_US ends the connection. An idle connection costs a
 * file descriptor and nothing else. A connection that streams asks for its next lines when those before have left: who does not read
 * makes nobody keep anything. When a socket has all the connections it may have, the user with the most of them loses
 * the one that has been quiet for longest, so that nobody can lock others out by connecting.
 */
#include "vgpud-agent/server.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "lib/rpc.h"
#include "vgpud-agent/sockets.h"

#define CONNECTIONS_MAX 256
#define SLOW_READER_US (10 * 1000 * 1000)
/* One connection's turn: the others and the kernel's events come between. */
#define LINES_A_TURN 4
#define GROUPS_MAX 1024

struct listener {
	struct vgpu_server *server;
	sd_event_source *source;
	bool readonly;
	unsigned int connections;
};

/* Beside its replies, a connection may get lines that it did not ask for one by one. */
enum stream {
	STREAM_NONE,
	STREAM_IDLE, /* nothing to say until vgpu_server_wake() */
	STREAM_READY, /* the handler may have something */
};

struct connection {
	struct vgpu_server *server;
	struct listener *listener;
	struct connection *next;
	sd_event_source *io;
	sd_event_source *more; /* complete lines are left in the buffer */
	sd_event_source *slow; /* armed while a reply is leaving */
	uint64_t id;
	uint64_t active_us;
	uid_t uid;
	int fd;
	bool held; /* a reply comes later */
	bool closing; /* end behind the reply */
	bool ended; /* the client sends no more */
	enum stream stream;
	char *in;
	size_t in_length, in_size;
	char *out;
	size_t out_length, out_sent;
};

struct vgpu_server {
	sd_event *event;
	struct vgpu_server_handler handler;
	struct listener listener[VGPU_SOCKETS];
	struct connection *connections;
	uint64_t next_id;
};

static uint64_t now_us(struct vgpu_server *server)
{
	uint64_t now = 0;

	sd_event_now(server->event, CLOCK_MONOTONIC, &now);
	return now;
}

static void drop(struct connection *connection)
{
	struct connection **at;

	for (at = &connection->server->connections; *at != connection; at = &(*at)->next)
		;
	*at = connection->next;
	if (connection->stream != STREAM_NONE)
		connection->server->handler.gone(connection->server->handler.data, connection->id);
	connection->listener->connections--;
	sd_event_source_disable_unref(connection->io);
	sd_event_source_disable_unref(connection->more);
	sd_event_source_disable_unref(connection->slow);
	close(connection->fd);
	free(connection->in);
	free(connection->out);
	free(connection);
}

/* The end of the first complete line, or NULL. */
static char *line_end(const struct connection *connection)
{
	return connection->in_length ? memchr(connection->in, '\n', connection->in_length) : NULL;
}

/* Reads while there is nothing to answer, writes while there is. */
static void rearm(struct connection *connection)
{
	bool free = !connection->out && !connection->held && !connection->closing;
	bool lines = line_end(connection), more = free && (lines || connection->stream == STREAM_READY);
	uint32_t events = 0;

	if (connection->out)
		events = EPOLLOUT;
	else if (free && !lines && !connection->ended)
		events = EPOLLIN;
	sd_event_source_set_io_events(connection->io, events);
	sd_event_source_set_enabled(connection->more, more ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	sd_event_source_set_enabled(connection->slow, connection->out ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* Returns false when the connection is gone. */
static bool flush(struct connection *connection)
{
	ssize_t sent;

	while (connection->out) {
		sent = send(connection->fd, connection->out + connection->out_sent, connection->out_length - connection->out_sent,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EAGAIN)
			return true;
		if (sent < 0) {
			drop(connection);
			return false;
		}
		connection->out_sent += sent;
		sd_event_source_set_time(connection->slow, now_us(connection->server) + SLOW_READER_US);
		if (connection->out_sent == connection->out_length) {
			free(connection->out);
			connection->out = NULL;
		}
	}
	return true;
}

/* Takes over @reply. Returns false when the connection is gone. */
static bool queue(struct connection *connection, char *reply)
{
	size_t length = strlen(reply);

	/* The end of the text becomes the end of the line: what goes out is counted, not NUL-terminated. */
	reply[length] = '\n';
	connection->out = reply;
	connection->out_length = length + 1;
	connection->out_sent = 0;
	sd_event_source_set_time(connection->slow, now_us(connection->server) + SLOW_READER_US);
	return flush(connection);
}

static void consume(struct connection *connection, size_t bytes)
{
	connection->in_length -= bytes;
	memmove(connection->in, connection->in + bytes, connection->in_length);
	if (connection->in_length)
		return;
	free(connection->in);
	connection->in = NULL;
	connection->in_size = 0;
}

/* Replies come first. Returns false when the connection is gone. */
static bool stream(struct connection *connection)
{
	const struct vgpu_server_handler *handler = &connection->server->handler;
	char *lines;

	if (connection->stream != STREAM_READY || connection->out || connection->held || connection->closing)
		return true;
	lines = handler->next(handler->data, connection->id);
	if (lines)
		return queue(connection, lines);
	connection->stream = STREAM_IDLE;
	return true;
}

/* Half a line at the end is no request. Who has subscribed may have said all that he has to say. */
static bool finished(const struct connection *connection)
{
	if (connection->out || connection->held)
		return false;
	return connection->closing || (connection->ended && !line_end(connection) && connection->stream == STREAM_NONE);
}

/* Answers complete lines, a few a turn. May free the connection. */
static void process(struct connection *connection)
{
	const struct vgpu_server_handler *handler = &connection->server->handler;
	const struct vgpu_peer peer = { connection->id, connection->uid, connection->listener->readonly };
	unsigned int turn;
	char *end, *reply;

	for (turn = 0; turn < LINES_A_TURN && !connection->out && !connection->held; turn++) {
		end = line_end(connection);
		if (!end)
			break;
		reply = handler->line(handler->data, &peer, connection->in, end - connection->in, &connection->held);
		consume(connection, end + 1 - connection->in);
		if (reply && !queue(connection, reply))
			return;
	}
	if (!connection->out && !connection->held && connection->in_length >= VGPU_RPC_REQUEST_BYTES_MAX &&
	    !line_end(connection)) {
		connection->closing = true;
		reply = handler->too_long(handler->data);
		if (reply && !queue(connection, reply))
			return;
	}
	if (!stream(connection))
		return;
	if (finished(connection))
		drop(connection);
	else
		rearm(connection);
}

static int grow(struct connection *connection)
{
	size_t size = connection->in_size ? connection->in_size * 2 : 1024;
	char *larger;

	if (connection->in_length < connection->in_size)
		return 0;
	if (size > VGPU_RPC_REQUEST_BYTES_MAX)
		size = VGPU_RPC_REQUEST_BYTES_MAX;
	larger = realloc(connection->in, size);
	if (!larger)
		return -ENOMEM;
	connection->in = larger;
	connection->in_size = size;
	return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct connection *connection = data;
	ssize_t got;

	if (connection->out) {
		if (events & (EPOLLERR | EPOLLHUP)) {
			drop(connection);
			return 0;
		}
		if (flush(connection))
			process(connection);
		return 0;
	}
	/* A client that hangs up, maybe while its call waits for libvirt: the call goes on, its reply finds nobody. */
	if (connection->held || (connection->ended && connection->stream != STREAM_NONE)) {
		drop(connection);
		return 0;
	}
	if (grow(connection)) {
		drop(connection);
		return 0;
	}
	got = recv(fd, connection->in + connection->in_length, connection->in_size - connection->in_length, MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got < 0) {
		drop(connection);
		return 0;
	}
	connection->in_length += got;
	connection->ended = !got;
	connection->active_us = now_us(connection->server);
	process(connection);
	return 0;
}

static int on_more(sd_event_source *source, void *data)
{
	process(data);
	return 0;
}

static int on_slow(sd_event_source *source, uint64_t usec, void *data)
{
	drop(data);
	return 0;
}

static unsigned int held_by(const struct listener *listener, uid_t uid)
{
	const struct connection *connection;
	unsigned int count = 0;

	for (connection = listener->server->connections; connection; connection = connection->next)
		if (connection->listener == listener && connection->uid == uid)
			count++;
	return count;
}

/* At most CONNECTIONS_MAX squared steps, and only when the socket is full. */
static void make_place(struct listener *listener)
{
	struct connection *connection, *victim = NULL;
	unsigned int count, most = 0;

	for (connection = listener->server->connections; connection; connection = connection->next) {
		if (connection->listener != listener || connection->held)
			continue;
		count = held_by(listener, connection->uid);
		if (count > most || (count == most && victim && connection->active_us <= victim->active_us)) {
			most = count;
			victim = connection;
		}
	}
	if (victim)
		drop(victim);
}

/* The socket's mode keeps others out already; this also holds when a mode was changed by hand. */
static bool may_change(int fd, uid_t uid)
{
	struct group *group;
	gid_t groups[GROUPS_MAX];
	socklen_t length = sizeof(groups);
	unsigned int i;

	if (!uid || uid == geteuid())
		return true;
	group = getgrnam(VGPU_GROUP);
	if (!group || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length))
		return false;
	for (i = 0; i < length / sizeof(gid_t); i++)
		if (groups[i] == group->gr_gid)
			return true;
	return false;
}

static int add_connection(struct listener *listener, int fd, uid_t uid)
{
	struct vgpu_server *server = listener->server;
	struct connection *connection;
	int rc;

	connection = calloc(1, sizeof(*connection));
	if (!connection)
		return -ENOMEM;
	connection->server = server;
	connection->listener = listener;
	connection->id = ++server->next_id;
	connection->uid = uid;
	connection->fd = fd;
	connection->active_us = now_us(server);
	rc = sd_event_add_io(server->event, &connection->io, fd, EPOLLIN, on_io, connection);
	if (rc >= 0)
		rc = sd_event_add_defer(server->event, &connection->more, on_more, connection);
	if (rc >= 0)
		rc = sd_event_add_time(server->event, &connection->slow, CLOCK_MONOTONIC, 0, 0, on_slow, connection);
	if (rc < 0) {
		sd_event_source_disable_unref(connection->io);
		sd_event_source_disable_unref(connection->more);
		free(connection);
		return rc;
	}
	sd_event_source_set_enabled(connection->more, SD_EVENT_OFF);
	sd_event_source_set_enabled(connection->slow, SD_EVENT_OFF);
	connection->next = server->connections;
	server->connections = connection;
	listener->connections++;
	return 0;
}

static int on_accept(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct listener *listener = data;
	struct ucred peer;
	socklen_t length = sizeof(peer);
	int accepted;

	/* Room first, so that a full table can't leave a client waiting in the backlog. */
	if (listener->connections >= CONNECTIONS_MAX)
		make_place(listener);
	if (listener->connections >= CONNECTIONS_MAX)
		return 0;
	accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (accepted < 0) {
		if (errno == EMFILE || errno == ENFILE)
			make_place(listener);
		return 0;
	}
	if (getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &peer, &length) ||
	    (!listener->readonly && !may_change(accepted, peer.uid)) || add_connection(listener, accepted, peer.uid))
		close(accepted);
	return 0;
}

/**
 * vgpu_server_create() - serve the sockets
 * @event: the event loop
 * @sockets: must stay open as long as the server lives; one of them may be missing
 * @handler: who answers
 * @ret_server: the server, released by vgpu_server_destroy()
 *
 * Return: 0 or -errno.
 */
int vgpu_server_create(struct sd_event *event, const struct vgpu_sockets *sockets, const struct vgpu_server_handler *handler,
		       struct vgpu_server **ret_server)
{
	struct vgpu_server *server;
	unsigned int kind;
	int rc = 0;

	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	server->event = event;
	server->handler = *handler;
	for (kind = 0; rc >= 0 && kind < VGPU_SOCKETS; kind++) {
		server->listener[kind] = (struct listener) { .server = server, .readonly = kind == VGPU_SOCKET_READONLY };
		if (sockets->of[kind].fd >= 0)
			rc = sd_event_add_io(event, &server->listener[kind].source, sockets->of[kind].fd, EPOLLIN, on_accept,
					     &server->listener[kind]);
	}
	if (rc < 0) {
		vgpu_server_destroy(server);
		return rc;
	}
	*ret_server = server;
	return 0;
}

/**
 * vgpu_server_destroy() - end every connection; the sockets are not its own
 * @server: the server or NULL
 */
void vgpu_server_destroy(struct vgpu_server *server)
{
	unsigned int i;

	if (!server)
		return;
	while (server->connections)
		drop(server->connections);
	for (i = 0; i < VGPU_SOCKETS; i++)
		sd_event_source_disable_unref(server->listener[i].source);
	free(server);
}

/**
 * vgpu_server_reply() - bring the reply that a handler promised
 * @server: the server
 * @id: which connection; one that is gone meanwhile is no error
 * @reply: the line, NULL when there is nothing to say
 */
void vgpu_server_reply(struct vgpu_server *server, uint64_t id, const char *reply)
{
	struct connection *connection;
	char *copy;

	for (connection = server->connections; connection && connection->id != id; connection = connection->next)
		;
	if (!connection)
		return;
	connection->held = false;
	copy = reply ? strdup(reply) : NULL;
	if (copy && !queue(connection, copy))
		return;
	process(connection);
}

/**
 * vgpu_server_stream() - let a connection have lines that it does not ask for one by one
 * @server: the server
 * @id: which connection, whose request is being answered
 *
 * From now on the handler is asked for them whenever the connection has room.
 */
void vgpu_server_stream(struct vgpu_server *server, uint64_t id)
{
	struct connection *connection;

	for (connection = server->connections; connection; connection = connection->next)
		if (connection->id == id)
			connection->stream = STREAM_READY;
}

/**
 * vgpu_server_wake() - there may be something for those that vgpu_server_stream() was for
 * @server: the server
 *
 * Nothing is sent from within; the event loop does it.
 */
void vgpu_server_wake(struct vgpu_server *server)
{
	struct connection *connection;

	for (connection = server->connections; connection; connection = connection->next) {
		if (connection->stream != STREAM_IDLE)
			continue;
		connection->stream = STREAM_READY;
		if (!connection->out && !connection->held)
			sd_event_source_set_enabled(connection->more, SD_EVENT_ONESHOT);
	}
}
