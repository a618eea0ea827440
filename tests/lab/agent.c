// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The lab's command channel: one program, both ends of a byte stream.
 *
 *   agent serve COUNT                  inside a machine: runs what it is sent through the ports lab.agent.0 to COUNT - 1
 *   agent run [OPTION…] SOCK… -- CMD   outside: runs CMD there through the first free socket
 *
 * A port carries one command at a time, so a machine has several; the run side picks a free one by locking SOCK.lock. The
 * stream outlives both ends: either may vanish in the middle of a frame and be replaced. Therefore
 *   - every session starts with a SYNC frame that carries a nonce; the run side drops everything before its echo;
 *   - a zero byte between two frames is padding, so that a run side whose SYNC is not answered (the port was left in the
 *     middle of its predecessor's frame) sends FRAME_MAX zeros and tries again;
 *   - the serve side ends the running command when its client leaves or a new SYNC arrives.
 *
 * A frame is its type, the payload's length (24 bits, little endian) and the payload.
 *
 * One process per port, one thread, no locks.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define FRAME_HEAD 4u
#define FRAME_MAX 32768u
#define BUF_SIZE (4 * (FRAME_HEAD + FRAME_MAX))
#define PORTS_MAX 16

/* What kills a command that overstays: SIGTERM, and this much later SIGKILL. */
#define GRACE_MS 2000
/* How much longer than the command's own limit the run side waits for word of it. */
#define SLACK_MS 10000
/* How often the run side knocks again while nobody answers. */
#define KNOCK_MS 1500

enum frame {
	FRAME_SYNC = 'S', /* both ways: nonce */
	FRAME_EXEC = 'X', /* to serve: struct exec_head, then the command */
	FRAME_IN = 'I', /* to serve: standard input; empty at its end */
	FRAME_OUT = 'O', /* to run: standard output */
	FRAME_ERR = 'E', /* to run: standard error */
	FRAME_EXIT = 'Q', /* to run: exit status, one byte */
};

struct exec_head {
	uint32_t timeout_ms; /* 0: none */
	uint16_t rows, cols; /* both 0: no terminal */
};

/* The status that timeout(1) gives a command it had to end. */
#define STATUS_TIMEOUT 124
#define STATUS_CHANNEL 125

static const char sync_magic[8] = { 'v', 'g', 'p', 'u', '-', 'l', 'a', 'b' };

struct sync {
	char magic[8];
	uint64_t nonce;
};

/* Bytes [head, tail) of data are waiting. */
struct buf {
	size_t head, tail;
	unsigned char data[BUF_SIZE];
};

static size_t buf_len(const struct buf *b)
{
	return b->tail - b->head;
}

static size_t buf_room(struct buf *b)
{
	if (b->head == b->tail) {
		b->head = 0;
		b->tail = 0;
	} else if (b->head > BUF_SIZE / 2) {
		memmove(b->data, b->data + b->head, buf_len(b));
		b->tail -= b->head;
		b->head = 0;
	}
	return BUF_SIZE - b->tail;
}

/* 0, -EAGAIN when there is nothing to do now, -EPIPE at the end of the stream, or what read(2) said. */
static int buf_fill(struct buf *b, int fd)
{
	size_t room = buf_room(b);
	ssize_t n;

	if (!room)
		return -EAGAIN;
	n = read(fd, b->data + b->tail, room);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (!n)
		return -EPIPE;
	b->tail += n;
	return 0;
}

static int buf_drain(struct buf *b, int fd)
{
	ssize_t n;

	if (!buf_len(b))
		return 0;
	n = write(fd, b->data + b->head, buf_len(b));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	b->head += n;
	return 0;
}

/* The caller has checked the room. */
static void put_frame(struct buf *b, enum frame type, const void *data, size_t len)
{
	unsigned char *p = b->data + b->tail;

	p[0] = type;
	p[1] = len;
	p[2] = len >> 8;
	p[3] = len >> 16;
	memcpy(p + FRAME_HEAD, data, len);
	b->tail += FRAME_HEAD + len;
}

/* True if a whole frame waits. It stays in the buffer until drop_frame(). */
static bool get_frame(struct buf *b, enum frame *ret_type, const unsigned char **ret_data, size_t *ret_len)
{
	const unsigned char *p;
	size_t len;

	while (buf_len(b) && !b->data[b->head])
		b->head++;
	if (buf_len(b) < FRAME_HEAD)
		return false;
	p = b->data + b->head;
	len = p[1] | p[2] << 8 | (size_t)p[3] << 16;
	if (len > FRAME_MAX) {
		/* Not a frame: the stream is out of step, and only a new SYNC helps. */
		b->head = b->tail;
		return false;
	}
	if (buf_len(b) < FRAME_HEAD + len) {
		buf_room(b);
		return false;
	}
	*ret_type = p[0];
	*ret_data = p + FRAME_HEAD;
	*ret_len = len;
	return true;
}

static void drop_frame(struct buf *b, size_t len)
{
	b->head += FRAME_HEAD + len;
}

/* Reads what fd has into one frame of b. Same results as buf_fill(). */
static int relay(struct buf *b, enum frame type, int fd)
{
	unsigned char chunk[FRAME_MAX];
	ssize_t n;

	if (buf_room(b) < FRAME_HEAD + FRAME_MAX)
		return -EAGAIN;
	n = read(fd, chunk, sizeof(chunk));
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (!n)
		return -EPIPE;
	put_frame(b, type, chunk, n);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void set_nonblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* ---- serve ---- */

struct server {
	int port;
	int sigfd; /* SIGCHLD */
	sigset_t blocked;
	struct buf in, out; /* the port's two directions */
	pid_t pid; /* the command, leader of its own session; 0: none */
	int cmd_in, cmd_out, cmd_err;
	size_t in_done; /* bytes of the FRAME_IN at the head of `in` that the command has taken */
	int64_t deadline_ms; /* when to signal the command next; INT64_MAX: never */
	bool expired;
};

static void close_command(struct server *s)
{
	/* With a terminal these are one descriptor three times. */
	if (s->cmd_in == s->cmd_out)
		s->cmd_in = -1;
	close_fd(&s->cmd_in);
	close_fd(&s->cmd_out);
	close_fd(&s->cmd_err);
	s->in_done = 0;
}

static void exec_command(const char *command)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static int start_piped(struct server *s, const char *command)
{
	int p[3][2];
	int i;

	for (i = 0; i < 3; i++) {
		if (pipe2(p[i], O_CLOEXEC) < 0)
			return -errno;
	}
	s->pid = fork();
	if (s->pid < 0) {
		s->pid = 0;
		return -errno;
	}
	if (!s->pid) {
		setsid();
		dup2(p[0][0], 0);
		dup2(p[1][1], 1);
		dup2(p[2][1], 2);
		exec_command(command);
	}
	close(p[0][0]);
	close(p[1][1]);
	close(p[2][1]);
	s->cmd_in = p[0][1];
	s->cmd_out = p[1][0];
	s->cmd_err = p[2][0];
	return 0;
}

static int start_on_terminal(struct server *s, const char *command, const struct exec_head *head)
{
	struct winsize size = { .ws_row = head->rows, .ws_col = head->cols };
	int tty;

	s->pid = forkpty(&tty, NULL, NULL, &size);
	if (s->pid < 0) {
		s->pid = 0;
		return -errno;
	}
	if (!s->pid)
		exec_command(command);
	fcntl(tty, F_SETFD, FD_CLOEXEC);
	s->cmd_in = tty;
	s->cmd_out = tty;
	return 0;
}

static void start_command(struct server *s, const unsigned char *data, size_t len)
{
	struct exec_head head;
	unsigned char status = STATUS_CHANNEL;
	char *command;
	int ret;

	if (s->pid || len < sizeof(head))
		return;
	memcpy(&head, data, sizeof(head));
	command = strndup((const char *)data + sizeof(head), len - sizeof(head));
	if (!command)
		ret = -ENOMEM;
	else if (head.rows || head.cols)
		ret = start_on_terminal(s, command, &head);
	else
		ret = start_piped(s, command);
	free(command);
	if (ret < 0) {
		if (buf_room(&s->out) >= FRAME_HEAD + 1)
			put_frame(&s->out, FRAME_EXIT, &status, 1);
		return;
	}
	set_nonblock(s->cmd_in);
	set_nonblock(s->cmd_out);
	if (s->cmd_err >= 0)
		set_nonblock(s->cmd_err);
	s->expired = false;
	s->deadline_ms = head.timeout_ms ? now_ms() + head.timeout_ms : INT64_MAX;
}

/* The client has gone: its command goes too, as a terminal's would. */
static void abandon_command(struct server *s)
{
	if (s->pid) {
		kill(-s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
		s->pid = 0;
	}
	close_command(s);
	s->deadline_ms = INT64_MAX;
}

/* Hands the frame at the head of `in` to the command as far as it takes it. True if the frame is used up. */
static bool feed_command(struct server *s, const unsigned char *data, size_t len)
{
	ssize_t n;

	if (s->cmd_in < 0)
		return true;
	if (!len) {
		/* A terminal ends its input by a character, not by closing. */
		if (s->cmd_in == s->cmd_out)
			return true;
		close_fd(&s->cmd_in);
		return true;
	}
	n = write(s->cmd_in, data + s->in_done, len - s->in_done);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return false;
		if (s->cmd_in != s->cmd_out)
			close_fd(&s->cmd_in);
		s->in_done = 0;
		return true;
	}
	s->in_done += n;
	if (s->in_done < len)
		return false;
	s->in_done = 0;
	return true;
}

/* True if the head of `in` waits for the command to take more input. */
static bool take_frames(struct server *s)
{
	const unsigned char *data;
	enum frame type;
	size_t len;

	while (get_frame(&s->in, &type, &data, &len)) {
		switch (type) {
		case FRAME_SYNC:
			abandon_command(s);
			s->out.head = s->out.tail;
			buf_room(&s->out);
			put_frame(&s->out, FRAME_SYNC, data, len);
			break;
		case FRAME_EXEC:
			start_command(s, data, len);
			break;
		case FRAME_IN:
			if (!feed_command(s, data, len))
				return true;
			break;
		default:
			break;
		}
		drop_frame(&s->in, len);
	}
	return false;
}

static void relay_output(struct server *s, enum frame type, int *fd)
{
	int ret;

	if (*fd < 0)
		return;
	ret = relay(&s->out, type, *fd);
	if (ret < 0 && ret != -EAGAIN) {
		/* A terminal says EIO when its last user has gone. */
		if (fd == &s->cmd_out && s->cmd_in == s->cmd_out)
			s->cmd_in = -1;
		close_fd(fd);
	}
}

/*
 * The command has ended when its leader has; daemons that it left behind may hold its output open for ever. What it wrote
 * before is in the pipes, and goes first.
 */
static void reap_command(struct server *s)
{
	struct signalfd_siginfo si;
	unsigned char status;
	siginfo_t info = { 0 };
	int queued, wstatus;

	while (read(s->sigfd, &si, sizeof(si)) > 0)
		;
	if (!s->pid || waitid(P_PID, s->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
		return;
	relay_output(s, FRAME_OUT, &s->cmd_out);
	relay_output(s, FRAME_ERR, &s->cmd_err);
	if (s->cmd_out >= 0 && !ioctl(s->cmd_out, FIONREAD, &queued) && queued)
		return;
	if (s->cmd_err >= 0 && !ioctl(s->cmd_err, FIONREAD, &queued) && queued)
		return;
	if (buf_room(&s->out) < FRAME_HEAD + 1)
		return;
	waitpid(s->pid, &wstatus, 0);
	s->pid = 0;
	if (s->expired)
		status = STATUS_TIMEOUT;
	else
		status = WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus) : WEXITSTATUS(wstatus);
	put_frame(&s->out, FRAME_EXIT, &status, 1);
	close_command(s);
	s->deadline_ms = INT64_MAX;
}

static void check_deadline(struct server *s)
{
	if (!s->pid || now_ms() < s->deadline_ms)
		return;
	kill(-s->pid, s->expired ? SIGKILL : SIGTERM);
	s->deadline_ms = now_ms() + GRACE_MS;
	s->expired = true;
}

/*
 * Without a client the port is hung up, and poll(2) would return at once for ever: the driver announces a new client by SIGIO.
 * The buffers stay: a new client's SYNC may come in, and be answered, before the driver notices that its predecessor left.
 */
static void wait_for_client(struct server *s)
{
	struct timespec second = { .tv_sec = 1 };
	sigset_t io;

	abandon_command(s);
	sigemptyset(&io);
	sigaddset(&io, SIGIO);
	sigtimedwait(&io, NULL, &second);
}

static void serve_round(struct server *s)
{
	bool choked = take_frames(s);
	bool room = buf_room(&s->out) >= FRAME_HEAD + FRAME_MAX;
	struct pollfd p[] = {
		{ .fd = s->port, .events = (choked ? 0 : POLLIN) | (buf_len(&s->out) ? POLLOUT : 0) },
		{ .fd = s->sigfd, .events = POLLIN },
		{ .fd = choked ? s->cmd_in : -1, .events = POLLOUT },
		{ .fd = room ? s->cmd_out : -1, .events = POLLIN },
		{ .fd = room ? s->cmd_err : -1, .events = POLLIN },
	};
	int64_t left_ms = s->deadline_ms - now_ms();
	int ret;

	/* An ended command whose last output still waits for room is looked at again, and not only by its one signal. */
	if (s->pid && left_ms > 200)
		left_ms = 200;
	else if (left_ms > 60000)
		left_ms = 60000;
	if (poll(p, 5, left_ms < 0 ? 0 : left_ms) < 0)
		return;
	if ((p[0].revents & POLLHUP) && !(p[0].revents & POLLIN)) {
		wait_for_client(s);
		return;
	}
	if (p[0].revents & POLLIN) {
		ret = buf_fill(&s->in, s->port);
		if (ret == -EPIPE) {
			wait_for_client(s);
			return;
		}
	}
	if (p[3].revents)
		relay_output(s, FRAME_OUT, &s->cmd_out);
	if (p[4].revents)
		relay_output(s, FRAME_ERR, &s->cmd_err);
	reap_command(s);
	check_deadline(s);
	buf_drain(&s->out, s->port);
}

/* True once the port of that name has a device. A port, its name and its device appear one after the other. */
static bool find_port(const char *name, char *ret_device, size_t size)
{
	char path[PATH_MAX], found[64];
	struct dirent *d;
	bool match = false;
	DIR *dir = opendir("/sys/class/virtio-ports");
	FILE *f;

	while (dir && !match && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", d->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		match = fscanf(f, "%63s", found) == 1 && !strcmp(found, name);
		fclose(f);
		snprintf(ret_device, size, "/dev/%s", d->d_name);
	}
	if (dir)
		closedir(dir);
	return match;
}

static int open_port(const char *name)
{
	struct timespec tick = { .tv_nsec = 20000000 };
	char device[PATH_MAX];
	int fd;

	for (;;) {
		if (find_port(name, device, sizeof(device))) {
			fd = open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC);
			if (fd >= 0 || errno != ENOENT)
				return fd;
		}
		nanosleep(&tick, NULL);
	}
}

static void serve_port(const char *name)
{
	struct server *s = calloc(1, sizeof(*s));
	sigset_t child;

	if (!s)
		exit(1);
	s->cmd_in = -1;
	s->cmd_out = -1;
	s->cmd_err = -1;
	s->deadline_ms = INT64_MAX;
	s->port = open_port(name);
	if (s->port < 0) {
		fprintf(stderr, "lab agent: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	sigemptyset(&s->blocked);
	sigaddset(&s->blocked, SIGCHLD);
	sigaddset(&s->blocked, SIGIO);
	sigprocmask(SIG_BLOCK, &s->blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	s->sigfd = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	fcntl(s->port, F_SETOWN, getpid());
	fcntl(s->port, F_SETFL, fcntl(s->port, F_GETFL) | O_ASYNC);
	for (;;)
		serve_round(s);
}

static int serve_main(int argc, char **argv)
{
	int count = argc == 2 ? atoi(argv[1]) : 0;
	char name[32];
	int i;

	if (count < 1 || count > PORTS_MAX)
		return 2;
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "lab.agent.%d", i);
		if (!fork())
			serve_port(name);
	}
	return 0;
}

/* ---- run ---- */

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
		put_frame(&r->to, FRAME_SYNC, &r->sync, sizeof(r->sync));
	r->knock_ms = now_ms() + KNOCK_MS;
}

static void send_command(struct runner *r)
{
	unsigned char exec[FRAME_MAX];
	size_t len = strlen(r->command);

	memcpy(exec, r->head, sizeof(*r->head));
	memcpy(exec + sizeof(*r->head), r->command, len);
	put_frame(&r->to, FRAME_EXEC, exec, sizeof(*r->head) + len);
	if (r->in < 0)
		put_frame(&r->to, FRAME_IN, "", 0);
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

	while (get_frame(&r->from, &type, &data, &len)) {
		if (type == FRAME_EXIT && len == 1)
			return data[0];
		/* Our reader may have gone (`lab host -- … | head`): what it does not read is lost, the command goes on. */
		if (type == FRAME_OUT)
			write_all(1, data, len);
		else if (type == FRAME_ERR)
			write_all(2, data, len);
		drop_frame(&r->from, len);
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
			ret = relay(&r->to, FRAME_IN, r->in);
			if (ret < 0 && ret != -EAGAIN) {
				put_frame(&r->to, FRAME_IN, "", 0);
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

static int run_main(int argc, char **argv)
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

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "serve"))
		return serve_main(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "run"))
		return run_main(argc - 1, argv + 1);
	fprintf(stderr, "usage: agent serve COUNT | agent run [OPTION…] SOCKET… -- COMMAND…\n");
	return 2;
}
