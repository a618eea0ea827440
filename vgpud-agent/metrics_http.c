// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * metrics_http.c - GET /metrics, answered within the agent's event loop: libmicrohttpd has no thread, its epoll descriptor is one
 * source among the others, and a timer wakes it when a connection has been idle for too long. No lock.
 *
 * Clients are hostile. A connection gets one answer and is closed. What it can make the agent keep is MEMORY_BYTES of request and a
 * page that it does not read; what it can make the agent do is one reading of sysfs in KEEP_US. When CONNECTIONS_MAX are open, the
 * oldest one that has not asked yet makes room, so that nobody can lock the monitoring out by connecting.
 */
#include "vgpud-agent/metrics_http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/json.h"
#include "lib/text.h"
#include "vgpud-agent/gather.h"
#include "vgpud-agent/metrics.h"

#define ALLOWED "GET, HEAD, OPTIONS"
#define CONNECTIONS_MAX 16u
#define MEMORY_BYTES ((size_t)16384)
#define IDLE_S 5u
/* Two servers that scrape at the same time get the same page. */
#define KEEP_US 100000
/* A run ends some connections, the next one notices that there is room; each needs the other at most once. */
#define RUNS_MAX 4

struct client {
	struct client *next; /* in the order in which they came */
	int fd;
	bool asked;
};

struct vgpu_metrics_http {
	struct vgpu_agent *agent;
	struct MHD_Daemon *daemon;
	sd_event_source *io, *timer;
	struct client *clients;
	unsigned int connections;
	struct MHD_Response *not_found, *not_allowed, *options;
	/* What is kept for KEEP_US: */
	uint64_t read_us;
	struct vgpu_json *stats;
	struct MHD_Response *page[VGPU_METRICS_FORMATS];
};

static uint64_t now_us(struct vgpu_metrics_http *http)
{
	uint64_t now = 0;

	sd_event_now(http->agent->event, CLOCK_MONOTONIC, &now);
	return now;
}

/* A connection that still sends one of the pages has its own reference. */
static void forget(struct vgpu_metrics_http *http)
{
	unsigned int i;

	for (i = 0; i < VGPU_METRICS_FORMATS; i++) {
		if (http->page[i])
			MHD_destroy_response(http->page[i]);
		http->page[i] = NULL;
	}
	vgpu_json_unref(http->stats);
	http->stats = NULL;
}

/* Takes over @text, which is from malloc() unless @mode says otherwise. */
static struct MHD_Response *make_response(char *text, size_t length, enum MHD_ResponseMemoryMode mode, const char *type)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(length, text, mode);

	if (!response) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return NULL;
	}
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_NO ||
	    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_NO) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

static struct MHD_Response *make_constant(const char *text)
{
	return make_response((char *)text, strlen(text), MHD_RESPMEM_PERSISTENT, "text/plain; charset=utf-8");
}

static enum MHD_Result answer_failure(struct MHD_Connection *connection, const struct vgpu_error *error)
{
	char text[sizeof(error->object) + sizeof(error->what) + 4];
	struct MHD_Response *response;
	enum MHD_Result result;
	int length;

	length = snprintf(text, sizeof(text), "%s: %s\n", error->object, error->what);
	response = make_response(text, length, MHD_RESPMEM_MUST_COPY, "text/plain; charset=utf-8");
	if (!response)
		return MHD_NO;
	result = MHD_queue_response(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, response);
	MHD_destroy_response(response);
	return result;
}

static int make_page(struct vgpu_metrics_http *http, enum vgpu_metrics_format format)
{
	size_t length;
	char *text;

	if (http->page[format])
		return 0;
	if (vgpu_metrics_render(http->stats, format, &text, &length))
		return -ENOMEM;
	http->page[format] = make_response(text, length, MHD_RESPMEM_MUST_FREE, vgpu_metrics_content_type(format));
	return http->page[format] ? 0 : -ENOMEM;
}

