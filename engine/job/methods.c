/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways of holding the store still that this version has, and whether they work here. */
#include <stdlib.h>
#include <string.h>

#include "cyrus/master.h"
#include "hold/hold.h"
#include "job/history.h"

static int fill_stop(const struct ck_settings *settings, uint64_t bytes, struct ck_method *m,
                     struct ck_err *err)
{
	CK_CLEANUP(master_control_fini) struct master_control control = {0};
	struct ck_err why = CK_ERR_INIT;
	struct history_last last;
	int r = master_detect(settings, &control, &why);
	if (r == 0)
		r = master_can_start(&control, &why);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	m->possible = r == 0;
	m->reason = strdup(r == 0 ? control.title : why.msg);
	m->remedy = strdup(r == 0 ? "" : why.remedy);
	if (!m->reason || !m->remedy)
		return ck_err_nomem(err);
	r = history_measured(settings, m->name, &last, err);
	if (r == 0)
		history_forecast(&last, bytes, &m->forecast);
	return r;
}

int ck_methods_list(const struct ck_settings *settings, uint64_t bytes, struct ck_method **ret,
                    size_t *ret_n, struct ck_err *err)
{
	size_t n = 0;
	while (hold_methods()[n].name)
		n++;
	struct ck_method *list = ck_alloc(n, sizeof *list);
	if (!list)
		return ck_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const struct hold_method *from = &hold_methods()[i];
		list[i] = (struct ck_method){
			.name = from->name,
			.title = from->title,
			.grade = ck_grade_letter(from->best),
			.forecast.downtime_ms = -1,
		};
		int r = fill_stop(settings, bytes, &list[i], err);
		if (r < 0) {
			ck_methods_free(list, i + 1);
			return r;
		}
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

bool ck_method_stops(const char *name)
{
	const struct hold_method *m = hold_method(name, NULL);
	return m && m->stops;
}

void ck_methods_free(struct ck_method *list, size_t n)
{
	for (size_t i = 0; list && i < n; i++) {
		free(list[i].reason);
		free(list[i].remedy);
	}
	free(list);
}
