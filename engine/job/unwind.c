/* SPDX-License-Identifier: BSD-2-Clause */
/* Leftovers of all jobs: each journal that nobody alive answers for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cyrus/master.h"
#include "hold/hold.h"
#include "job/dir.h"
#include "job/spec.h"
#include "job/unwind.h"

#define DOOR_MS 2000

/* What keeps Cyrus down first; the order is kept otherwise. */
static void put_urgent_first(struct ck_leftover *list, size_t n)
{
	for (size_t i = 0, first = 0; i < n; i++) {
		if (!list[i].urgent)
			continue;
		struct ck_leftover urgent = list[i];
		memmove(&list[first + 1], &list[first], (i - first) * sizeof *list);
		list[first++] = urgent;
	}
}

/* It may be the one that keeps Cyrus down, and it may not: whoever looks has to know. */
static int add_unreadable(const char *dir, uint32_t job, const struct ck_err *why,
                          struct ck_leftover **list, size_t *n, struct ck_err *err)
{
	struct ck_leftover *more = reallocarray(*list, *n + 1, sizeof *more);
	struct ck_leftover l = {.job = job};
	if (!more)
		return ck_err_nomem(err);
	*list = more;
	if (asprintf(&l.what, "the undo journal of job %u cannot be read: %s", job, why->msg) < 0)
		l.what = NULL;
	if (asprintf(&l.by_hand, "rm -r '%s'", dir) < 0)
		l.by_hand = NULL;
	l.remedy = strdup("nothing: see that Cyrus runs, then remove the directory of the job");
	more[(*n)++] = l;
	return l.what && l.remedy && l.by_hand ? 0 : ck_err_nomem(err);
}

/* The jobs of @server, or of all. One that cannot be read is everybody's. */
static int list_jobs(const struct ck_settings *settings, const struct identity *server,
                     uint32_t **ret, size_t *ret_n, struct ck_err *err)
{
	CK_FREE uint32_t *jobs = NULL;
	size_t n = 0, kept = 0;
	int r = dir_list(settings, &jobs, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		CK_CLEANUP(spec_fini) struct spec s = {0};
		if (!server || spec_read(settings, jobs[i], &s, NULL) < 0 || spec_is_of(&s, server))
			jobs[kept++] = jobs[i];
	}
	*ret = CK_STEAL(jobs);
	*ret_n = kept;
	return 0;
}

/* Say of the @list of job @job which server they are of; @ours is that of the settings. */
static int name_server(const struct ck_settings *settings, const struct identity *ours,
                       uint32_t job, struct ck_leftover *list, size_t n, struct ck_err *err)
{
	CK_CLEANUP(spec_fini) struct spec s = {0};
	if (n == 0 || spec_read(settings, job, &s, NULL) < 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		list[i].elsewhere = !spec_is_of(&s, ours);
		list[i].host = s.host ? strdup(s.host) : NULL;
		list[i].configdirectory = s.configdirectory ? strdup(s.configdirectory) : NULL;
		if ((s.host && !list[i].host) || (s.configdirectory && !list[i].configdirectory))
			return ck_err_nomem(err);
	}
	return 0;
}

/* Those of @server, or of all; @ours is the one of the settings. */
static int list_left(const struct ck_settings *settings, const struct identity *server,
                     const struct identity *ours, struct ck_leftover **ret, size_t *ret_n,
                     struct ck_err *err)
{
	CK_FREE uint32_t *jobs = NULL;
	struct ck_leftover *list = NULL;
	size_t n = 0, found = 0;
	int r = list_jobs(settings, server, &jobs, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		CK_FREE char *path = dir_path(settings, jobs[i]);
		bool alive = dir_is_alive(settings, jobs[i]);
		struct ck_err why = CK_ERR_INIT;
		size_t before = found;
		r = path ? hold_pending(path, jobs[i], alive, &list, &found, &why)
		         : ck_err_nomem(err);
		if (r < 0 && path)
			r = r == CK_ENOMEM
			            ? ck_err_nomem(err)
			            : add_unreadable(path, jobs[i], &why, &list, &found, err);
		if (r >= 0)
			r = name_server(settings, ours, jobs[i], list + before, found - before,
			                err);
	}
	if (r < 0) {
		ck_leftovers_free(list, found);
		return r;
	}
	put_urgent_first(list, found);
	*ret = list;
	*ret_n = found;
	return 0;
}

int ck_unwind_list(const struct ck_settings *settings, struct ck_leftover **ret, size_t *ret_n,
                   struct ck_err *err)
{
	CK_CLEANUP(identity_fini) struct identity ours = {0};
	int r = identity_read(settings, &ours, err);
	return r < 0 ? r : list_left(settings, NULL, &ours, ret, ret_n, err);
}

int unwind_list_own(const struct ck_settings *settings, struct ck_leftover **ret, size_t *ret_n,
                    struct ck_err *err)
{
	CK_CLEANUP(identity_fini) struct identity server = {0};
	int r = identity_read(settings, &server, err);
	return r < 0 ? r : list_left(settings, &server, &server, ret, ret_n, err);
}

bool unwind_is_served(const struct ck_settings *settings)
{
	CK_CLEANUP(master_control_fini) struct master_control control = {0};
	struct master_door door = {0};
	pid_t pid;
	if (master_detect(settings, &control, NULL) < 0 ||
	    master_is_alive(&control, &pid, NULL) != 1)
		return false;
	master_find_door(settings->server.host, settings->server.port, pid, &door);
	return door.port && master_door_opens(&door, DOOR_MS);
}

void ck_leftovers_free(struct ck_leftover *list, size_t n)
{
	for (size_t i = 0; list && i < n; i++) {
		free(list[i].what);
		free(list[i].remedy);
		free(list[i].by_hand);
		free(list[i].host);
		free(list[i].configdirectory);
	}
	free(list);
}

/* What failed before keeps its class and its remedy. */
static void tell_too(struct ck_err *err, const struct ck_err *why)
{
	size_t len = strlen(err->msg);
	(void)snprintf(err->msg + len, sizeof err->msg - len, "; %s", why->msg);
}

static int undo(const struct ck_settings *settings, const struct identity *server,
                size_t *ret_undone, struct ck_err *err)
{
	CK_FREE uint32_t *jobs = NULL;
	size_t n = 0;
	int failure = dir_check_owner(settings, err);
	if (failure == 0)
		failure = list_jobs(settings, server, &jobs, &n, err);
	if (failure < 0)
		return failure;
	*ret_undone = 0;
	for (size_t i = 0; i < n; i++) {
		CK_FREE char *path = dir_path(settings, jobs[i]);
		struct ck_err why = CK_ERR_INIT;
		bool alive = dir_is_alive(settings, jobs[i]);
		int r = path ? hold_unwind(path, alive, &why) : ck_err_nomem(&why);
		if (r > 0)
			*ret_undone += (size_t)r;
		if (r >= 0 || r == CK_EBUSY)
			continue;
		(void)ck_err_prefix(&why, "job %u", jobs[i]);
		if (err && failure < 0)
			tell_too(err, &why);
		else if (err)
			*err = why;
		failure = failure < 0 ? failure : r;
	}
	return failure;
}

int ck_unwind(const struct ck_settings *settings, size_t *ret_undone, struct ck_err *err)
{
	return undo(settings, NULL, ret_undone, err);
}

int unwind_own(const struct ck_settings *settings, size_t *ret_undone, struct ck_err *err)
{
	CK_CLEANUP(identity_fini) struct identity server = {0};
	int r = identity_read(settings, &server, err);
	return r < 0 ? r : undo(settings, &server, ret_undone, err);
}