/* A list may come in several headers, which are one with commas between (RFC 9110, section 5.3). MEMORY_BYTES holds them all. */
static enum MHD_Result add_accept(void *data, enum MHD_ValueKind kind, const char *key, const char *value)
{
	char *accept = data;

	if (!strcasecmp(key, MHD_HTTP_HEADER_ACCEPT) && value)
		vgpu_text_append(accept, MEMORY_BYTES, "%s%s", *accept ? "," : "", value);
	return MHD_YES;
}

static enum MHD_Result answer_metrics(struct vgpu_metrics_http *http, struct MHD_Connection *connection)
{
	enum vgpu_metrics_format format;
	char accept[MEMORY_BYTES] = "";
	struct vgpu_error error;

	MHD_get_connection_values(connection, MHD_HEADER_KIND, add_accept, accept);
	format = vgpu_metrics_negotiate(accept);
	if (http->stats && now_us(http) - http->read_us >= KEEP_US)
		forget(http);
	if (!http->stats) {
		if (vgpu_gather_stats(http->agent, &http->stats, &error))
			return answer_failure(connection, &error);
		http->read_us = now_us(http);
	}
	if (make_page(http, format))
		return MHD_NO;
	return MHD_queue_response(connection, MHD_HTTP_OK, http->page[format]);
}

/* A request's target may be a whole URL, whoever it names (RFC 9112, section 3.2.2): there is but one server here. */
static const char *path_of(const char *url)
{
	static const char scheme[] = "http://";
	const char *path;

	if (strncasecmp(url, scheme, strlen(scheme)) != 0)
		return url;
	path = strchr(url + strlen(scheme), '/');
	return path ? path : "/";
}

/* Called when the header is complete; an answer at that point has libmicrohttpd ignore the body. */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_size, void **request)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct client *client = info ? info->socket_context : NULL;
	struct vgpu_metrics_http *http = data;

	if (client)
		client->asked = true;
	if (!strcmp(method, MHD_HTTP_METHOD_OPTIONS) && (!strcmp(url, "*") || !strcmp(path_of(url), "/metrics")))
		return MHD_queue_response(connection, MHD_HTTP_NO_CONTENT, http->options);
	if (strcmp(path_of(url), "/metrics") != 0)
		return MHD_queue_response(connection, MHD_HTTP_NOT_FOUND, http->not_found);
	/* To a HEAD, libmicrohttpd sends the header of the answer only. */
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return MHD_queue_response(connection, MHD_HTTP_METHOD_NOT_ALLOWED, http->not_allowed);
	return answer_metrics(http, connection);
}

/* The end of its stream is what libmicrohttpd takes note of; it lets go of the connection by itself. */
static void make_room(struct vgpu_metrics_http *http)
{
	struct client *client, *victim = http->clients;

	/* Never the newest: it has had no time to ask. */
	for (client = http->clients; client && client->next; client = client->next) {
		if (!client->asked) {
			victim = client;
			break;
		}
	}
	if (victim)
		shutdown(victim->fd, SHUT_RDWR);
}

static void add_client(struct vgpu_metrics_http *http, struct MHD_Connection *connection, void **socket_context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct client *client = calloc(1, sizeof(*client)), **at;

	http->connections++;
	/* One that is not in the list is never asked to leave, and ends by itself. */
	if (client && info) {
		client->fd = info->connect_fd;
		for (at = &http->clients; *at; at = &(*at)->next)
			;
		*at = client;
		*socket_context = client;
	} else {
		free(client);
	}
	if (http->connections >= CONNECTIONS_MAX)
		make_room(http);
}

static void remove_client(struct vgpu_metrics_http *http, struct client *client)
{
	struct client **at;

	http->connections--;
	for (at = &http->clients; *at && *at != client; at = &(*at)->next)
		;
	if (*at)
		*at = client->next;
	free(client);
}

