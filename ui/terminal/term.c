/* SPDX-License-Identifier: BSD-2-Clause */
#include "terminal/term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>
#include <term.h>

#include "terminal/input.h"

#define PAIRS_MAX 48 /* TERM=linux has 64 */

struct ui_term {
	SCREEN *screen;
	struct ui_input input;
	struct ui_grid shown; /**< What the terminal shows, as far as we know. */
	bool shown_valid;
	cchar_t *cells; /**< Of one row of it, for curses. */
	bool ascii, mouse, can_mouse;
	enum ui_colours colours;
	struct {
		int32_t fg, bg;
	} pairs[PAIRS_MAX]; /**< Pair i + 1. */
	int npairs;
};

/** What a crash handler may touch: prepared bytes and the modes of before. */
static struct {
	char leave[256];
	size_t len;
	struct termios modes;
	volatile sig_atomic_t active;
} crash;

/** Faults, and what else ends a program and can be caught. */
static const int crash_signals[] = {SIGSEGV, SIGABRT, SIGBUS,    SIGFPE,  SIGILL,  SIGSYS,
                                    SIGTRAP, SIGXCPU, SIGXFSZ,   SIGUSR1, SIGUSR2, SIGALRM,
                                    SIGPROF, SIGPOLL, SIGVTALRM, SIGPWR};

/** Only what a signal handler may call. */
static void say_crash(int signo)
{
	static const char before[] = "\r\ncyrkeep: the console was ended by signal ",
			  after[] = "; jobs are not touched\r\n         start it again: same jobs, "
				    "same archives\r\n";
	const char digits[] = {(char)('0' + signo / 10), (char)('0' + signo % 10)};
	size_t skip = signo < 10;
	(void)!write(STDERR_FILENO, before, sizeof before - 1);
	(void)!write(STDERR_FILENO, digits + skip, sizeof digits - skip);
	(void)!write(STDERR_FILENO, after, sizeof after - 1);
}

static void on_crash(int signo)
{
	if (crash.active) {
		crash.active = 0;
		(void)!write(STDOUT_FILENO, crash.leave, crash.len);
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &crash.modes);
		say_crash(signo);
	}
	signal(signo, SIG_DFL);
	raise(signo);
}

/** A capability of the terminal, or "". */
static const char *capability(const char *name)
{
	char copy[16];
	snprintf(copy, sizeof copy, "%s", name);
	const char *s = tigetstr(copy);
	return s && s != (const char *)-1 ? s : "";
}

/** Keep a string for the crash handler, without the padding of old terminals ("$<5>"). */
static void keep(const char *s)
{
	for (; *s && crash.len < sizeof crash.leave; s++) {
		if (s[0] == '$' && s[1] == '<' && strchr(s, '>'))
			s = strchr(s, '>');
		else
			crash.leave[crash.len++] = *s;
	}
}

static const char mouse_on[] = "\033[?1000h\033[?1006h", mouse_off[] = "\033[?1006l\033[?1000l";

/** Expand what gives the terminal back now, while memory may still be asked for. */
static void prepare_crash(const struct ui_term *t)
{
	crash.len = 0;
	if (t->can_mouse)
		keep(mouse_off);
	static const char *const names[] = {"BD", "sgr0", "op", "rmkx", "cnorm", "rmcup"};
	for (size_t i = 0; i < CK_COUNT(names); i++)
		keep(capability(names[i]));
	crash.active = 1;
	struct sigaction sa = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND};
	for (size_t i = 0; i < CK_COUNT(crash_signals); i++)
		sigaction(crash_signals[i], &sa, NULL);
}

static enum ui_colours find_colours(void)
{
	const char *no = getenv("NO_COLOR");
	if ((no && *no) || !has_colors())
		return UI_COLOURS_MONO;
	start_color();
	use_default_colors();
	char rgb[] = "RGB";
	if (COLORS > 256 && (tigetflag(rgb) > 0 || tigetnum(rgb) > 0))
		return UI_COLOURS_DIRECT;
	return COLORS >= 256 ? UI_COLOURS_256 : COLORS >= 8 ? UI_COLOURS_16 : UI_COLOURS_MONO;
}

/** Key sequences of this terminal's description. */
static void learn_keys(struct ui_input *in)
{
	static const struct {
		const char *name;
		uint32_t code;
	} keys[] = {
		{"kcuu1", UI_KEY_UP},     {"kcud1", UI_KEY_DOWN},   {"kcub1", UI_KEY_LEFT},
		{"kcuf1", UI_KEY_RIGHT},  {"khome", UI_KEY_HOME},   {"kend", UI_KEY_END},
		{"kpp", UI_KEY_PGUP},     {"knp", UI_KEY_PGDN},     {"kich1", UI_KEY_INSERT},
		{"kdch1", UI_KEY_DELETE}, {"kcbt", UI_KEY_BACKTAB}, {"kf1", UI_KEY_F1},
		{"kf2", UI_KEY_F2},       {"kf3", UI_KEY_F3},       {"kf4", UI_KEY_F4},
		{"kf5", UI_KEY_F5},       {"kf6", UI_KEY_F6},       {"kf7", UI_KEY_F7},
		{"kf8", UI_KEY_F8},       {"kf9", UI_KEY_F9},       {"kf10", UI_KEY_F10},
	};
	for (size_t i = 0; i < CK_COUNT(keys); i++)
		ui_input_learn(in, capability(keys[i].name), keys[i].code);
}

