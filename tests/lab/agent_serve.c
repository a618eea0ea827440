// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The command channel's inside: takes commands from a virtio-serial port and runs them, one at a time, each in a session of its own.
 * One process per port, one thread, no locks.
 */
#include "tests/lab/agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What kills a command that overstays: SIGTERM, and this much later SIGKILL. */
#define GRACE_MS 2000

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

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

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
			frame_put(&s->out, FRAME_EXIT, &status, 1);
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

	while (frame_get(&s->in, &type, &data, &len)) {
		switch (type) {
		case FRAME_SYNC:
			abandon_command(s);
			s->out.head = s->out.tail;
			buf_room(&s->out);
			frame_put(&s->out, FRAME_SYNC, data, len);
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
		frame_drop(&s->in, len);
	}
	return false;
}

static void relay_output(struct server *s, enum frame type, int *fd)
{
	int ret;

	if (*fd < 0)
		return;
	ret = frame_relay(&s->out, type, *fd);
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
	frame_put(&s->out, FRAME_EXIT, &status, 1);
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

int serve_main(int argc, char **argv)
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
