// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The command channel's outside: sends one command through a socket, and is that command as far as its caller can tell.
 * A socket is taken by a lock on SOCKET.lock, held as long as the process lives.
 */
#include "tests/lab/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

/* How much longer than the command's own limit to wait for word of it. */
#define SLACK_MS 10000
/* How often to knock again while nobody answers. */
#define KNOCK_MS 1500

static const char sync_magic[8] = { 'v', 'g', 'p', 'u', '-', 'l', 'a', 'b' };

struct runner {
	int sock;
	int in; /* our standard input; -1 at its end */
	struct buf from, to; /* the socket's two directions */
	struct sync sync;
	bool synced;
	int64_t knock_ms; /* when to try SYNC again */
	int64_t deadline_ms;
	const struct exec_head *head;
	const char *command;
};

static struct termios saved_termios;

static void restore_terminal(void)
{
	tcsetattr(0, TCSANOW, &saved_termios);
}

static void raw_terminal(void)
{
	struct termios raw;

	if (tcgetattr(0, &saved_termios) < 0)
		return;
	raw = saved_termios;
	cfmakeraw(&raw);
	atexit(restore_terminal);
	tcsetattr(0, TCSANOW, &raw);
}

static int lock_socket(const char *path, int how)
{
	char name[PATH_MAX];
	int fd;

	snprintf(name, sizeof(name), "%s.lock", path);
	fd = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, how) < 0) {
		int err = errno;

		close(fd);
		return -err;
	}
	return fd;
}

/* Takes the first free socket, or waits for the first. The lock lasts as long as the process. */
static const char *take_socket(char **paths, int n)
{
	int i, ret;

	for (i = 0; i < n; i++) {
		ret = lock_socket(paths[i], LOCK_EX | LOCK_NB);
		if (ret >= 0)
			return paths[i];
		if (ret != -EWOULDBLOCK)
			return NULL;
	}
	return lock_socket(paths[0], LOCK_EX) < 0 ? NULL : paths[0];
}

static int connect_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int err = errno;

		close(fd);
		return -err;
	}
	set_nonblock(fd);
	return fd;
}

static void knock(struct runner *r)
{
	/* The padding ends a frame that our predecessor began. The first knock does without: the port is nearly always in step. */
	if (r->knock_ms && buf_room(&r->to) >= 2 * FRAME_MAX) {
		memset(r->to.data + r->to.tail, 0, FRAME_MAX + FRAME_HEAD);
		r->to.tail += FRAME_MAX + FRAME_HEAD;
	}
	if (buf_room(&r->to) >= FRAME_HEAD + sizeof(r->sync))
		frame_put(&r->to, FRAME_SYNC, &r->sync, sizeof(r->sync));
	r->knock_ms = now_ms() + KNOCK_MS;
}

static void send_command(struct runner *r)
{
	unsigned char exec[FRAME_MAX];
	size_t len = strlen(r->command);

	memcpy(exec, r->head, sizeof(*r->head));
	memcpy(exec + sizeof(*r->head), r->command, len);
	frame_put(&r->to, FRAME_EXEC, exec, sizeof(*r->head) + len);
	if (r->in < 0)
		frame_put(&r->to, FRAME_IN, "", 0);
}

/*
 * Drops everything up to and including the echo of our SYNC. Only then does the command go out: every SYNC that we knocked
 * with is before it in the stream, so none can end it.
 */
static bool find_sync(struct runner *r)
{
	unsigned char *p;

	p = memmem(r->from.data + r->from.head, buf_len(&r->from), &r->sync, sizeof(r->sync));
	if (!p) {
		if (buf_len(&r->from) > sizeof(r->sync))
			r->from.head = r->from.tail - sizeof(r->sync);
		return false;
	}
	if (buf_room(&r->to) < 2 * FRAME_HEAD + FRAME_MAX)
		return false;
	r->from.head = p + sizeof(r->sync) - r->from.data;
	r->synced = true;
	send_command(r);
	return true;
}

static int write_all(int fd, const unsigned char *p, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n < 0 && errno == EAGAIN) {
			struct pollfd wait = { .fd = fd, .events = POLLOUT };

			poll(&wait, 1, -1);
			continue;
		}
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			len -= n;
		}
	}
	return 0;
}

/* The command's status, or -1 while it runs. */
static int show_frames(struct runner *r)
{
	const unsigned char *data;
	enum frame type;
	size_t len;

	while (frame_get(&r->from, &type, &data, &len)) {
		if (type == FRAME_EXIT && len == 1)
			return data[0];
		/* Our reader may have gone (`lab host -- … | head`): what it does not read is lost, the command goes on. */
		if (type == FRAME_OUT)
			write_all(1, data, len);
		else if (type == FRAME_ERR)
			write_all(2, data, len);
		frame_drop(&r->from, len);
	}
	return -1;
}