/** Modes beyond those of curses. */
static void set_modes(const struct ui_term *t, bool on)
{
	if (t->can_mouse)
		putp(on && t->mouse ? mouse_on : mouse_off);
	putp(capability(on ? "BE" : "BD"));
	fflush(stdout);
}

static bool has_mouse_protocol(void)
{
	const char *name = getenv("TERM");
	return *capability("kmous") && name && strcmp(name, "linux") != 0;
}

/** Asked of terminfo first: of a terminal that it does not know newterm() keeps memory, in ncurses
 * 6.4. */
static bool can_show(const char *name)
{
	int answer;
	if (!name || !*name || strcmp(name, "dumb") == 0 ||
	    setupterm(name, STDOUT_FILENO, &answer) != OK)
		return false;
	(void)del_curterm(cur_term);
	return true;
}

int ui_term_open(struct ui_term **ret, struct ck_err *err)
{
	const char *name = getenv("TERM");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		ck_err_set(err, CK_EUNSUPPORTED, "the console needs a terminal");
		return ck_err_remedy(err, "name a command; see cyrkeep --help");
	}
	struct ui_term *t = ck_alloc(1, sizeof *t);
	if (!t)
		return ck_err_nomem(err);
	(void)tcgetattr(STDIN_FILENO, &crash.modes);
	set_escdelay(UI_INPUT_ESC_MS);
	(void)unsetenv("LINES"); /* what a shell exported once; the terminal knows better */
	(void)unsetenv("COLUMNS");
	t->screen = can_show(name) ? newterm(NULL, stdout, stdin) : NULL;
	if (!t->screen) {
		free(t);
		ck_err_set(err, CK_EUNSUPPORTED, "the terminal '%s' cannot show the console",
		           name && *name ? name : "(TERM is not set)");
		return ck_err_remedy(err, "set TERM to your terminal's name, or name a command");
	}
	ui_input_init(&t->input);
	const char *codeset = nl_langinfo(CODESET);
	t->ascii = strcmp(codeset, "UTF-8") != 0 || wcwidth(L'─') != 1;
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	t->colours = find_colours();
	learn_keys(&t->input);
	t->input.guesses = !*capability("BE");
	t->can_mouse = has_mouse_protocol();
	t->mouse = t->can_mouse;
	prepare_crash(t);
	ui_term_resize(t);
	set_modes(t, true);
	*ret = t;
	return CK_OK;
}

/** Where there is no second screen to leave, the shell goes on in the last line: make it empty. */
static void clear_last_line(void)
{
	if (*capability("rmcup"))
		return;
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
}

void ui_term_close(struct ui_term *t)
{
	if (!t)
		return;
	crash.active = 0;
	clear_last_line();
	set_modes(t, false);
	endwin();
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &crash.modes);
	delscreen(t->screen);
	ui_grid_fini(&t->shown);
	free(t->cells);
	ui_input_fini(&t->input);
	free(t);
}

int ui_term_fd(const struct ui_term *t)
{
	(void)t;
	return STDIN_FILENO;
}

void ui_term_size(const struct ui_term *t, int *ret_rows, int *ret_cols)
{
	(void)t;
	*ret_rows = LINES;
	*ret_cols = COLS;
}

bool ui_term_is_ascii(const struct ui_term *t)
{
	return t->ascii;
}

