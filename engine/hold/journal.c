/* SPDX-License-Identifier: BSD-2-Clause */
#include "hold/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/fs.h"
#include "base/number.h"

#define LINE_MAX_ 8192
#define CRC_LEN   8

static const char *const kind_names[] = {
	[JOURNAL_MASTER] = "master",
	[JOURNAL_FILES] = "files",
	[JOURNAL_DONE] = "done",
};

/*
 * Room for all lines now, so that a full disk cannot keep a release from being written down later;
 * and the name, with that of the directory, must survive a crash as surely as the lines will.
 */
static int make_sure(int dir, int fd, const char *job_dir, struct ck_err *err)
{
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, JOURNAL_SIZE) < 0 && errno != EOPNOTSUPP &&
	    errno != ENOSYS)
		return ck_err_sys(err, "cannot set room aside for the undo journal in '%s'",
		                  job_dir);
	CK_CLOSE int parent = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fsync(dir) < 0 || parent < 0 || fsync(parent) < 0)
		return ck_err_sys(err, "cannot sync '%s'", job_dir);
	return 0;
}

int journal_open(const char *job_dir, enum journal_mode mode, int *ret_fd, struct ck_err *err)
{
	CK_CLOSE int dir = open(job_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return ck_err_sys(err, "cannot open '%s'", job_dir);
	int flags = mode == JOURNAL_CREATE ? O_RDWR | O_APPEND | O_CREAT
	            : mode == JOURNAL_LOOK ? O_RDONLY
	                                   : O_RDWR | O_APPEND;
	CK_CLOSE int fd =
		openat(dir, JOURNAL_NAME, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return ck_err_sys(err, "cannot open the undo journal in '%s'", job_dir);
	if (!S_ISREG(st.st_mode))
		return ck_err_set(err, CK_ECORRUPT, "the undo journal in '%s' is no file", job_dir);
	if (mode == JOURNAL_BESIDE) {
		*ret_fd = CK_STEAL_FD(fd);
		return 0;
	}
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int r = fcntl(fd, mode == JOURNAL_LOOK ? F_OFD_GETLK : F_OFD_SETLK, &lock);
	if (r < 0 ? errno == EAGAIN || errno == EACCES
	          : mode == JOURNAL_LOOK && lock.l_type != F_UNLCK)
		return ck_err_set(err, CK_EBUSY,
		                  "the undo journal in '%s' belongs to a job that is alive",
		                  job_dir);
	if (r < 0)
		return ck_err_sys(err, "cannot lock the undo journal in '%s'", job_dir);
	if (mode == JOURNAL_CREATE) {
		r = make_sure(dir, fd, job_dir, err);
		if (r < 0)
			return r;
	}
	*ret_fd = CK_STEAL_FD(fd);
	return 0;
}

/* -- writing ---------------------------------------------------------------------------------- */

/* A line under construction, in the caller's frame. */
struct line {
	char text[LINE_MAX_];
	size_t len;
	bool full;
};

static void put(struct line *l, char c)
{
	if (l->len < sizeof l->text)
		l->text[l->len++] = c;
	else
		l->full = true;
}

static void put_word(struct line *l, const char *word)
{
	static const char digits[] = "0123456789ABCDEF";
	put(l, ' ');
	if (!*word)
		put(l, '%');
	for (const unsigned char *p = (const unsigned char *)word; *p; p++) {
		if (*p > ' ' && *p != '%' && *p != 0x7f) {
			put(l, (char)*p);
			continue;
		}
		put(l, '%');
		put(l, digits[*p >> 4]);
		put(l, digits[*p & 15]);
	}
}

int journal_append(int fd, uint32_t seq, enum journal_kind kind, const char *const *words, size_t n,
                   struct ck_err *err)
{
	struct line l = {.len = CRC_LEN};
	char number[32];
	(void)snprintf(number, sizeof number, "%u", seq);
	put_word(&l, number);
	put_word(&l, kind_names[kind]);
	(void)snprintf(number, sizeof number, "%lld", (long long)time_now_ms());
	put_word(&l, number);
	for (size_t i = 0; i < n; i++)
		put_word(&l, words[i]);
	size_t end = l.len;
	put(&l, '\n');
	if (l.full || n > JOURNAL_WORDS)
		return ck_err_set(err, CK_EUSAGE, "too many words for the undo journal");
	char crc[CRC_LEN + 1];
	(void)snprintf(crc, sizeof crc, "%08lx",
	               crc32(0, (const Bytef *)l.text + CRC_LEN, (uInt)(end - CRC_LEN)));
	memcpy(l.text, crc, CRC_LEN);

	/* Behind a torn line, begin a new one. */
	struct stat st;
	char last = '\n';
	if (fstat(fd, &st) < 0 || (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1))
		return ck_err_sys(err, "cannot read the undo journal");
	if ((last != '\n' && fs_write_all(fd, "\n", 1) < 0) ||
	    fs_write_all(fd, l.text, l.len) < 0 || fsync(fd) < 0)
		return ck_err_sys(err, "cannot write the undo journal");
	return 0;
}

int journal_append_master(int fd, uint32_t seq, const struct journal_master *m, struct ck_err *err)
{
	const struct master_control *c = m->control;
	const char *words[JOURNAL_WORDS];
	char timeout[16], door[16], pid[16], start[24];
	(void)snprintf(timeout, sizeof timeout, "%d", c->timeout_s);
	(void)snprintf(door, sizeof door, "%s%u", m->door->port && !m->door->greets ? "+" : "",
	               m->door->port);
	(void)snprintf(pid, sizeof pid, "%d", (int)m->who->pid);
	(void)snprintf(start, sizeof start, "%llu", (unsigned long long)m->who->start);
	const char *const fixed[JOURNAL_FIXED] = {c->recipe, c->pidfile, timeout, m->door->host,
	                                          door,      pid,        start,   c->cyrus_conf};
	memcpy(words, fixed, sizeof fixed);
	size_t n = JOURNAL_FIXED;
	if (c->start.n == 0 || c->start.n > JOURNAL_WORDS - n)
		return ck_err_set(err, CK_EUSAGE,
		                  "the command that starts Cyrus has %zu words; it needs 1 to %zu",
		                  c->start.n, JOURNAL_WORDS - n);
	for (size_t i = 0; i < c->start.n; i++)
		words[n++] = c->start.items[i];
	return journal_append(fd, seq, JOURNAL_MASTER, words, n, err);
}

/* -- reading ---------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undo the %XX of one word in place. */
static bool decode(char *word)
{
	char *to = word;
	if (strcmp(word, "%") == 0) {
		*word = '\0';
		return true;
	}
	for (const char *p = word; *p; p++) {
		if (*p != '%') {
			*to++ = *p;
			continue;
		}
		int high = hex_digit(p[1]), low = high < 0 ? -1 : hex_digit(p[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*to++ = (char)(high << 4 | low);
		p += 2;
	}
	*to = '\0';
	return true;
}

static enum journal_kind kind_of(const char *word)
{
	for (size_t i = 0; i < CK_COUNT(kind_names); i++)
		if (strcmp(word, kind_names[i]) == 0)
			return (enum journal_kind)i;
	return JOURNAL_UNKNOWN;
}

/* One line without its newline. @return false when it is damaged. */
static bool parse_line(char *line, size_t len, struct journal_entry *ret)
{
	char crc[CRC_LEN + 1];
	if (len <= CRC_LEN + 1 || line[CRC_LEN] != ' ' || memchr(line, '\0', len))
		return false;
	(void)snprintf(crc, sizeof crc, "%08lx",
	               crc32(0, (const Bytef *)line + CRC_LEN, (uInt)(len - CRC_LEN)));
	if (memcmp(line, crc, CRC_LEN) != 0)
		return false;

	char *words[JOURNAL_WORDS + 3];
	size_t n = 0;
	char *rest = line + CRC_LEN + 1;
	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
		if (n == CK_COUNT(words) || !decode(word))
			return false;
		words[n++] = word;
	}
	uint64_t seq, time;
	if (n < 3 || !number_parse(words[0], strlen(words[0]), UINT32_MAX, &seq) ||
	    !number_parse(words[2], strlen(words[2]), INT64_MAX, &time))
		return false;
	*ret = (struct journal_entry){
		.seq = (uint32_t)seq,
		.kind = kind_of(words[1]),
		.time_ms = (int64_t)time,
		.n = n - 3,
	};
	memcpy(ret->words, words + 3, ret->n * sizeof *words);
	return true;
}

void journal_parse(struct journal *j)
{
	j->n = 0;
	for (char *line = j->text, *end; (end = strchr(line, '\n')); line = end + 1) {
		struct journal_entry e;
		*end = '\0';
		if (!parse_line(line, (size_t)(end - line), &e))
			continue;
		if (e.kind != JOURNAL_DONE) {
			if (j->n < JOURNAL_ENTRIES)
				j->entries[j->n++] = e;
			continue;
		}
		for (size_t i = 0; i < j->n; i++)
			if (j->entries[i].seq == e.seq)
				j->entries[i].done = true;
	}
}

int journal_read(int fd, struct journal *ret, struct ck_err *err)
{
	int64_t n = fs_pread(fd, ret->text, sizeof ret->text, 0);
	if (n < 0)
		return ck_err_sys(err, "cannot read the undo journal");
	if (n > JOURNAL_SIZE)
		return ck_err_set(err, CK_ECORRUPT, "the undo journal is larger than %d bytes",
		                  JOURNAL_SIZE);
	ret->text[n] = '\0';
	/* Zeros, which a crash may leave of a line, end no text: what stands behind counts. */
	for (int64_t i = 0; i < n; i++)
		if (ret->text[i] == '\0')
			ret->text[i] = '\n';
	journal_parse(ret);
	return 0;
}

/* -- undoing ---------------------------------------------------------------------------------- */

/* The words of a master's entry, taken apart; they stay where they are. */
struct master_words {
	struct journal_entry view;
	struct master_control control;
	struct master_door door;
	struct process who;
};

static bool parse_number(const char *word, uint64_t max, uint64_t *ret)
{
	return number_parse(word, strlen(word), max, ret);
}

static bool parse_master(const struct journal_entry *e, struct master_words *ret)
{
	uint64_t timeout, port, pid, start;
	ret->view = *e;
	char **w = ret->view.words;
	if (e->n <= JOURNAL_FIXED || !parse_number(w[2], 86400, &timeout) ||
	    strlen(w[3]) >= sizeof ret->door.host ||
	    !parse_number(w[4] + (w[4][0] == '+'), UINT16_MAX, &port) ||
	    !parse_number(w[5], INT32_MAX, &pid) || !parse_number(w[6], UINT64_MAX, &start))
		return false;
	ret->control = (struct master_control){
		.recipe = w[0],
		.pidfile = w[1],
		.timeout_s = (int)timeout,
		.cyrus_conf = w[7],
		.start = {.items = w + JOURNAL_FIXED, .n = e->n - JOURNAL_FIXED},
	};
	ret->door = (struct master_door){.port = (uint16_t)port, .greets = w[4][0] != '+'};
	memcpy(ret->door.host, w[3], strlen(w[3]) + 1);
	ret->who = (struct process){.pid = (pid_t)pid, .start = start};
	return true;
}

/* What is left of the time in which a master that was told to stop obeys. */
static int64_t patience_ms(const struct journal_entry *e, int timeout_s)
{
	int64_t whole = JOURNAL_PATIENCE * INT64_C(1000) * timeout_s;
	int64_t left = e->time_ms + whole - time_now_ms();
	return left < 0 ? 0 : left > whole ? whole : left;
}

static int undo_master(const struct journal_entry *e, struct ck_err *err)
{
	struct master_words m = {0};
	if (!parse_master(e, &m))
		return ck_err_set(err, CK_ECORRUPT, "an entry of the undo journal makes no sense");
	const struct master_told told = {
		.who = m.who, .patience_ms = patience_ms(e, m.control.timeout_s), .door = &m.door};
	int r = master_start(&m.control, &told, err);
	if (r == 0)
		r = master_serves(&m.control, &m.door, m.control.timeout_s * 1000, err);
	if (r < 0 && err)
		err->code = CK_EDOWN;
	return r < 0 ? CK_EDOWN : 0;
}

/* Only what was never put in place under its final name. */
static int undo_files(const struct journal_entry *e, struct ck_err *err)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->words[i][0] != '/' || !strstr(e->words[i], ".partial"))
			return ck_err_set(err, CK_ECORRUPT,
			                  "an entry of the undo journal makes no sense");
		if (unlink(e->words[i]) < 0 && errno != ENOENT)
			return ck_err_sys(err, "cannot remove '%s'", e->words[i]);
	}
	return 0;
}

