/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/copy.h"
#include "support/test.h"

#define NOW 1790000000

static void keep_finding(struct run *run, const char *mailbox, uint32_t uid, const char *code,
                         const char *text, const char *remedy)
{
	struct backup *b = run->arg;
	char *line = NULL;
	assert_true(*text && *remedy);
	if (asprintf(&line, "%s %u %s", mailbox ? mailbox : "-", uid, code) < 0)
		line = NULL;
	assert_int_equal(ck_strv_addm(&b->findings, line), 0);
	assert_int_equal(ck_strv_add(&b->remedies, remedy), 0);
}

void backup_listen(struct backup *b)
{
	b->run.finding = keep_finding;
	b->run.arg = b;
}

/* What is done between the phases; each may be NULL. */
struct between {
	backup_fn copied, sealed;
};

static int copy_all(struct backup *b, const struct spool *s, const struct copy_order *order,
                    const struct between *between)
{
	struct copy *c = NULL;
	int r = copy_open(order, &b->run, &c, &b->err);
	if (r >= 0)
		r = copy_run(c, &b->err);
	if (r >= 0 && between->copied)
		between->copied(b, s);
	if (r >= 0)
		r = copy_seal(c, 1500, CK_RESULT_OK, &b->err);
	if (r >= 0 && between->sealed)
		between->sealed(b, s);
	if (r >= 0)
		r = copy_check(c, &b->err);
	if (r >= 0)
		r = copy_report(c, &b->report);
	copy_close(c);
	return r;
}

/* @plan is given away. */
static void run_plan(struct backup *b, const struct spool *s, struct ck_plan plan,
                     const struct between *between)
{
	*b = (struct backup){0};
	backup_listen(b);
	struct ck_server *server = spool_open(s);
	struct ck_estimate estimate = {0};
	assert_ok(ck_estimate(server, &plan, NOW, NULL, &estimate, &b->err), &b->err);
	struct copy_order order = {.settings = &s->settings,
	                           .server = server,
	                           .plan = &plan,
	                           .estimate = &estimate,
	                           .directory = s->settings.destinations[0].path,
	                           .job = 7,
	                           .now = NOW,
	                           .method = "stop",
	                           .best = CK_GRADE_A};
	assert_ok(ck_default_effects(server, &plan, &estimate, NULL, b->defaults, &b->err),
	          &b->err);
	uint32_t kept = 0;
	assert_ok(ck_defaults_kept(&plan.keep, &kept, &b->err), &b->err);
	assert_ok(ck_config_size(server, kept, NULL, b->kinds, &b->err), &b->err);
	for (size_t i = 0; i < CK_CONFIG_KINDS; i++) {
		b->config.files += b->kinds[i].files;
		b->config.bytes += b->kinds[i].bytes;
	}
	b->r = copy_all(b, s, &order, between);
	ck_estimate_fini(&estimate);
	ck_plan_fini(&plan);
	ck_server_close(server);
}

void backup_run(struct backup *b, const struct spool *s, const char *rule, bool without_config)
{
	struct ck_plan plan = {.without_config = without_config};
	assert_true(!rule || ck_strv_add(&plan.exclude, rule) == 0);
	run_plan(b, s, plan, &(struct between){0});
}

void backup_run_without_secrets(struct backup *b, const struct spool *s)
{
	run_plan(b, s, (struct ck_plan){.without_secrets = true}, &(struct between){0});
}

void backup_run_keeping(struct backup *b, const struct spool *s, const struct ck_strv *keep,
                        const char *select)
{
	struct ck_plan plan = {0};
	assert_int_equal(ck_strv_copy(&plan.keep, keep), 0);
	assert_true(!select || ck_strv_add(&plan.select, select) == 0);
	run_plan(b, s, plan, &(struct between){0});
}

void backup_run_copied(struct backup *b, const struct spool *s, backup_fn copied)
{
	run_plan(b, s, (struct ck_plan){0}, &(struct between){.copied = copied});
}

void backup_run_sealed(struct backup *b, const struct spool *s, backup_fn sealed)
{
	run_plan(b, s, (struct ck_plan){0}, &(struct between){.sealed = sealed});
}

void backup_fini(struct backup *b)
{
	ck_strv_fini(&b->findings);
	ck_strv_fini(&b->remedies);
	free(b->report.path);
}

size_t backup_found(const struct backup *b, const char *text)
{
	size_t n = 0;
	for (size_t i = 0; i < b->findings.n; i++)
		n += strcmp(b->findings.items[i], text) == 0;
	return n;
}