static int64_t clock_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool ui_term_fill(struct ui_term *t)
{
	size_t room;
	unsigned char *at = ui_input_room(&t->input, &room);
	if (room == 0)
		return true;
	ssize_t n = read(STDIN_FILENO, at, room);
	if (n > 0)
		ui_input_added(&t->input, (size_t)n, clock_ms());
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

bool ui_term_next(struct ui_term *t, struct ui_key *ret)
{
	return ui_input_next(&t->input, clock_ms(), ret);
}

int ui_term_timeout(const struct ui_term *t)
{
	return ui_input_timeout(&t->input, clock_ms());
}

static int pair_of(struct ui_term *t, int32_t fg, int32_t bg)
{
	if (fg == UI_COLOUR_DEFAULT && bg == UI_COLOUR_DEFAULT)
		return 0;
	for (int i = 0; i < t->npairs; i++)
		if (t->pairs[i].fg == fg && t->pairs[i].bg == bg)
			return i + 1;
	if (t->npairs == PAIRS_MAX || t->npairs + 1 >= COLOR_PAIRS)
		return 0;
	if (init_extended_pair(t->npairs + 1, fg, bg) == ERR)
		return 0;
	t->pairs[t->npairs].fg = fg;
	t->pairs[t->npairs].bg = bg;
	return ++t->npairs;
}

static attr_t attrs_of(unsigned attrs)
{
	attr_t a = A_NORMAL;
	a |= attrs & UI_BOLD ? A_BOLD : 0;
	a |= attrs & UI_FAINT ? A_DIM : 0;
	a |= attrs & UI_UNDERLINE ? A_UNDERLINE : 0;
	a |= attrs & UI_REVERSE ? A_REVERSE : 0;
	a |= attrs & UI_ITALIC && *capability("sitm") ? A_ITALIC : 0;
	return a;
}

/** The bar over a row wins; of the cell's own look its weight remains. */
static struct ui_style style_of(const struct ui_spot *s, const struct ui_style *roles)
{
	if (s->over == UI_ROLE_NORMAL)
		return roles[s->role];
	struct ui_style style = roles[s->over];
	style.attrs |= roles[s->role].attrs & UI_BOLD;
	if (style.fg == UI_COLOUR_DEFAULT && style.bg == UI_COLOUR_DEFAULT &&
	    !(style.attrs & UI_REVERSE))
		style.fg = roles[s->role].fg; /* an underline keeps the colours */
	return style;
}

static void show_row(struct ui_term *t, int y, const struct ui_spot *row, int cols,
                     const struct ui_style *roles)
{
	int n = 0;
	for (int x = 0; x < cols; x++) {
		if (row[x].width == 0)
			continue;
		wchar_t text[UI_GLYPH_MAX + 1] = {0};
		for (int i = 0; i < row[x].n && i < UI_GLYPH_MAX; i++)
			text[i] = (wchar_t)row[x].ch[i];
		struct ui_style s = style_of(&row[x], roles);
		int pair = pair_of(t, s.fg, s.bg);
		setcchar(&t->cells[n++], text, attrs_of(s.attrs), (short)pair, NULL);
	}
	mvadd_wchnstr(y, 0, t->cells, n);
}

void ui_term_show(struct ui_term *t, const struct ui_grid *g, const struct ui_theme *theme)
{
	const struct ui_style *roles = theme->roles[t->colours];
	if (t->shown.rows != g->rows || t->shown.cols != g->cols) {
		cchar_t *cells = reallocarray(t->cells, (size_t)g->cols, sizeof *cells);
		if (!cells)
			return;
		t->cells = cells;
		if (ui_grid_resize(&t->shown, g->rows, g->cols) < 0)
			return;
		t->shown_valid = false;
	}
	size_t row_size = (size_t)g->cols * sizeof *g->spots;
	for (int y = 0; y < g->rows && y < LINES; y++) {
		const struct ui_spot *row = g->spots + (size_t)y * (size_t)g->cols;
		struct ui_spot *old = t->shown.spots + (size_t)y * (size_t)g->cols;
		if (t->shown_valid && memcmp(row, old, row_size) == 0)
			continue;
		memcpy(old, row, row_size);
		show_row(t, y, row, g->cols < COLS ? g->cols : COLS, roles);
	}
	t->shown_valid = true;
	move(g->cursor_y < LINES ? g->cursor_y : LINES - 1,
	     g->cursor_x < COLS ? g->cursor_x : COLS - 1);
	wnoutrefresh(stdscr);
	doupdate();
}

void ui_term_redraw(struct ui_term *t)
{
	t->shown_valid = false;
	clearok(stdscr, TRUE);
}

void ui_term_resize(struct ui_term *t)
{
	struct winsize w;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_row == 0 || w.ws_col == 0)
		return;
	if (w.ws_row != LINES || w.ws_col != COLS)
		resizeterm(w.ws_row, w.ws_col);
	ui_term_redraw(t);
}

void ui_term_take(struct ui_term *t)
{
	reset_prog_mode();
	crash.active = 1;
	putp(capability("smcup"));
	putp(capability("smkx"));
	set_modes(t, true);
	ui_term_resize(t);
	refresh();
}

/** Stop as a program without handlers does: the whole group, so that a script that started us stops
 * as well; but not where no shell could wake us, which the kernel knows.
 * @return whether it was stopped */
static bool stop_group(void)
{
	sigset_t stop, cont;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigemptyset(&cont);
	sigaddset(&cont, SIGCONT);
	const struct timespec now = {0};
	(void)signal(SIGTSTP, SIG_DFL); /* not that of curses */
	pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
	kill(0, SIGTSTP);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	return sigtimedwait(&cont, NULL, &now) == SIGCONT; /* blocked by the console */
}

bool ui_term_suspend(struct ui_term *t)
{
	crash.active = 0;
	clear_last_line();
	set_modes(t, false);
	def_prog_mode();
	endwin();
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &crash.modes);
	bool stopped = stop_group();
	ui_term_take(t);
	return stopped;
}

bool ui_term_has_mouse(const struct ui_term *t)
{
	return t->mouse;
}

void ui_term_set_mouse(struct ui_term *t, bool on)
{
	t->mouse = on && t->can_mouse;
	set_modes(t, true);
}