static int undo_entry(const struct journal_entry *e, struct ck_err *err)
{
	switch (e->kind) {
	case JOURNAL_MASTER:
		return undo_master(e, err);
	case JOURNAL_FILES:
		return undo_files(e, err);
	default:
		return ck_err_set(err, CK_EUNSUPPORTED,
		                  "the undo journal was written by a later version of cyrkeep");
	}
}

/* One pass, over the files or over all but them. @ret_failure keeps the first one. */
static int undo_pass(int fd, const struct journal *j, bool files, int *ret_failure,
                     struct ck_err *err)
{
	int undone = 0;
	for (size_t i = j->n; i-- > 0;) {
		const struct journal_entry *e = &j->entries[i];
		if (e->done || (e->kind == JOURNAL_FILES) != files)
			continue;
		struct ck_err *where = *ret_failure ? NULL : err;
		int r = undo_entry(e, where);
		if (r == 0)
			r = journal_append(fd, e->seq, JOURNAL_DONE, NULL, 0, where);
		if (r < 0 && !*ret_failure)
			*ret_failure = r;
		else if (r == 0)
			undone++;
	}
	return undone;
}

int journal_undo(int fd, struct journal *scratch, bool files, struct ck_err *err)
{
	int failure = 0;
	int r = journal_read(fd, scratch, err);
	if (r < 0)
		return r;
	int undone = undo_pass(fd, scratch, false, &failure, err);
	if (files)
		undone += undo_pass(fd, scratch, true, &failure, err);
	return failure ? failure : undone;
}
