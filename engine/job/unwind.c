/* SPDX-License-Identifier: BSD-2-Clause */
/* Leftovers of all jobs: each journal that nobody alive answers for. */
#include <stdlib.h>
#include <string.h>

#include "hold/hold.h"
#include "job/dir.h"

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

int ck_unwind_list(const struct ck_settings *settings, struct ck_leftover **ret, size_t *ret_n,
                   struct ck_err *err)
{
	CK_FREE uint32_t *jobs = NULL;
	struct ck_leftover *list = NULL;
	size_t n, found = 0;
	int r = dir_list(settings, &jobs, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		CK_FREE char *path = dir_path(settings, jobs[i]);
		bool alive = dir_is_alive(settings, jobs[i]);
		r = path ? hold_pending(path, jobs[i], alive, &list, &found, err)
		         : ck_err_nomem(err);
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

void ck_leftovers_free(struct ck_leftover *list, size_t n)
{
	for (size_t i = 0; list && i < n; i++) {
		free(list[i].what);
		free(list[i].remedy);
		free(list[i].by_hand);
	}
	free(list);
}

int ck_unwind(const struct ck_settings *settings, size_t *ret_undone, struct ck_err *err)
{
	CK_FREE uint32_t *jobs = NULL;
	size_t n;
	int failure = dir_list(settings, &jobs, &n, err);
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
		if (r >= 0 || r == CK_EBUSY || failure < 0)
			continue;
		failure = r;
		if (err) {
			*err = why;
			(void)ck_err_prefix(err, "job %u", jobs[i]);
		}
	}
	return failure;
}
