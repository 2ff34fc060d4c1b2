/* SPDX-License-Identifier: BSD-2-Clause */
/* A job as the command line that starts it again. */
#include "job/spec.h"

static void add_word(struct ck_buf *out, const char *word)
{
	(void)ck_buf_addc(out, ' ');
	(void)ck_buf_add_word(out, word);
}

static void add_option(struct ck_buf *out, const char *option, const char *value)
{
	if (!value)
		return;
	(void)ck_buf_addf(out, " --%s", option);
	add_word(out, value);
}

/* The plan in full, not its name: a plan may have been changed since. */
static void add_backup(struct ck_buf *out, const struct spec *s)
{
	add_option(out, "method", s->plan.method);
	add_option(out, "driver", s->plan.driver);
	add_option(out, "to", s->destination);
	for (size_t i = 0; i < s->plan.exclude.n; i++)
		add_option(out, "exclude", s->plan.exclude.items[i]);
	for (size_t i = 0; i < s->plan.keep.n; i++)
		add_option(out, "keep", s->plan.keep.items[i]);
	if (s->plan.without_config)
		(void)ck_buf_adds(out, " --without-config --yes-without-config");
	if (s->plan.without_secrets)
		(void)ck_buf_adds(out, " --without-secrets");
	for (size_t i = 0; i < s->plan.select.n; i++)
		add_word(out, s->plan.select.items[i]);
}

static void add_restore(struct ck_buf *out, const struct ck_restore_request *r)
{
	add_word(out, r->archive);
	for (size_t i = 0; i < r->patterns.n; i++)
		add_word(out, r->patterns.items[i]);
	ck_restore_request_options(r, out);
}

int ck_job_command_line(const struct ck_settings *settings, uint32_t job, struct ck_buf *ret,
                        struct ck_err *err)
{
	CK_CLEANUP(spec_fini) struct spec s = {0};
	int r = spec_read(settings, job, &s, err);
	if (r < 0)
		return r;
	ck_settings_command(settings, ret);
	(void)ck_buf_addf(ret, " %s", ck_job_kind_name(s.kind));
	if (s.kind == CK_JOB_BACKUP)
		add_backup(ret, &s);
	else if (s.kind == CK_JOB_RESTORE)
		add_restore(ret, &s.restore);
	else
		add_word(ret, s.archive);
	return ret->failed ? ck_err_nomem(err) : 0;
}
