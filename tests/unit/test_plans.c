/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans that could not run are named before they are to. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "support/memserver.h"
#include <cyrkeep/job.h>

static char name[] = "nightly", state[] = "/s", file[] = "/etc/k.conf", directory[] = "directory",
	    path[] = "/srv/backup", destination[] = "nas";

static void forget_problems(struct ck_server *server)
{
	for (size_t i = 0; i < server->nproblems; i++) {
		free(server->problems[i].code);
		free(server->problems[i].text);
		free(server->problems[i].remedy);
	}
	free(server->problems);
	server->problems = NULL;
	server->nproblems = 0;
}

/* What is said of a plan with these; NULL: nothing. */
static void assert_said(const struct ck_plan *plan, const char *text)
{
	struct memserver w;
	struct ck_err err = CK_ERR_INIT;
	struct ck_destination nas = {destination, directory, path};
	struct ck_plan named = *plan; /* borrows everything */
	named.name = name;
	const struct ck_settings settings = {.state = state,
	                                     .file = file,
	                                     .destinations = &nas,
	                                     .ndestinations = 1,
	                                     .plans = &named,
	                                     .nplans = 1};
	memserver_small(&w);
	assert_ok(ck_plans_check(&settings, &w.server, &err), &err);
	assert_int_equal(w.server.nproblems, text ? 1 : 0);
	if (text) {
		const struct ck_problem *p = &w.server.problems[0];
		assert_string_equal(p->code, CK_PROBLEM_PLAN);
		assert_string_equal(p->text, text);
		assert_true(test_contains(p->remedy,
		                          "correct it in '/etc/k.conf' or, where the console saved "
		                          "it, in '/s/plans/nightly.conf'"));
		assert_false(p->fatal);
	}
	forget_problems(&w.server);
	memserver_fini(&w);
}

static struct ck_strv list_of(char **items)
{
	struct ck_strv v = {.items = items};
	while (items[v.n])
		v.n++;
	return v;
}

#define LIST(...) list_of((char *[]){__VA_ARGS__, NULL})

static void a_plan_that_could_run_is_no_problem(void **state_)
{
	(void)state_;
	char stop[] = "stop", all[] = "*", anne[] = "user/anne/*", junk[] = "special:\\Junk",
	     off[] = "off,larger:1M", keep[] = "deliver.db", dir[] = "/mnt/elsewhere";
	assert_said(&(struct ck_plan){0}, NULL);
	assert_said(&(struct ck_plan){.method = stop,
	                              .destination = destination,
	                              .select = LIST(all, anne),
	                              .exclude = LIST(junk, off),
	                              .keep = LIST(keep)},
	            NULL);
	assert_said(&(struct ck_plan){.destination = dir}, NULL);
}

static void each_thing_that_would_stop_it_is_named(void **state_)
{
	(void)state_;
	char word[] = "freeze", junk[] = "special:\\Junk", bad[] = "off,bigger:1M",
	     gone[] = "user/nobody/*", all[] = "*", db[] = "mailboxes.db";
	assert_said(&(struct ck_plan){.method = word},
	            "plan 'nightly' cannot run: method 'freeze' is not in this version; there is "
	            "'stop'");
	assert_said(&(struct ck_plan){.driver = word},
	            "plan 'nightly' cannot run: method 'stop' has no drivers, but driver 'freeze' "
	            "was given");
	assert_said(&(struct ck_plan){.destination = word},
	            "plan 'nightly' cannot run: no destination is called 'freeze'; there is 'nas'");
	assert_said(&(struct ck_plan){.exclude = LIST(junk, bad)},
	            "plan 'nightly' cannot run: rule 2: rule 'off,bigger:1M': 'bigger:1M' is not "
	            "known; known terms are name, below, leaf, special, partition, larger, older");
	assert_said(&(struct ck_plan){.select = LIST(all, gone)},
	            "plan 'nightly' cannot run: pattern 'user/nobody/*' selects no mailbox");
	struct ck_err err = CK_ERR_INIT;
	uint32_t kept;
	const struct ck_strv keep = LIST(db);
	assert_err(ck_defaults_kept(&keep, &kept, &err), &err, CK_EUSAGE, "mailboxes.db");
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	assert_int_equal(ck_buf_addf(&text, "plan 'nightly' cannot run: %s", err.msg), 0);
	assert_said(&(struct ck_plan){.keep = keep}, text.data);
}

static void every_plan_is_looked_at(void **state_)
{
	(void)state_;
	struct memserver w;
	struct ck_err err = CK_ERR_INIT;
	struct ck_destination nas = {destination, directory, path};
	char one[] = "one", two[] = "two", three[] = "three", snap[] = "snap", bad[] = "leaf:";
	struct ck_plan plans[] = {{.name = one, .method = snap},
	                          {.name = two},
	                          {.name = three, .exclude = LIST(bad)}};
	const struct ck_settings settings = {.state = state,
	                                     .destinations = &nas,
	                                     .ndestinations = 1,
	                                     .plans = plans,
	                                     .nplans = CK_COUNT(plans)};
	memserver_small(&w);
	assert_ok(ck_plans_check(&settings, &w.server, &err), &err);
	assert_int_equal(w.server.nproblems, 2);
	assert_true(test_contains(w.server.problems[0].text, "plan 'one'"));
	assert_true(test_contains(w.server.problems[1].text, "plan 'three'"));
	assert_string_equal(w.server.problems[1].remedy, "correct it in '/s/plans/three.conf'");
	forget_problems(&w.server);
	memserver_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_that_could_run_is_no_problem),
		cmocka_unit_test(each_thing_that_would_stop_it_is_named),
		cmocka_unit_test(every_plan_is_looked_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
