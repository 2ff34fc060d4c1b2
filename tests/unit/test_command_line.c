/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "job/dir.h"
#include "job/spec.h"
#include "support/screen.h"

static void expect(const struct spec *spec, const char *want)
{
	char *dir = test_tmpdir();
	struct ck_settings settings = {0};
	struct ck_err err = CK_ERR_INIT;
	struct ck_buf got = CK_BUF_INIT;
	screen_settings(dir, &settings);
	CK_FREE char *lock = dir_file(&settings, 7, "lock");
	test_write(lock, "", 0); /* makes the directory */
	int r = spec_write(&settings, 7, spec, &err);
	assert_ok(r, &err);
	r = ck_job_command_line(&settings, 7, &got, &err);
	assert_ok(r, &err);
	CK_CLEANUP(ck_buf_fini) struct ck_buf full = CK_BUF_INIT;
	(void)ck_buf_addf(&full, "cyrkeep -c %s/cyrkeep.conf%s", dir, want);
	assert_string_equal(got.data, full.data);
	ck_buf_fini(&got);
	free(settings.file); /* the usual one needs no option; what was overridden does */
	settings.file = NULL;
	settings.given = strdup(" --state '/srv/a b'");
	r = ck_job_command_line(&settings, 7, &got, &err);
	assert_ok(r, &err);
	ck_buf_reset(&full);
	(void)ck_buf_addf(&full, "cyrkeep --state '/srv/a b'%s", want);
	assert_string_equal(got.data, full.data);
	ck_buf_fini(&got);
	r = ck_job_command_line(&settings, 8, &got, &err);
	assert_true(r < 0); /* there is no job 8 */
	ck_buf_fini(&got);
	ck_settings_fini(&settings);
	test_rmtree(dir);
	free(dir);
}

static void a_backup_with_all_of_its_plan(void **state)
{
	char method[] = "stop", to[] = "/srv/back up", who[] = "root", title[] = "t";
	char rule[] = "leaf:Sent,larger:1M", other[] = "special:\\Junk";
	char *rules[] = {rule, other, NULL};
	char proc[] = "proc/", *kept[] = {proc, NULL};
	char pattern[] = "user/*", quoted[] = "user/o'neil";
	char *patterns[] = {pattern, quoted, NULL};
	const struct spec spec = {.kind = CK_JOB_BACKUP,
	                          .plan = {.method = method,
	                                   .select = {.items = patterns, .n = 2},
	                                   .exclude = {.items = rules, .n = 2},
	                                   .keep = {.items = kept, .n = 1},
	                                   .without_config = true},
	                          .destination = to,
	                          .who = who,
	                          .title = title,
	                          .started_ms = 1000};
	(void)state;
	expect(&spec,
	       " backup --method stop --to '/srv/back up' "
	       "--exclude leaf:Sent,larger:1M --exclude 'special:\\Junk' "
	       "--keep proc/ --without-config --yes-without-config 'user/*' 'user/o'\\''neil'");
}

static void a_restore_and_where_it_went(void **state)
{
	char archive[] = "412", to[] = "dated", uids[] = "1:5,9", who[] = "root", title[] = "t";
	char pattern[] = "user/$(reboot)";
	char *patterns[] = {pattern, NULL};
	const struct spec spec = {.kind = CK_JOB_RESTORE,
	                          .restore = {.archive = archive,
	                                      .patterns = {.items = patterns, .n = 1},
	                                      .to = to,
	                                      .uids = uids,
	                                      .via = CK_VIA_IMAP},
	                          .who = who,
	                          .title = title,
	                          .started_ms = 1000};
	(void)state;
	expect(&spec, " restore 412 'user/$(reboot)' --uid 1:5,9 --to dated --via imap");
}

static void verifying_an_archive(void **state)
{
	char archive[] = "/a b", who[] = "root", title[] = "t";
	const struct spec spec = {.kind = CK_JOB_VERIFY,
	                          .archive = archive,
	                          .who = who,
	                          .title = title,
	                          .started_ms = 1000};
	(void)state;
	expect(&spec, " verify '/a b'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backup_with_all_of_its_plan),
		cmocka_unit_test(a_restore_and_where_it_went),
		cmocka_unit_test(verifying_an_archive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