static int run_loop(struct runner *r)
{
	int ret, status;

	for (;;) {
		bool room = r->synced && buf_room(&r->to) >= FRAME_HEAD + FRAME_MAX;
		struct pollfd p[] = {
			{ .fd = r->sock, .events = POLLIN | (buf_len(&r->to) ? POLLOUT : 0) },
			{ .fd = room ? r->in : -1, .events = POLLIN },
		};
		int64_t next_ms = r->synced || r->deadline_ms < r->knock_ms ? r->deadline_ms : r->knock_ms;
		int64_t left_ms = next_ms - now_ms();

		if (left_ms > 60000)
			left_ms = 60000;
		if (poll(p, 2, left_ms < 0 ? 0 : left_ms) < 0 && errno != EINTR)
			return STATUS_CHANNEL;
		if (p[0].revents & (POLLIN | POLLHUP)) {
			ret = buf_fill(&r->from, r->sock);
			if (ret < 0 && ret != -EAGAIN) {
				fprintf(stderr, "lab agent: the machine closed the channel\n");
				return STATUS_CHANNEL;
			}
		}
		if (p[1].revents) {
			ret = frame_relay(&r->to, FRAME_IN, r->in);
			if (ret < 0 && ret != -EAGAIN) {
				frame_put(&r->to, FRAME_IN, "", 0);
				r->in = -1;
			}
		}
		if (r->synced || find_sync(r)) {
			status = show_frames(r);
			if (status >= 0)
				return status;
		} else if (now_ms() >= r->knock_ms) {
			knock(r);
		}
		if (buf_drain(&r->to, r->sock) < 0)
			return STATUS_CHANNEL;
		if (now_ms() >= r->deadline_ms) {
			fprintf(stderr, "lab agent: no answer in time\n");
			return STATUS_TIMEOUT;
		}
	}
}

static int run_command(struct runner *r)
{
	if (sizeof(*r->head) + strlen(r->command) > FRAME_MAX) {
		fprintf(stderr, "lab agent: the command is longer than %zu bytes\n", FRAME_MAX - sizeof(*r->head));
		return 2;
	}
	memcpy(r->sync.magic, sync_magic, sizeof(sync_magic));
	if (getrandom(&r->sync.nonce, sizeof(r->sync.nonce), 0) < 0)
		return STATUS_CHANNEL;
	r->deadline_ms = r->head->timeout_ms ? now_ms() + r->head->timeout_ms + SLACK_MS : INT64_MAX;
	knock(r);
	return run_loop(r);
}

static int run_usage(void)
{
	fprintf(stderr, "usage: agent run [--timeout SECONDS] [--stdin] [--tty] SOCKET… -- COMMAND…\n"
			"  --timeout 0 waits for ever; --stdin passes standard input on; --tty gives COMMAND a terminal\n");
	return 2;
}

/* One word is a shell script. Several are a program and its arguments, which the shell there is not to touch. */
static char *quote_words(char **words, int n)
{
	char *command, *to;
	const char *from;
	size_t len = 1;
	int i;

	if (n == 1)
		return strdup(words[0]);
	for (i = 0; i < n; i++)
		len += 4 * strlen(words[i]) + 3;
	command = malloc(len);
	to = command;
	for (i = 0; command && i < n; i++) {
		*to++ = '\'';
		for (from = words[i]; *from; from++) {
			if (*from == '\'')
				to = stpcpy(to, "'\\''");
			else
				*to++ = *from;
		}
		to = stpcpy(to, i + 1 < n ? "' " : "'");
	}
	return command;
}

int run_main(int argc, char **argv)
{
	static const struct option options[] = { { "timeout", required_argument, NULL, 't' },
						 { "stdin", no_argument, NULL, 'i' },
						 { "tty", no_argument, NULL, 'T' },
						 {} };
	struct runner *r = calloc(1, sizeof(*r));
	struct exec_head head = { .timeout_ms = 120000 };
	struct winsize size;
	const char *path;
	int c, first, sep;

	if (!r)
		return STATUS_CHANNEL;
	r->in = -1;
	while ((c = getopt_long(argc, argv, "+t:iT", options, NULL)) != -1) {
		switch (c) {
		case 't':
			head.timeout_ms = strtod(optarg, NULL) * 1000;
			break;
		case 'i':
			r->in = 0;
			break;
		case 'T':
			r->in = 0;
			head.rows = 24;
			head.cols = 80;
			if (!ioctl(0, TIOCGWINSZ, &size) && size.ws_row && size.ws_col) {
				head.rows = size.ws_row;
				head.cols = size.ws_col;
			}
			break;
		default:
			return run_usage();
		}
	}
	first = optind;
	for (sep = first; sep < argc && strcmp(argv[sep], "--"); sep++)
		;
	if (sep == first || sep + 1 >= argc)
		return run_usage();
	path = take_socket(argv + first, sep - first);
	r->sock = path ? connect_socket(path) : -ENOENT;
	if (r->sock < 0) {
		fprintf(stderr, "lab agent: %s: %s\n", argv[first], strerror(-r->sock));
		return STATUS_CHANNEL;
	}
	r->head = &head;
	r->command = quote_words(argv + sep + 1, argc - sep - 1);
	if (!r->command)
		return STATUS_CHANNEL;
	signal(SIGPIPE, SIG_IGN);
	if (head.rows)
		raw_terminal();
	return run_command(r);
}