static void on_connection(void *data, struct MHD_Connection *connection, void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = NULL;
		add_client(data, connection, socket_context);
	} else {
		remove_client(data, *socket_context);
	}
}

/* What is ready is served. Then the timer is set to when libmicrohttpd wants to be called although nothing is. */
static void run(struct vgpu_metrics_http *http)
{
	unsigned int runs = 0, before;
	MHD_UNSIGNED_LONG_LONG wait_ms;

	/* While full, libmicrohttpd does not watch the listening socket, and only a further run has it look again. */
	do {
		before = http->connections;
		MHD_run(http->daemon);
	} while (http->connections < before && ++runs < RUNS_MAX);
	if (http->connections < before)
		wait_ms = 0;
	else if (MHD_get_timeout(http->daemon, &wait_ms) != MHD_YES) {
		sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(http->timer, now_us(http) + wait_ms * 1000);
	sd_event_source_set_enabled(http->timer, SD_EVENT_ONESHOT);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *data)
{
	run(data);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	run(data);
	return 0;
}

static int start_daemon(struct vgpu_metrics_http *http, const struct vgpu_listen *where)
{
	int fd, rc;

	rc = vgpu_listen_open(where, &fd);
	if (rc)
		return rc;
	http->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET, fd,
					MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
					MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_BYTES, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
					MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_END);
	if (http->daemon)
		return 0;
	/* Not every release has closed it by now; if this one has, nobody else has had time to get its number. */
	close(fd);
	return -ENOMEM;
}

static int add_sources(struct vgpu_metrics_http *http)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int rc;

	if (!info)
		return -ENOTSUP;
	rc = sd_event_add_io(http->agent->event, &http->io, info->epoll_fd, EPOLLIN, on_io, http);
	/* To the microsecond, as good as: work that is left over is not to wait for the timers of others. */
	if (rc >= 0)
		rc = sd_event_add_time(http->agent->event, &http->timer, CLOCK_MONOTONIC, 0, 1, on_timer, http);
	return rc < 0 ? rc : 0;
}

/**
 * vgpu_metrics_http_create() - serve the metrics
 * @agent: whose; its event loop runs the server
 * @where: address and port
 * @ret_http: the server, released by vgpu_metrics_http_destroy()
 *
 * Return: 0 or -errno, -EADDRINUSE when somebody else has the port.
 */
int vgpu_metrics_http_create(struct vgpu_agent *agent, const struct vgpu_listen *where, struct vgpu_metrics_http **ret_http)
{
	struct vgpu_metrics_http *http = calloc(1, sizeof(*http));
	int rc = -ENOMEM;

	if (!http)
		return rc;
	http->agent = agent;
	http->not_found = make_constant("not found; see /metrics\n");
	http->not_allowed = make_constant("not allowed; use GET\n");
	http->options = make_constant("");
	if (http->not_found && http->not_allowed && http->options &&
	    MHD_add_response_header(http->not_allowed, MHD_HTTP_HEADER_ALLOW, ALLOWED) == MHD_YES &&
	    MHD_add_response_header(http->options, MHD_HTTP_HEADER_ALLOW, ALLOWED) == MHD_YES)
		rc = start_daemon(http, where);
	if (!rc)
		rc = add_sources(http);
	if (rc) {
		vgpu_metrics_http_destroy(http);
		return rc;
	}
	*ret_http = http;
	return 0;
}

/**
 * vgpu_metrics_http_destroy() - stop serving
 * @http: the server or NULL
 */
void vgpu_metrics_http_destroy(struct vgpu_metrics_http *http)
{
	if (!http)
		return;
	sd_event_source_disable_unref(http->io);
	sd_event_source_disable_unref(http->timer);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	if (http->not_found)
		MHD_destroy_response(http->not_found);
	if (http->not_allowed)
		MHD_destroy_response(http->not_allowed);
	if (http->options)
		MHD_destroy_response(http->options);
	forget(http);
	free(http);
}
