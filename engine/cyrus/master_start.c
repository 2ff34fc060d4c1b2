/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Master started. All of this runs in the guard too: it allocates nothing. The program that is
 * started gets what init would give it: a session of its own (master sends SIGTERM to its process
 * group when it ends), default signals, no descriptors, and none of the priorities and variables
 * of whoever asked for a backup.
 */
#include "cyrus/master.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "cyrus/master_conf.h"

#define STEP_MS   50
#define SETTLE_MS 300  /* that master must keep its lock to have started */
#define ENDED_MS  2000 /* without its lock again, after it had it: it has given up */
#define OBEYED_MS 3000 /* an order to stop that was given has shown by then */
#define DOOR_MS   500
#define TERM_MS   2000 /* that a program takes to end when it is told to */
#define HUNG_MS   1000 /* a master that notices its children does so at once */
#define ENV_MAX   32

extern char **environ;

static void sleep_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* -- the new process -------------------------------------------------------------------------- */

/* What of our environment the program gets: where programs lie, language and time zone. */
static void pick_environment(char **ret)
{
	static const char *const wanted[] = {"PATH=", "LANG=", "LC_", "TZ="};
	size_t n = 0;
	for (char **e = environ; e && *e; e++)
		for (size_t i = 0; i < CK_COUNT(wanted) && n < ENV_MAX; i++)
			if (strncmp(*e, wanted[i], strlen(wanted[i])) == 0)
				ret[n++] = *e;
	ret[n] = NULL;
}

/* A backup may run at low priority, and a guard is the last to be killed; a mail server is neither.
 */
static void reset_priority(void)
{
	const struct sched_param normal = {0};
	(void)sched_setscheduler(0, SCHED_OTHER, &normal);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)syscall(SYS_ioprio_set, 1 /* a process */, 0, 0);
	int oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (oom < 0)
		return;
	(void)!write(oom, "0", 1);
	(void)close(oom);
}

/* strerror() may wait for a lock that another thread held at the fork. */
static const char *why_not(int error)
{
#if __GLIBC_PREREQ(2, 32)
	return strerrordesc_np(error);
#else
	return error == ENOENT ? "No such file or directory" : "it cannot be executed";
#endif
}

static void become(const struct master_control *c, int out)
{
	char *environment[ENV_MAX + 1];
	struct sigaction normal = {.sa_handler = SIG_DFL};
	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &normal, NULL);
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	(void)umask(022);
	(void)!chdir("/");
	reset_priority();
	int null = open("/dev/null", O_RDWR);
	(void)dup2(null, 0);
	(void)dup2(out, 1);
	(void)dup2(out, 2);
	(void)fs_close_range(3, ~0U);
	pick_environment(environment);
	(void)execvpe(c->start.items[0], c->start.items, environment);
	const char *why = why_not(errno);
	(void)!write(2, why, strlen(why));
	_exit(127);
}

/* -- waiting for it --------------------------------------------------------------------------- */

/* The last words of the program, one line of them, into @ret. */
static void last_words(int out, char *ret, size_t size)
{
	int64_t n = fs_pread(out, ret, size - 1, 0);
	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\r\n")] = '\0';
}

void master_mark(const struct master_control *c, struct master_mark *ret)
{
	struct stat st;
	*ret = (struct master_mark){0};
	if (stat(c->pidfile, &st) == 0)
		*ret = (struct master_mark){.inode = st.st_ino,
		                            .size = st.st_size,
		                            .mtime_s = st.st_mtim.tv_sec,
		                            .mtime_ns = st.st_mtim.tv_nsec};
}

bool master_was_there(const struct master_control *c, const struct master_mark *since)
{
	struct master_mark now;
	master_mark(c, &now);
	return now.size > 0 && (now.inode != since->inode || now.mtime_s != since->mtime_s ||
	                        now.mtime_ns != since->mtime_ns);
}

/* Alive now and still after a moment? */
static int is_settled(const struct master_control *c, struct ck_err *err)
{
	int r = master_is_alive(c, NULL, err);
	if (r != 1)
		return r;
	sleep_ms(SETTLE_MS);
	return master_is_alive(c, NULL, err);
}

/* One start under way. */
struct start {
	const struct master_control *c;
	struct master_mark before;
	pid_t child; /* -1 once it has ended */
	int out;
	bool seen;          /* master had its lock */
	int64_t free_since; /* it has it no more; 0: not so */
};

/* Has the program that was started ended with a failure? */
static int ask_child(struct start *s, struct ck_err *err)
{
	char words[200];
	int status = 0;
	if (s->child <= 0 || waitpid(s->child, &status, WNOHANG) != s->child)
		return 0;
	s->child = -1;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (code == 0)
		return 0;
	last_words(s->out, words, sizeof words);
	return ck_err_set(err, CK_EFAIL, "cannot start Cyrus: '%s' ended with status %d%s%s",
	                  s->c->start.items[0], code, *words ? ": " : "", words);
}

/* Had master its lock, and has had it no more for a while? */
static bool has_given_up(struct start *s)
{
	if (!s->seen && !master_was_there(s->c, &s->before))
		return false;
	if (!s->free_since)
		s->free_since = time_mono_ms();
	return time_mono_ms() - s->free_since >= ENDED_MS;
}

