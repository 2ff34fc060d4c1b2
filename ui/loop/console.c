/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop/console.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "loop/app.h"
#include "loop/house.h"
#include "loop/views.h"
#include "terminal/term.h"

#define FIRST_PAINT_MS 100

/** Signals become readable; they stay blocked in all threads that come. */
static int open_signals(sigset_t *ret_old)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGCONT);
	if (sigprocmask(SIG_BLOCK, &set, ret_old) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int idle_descriptor(void)
{
	const char *text = getenv("CYRKEEP_TEST_FD");
	return text && *text >= '0' && *text <= '9' ? (int)strtol(text, NULL, 10) : -1;
}

/** What dead jobs left behind comes before anything else, so it is asked for before the first
 * paint; but a disk that hangs does not keep the console from appearing. */
static void open_first(struct ui_app *app, uint32_t job)
{
	(void)ui_app_push(app, &ui_view_home, NULL);
	ui_house_read_leftovers(app);
	ui_app_collect(app, FIRST_PAINT_MS);
	if (job)
		(void)ui_app_push(app, &ui_view_job, &job);
	ui_house_read_jobs(app);
	ui_house_read_server(app);
}

/** Once it is known. Whoever has opened another screen meanwhile is not torn away from it.
 * @first  The screen that was opened first; only compared. */
static void show_left(struct ui_app *app, const struct ui_view *first)
{
	if (!ui_app_house(app)->nleftovers)
		return;
	if (ui_app_top(app) == first)
		(void)ui_app_push(app, &ui_view_unwind, NULL);
	else
		ui_app_say(app, UI_SAY_WARN, "A dead job left something behind: :unwind shows it");
}

/** The last line on the normal screen: what goes on without us. */
static void say_goodbye(const struct ui_house *h, const struct ck_settings *settings)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf program = CK_BUF_INIT;
	ck_settings_command(settings, &program);
	for (size_t i = 0; i < h->njobs; i++) {
		const struct ck_job *j = &h->jobs[i];
		bool down = j->job == h->live_job && h->progress.down_ms > 0;
		if (j->state == CK_JOB_RUNNING || j->state == CK_JOB_PAUSED)
			printf("Job %u %s (%d%%)%s.  %s attach %u\n", j->job,
			       j->state == CK_JOB_PAUSED ? "is paused" : "runs", j->percent,
			       down ? ", Cyrus is stopped by it" : "", program.data, j->job);
	}
	for (size_t i = 0; i < h->nleftovers; i++)
		if (ui_leftover_is_down(h, &h->leftovers[i])) {
			printf("Cyrus is still stopped by job %u.  %s unwind\n",
			       h->leftovers[i].job, program.data);
			break;
		}
}

static int run(const struct ck_settings *settings, uint32_t job, int sigfd, struct ck_err *err)
{
	struct ui_term *term = NULL;
	struct ui_app *app = NULL;
	int r = ui_term_open(&term, err);
	if (r < 0)
		return r;
	struct ui_app_options options = {
		.settings = settings, .term = term, .sigfd = sigfd, .idle_fd = idle_descriptor()};
	r = ui_app_open(&options, &app, err);
	if (r < 0) {
		ui_term_close(term);
		return r;
	}
	open_first(app, job);
	const struct ui_view *first = ui_app_top(app);
	bool shown = false;
	do {
		if (!shown && ui_app_house(app)->leftovers_known) {
			shown = true;
			show_left(app, first);
		}
		r = ui_app_step(app, -1);
	} while (r == 0);
	ui_term_close(term);
	if (r > 0)
		say_goodbye(ui_app_house(app), settings);
	if (ui_app_close_all(app) > 0) {
		fflush(stdout);
		_exit(0); /* a thread is stuck in a system call: nothing may be freed under it */
	}
	return 0;
}

int ui_console(const struct ck_settings *settings, uint32_t job, struct ck_err *err)
{
	sigset_t old;
	tzset(); /* reads a file, which the first date on a screen would do else */
	CK_CLOSE int sigfd = open_signals(&old);
	if (sigfd < 0)
		return ck_err_sys(err, "cannot take signals over");
	int r = run(settings, job, sigfd, err);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}
