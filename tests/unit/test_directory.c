/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory of archives, and what others may have done to it. */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "destination/directory.h"
#include "destination/mounted.h"

#define NOW    1790000000 /* 2026-09-21T14:13:20Z */
#define NAME   "mail1-20260921T141320Z-full.tar.zst"
#define NEXT   "mail1-20260921T141321Z-full.tar.zst"
#define NOBODY 65534

struct world {
	char *root, *dir; /* dir lies in root, and is the destination */
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	w->root = test_tmpdir();
	assert_true(asprintf(&w->dir, "%s/backup", w->root) > 0);
	assert_int_equal(mkdir(w->dir, 0700), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	test_rmtree(w->root);
	free(w->root);
	free(w->dir);
	free(w);
	return 0;
}

static char *in(const struct world *w, const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/%s", w->dir, name) > 0);
	return path;
}

static bool is_there(const struct world *w, const char *name)
{
	struct stat st;
	CK_FREE char *path = in(w, name);
	return lstat(path, &st) == 0;
}

static void put(const struct world *w, const char *name)
{
	CK_FREE char *path = in(w, name);
	test_write(path, "x", 1);
}

static struct partial *begin(const struct world *w)
{
	struct ck_err err = CK_ERR_INIT;
	struct partial *p = NULL;
	assert_ok(partial_open(w->dir, "mail1", NOW, &p, &err), &err);
	return p;
}

/* -- names ------------------------------------------------------------------------------------ */

static void an_archive_gets_its_name_last(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	struct stat st;
	mode_t before = umask(0);
	struct partial *p = begin(w);
	umask(before);
	assert_true(is_there(w, NAME ".partial") && is_there(w, NAME ".catalog.partial"));
	assert_false(is_there(w, NAME));
	assert_int_equal(fstat(partial_fd(p), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(partial_scratch(p), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_ok(partial_finish(p, &err), &err);
	partial_close(p);
	assert_true(is_there(w, NAME));
	assert_false(is_there(w, NAME ".partial") || is_there(w, NAME ".catalog.partial"));
}

static void a_name_that_is_taken_is_never_taken_again(void **state)
{
	struct world *w = *state;
	static const char *const taken[] = {NAME, NAME ".partial", NAME ".catalog.partial"};
	for (size_t i = 0; i < CK_COUNT(taken); i++) {
		CK_FREE char *path = in(w, taken[i]);
		/* Not even what a planted link points to. */
		assert_int_equal(symlink("/nowhere/at all", path), 0);
		struct partial *p = begin(w);
		assert_true(test_contains(partial_path(p), NEXT));
		partial_close(p);
		assert_int_equal(unlink(path), 0);
		assert_false(is_there(w, NEXT ".partial") || is_there(w, NAME ".partial"));
	}
}

static void a_name_taken_meanwhile_is_not_replaced(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	struct partial *p = begin(w);
	put(w, NAME);
	assert_err(partial_finish(p, &err), &err, CK_EBUSY, NAME);
	partial_close(p);
	assert_true(is_there(w, NAME));
	assert_false(is_there(w, NAME ".partial"));
}

static void a_destination_that_was_changed_meanwhile_gets_no_archive(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *away = NULL;
	CK_FREE char *lost = NULL;
	assert_true(asprintf(&away, "%s/away", w->root) > 0);
	assert_true(asprintf(&lost, "%s/" NAME ".partial", away) > 0);
	struct partial *p = begin(w);
	assert_int_equal(rename(w->dir, away), 0);
	assert_err(partial_finish(p, &err), &err, CK_EIO, "is not the directory any more");
	assert_int_equal(mkdir(w->dir, 0700), 0);
	assert_err(partial_finish(p, &err), &err, CK_EIO, "is not the directory any more");
	partial_close(p);
	assert_false(is_there(w, NAME));
	struct stat st;
	assert_int_equal(lstat(lost, &st), -1); /* nothing half is left there either */
}

/* -- dead writers ----------------------------------------------------------------------------- */

static void only_dead_partials_of_this_host_are_swept(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	static const char *const dead[] = {NAME ".partial", NAME ".catalog.partial",
	                                   NAME ".catalog.partial-journal"};
	static const char *const others[] = {
		NAME,
		NAME ".damaged",
		"mail2-20260921T141320Z-full.tar.zst.partial",
		"mail1-x-20260921T141320Z-full.tar.zst.partial",
		"xmail1-20260921T141320Z-full.tar.zst.partial",
		"mail1-20260921T141320-full.tar.zst.partial",
		"mail1-2026092TT141320Z-full.tar.zst.partial",
		"mail1-full.tar.zst.partial",
		"report.partial",
		"mail1-20260921T141320Z-full.tar.zst.partial.bak",
	};
	for (size_t i = 0; i < CK_COUNT(dead); i++)
		put(w, dead[i]);
	for (size_t i = 0; i < CK_COUNT(others); i++)
		put(w, others[i]);
	assert_int_equal(directory_sweep(w->dir, "mail1", &err), CK_COUNT(dead));
	for (size_t i = 0; i < CK_COUNT(dead); i++)
		assert_false(is_there(w, dead[i]));
	for (size_t i = 0; i < CK_COUNT(others); i++)
		assert_true(is_there(w, others[i]));
}

static void what_somebody_writes_is_not_swept(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	struct partial *p = begin(w);
	assert_int_equal(directory_sweep(w->dir, "mail1", &err), 0);
	assert_true(is_there(w, NAME ".partial") && is_there(w, NAME ".catalog.partial"));
	partial_close(p);
}

static void what_is_no_file_of_ours_is_not_swept(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *link = in(w, NAME ".partial");
	CK_FREE char *fifo = in(w, NEXT ".partial");
	CK_FREE char *theirs = in(w, "mail1-20260921T141322Z-full.tar.zst.partial");
	CK_FREE char *target = in(w, "precious");
	put(w, "precious");
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	test_write(theirs, "x", 1);
	if (geteuid() == 0)
		assert_int_equal(chown(theirs, NOBODY, NOBODY), 0);
	assert_int_equal(directory_sweep(w->dir, "mail1", &err), geteuid() == 0 ? 0 : 1);
	assert_true(is_there(w, "precious") && is_there(w, NAME ".partial") &&
	            is_there(w, NEXT ".partial"));
}

/* Several backups of one host begin in the same second: each sweeps, and may meet a file that was
 * made just now and is not locked yet. */
static void what_is_being_made_is_not_swept(void **state)
{
	struct world *w = *state;
	pid_t sweepers[2], ours = getpid();
	size_t lost = 0;
	for (size_t i = 0; i < CK_COUNT(sweepers); i++) {
		sweepers[i] = fork();
		if (sweepers[i] == 0) {
			while (getppid() == ours)
				(void)directory_sweep(w->dir, "mail1", NULL);
			_exit(0);
		}
	}
	for (int i = 0; i < 400; i++) {
		struct ck_err err = CK_ERR_INIT;
		struct partial *p = NULL;
		assert_ok(partial_open(w->dir, "mail1", NOW + 10 * i, &p, &err), &err);
		for (int k = 0; k < 5; k++)
			(void)sched_yield();
		lost += access(partial_temporary(p), F_OK) < 0 ||
		        access(partial_scratch(p), F_OK) < 0;
		partial_close(p);
	}
	for (size_t i = 0; i < CK_COUNT(sweepers); i++) {
		(void)kill(sweepers[i], SIGKILL);
		assert_int_equal(waitpid(sweepers[i], NULL, 0), sweepers[i]);
	}
	assert_int_equal(lost, 0);
}

/* -- file systems without locks --------------------------------------------------------------- */

/* From now on every flock() fails with @sys, as on NFS without its lock daemon. */
static void forbid_flock(int sys)
{
	assert_true(test_take_away(SYS_flock, sys));
	assert_int_equal(flock(1, LOCK_SH), -1);
	assert_int_equal(errno, sys);
}

/* What a backup does there. @return 0 when an archive was made, and nobody's partial swept. */
static int use_without_locks(const struct world *w)
{
	struct ck_err err = CK_ERR_INIT;
	struct partial *p = NULL, *second = NULL;
	if (partial_open(w->dir, "mail1", NOW, &p, &err) < 0)
		return 1;
	if (directory_sweep(w->dir, "mail1", &err) != 0 || !is_there(w, NAME ".partial"))
		return 2; /* who writes cannot be told */
	if (partial_open(w->dir, "mail1", NOW, &second, &err) < 0 ||
	    !test_contains(partial_path(second), NEXT))
		return 3;
	if (partial_finish(p, &err) < 0 || partial_finish(second, &err) < 0)
		return 4;
	partial_close(p);
	partial_close(second);
	return is_there(w, NAME) && is_there(w, NEXT) && !is_there(w, NAME ".partial") ? 0 : 5;
}

static void without_locks_an_archive_is_made_all_the_same(void **state)
{
	struct world *w = *state;
	static const int answers[] = {ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL};
	for (size_t i = 0; i < CK_COUNT(answers); i++) {
		int status = 0;
		pid_t child = fork();
		if (child == 0) {
			forbid_flock(answers[i]);
			_exit(use_without_locks(w));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		test_rmtree(w->dir);
		assert_int_equal(mkdir(w->dir, 0700), 0);
	}
}

static void any_other_failure_of_a_lock_is_told(void **state)
{
	struct world *w = *state;
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		struct ck_err err = CK_ERR_INIT;
		struct partial *p = NULL;
		forbid_flock(EIO);
		int r = partial_open(w->dir, "mail1", NOW, &p, &err);
		_exit(r == CK_EIO && test_contains(err.msg, "cannot lock") &&
		                      !is_there(w, NAME ".partial")
		              ? 0
		              : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* -- may it be one? --------------------------------------------------------------------------- */

static void a_directory_that_everybody_may_change_is_refused(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(directory_check(w->dir, &err), &err);
	assert_int_equal(chmod(w->dir, 0777), 0);
	assert_err(directory_check(w->dir, &err), &err, CK_EDENIED, "everybody");
	assert_int_equal(chmod(w->dir, 01777), 0); /* as /tmp: names of others stay theirs */
	assert_ok(directory_check(w->dir, &err), &err);
	assert_int_equal(chmod(w->dir, 0775), 0);
	assert_ok(directory_check(w->dir, &err), &err);
}

static void a_file_is_no_directory(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *path = in(w, "file");
	CK_FREE char *below = in(w, "file/below");
	put(w, "file");
	assert_err(directory_check(path, &err), &err, CK_EUSAGE, "not a directory");
	assert_true(directory_check(below, &err) < 0);
}

static void a_missing_directory_is_made_for_us_alone(void **state)
{
	struct world *w = *state;
	struct ck_err err = CK_ERR_INIT;
	struct stat st;
	CK_FREE char *path = in(w, "a/b");
	mode_t before = umask(0);
	assert_ok(directory_check(path, &err), &err);
	umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

/* Half a list would let archives vanish, and others be taken for the latest. */
static void a_directory_that_cannot_be_read_to_its_end_is_told(void **state)
{
	struct world *w = *state;
	int status = 0;
	put(w, NAME);
	pid_t child = fork();
	if (child == 0) {
		CK_CLEANUP(ck_strv_fini) struct ck_strv names = {0};
		struct ck_err err = CK_ERR_INIT;
		if (!test_take_away(SYS_getdents64, EIO))
			_exit(1);
		int r = directory_list(w->dir, &names, &err);
		_exit(r == CK_EIO && test_contains(err.msg, w->dir) ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* -- mounts ----------------------------------------------------------------------------------- */

struct tables {
	char *fstab, *mounts;
};

static void tables_write(struct tables *t, const struct world *w, const char *fstab,
                         const char *mounts)
{
	assert_true(asprintf(&t->fstab, "%s/fstab", w->root) > 0);
	assert_true(asprintf(&t->mounts, "%s/mounts", w->root) > 0);
	test_write(t->fstab, fstab, strlen(fstab));
	test_write(t->mounts, mounts, strlen(mounts));
}

static void tables_fini(struct tables *t)
{
	free(t->fstab);
	free(t->mounts);
}

/* @want NULL: nothing is missing below @directory. */
static void expect_missing(const struct tables *t, const char *directory, const char *want)
{
	struct ck_err err = CK_ERR_INIT;
	CK_FREE char *missing = NULL;
	assert_ok(mounted_missing(directory, t->fstab, t->mounts, &missing, &err), &err);
	if (want)
		assert_string_equal(missing, want);
	else
		assert_null(missing);
}

static void what_should_be_mounted_and_is_not_is_found(void **state)
{
	struct world *w = *state;
	CK_CLEANUP(tables_fini) struct tables t = {0};
	tables_write(&t, w,
	             "# a comment\n"
	             "UUID=1 / ext4 defaults 0 1\n"
	             "UUID=2 none swap sw 0 0\n"
	             "nas:/x /nowhere/nas nfs noauto 0 0\n"
	             "nas:/y /nowhere/two\\040words nfs defaults 0 0\n"
	             "nas:/z /nowhere/slash/ nfs noauto 0 0\n"
	             "/dev/sdb1 /nowhere/usb vfat noauto,user 0 0\n"
	             "/dev/sdc1 /nowhere/usb/deep ext4 defaults 0 0\n",
	             "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /nowhere/usb vfat rw 0 0\n");
	expect_missing(&t, "/nowhere/nas", "/nowhere/nas");
	expect_missing(&t, "/nowhere/nas/", "/nowhere/nas");
	expect_missing(&t, "/nowhere/nas/cyrkeep/a", "/nowhere/nas");
	expect_missing(&t, "/nowhere/two words/a", "/nowhere/two words");
	expect_missing(&t, "/nowhere/slash", "/nowhere/slash/");
	expect_missing(&t, "/nowhere/slash/a", "/nowhere/slash/");
	expect_missing(&t, "/nowhere/slashes", NULL);
	expect_missing(&t, "/nowhere/nasty", NULL);
	expect_missing(&t, "/nowhere", NULL);
	expect_missing(&t, "/nowhere/usb/a", NULL);
	expect_missing(&t, "/nowhere/usb/deep/a", "/nowhere/usb/deep");
	expect_missing(&t, "/srv/backup", NULL);
}

static void a_mount_point_by_another_name_is_found_too(void **state)
{
	struct world *w = *state;
	CK_CLEANUP(tables_fini) struct tables t = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf fstab = CK_BUF_INIT;
	CK_FREE char *link = NULL;
	CK_FREE char *below = NULL;
	assert_true(asprintf(&link, "%s/link", w->root) > 0);
	assert_true(asprintf(&below, "%s/not/there yet", link) > 0);
	assert_int_equal(symlink(w->dir, link), 0);
	ck_buf_addf(&fstab, "nas:/x %s nfs defaults 0 0\n", w->dir);
	tables_write(&t, w, fstab.data, "/dev/sda1 / ext4 rw 0 0\n");
	expect_missing(&t, below, w->dir);
	expect_missing(&t, link, w->dir);
	expect_missing(&t, w->root, NULL);
}

/* A mount that does not answer any more holds up whoever looks at it: the kernel's names need no
 * look, and what is mounted needs none either. */
static void what_is_mounted_is_not_looked_at(void **state)
{
	struct world *w = *state;
	CK_CLEANUP(tables_fini) struct tables t = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf fstab = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf mounts = CK_BUF_INIT;
	CK_FREE char *link = NULL;
	assert_true(asprintf(&link, "%s/link", w->root) > 0);
	assert_int_equal(symlink(w->dir, link), 0); /* where a look would lead */
	ck_buf_addf(&fstab, "nas:/x %s/ nfs defaults 0 0\n", link);
	ck_buf_addf(&mounts, "nas:/x %s nfs rw 0 0\n", link);
	tables_write(&t, w, fstab.data, mounts.data);
	expect_missing(&t, w->dir, NULL);
	ck_buf_addf(&fstab, "nas:/x %s nfs defaults 0 0\n", w->dir);
	tables_fini(&t);
	tables_write(&t, w, fstab.data, mounts.data);
	expect_missing(&t, w->dir, w->dir);
}

static void without_fstab_nothing_is_missing(void **state)
{
	struct world *w = *state;
	CK_CLEANUP(tables_fini) struct tables t = {0};
	tables_write(&t, w, "", "");
	assert_int_equal(unlink(t.fstab), 0);
	expect_missing(&t, "/srv/backup", NULL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(an_archive_gets_its_name_last),
		T(a_name_that_is_taken_is_never_taken_again),
		T(a_name_taken_meanwhile_is_not_replaced),
		T(a_destination_that_was_changed_meanwhile_gets_no_archive),
		T(only_dead_partials_of_this_host_are_swept),
		T(what_somebody_writes_is_not_swept),
		T(what_is_no_file_of_ours_is_not_swept),
		T(what_is_being_made_is_not_swept),
		T(without_locks_an_archive_is_made_all_the_same),
		T(any_other_failure_of_a_lock_is_told),
		T(a_directory_that_everybody_may_change_is_refused),
		T(a_file_is_no_directory),
		T(a_missing_directory_is_made_for_us_alone),
		T(a_directory_that_cannot_be_read_to_its_end_is_told),
		T(what_should_be_mounted_and_is_not_is_found),
		T(a_mount_point_by_another_name_is_found_too),
		T(what_is_mounted_is_not_looked_at),
		T(without_fstab_nothing_is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
