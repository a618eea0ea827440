// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * terminal.c - a terminal that tests look at: runs a program on a pty, with libvterm as what shows its output. Commands come a line each on
 * standard input, and each is answered by one line, "ok" or why not:
 *
 *	expect TEXT	until a line of the screen holds it
 *	gone TEXT	until none does
 *	type TEXT	with \r, \e and \t for the keys Enter, Esc and Tab, \u and \d for the arrows, \k and \l for Ctrl-U and Ctrl-L
 *	resize CxR	of the terminal
 *	signal N	to the program
 *	screen FILE	writes what is shown
 *	end STATUS	until the program has ended so (128 + N: by signal N), and has left the terminal as it was
 *
 * Nothing takes longer than LIMIT_MS.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include <vterm.h>

#define LIMIT_MS 20000
#define LINE_SIZE 4096

struct terminal {
	VTerm *vt;
	VTermScreen *screen;
	bool alternate, cursor;
	int rows, columns;
	int master, slave, pidfd;
	pid_t pid;
	struct termios before;
};

static int property(VTermProp prop, VTermValue *value, void *data)
{
	struct terminal *t = data;

	if (prop == VTERM_PROP_ALTSCREEN)
		t->alternate = value->boolean;
	if (prop == VTERM_PROP_CURSORVISIBLE)
		t->cursor = value->boolean;
	return 1;
}

static const VTermScreenCallbacks callbacks = { .settermprop = property };

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void line_text(const struct terminal *t, int row, char text[LINE_SIZE])
{
	VTermRect rect = { row, row + 1, 0, t->columns };

	text[vterm_screen_get_text(t->screen, text, LINE_SIZE - 1, rect)] = '\0';
}

static bool shows(const struct terminal *t, const char *text)
{
	char line[LINE_SIZE];
	int row;

	for (row = 0; row < t->rows; row++) {
		line_text(t, row, line);
		if (strstr(line, text))
			return true;
	}
	return false;
}

static void print_screen(const struct terminal *t, FILE *to)
{
	char line[LINE_SIZE];
	int row;

	for (row = 0; row < t->rows; row++) {
		line_text(t, row, line);
		fprintf(to, "%s\n", line);
	}
}

/* Takes what the program has written, and answers what it asked the terminal. */
static void take_output(struct terminal *t)
{
	char data[LINE_SIZE];
	ssize_t got = read(t->master, data, sizeof(data));
	size_t answer;

	if (got > 0)
		vterm_input_write(t->vt, data, got);
	answer = vterm_output_read(t->vt, data, sizeof(data));
	if (answer && write(t->master, data, answer) < 0)
		perror("terminal");
}

enum until {
	SHOWN,
	GONE,
	ENDED
};

static const char *wait_until(struct terminal *t, enum until until, const char *text)
{
	struct pollfd fds[] = { { .fd = t->master, .events = POLLIN }, { .fd = t->pidfd, .events = POLLIN } };
	long end = now_ms() + LIMIT_MS, left;

	for (;;) {
		if (until != ENDED && shows(t, text) == (until == SHOWN))
			return "ok";
		left = end - now_ms();
		if (left <= 0 || poll(fds, 2, left) <= 0)
			return "it did not come to that";
		if (fds[0].revents & POLLIN)
			take_output(t);
		else if (fds[1].revents)
			return until == ENDED ? "ok" : "the program has ended";
	}
}

static const char *end(struct terminal *t, int want)
{
	const char *reply = wait_until(t, ENDED, NULL);
	struct termios after;
	int status;

	if (strcmp(reply, "ok") != 0)
		return reply;
	if (waitpid(t->pid, &status, 0) != t->pid)
		return "no status";
	status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (status != want)
		return "it ended otherwise";
	if (tcgetattr(t->slave, &after) || after.c_lflag != t->before.c_lflag || after.c_iflag != t->before.c_iflag ||
	    after.c_oflag != t->before.c_oflag)
		return "the terminal's modes are not as before";
	return t->alternate || !t->cursor ? "the terminal's screen is not as before" : "ok";
}

