// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_live.c - the interactive vgpu-top: waits for keys, signals and the next report, and brings them together with top_ui.c and the
 * terminal. No lock: one thread.
 *
 * The agent is asked without a thread of its own, so an agent that is silent holds up the keys, for no longer than REPLY_TIMEOUT_MS.
 */
#include "vgpuctl/top_live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "vgpuctl/top_client.h"
#include "vgpuctl/top_curses.h"
#include "vgpuctl/top_ui.h"

#define REPLY_TIMEOUT_MS 2000
/* How often to look whether the agent is back. */
#define RETRY_NS 250000000ull

struct live {
	struct vgpu_top_client client;
	struct vgpu_json *before, *now; /* readings */
	struct vgpu_top_ui ui;
	struct vgpu_screen screen;
	struct vgpu_curses *curses;
	uint64_t count, next_ns;
	int signals; /* a signalfd of those that end the program */
	sigset_t waiting; /* signals that are blocked while we wait */
	bool done;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void wall_clock(char ret_text[16])
{
	time_t now = time(NULL);
	struct tm local;

	if (!localtime_r(&now, &local) || !strftime(ret_text, 16, "%H:%M:%S", &local))
		*ret_text = '\0';
}

static void draw(struct live *live)
{
	struct vgpu_top_report report = { live->before, live->now };
	unsigned int rows, columns;
	struct vgpu_top_view view;

	vgpu_curses_size(live->curses, &rows, &columns);
	if (rows != live->screen.rows || columns != live->screen.columns) {
		vgpu_screen_fini(&live->screen);
		if (vgpu_screen_init(&live->screen, rows, columns))
			return;
	}
	if (vgpu_top_ui_view(&live->ui, &report, &view))
		return;
	vgpu_top_draw(&live->screen, &view, &live->ui);
	vgpu_curses_show(live->curses, &live->screen);
	vgpu_top_view_fini(&view);
}

/* Any failure may pass; the last reading stays until there is another. */
static void read_again(struct live *live)
{
	struct vgpu_json *reading;
	struct vgpu_error error;
	uint64_t now;

	if (vgpu_top_client_read(&live->client, &reading, &error)) {
		if (!*live->ui.away)
			wall_clock(live->ui.away);
		if (error.exit != VGPU_EXIT_UNREACHABLE)
			vgpu_top_ui_say(&live->ui, true, "%s: %s; %s", error.object, error.what, error.remedy);
		live->next_ns = now_ns() + (live->ui.delay_ns < RETRY_NS ? live->ui.delay_ns : RETRY_NS);
		return;
	}
	vgpu_json_unref(live->before);
	live->before = live->now;
	live->now = reading;
	*live->ui.away = '\0';
	wall_clock(live->ui.clock);
	/* Against a fixed grid, so that what takes time here does not stretch the interval; a missed beat is left out. */
	now = now_ns();
	live->next_ns += live->ui.delay_ns;
	if (live->next_ns < now || live->next_ns > now + live->ui.delay_ns)
		live->next_ns = now + live->ui.delay_ns;
	if (live->count && !--live->count)
		live->done = true;
}

/* The agent has taken it: shown at once, and not with the next report. */
static void keep(struct live *live)
{
	const struct vgpu_json *vgpus = vgpu_json_get(live->now, "vgpus");
	size_t i;

	for (i = 0; i < vgpu_json_length(vgpus); i++)
		if (!strcmp(vgpu_top_text(vgpu_json_at(vgpus, i), "uuid"), live->ui.target_uuid))
			vgpu_json_put_u64(vgpu_json_at(vgpus, i), live->ui.set_key, live->ui.set_value);
}

static void set(struct live *live)
{
	struct vgpu_top_ui *ui = &live->ui;
	struct vgpu_error error;

	if (vgpu_top_client_set(&live->client, ui->target_uuid, ui->set_key, ui->set_value, &error)) {
		vgpu_top_ui_say(ui, true, "%s: %s; %s", error.object, error.what, error.remedy);
		return;
	}
	keep(live);
	vgpu_top_ui_say(ui, false, "%s: %s %llu", ui->target, ui->set_what, (unsigned long long)ui->set_value);
}

/* Each key is for what is on the screen at that moment: what follows a change of the view waits for the next view. */
static void take_keys(struct live *live)
{
	struct vgpu_top_report report = { live->before, live->now };
	uint64_t delay_ns = live->ui.delay_ns;
	struct vgpu_top_view view;
	enum vgpu_top_todo todo;
	uint32_t key;

	while (!live->done && (key = vgpu_curses_key(live->curses)) != VGPU_KEY_NONE) {
		if (vgpu_top_ui_view(&live->ui, &report, &view))
			return;
		todo = vgpu_top_ui_key(&live->ui, &view, key);
		vgpu_top_view_fini(&view);
		if (todo == VGPU_TODO_SET)
			set(live);
		live->done = todo == VGPU_TODO_QUIT;
	}
	if (live->ui.delay_ns != delay_ns)
		live->next_ns = now_ns() + live->ui.delay_ns;
}

/* Waits for a key or a signal until the next report is due. A change of the terminal's size is a signal that ncurses takes. */
static void wait_for_it(struct live *live)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = live->signals, .events = POLLIN } };
	uint64_t now = now_ns(), left = live->next_ns > now ? live->next_ns - now : 0;
	const struct timespec timeout = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };

	if (ppoll(fds, 2, &timeout, &live->waiting) < 0)
		return;
	/* Told to end, or the terminal is gone. */
	if (fds[1].revents || fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		live->done = true;
}

