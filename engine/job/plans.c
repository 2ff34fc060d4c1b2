/* SPDX-License-Identifier: BSD-2-Clause */
/* Could the plans run? Said before the night in which one would not. */
#include <cyrkeep/job.h>
#include <cyrkeep/select.h>

#include "cyrus/server_parts.h"
#include "job/order.h"

static int check_destination(const struct ck_settings *settings, const char *name,
                             struct ck_err *err)
{
	const struct ck_destination *unused;
	return name && name[0] == '/' ? 0 : ck_settings_destination(settings, name, &unused, err);
}

/* Where the plan stands; one that was saved may be hidden by the settings file. */
static void add_remedy(const struct ck_settings *settings, const struct ck_plan *plan,
                       struct ck_buf *ret)
{
	if (settings->file)
		(void)ck_buf_addf(ret, "correct it in '%s' or, where the console saved it, in ",
		                  settings->file);
	else
		(void)ck_buf_adds(ret, "correct it in ");
	(void)ck_buf_addf(ret, "'%s/plans/%s.conf'", settings->state, plan->name);
}

static int check_plan(const struct ck_settings *settings, const struct ck_plan *plan,
                      struct ck_server *server)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf remedy = CK_BUF_INIT;
	struct ck_err why = CK_ERR_INIT;
	int r = order_check_plan(plan, &why);
	if (r == 0)
		r = check_destination(settings, plan->destination, &why);
	if (r == 0 && server->nmailboxes) /* a server without any has a problem of its own */
		r = ck_plan_selects(server, plan, &why);
	if (r == 0 || r == CK_ENOMEM)
		return r;
	add_remedy(settings, plan, &remedy);
	if (*why.remedy)
		(void)ck_buf_addf(&remedy, "; %s", why.remedy);
	return remedy.failed ? CK_ENOMEM
	                     : server_problem(server, CK_PROBLEM_PLAN, false, remedy.data,
	                                      "plan '%s' cannot run: %s", plan->name, why.msg);
}

int ck_plans_check(const struct ck_settings *settings, struct ck_server *server, struct ck_err *err)
{
	for (size_t i = 0; i < settings->nplans; i++)
		if (check_plan(settings, &settings->plans[i], server) < 0)
			return ck_err_nomem(err);
	return 0;
}