static const char *type(struct terminal *t, const char *text)
{
	static const char keys[] = "retudkl";
	static const char *const sent[] = { "\r", "\033", "\t", "\033OA", "\033OB", "\025", "\014" };
	char data[LINE_SIZE] = "";
	const char *key;

	for (; *text; text++) {
		key = text[0] == '\\' && text[1] ? strchr(keys, text[1]) : NULL;
		if (key)
			strcat(data, sent[key - keys]);
		else
			strncat(data, text, 1);
		text += key != NULL;
	}
	return write(t->master, data, strlen(data)) == (ssize_t)strlen(data) ? "ok" : strerror(errno);
}

static const char *resize(struct terminal *t, const char *size)
{
	struct winsize window = { 0 };

	if (sscanf(size, "%hux%hu", &window.ws_col, &window.ws_row) != 2)
		return "no size";
	t->rows = window.ws_row;
	t->columns = window.ws_col;
	vterm_set_size(t->vt, t->rows, t->columns);
	return ioctl(t->master, TIOCSWINSZ, &window) ? strerror(errno) : "ok";
}

static const char *screen(struct terminal *t, const char *path)
{
	FILE *to = fopen(path, "w");

	if (!to)
		return strerror(errno);
	print_screen(t, to);
	return fclose(to) ? strerror(errno) : "ok";
}

static const char *obey(struct terminal *t, const char *word, const char *text)
{
	if (!strcmp(word, "expect"))
		return wait_until(t, SHOWN, text);
	if (!strcmp(word, "gone"))
		return wait_until(t, GONE, text);
	if (!strcmp(word, "type"))
		return type(t, text);
	if (!strcmp(word, "resize"))
		return resize(t, text);
	if (!strcmp(word, "signal"))
		return kill(t->pid, atoi(text)) ? strerror(errno) : "ok";
	if (!strcmp(word, "screen"))
		return screen(t, text);
	if (!strcmp(word, "end"))
		return end(t, atoi(text));
	return "no such command";
}

static int start(struct terminal *t, const char *size, char **argv)
{
	struct winsize window = { 0 };

	if (sscanf(size, "%hux%hu", &window.ws_col, &window.ws_row) != 2 || openpty(&t->master, &t->slave, NULL, NULL, &window))
		return -1;
	t->rows = window.ws_row;
	t->columns = window.ws_col;
	t->cursor = true;
	tcgetattr(t->slave, &t->before);
	t->vt = vterm_new(t->rows, t->columns);
	vterm_set_utf8(t->vt, 1);
	t->screen = vterm_obtain_screen(t->vt);
	vterm_screen_set_callbacks(t->screen, &callbacks, t);
	vterm_screen_enable_altscreen(t->screen, 1);
	vterm_screen_reset(t->screen, 1);
	t->pid = fork();
	if (!t->pid) {
		close(t->master);
		login_tty(t->slave);
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	t->pidfd = t->pid > 0 ? pidfd_open(t->pid, 0) : -1;
	return t->pidfd < 0 ? -1 : 0;
}

/* A line of standard input; meanwhile the program may write. */
static bool read_command(struct terminal *t, char line[LINE_SIZE])
{
	struct pollfd fds[] = { { .fd = t->master, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	size_t length = 0;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			return false;
		if (fds[0].revents & POLLIN)
			take_output(t);
		if (!fds[1].revents)
			continue;
		if (length == LINE_SIZE - 1 || read(STDIN_FILENO, line + length, 1) != 1)
			return false;
		if (line[length] == '\n') {
			line[length] = '\0';
			return true;
		}
		length++;
	}
}

int main(int argc, char **argv)
{
	struct terminal t = { 0 };
	char line[LINE_SIZE], *text;
	const char *reply;

	if (argc < 3) {
		fprintf(stderr, "usage: terminal COLUMNSxROWS PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	if (start(&t, argv[1], argv + 2)) {
		perror("terminal");
		return 1;
	}
	while (read_command(&t, line)) {
		text = line + strcspn(line, " ");
		if (*text)
			*text++ = '\0';
		reply = obey(&t, line, text);
		if (strcmp(reply, "ok") != 0) {
			fprintf(stderr, "%s %s: %s\n", line, text, reply);
			print_screen(&t, stderr);
		}
		puts(reply);
		fflush(stdout);
	}
	kill(t.pid, SIGKILL);
	vterm_free(t.vt);
	return 0;
}