/*
 * Signals that end the program are read, so that the terminal is always given back. SIGWINCH comes only while we wait: between the
 * keys and the wait it would be slept over.
 */
static int catch_signals(struct live *live)
{
	sigset_t ends, blocked;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGQUIT);
	blocked = ends;
	sigaddset(&blocked, SIGWINCH);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	live->waiting = ends;
	live->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	return live->signals < 0 ? -errno : 0;
}

static void run(struct live *live)
{
	draw(live);
	while (!live->done) {
		wait_for_it(live);
		take_keys(live);
		if (!live->done && now_ns() >= live->next_ns)
			read_again(live);
		draw(live);
	}
}

/**
 * vgpu_top_live() - run on the terminal until the user quits
 * @socket_path: where the agent listens
 * @delay_ns: time between reports, at first
 * @count: end after so many reports, 0 for never
 * @ret_error: why it could not begin
 *
 * Return: 0, or -errno with @ret_error filled. What fails later is shown on the screen.
 */
int vgpu_top_live(const char *socket_path, uint64_t delay_ns, uint64_t count, struct vgpu_error *ret_error)
{
	struct live live = {
		.client = { .socket_path = socket_path, .timeout_ms = REPLY_TIMEOUT_MS },
		.ui = { .sort = VGPU_COLUMN_GPU, .delay_ns = delay_ns },
		.count = count,
		.signals = -1,
	};
	const char *term = getenv("TERM");
	int rc;

	/* Before the terminal is taken: an agent that is not there is an error like any other. */
	rc = vgpu_top_client_read(&live.client, &live.now, ret_error);
	if (rc)
		return rc;
	wall_clock(live.ui.clock);
	live.next_ns = now_ns() + delay_ns;
	rc = catch_signals(&live);
	if (rc)
		rc = vgpu_error_set(ret_error, VGPU_EXIT_FAILED, "signals", "try again", "%s", strerror(-rc));
	else if (vgpu_curses_start(&live.curses))
		rc = vgpu_error_set(ret_error, VGPU_EXIT_FAILED, term && *term ? term : "TERM",
				    "set TERM to what the terminal is, or use -b", "no terminal that can be drawn on");
	if (!rc) {
		live.ui.unicode = vgpu_curses_unicode(live.curses);
		run(&live);
	}
	vgpu_curses_stop(live.curses);
	vgpu_screen_fini(&live.screen);
	vgpu_rpc_close(live.client.rpc);
	vgpu_json_unref(live.before);
	vgpu_json_unref(live.now);
	if (live.signals >= 0)
		close(live.signals);
	return rc;
}
