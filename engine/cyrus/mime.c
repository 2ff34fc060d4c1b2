/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/mime.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gmime/gmime.h>

/* A header longer than this is cut: it is shown on one line. */
#define TEXT_LIMIT ((size_t)64 << 10)

/* g_mime_init() is for the whole process, so are these two. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
/* A fork goes before those who want in, or threads that list mail could keep it waiting for ever.
 */
static pthread_rwlock_t inside = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

/* A thread that waits for the lock while it holds it would stop for ever behind a fork. */
static _Thread_local unsigned depth;

/*
 * A thread that was inside gives back memory to GLib when it ends, under a lock of GLib's, outside
 * of any call of ours (g_slice before GLib 2.76). So it is inside once more then: from the
 * destructors of its thread-local objects on, which come first, until the second round of those of
 * its keys; GLib's are in the first.
 */
static _Thread_local bool known;
static pthread_key_t end;

extern int __cxa_thread_atexit_impl(void (*function)(void *), void *arg, void *dso);
extern void *__dso_handle;

static void end_begins(void *arg)
{
	(void)arg;
	if (pthread_setspecific(end, "1") == 0)
		mime_lock();
}

static void end_round(void *value)
{
	if (strcmp(value, "1") != 0 || pthread_setspecific(end, "2") != 0)
		mime_unlock();
}

static void init(void)
{
	g_mime_init();
	(void)pthread_key_create(&end, end_round);
}

void mime_lock(void)
{
	if (depth++ == 0)
		(void)pthread_rwlock_rdlock(&inside); /* fails only for the thread that writes */
	(void)pthread_once(&once, init);
	if (!known)
		known = __cxa_thread_atexit_impl(end_begins, NULL, &__dso_handle) == 0;
}

void mime_unlock(void)
{
	if (--depth == 0)
		(void)pthread_rwlock_unlock(&inside);
}

pid_t mime_fork(void)
{
	(void)pthread_rwlock_wrlock(&inside);
	pid_t pid = fork();
	if (pid == 0)
		depth = 1; /* it has the lock for ever, being alone; nobody could give it back */
	else
		(void)pthread_rwlock_unlock(&inside);
	return pid;
}

/* Most headers are plain; they need no GMime. */
static bool is_plain(const char *text)
{
	for (size_t i = 0; text[i]; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < ' ' || c >= 127 || (c == '=' && text[i + 1] == '?'))
			return false;
	}
	return true;
}

static void blank_line_ends(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\r' || text[i] == '\n' || text[i] == '\t' || text[i] == '\0')
			text[i] = ' ';
	}
}

/* Valid UTF-8 from raw bytes: as they are, or as Windows-1252, which holds Latin-1. */
static char *to_utf8(const char *text, size_t len)
{
	if (g_utf8_validate(text, (gssize)len, NULL))
		return g_strndup(text, len);
	char *converted = g_convert_with_fallback(text, (gssize)len, "UTF-8", "WINDOWS-1252",
	                                          "\357\277\275", NULL, NULL, NULL);
	return converted ? converted : g_utf8_make_valid(text, (gssize)len);
}

/* Folded lines are joined: a line end before a blank vanishes (RFC 5322, 2.2.3), any other is one.
 */
static char *unfold(const char *text, size_t len)
{
	char *copy = malloc(len + 1);
	size_t n = 0;
	if (!copy)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		bool line_end = text[i] == '\r' || text[i] == '\n';
		bool blank_follows = i + 1 == len || strchr("\r\n\t ", text[i + 1]);
		if (!line_end || !blank_follows)
			copy[n++] = text[i];
	}
	blank_line_ends(copy, n);
	while (n > 0 && copy[n - 1] == ' ')
		n--;
	copy[n] = '\0';
	return copy;
}

enum decode {
	DECODE_NONE,
	DECODE_TEXT,
	DECODE_PHRASE,
};

/* Between mime_lock() and mime_unlock(). */
static char *decode_inside(const char *line, enum decode how)
{
	char *raw = to_utf8(line, strlen(line)), *decoded;
	if (how == DECODE_NONE)
		decoded = g_strdup(raw);
	else if (how == DECODE_TEXT)
		decoded = g_mime_utils_header_decode_text(NULL, raw);
	else
		decoded = g_mime_utils_header_decode_phrase(NULL, raw);
	char *valid = g_utf8_make_valid(decoded, -1);
	char *ret = strdup(valid);
	g_free(raw);
	g_free(decoded);
	g_free(valid);
	return ret;
}

static char *decode(const char *text, size_t len, enum decode how)
{
	if (len > TEXT_LIMIT)
		len = TEXT_LIMIT;
	CK_FREE char *line = unfold(text, len);
	if (!line || is_plain(line))
		return CK_STEAL(line);
	mime_lock();
	char *ret = decode_inside(line, how);
	mime_unlock();
	if (ret)
		blank_line_ends(ret, strlen(ret)); /* encoded words may have held more */
	return ret;
}

char *mime_decode_text(const char *text, size_t len)
{
	return decode(text, len, DECODE_TEXT);
}

char *mime_decode_phrase(const char *text, size_t len)
{
	return decode(text, len, DECODE_PHRASE);
}

char *mime_plain_line(const char *text, size_t len)
{
	return decode(text, len, DECODE_NONE);
}

char *mime_utf8(const char *text, size_t len)
{
	CK_FREE char *copy = malloc(len + 1);
	if (!copy)
		return NULL;
	for (size_t i = 0; i < len; i++)
		copy[i] = text[i] ? text[i] : ' ';
	copy[len] = '\0';
	mime_lock();
	char *valid = to_utf8(copy, len);
	char *ret = strdup(valid);
	g_free(valid);
	mime_unlock();
	return ret;
}