/* Or each try would leave one. What it does may be a recovery of databases: it is not killed. */
static void end_child(struct start *s)
{
	if (s->child <= 0)
		return;
	(void)kill(-s->child, SIGTERM);
	for (int64_t end = time_mono_ms() + TERM_MS; time_mono_ms() < end; sleep_ms(STEP_MS))
		if (waitpid(s->child, NULL, WNOHANG) == s->child)
			break;
	s->child = -1;
}

static int wait_started(struct start *s, struct ck_err *err)
{
	for (int64_t end = time_mono_ms() + s->c->timeout_s * 1000;; sleep_ms(STEP_MS)) {
		int failed = ask_child(s, err);
		int alive = master_is_alive(s->c, NULL, err);
		if (alive == 1) {
			s->seen = true;
			s->free_since = 0;
			alive = is_settled(s->c, err);
		}
		if (alive != 0)
			return alive < 0 ? alive : 0;
		if (failed)
			return failed;
		if (has_given_up(s))
			return ck_err_set(err, CK_EFAIL,
			                  "Cyrus's master was started and ended again");
		if (time_mono_ms() < end)
			continue;
		end_child(s);
		return ck_err_set(err, CK_ETIMEOUT,
		                  "Cyrus's master did not lock '%s' within %d s of its start",
		                  s->c->pidfile, s->c->timeout_s);
	}
}

int master_explain(const struct master_control *c, int code, struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	if (c->cyrus_conf && *c->cyrus_conf && master_conf_check(c->cyrus_conf, NULL, &why) < 0) {
		(void)ck_err_set(err, (enum ck_code)code, "cannot start Cyrus: %.400s", why.msg);
		return ck_err_remedy(err, "mend that line, then 'cyrkeep unwind' starts Cyrus");
	}
	return ck_err_remedy(err,
	                     "look into the system log for the reason; 'cyrkeep unwind' tries "
	                     "again, and '%s' starts it by hand",
	                     c->start.items[0]);
}

/* -- a master that was told to stop ----------------------------------------------------------- */

/* Is it that very process that has the lock still? It may stand still, or not have been told. */
static bool is_the_told(const struct master_control *c, const struct process *told,
                        struct process *ret)
{
	pid_t pid;
	return told->pid > 1 && master_is_alive(c, &pid, NULL) == 1 && pid == told->pid &&
	       process_read(pid, ret) && ret->start == told->start;
}

bool master_unhang(const struct master_control *c, const struct process *told, int64_t *since_ms)
{
	struct process now;
	int64_t clock = time_mono_ms();
	if (!is_the_told(c, told, &now) || !process_is_hung(told->pid)) {
		*since_ms = 0;
		return false;
	}
	if (!*since_ms)
		*since_ms = clock;
	if (clock - *since_ms < HUNG_MS)
		return false;
	*since_ms = 0;
	process_signal_children(told->pid, SIGTERM);
	return kill(told->pid, SIGKILL) == 0;
}

/*
 * A master that was told to stop and is late will still stop, perhaps after it was found alive:
 * it is waited for. One that runs and lets people in was never told.
 */
static int wait_for_the_told(const struct master_control *c, const struct master_told *told,
                             struct ck_err *err)
{
	struct process now;
	int64_t begin = time_mono_ms(), hung_ms = 0;
	while (is_the_told(c, &told->who, &now)) {
		if (master_unhang(c, &told->who, &hung_ms))
			continue;
		int64_t waited = time_mono_ms() - begin;
		bool over = waited >= told->patience_ms;
		bool runs = now.state == 'S' || now.state == 'R';
		if ((over || waited >= OBEYED_MS) && runs && master_door_opens(told->door, DOOR_MS))
			return 0;
		if (hung_ms) {
			sleep_ms(STEP_MS);
			continue;
		}
		if (over && !told->door->port)
			return 0; /* nothing tells that it does not run */
		if (over)
			return ck_err_set(err, CK_ETIMEOUT,
			                  "Cyrus's master (pid %d) was told to stop, and neither "
			                  "ends nor serves",
			                  (int)now.pid);
		sleep_ms(STEP_MS);
	}
	return 0;
}

int master_start(const struct master_control *c, const struct master_told *told, struct ck_err *err)
{
	int r = told ? wait_for_the_told(c, told, err) : 0;
	if (r < 0)
		return ck_err_remedy(err, "find out what holds it up; when it has ended, 'cyrkeep "
		                          "unwind' starts Cyrus");
	r = is_settled(c, err);
	if (r != 0)
		return r < 0 ? r : 0;
	/* Output goes to a file in memory, which a daemon may keep without holding anything up. */
	CK_CLOSE int out = memfd_create("start", MFD_CLOEXEC);
	if (out < 0)
		return ck_err_sys(err, "cannot catch the output of '%s'", c->start.items[0]);
	struct start s = {.c = c, .out = out};
	master_mark(c, &s.before);
	s.child = fork();
	if (s.child < 0)
		return ck_err_sys(err, "cannot start Cyrus");
	if (s.child == 0)
		become(c, out);
	r = wait_started(&s, err);
	return r < 0 ? master_explain(c, r, err) : 0;
}
