/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/settings_read.h"
#include <cyrkeep/settings.h>

/* A directory with the text as cyrkeep.conf; state lies in it too. */
struct place {
	char *dir, *file, *state;
};

static char *join(const char *dir, const char *name)
{
	char *path = NULL;
	if (asprintf(&path, "%s/%s", dir, name) < 0)
		fail_msg("out of memory");
	return path;
}

static struct place place_make(const char *text)
{
	struct place p = {.dir = test_tmpdir()};
	p.file = join(p.dir, "cyrkeep.conf");
	p.state = join(p.dir, "state");
	test_write(p.file, text, strlen(text));
	return p;
}

static void place_remove(struct place *p)
{
	test_rmtree(p->dir);
	free(p->dir);
	free(p->file);
	free(p->state);
}

static int load(const struct place *p, struct ck_settings *s, struct ck_err *err)
{
	struct ck_overrides over = {.state = p->state};
	return ck_settings_load(p->file, &over, s, err);
}

static void assert_defaults(const struct ck_settings *s)
{
	assert_string_equal(s->imapd_conf, "/etc/imapd.conf");
	assert_string_equal(s->cyrus_conf, "/etc/cyrus.conf");
	assert_non_null(s->program);
	assert_string_equal(s->server.host, "127.0.0.1");
	assert_int_equal(s->server.port, 143);
	assert_int_equal(s->server.sync_port, 0);
	assert_int_equal(s->server.tls, CK_TLS_AUTO);
	assert_string_equal(s->server.admin, "cyrus");
	assert_null(s->server.password_file);
	assert_string_equal(s->master.recipe, "auto");
	assert_string_equal(s->master.pidfile, "/run/cyrus-master.pid");
	assert_int_equal(s->master.start.n, 2);
	assert_string_equal(s->master.start.items[0], "/usr/sbin/cyrmaster");
	assert_string_equal(s->master.start.items[1], "-d");
	assert_int_equal(s->master.timeout_s, 60);
	assert_int_equal(s->ndestinations, 1);
	assert_string_equal(s->destinations[0].name, "main");
	assert_string_equal(s->destinations[0].type, "directory");
	assert_string_equal(s->destinations[0].path, "/var/backups/cyrkeep");
	assert_int_equal(s->nplans, 0);
	assert_int_equal(s->archive_level, 3);
	assert_int_equal(s->archive_threads, 0);
	assert_int_equal(s->max_downtime_s, 600);
	assert_int_equal(s->max_freeze_s, 10);
	assert_string_equal(s->theme, "default");
}

static void an_empty_file_means_the_defaults(void **state)
{
	(void)state;
	struct place p = place_make("# nothing\n");
	struct ck_settings s;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(load(&p, &s, &err), &err);
	assert_defaults(&s);
	assert_string_equal(s.file, p.file);
	assert_string_equal(s.state, p.state);
	ck_settings_fini(&s);
	place_remove(&p);
}

static void a_named_file_must_be_there(void **state)
{
	(void)state;
	struct ck_settings s;
	struct ck_err err = CK_ERR_INIT;
	char *dir = test_tmpdir();
	char *file = join(dir, "no.conf");
	assert_err(ck_settings_load(file, NULL, &s, &err), &err, CK_ENOTFOUND, "no.conf");
	test_rmtree(dir);
	free(file);
	free(dir);
}

static void every_key_is_read(void **state)
{
	(void)state;
	static const char text[] =
		"state = \"/x/state\"; imapd_conf = \"/x/imapd.conf\"; cyrus_conf = "
		"\"/x/cyrus.conf\";\n"
		"server = { host = \"mail.example.org\"; port = 1143; sync_port = 1144; tls = "
		"\"imaps\";\n"
		"  admin = \"root\"; password_file = \"/x/secret\"; };\n"
		"master = { recipe = \"process\"; pidfile = \"/x/pid\"; start = [ \"/x/master\", "
		"\"-C\", "
		"\"/x/c\" ];\n"
		"  timeout = 5; };\n"
		"plans = ( { name = \"nightly\"; method = \"stop\"; driver = \"lvm\"; destination "
		"= "
		"\"tape\";\n"
		"  select = [ \"user/*\" ]; exclude = [ \"special:\\\\Junk\", \"larger:1M\" ];\n"
		"  without_config = true; }, { name = \"other\"; } );\n"
		"destinations = ( { name = \"disk\"; path = \"/x/disk\"; },\n"
		"  { name = \"tape\"; type = \"directory\"; path = \"/x/tape\"; } );\n"
		"archive = { level = 9; threads = 4; };\n"
		"hold = { max_downtime = 30; max_freeze = 3; };\n"
		"ui = { theme = \"amber\"; };\n";
	struct place p = place_make(text);
	struct ck_settings s;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_settings_load(p.file, NULL, &s, &err), &err);
	assert_string_equal(s.state, "/x/state");
	assert_string_equal(s.imapd_conf, "/x/imapd.conf");
	assert_string_equal(s.cyrus_conf, "/x/cyrus.conf");
	assert_string_equal(s.server.host, "mail.example.org");
	assert_int_equal(s.server.port, 1143);
	assert_int_equal(s.server.sync_port, 1144);
	assert_int_equal(s.server.tls, CK_TLS_IMAPS);
	assert_string_equal(s.server.admin, "root");
	assert_string_equal(s.server.password_file, "/x/secret");
	assert_string_equal(s.master.recipe, "process");
	assert_string_equal(s.master.pidfile, "/x/pid");
	assert_int_equal(s.master.start.n, 3);
	assert_string_equal(s.master.start.items[2], "/x/c");
	assert_int_equal(s.master.timeout_s, 5);
	assert_int_equal(s.ndestinations, 2);
	assert_string_equal(s.destinations[0].name, "disk");
	assert_string_equal(s.destinations[0].type, "directory");
	assert_string_equal(s.destinations[1].path, "/x/tape");
	assert_int_equal(s.nplans, 2);
	assert_string_equal(s.plans[0].name, "nightly");
	assert_string_equal(s.plans[0].method, "stop");
	assert_string_equal(s.plans[0].driver, "lvm");
	assert_string_equal(s.plans[0].destination, "tape");
	assert_string_equal(s.plans[0].select.items[0], "user/*");
	assert_int_equal(s.plans[0].exclude.n, 2);
	assert_string_equal(s.plans[0].exclude.items[0], "special:\\Junk");
	assert_true(s.plans[0].without_config);
	assert_null(s.plans[1].method);
	assert_int_equal(s.plans[1].select.n, 0);
	assert_false(s.plans[1].without_config);
	assert_int_equal(s.archive_level, 9);
	assert_int_equal(s.archive_threads, 4);
	assert_int_equal(s.max_downtime_s, 30);
	assert_int_equal(s.max_freeze_s, 3);
	assert_string_equal(s.theme, "amber");
	ck_settings_fini(&s);
	place_remove(&p);
}

/* Each text is wrong in its line @line, and the sentence holds @words. */
static const struct {
	const char *text;
	unsigned line;
	const char *words;
} mistakes[] = {
	{"\n\nstate = \"/s\";\nsever = { };\n", 4,
         "unknown setting 'sever'; known here are state,"},
	{"server = {\n host = \"a\";\n prot = 1;\n};", 3,
         "unknown setting 'prot'; known here are host"},
	{"master = {\n x = 1; };", 2, "unknown setting 'x'; known here are recipe"},
	{"archive = {\n\n x = 1; };", 3, "known here are level, threads"},
	{"hold = { x = 1; };", 1, "known here are max_downtime, max_freeze"},
	{"ui = { x = 1; };", 1, "known here are theme"},
	{"destinations = (\n { name = \"a\"; path = \"/a\"; },\n { nam = \"b\"; } );", 3,
         "unknown setting 'nam'; known here are name, type, path"},
	{"plans = (\n {\n  name = \"a\";\n  metod = \"stop\"; } );", 4, "unknown setting 'metod'"},
	{"state = 7;", 1, "'state' must be a string, not a whole number"},
	{"\nserver = [ 1 ];", 2, "'server' must be a group"},
	{"server = {\n port = \"143\"; };", 2, "'port' must be a whole number, not a string"},
	{"server = { port = 1.5; };", 1, "'port' must be a whole number, not a fraction"},
	{"server = { port = 0; };", 1, "'port' is 0, but must be 1 to 65535"},
	{"server = { port = 65536; };", 1, "'port' is 65536"},
	{"server = { sync_port = -1; };", 1, "'sync_port' is -1, but must be 0 to 65535"},
	{"server = { port = 99999999999L; };", 1, "'port' is 99999999999"},
	{"server = {\n tls = \"yes\"; };", 2, "must be one of auto, starttls, imaps, none"},
	{"server = { tls = true; };", 1, "'tls' must be a string, not true or false"},
	{"server = { host = \"\"; };", 1, "'host' is empty"},
	{"server = { admin = \"a\\r\\nb\"; };", 1, "'admin' holds a control character"},
	{"server = { password_file = \"secret\"; };", 1,
         "'password_file' must be an absolute path"},
	{"state = \"var/lib\";", 1, "'state' must be an absolute path, not 'var/lib'"},
	{"imapd_conf = \"i\";", 1, "'imapd_conf' must be an absolute path"},
	{"cyrus_conf = \"./i\";", 1, "'cyrus_conf' must be an absolute path"},
	{"master = { pidfile = \"p\"; };", 1, "'pidfile' must be an absolute path"},
	{"master = { start = \"/x -d\"; };", 1, "'start' must be a list of strings, not a string"},
	{"master = { start = ( \"/x\",\n 7 ); };", 2, "item 2 of 'start' must be a string"},
	{"master = { start = [ ]; };", 1, "'start' is empty"},
	{"master = { timeout = 0; };", 1, "'timeout' is 0"},
	{"archive = { level = 20; };", 1, "'level' is 20, but must be 1 to 19"},
	{"archive = { level = 0; };", 1, "'level' is 0"},
	{"archive = { threads = 1025; };", 1, "'threads' is 1025, but must be 0 to 1024"},
	{"hold = { max_downtime = 0; };", 1, "'max_downtime' is 0"},
	{"hold = { max_freeze = 3601; };", 1, "'max_freeze' is 3601"},
	{"ui = { theme = [ ]; };", 1, "'theme' must be a string, not an array"},
	{"destinations = { };", 1, "'destinations' must be a list of groups"},
	{"destinations = ( );", 1, "'destinations' is empty"},
	{"destinations = (\n \"main\" );", 2, "item 1 of 'destinations' must be a group"},
	{"destinations = ( { path = \"/a\"; } );", 1, "a destination has no name"},
	{"destinations = ( { name = \"a\"; } );", 1, "destination 'a' has no path"},
	{"destinations = ( { name = \"a\"; path = \"a\"; } );", 1,
         "'path' must be an absolute path"},
	{"destinations = ( { name = \"a\"; path = \"/a\"; type = \"tape\"; } );", 1,
         "'type' is 'tape', but must be one of directory"},
	{"destinations = ( { name = \"a\"; path = \"/a\"; },\n { name = \"a\"; path = \"/b\"; } );",
         2, "two destinations 'a'"},
	{"plans = [ \"a\" ];", 1, "'plans' must be a list of groups"},
	{"plans = ( { method = \"stop\"; } );", 1, "a plan has no name"},
	{"plans = ( { name = \"a\"; },\n { name = \"a\"; } );", 2, "two plans 'a'"},
	{"plans = ( { name = \"a\"; destination = \"b\"; } );", 1,
         "plan 'a': no destination is called 'b'; there is 'main'"},
	{"plans = ( { name = \"a\"; select = \"*\"; } );", 1, "'select' must be a list of strings"},
	{"plans = ( { name = \"a\";\n exclude = [ \"\" ]; } );", 2, "item 1 of 'exclude' is empty"},
	{"plans = ( { name = \"a\"; without_config = 1; } );", 1,
         "'without_config' must be true or false, not a whole number"},
	{"state = \"/a\";\nstate = \"/b\";", 2, "duplicate"},
	{"state = \"/a\";\n\nserver = {", 3, "syntax error"},
};

static void every_mistake_names_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < CK_COUNT(mistakes); i++) {
		struct place p = place_make(mistakes[i].text);
		struct ck_settings s;
		struct ck_err err = CK_ERR_INIT;
		char *where = NULL;
		assert_true(asprintf(&where, "%s line %u: ", p.file, mistakes[i].line) > 0);
		int r = load(&p, &s, &err);
		if (r != CK_EUSAGE || !test_contains(err.msg, where) ||
		    !test_contains(err.msg, mistakes[i].words))
			fail_msg("[%s] gave %d '%s'; wanted '%s%s'", mistakes[i].text, r, err.msg,
			         where, mistakes[i].words);
		free(where);
		place_remove(&p);
	}
}

static void a_nul_byte_hides_nothing(void **state)
{
	(void)state;
	static const char text[] = "state = \"/a\";\0 nonsense";
	struct ck_settings s = {0};
	struct ck_err err = CK_ERR_INIT;
	assert_err(settings_read("/x.conf", text, sizeof text - 1, &s, &err), &err, CK_EUSAGE,
	           "NUL");
	ck_settings_fini(&s);
}

static void an_included_file_is_named_in_its_mistakes(void **state)
{
	(void)state;
	struct place p = place_make("\n@include \"more.conf\"\n");
	char *more = join(p.dir, "more.conf");
	test_write(more, "\n\nsever = 1;\n", 12);
	struct ck_settings s;
	struct ck_err err = CK_ERR_INIT;
	assert_err(load(&p, &s, &err), &err, CK_EUSAGE, "more.conf line 3: unknown setting");
	test_write(more, "ui = { theme = \"x\"; };", 22);
	assert_ok(load(&p, &s, &err), &err);
	assert_string_equal(s.theme, "x");
	ck_settings_fini(&s);
	free(more);
	place_remove(&p);
}

static void the_command_line_overrides_and_its_paths_become_absolute(void **state)
{
	(void)state;
	struct place p = place_make("imapd_conf = \"/a\"; state = \"/b\";");
	struct ck_overrides over = {.imapd_conf = "my/imapd.conf", .state = p.state};
	struct ck_settings s;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(ck_settings_load(p.file, &over, &s, &err), &err);
	char *cwd = getcwd(NULL, 0);
	char *want = join(cwd, "my/imapd.conf");
	assert_string_equal(s.imapd_conf, want);
	assert_string_equal(s.state, p.state);
	free(cwd);
	free(want);
	ck_settings_fini(&s);
	place_remove(&p);
}

static void destinations_and_plans_are_found_by_name(void **state)
{
	(void)state;
	struct place p = place_make("destinations = ( { name = \"a\"; path = \"/a\"; },\n"
	                            "{ name = \"b\"; path = \"/b\"; } );\n"
	                            "plans = ( { name = \"n\"; } );");
	struct ck_settings s;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(load(&p, &s, &err), &err);
	const struct ck_destination *d = NULL;
	assert_ok(ck_settings_destination(&s, NULL, &d, &err), &err);
	assert_string_equal(d->path, "/a");
	assert_ok(ck_settings_destination(&s, "b", &d, &err), &err);
	assert_string_equal(d->path, "/b");
	assert_err(ck_settings_destination(&s, "c", &d, &err), &err, CK_ENOTFOUND,
	           "no destination is called 'c'; there is 'a', 'b'");
	const struct ck_plan *plan = NULL;
	assert_ok(ck_settings_plan(&s, "n", &plan, &err), &err);
	assert_string_equal(plan->name, "n");
	assert_err(ck_settings_plan(&s, "m", &plan, &err), &err, CK_ENOTFOUND, "there is 'n'");
	ck_settings_fini(&s);
	place_remove(&p);
}

static void assert_same_list(const struct ck_strv *a, const struct ck_strv *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_string_equal(a->items[i], b->items[i]);
}

static void assert_same_plan(const struct ck_plan *a, const struct ck_plan *b)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->method, b->method);
	assert_string_equal(a->destination, b->destination);
	assert_int_equal(a->driver == NULL, b->driver == NULL);
	assert_same_list(&a->select, &b->select);
	assert_same_list(&a->exclude, &b->exclude);
	assert_same_list(&a->keep, &b->keep);
	assert_int_equal(a->without_config, b->without_config);
}

static void a_saved_plan_comes_back_byte_for_byte(void **state)
{
	(void)state;
	struct place p = place_make("plans = ( { name = \"fixed\"; } );");
	struct ck_settings s;
	struct ck_err err = CK_ERR_INIT;
	struct ck_plan plan = {.name = strdup("week-1_a"),
	                       .method = strdup("stop \"now\" \\ \xc3\xa9"),
	                       .destination = strdup("main"),
	                       .without_config = true};
	char bytes[256];
	for (int i = 0; i < 255; i++)
		bytes[i] = (char)(i + 1);
	bytes[255] = '\0';
	assert_ok(ck_strv_add(&plan.select, "user/*"), &err);
	assert_ok(ck_strv_add(&plan.exclude, bytes), &err);
	assert_ok(ck_strv_add(&plan.exclude, "special:\\Junk"), &err);
	assert_ok(ck_strv_add(&plan.keep, "deliver.db"), &err);
	assert_ok(ck_strv_add(&plan.keep, "stage./"), &err);

	assert_ok(load(&p, &s, &err), &err);
	assert_ok(ck_plan_save(&s, &plan, &err), &err);
	assert_ok(ck_plan_save(&s, &plan, &err), &err); /* again: replaced */
	ck_settings_fini(&s);

	assert_ok(load(&p, &s, &err), &err);
	assert_int_equal(s.nplans, 2);
	assert_string_equal(s.plans[0].name, "fixed");
	assert_same_plan(&s.plans[1], &plan);
	struct ck_plan copy;
	assert_ok(ck_plan_copy(&s.plans[1], &copy), &err);
	ck_settings_fini(&s);
	assert_same_plan(&copy, &plan);
	ck_plan_fini(&copy);

	char *file = join(p.state, "plans/week-1_a.conf");
	struct stat st;
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	free(file);
	ck_plan_fini(&plan);
	place_remove(&p);
}

static void bad_plan_names_are_refused_and_nothing_is_written(void **state)
{
	(void)state;
	struct place p = place_make("plans = ( { name = \"fixed\"; } );");
	struct ck_settings s;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(load(&p, &s, &err), &err);
	static const char *const names[] = {"", "../x", "a b", "a/b", ".", "\xc3\xa9"};
	for (size_t i = 0; i < CK_COUNT(names); i++) {
		struct ck_plan plan = {.name = strdup(names[i])};
		assert_err(ck_plan_save(&s, &plan, &err), &err, CK_EUSAGE, "cannot name a plan");
		ck_plan_fini(&plan);
	}
	struct ck_plan fixed = {.name = strdup("fixed")};
	assert_err(ck_plan_save(&s, &fixed, &err), &err, CK_EUSAGE, "cyrkeep.conf");
	ck_plan_fini(&fixed);
	struct ck_plan unreadable = {.name = strdup("x"), .method = strdup("a\nb")};
	assert_err(ck_plan_save(&s, &unreadable, &err), &err, CK_EUSAGE, "cannot save plan 'x'");
	ck_plan_fini(&unreadable);
	assert_int_equal(access(p.state, F_OK), -1);
	ck_settings_fini(&s);
	place_remove(&p);
}

static void a_broken_saved_plan_is_named_with_its_remedy(void **state)
{
	(void)state;
	struct place p = place_make("");
	struct ck_settings s;
	struct ck_err err = CK_ERR_INIT;
	char *file = join(p.state, "plans/a.conf");
	test_write(file, "name = \"a\";\nmetod = 1;", 22);
	assert_err(load(&p, &s, &err), &err, CK_EUSAGE, "plans/a.conf line 2: unknown setting");
	assert_true(test_contains(err.remedy, "mend or remove"));
	test_write(file, "name = \"b\";", 11);
	assert_err(load(&p, &s, &err), &err, CK_EUSAGE, "the plan in it is called 'b'");
	test_write(file, "method = \"b\";", 13);
	assert_err(load(&p, &s, &err), &err, CK_EUSAGE, "the plan has no name");
	free(file);
	place_remove(&p);
}

static void the_settings_file_wins_over_a_saved_plan(void **state)
{
	(void)state;
	struct place p = place_make("plans = ( { name = \"a\"; method = \"stop\"; } );");
	char *file = join(p.state, "plans/a.conf");
	test_write(file, "name = \"a\"; method = \"live\";", 28);
	struct ck_settings s;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(load(&p, &s, &err), &err);
	assert_int_equal(s.nplans, 1);
	assert_string_equal(s.plans[0].method, "stop");
	ck_settings_fini(&s);
	free(file);
	place_remove(&p);
}

/* The password file with this text and mode: the password, or the failure in @err. */
static int password(const char *text, size_t len, mode_t mode, struct ck_buf *ret,
                    struct ck_err *err)
{
	struct place p = place_make("");
	char *file = join(p.dir, "secret");
	struct ck_settings s = {.server = {.admin = strdup("cyrus"), .password_file = file}};
	test_write(file, text, len);
	assert_int_equal(chmod(file, mode), 0);
	int r = ck_settings_password(&s, ret, err);
	ck_settings_fini(&s);
	place_remove(&p);
	return r;
}

static void a_password_is_one_line_of_a_private_file(void **state)
{
	(void)state;
	struct ck_buf word = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	assert_ok(password("s3cret x\n", 9, 0600, &word, &err), &err);
	assert_string_equal(word.data, "s3cret x");
	ck_buf_reset(&word);
	assert_ok(password("s3cret", 6, 0400, &word, &err), &err);
	assert_string_equal(word.data, "s3cret");
	ck_buf_reset(&word);

	static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644};
	for (size_t i = 0; i < CK_COUNT(open_modes); i++) {
		assert_err(password("x", 1, open_modes[i], &word, &err), &err, CK_EDENIED,
		           "others can get at it");
		assert_true(test_contains(err.remedy, "chmod 600"));
	}
	assert_err(password("", 0, 0600, &word, &err), &err, CK_EUSAGE, "just one line");
	assert_err(password("\n", 1, 0600, &word, &err), &err, CK_EUSAGE, "just one line");
	assert_err(password("a\nb\n", 4, 0600, &word, &err), &err, CK_EUSAGE, "just one line");
	assert_err(password("a\0b", 3, 0600, &word, &err), &err, CK_EUSAGE, "just one line");
	assert_int_equal(word.len, 0);

	struct ck_settings none = {.server = {.admin = strdup("cyrus")}};
	assert_err(ck_settings_password(&none, &word, &err), &err, CK_ENOTFOUND, "password_file");
	ck_settings_fini(&none);
	ck_buf_fini(&word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_means_the_defaults),
		cmocka_unit_test(a_named_file_must_be_there),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(every_mistake_names_its_line),
		cmocka_unit_test(a_nul_byte_hides_nothing),
		cmocka_unit_test(an_included_file_is_named_in_its_mistakes),
		cmocka_unit_test(the_command_line_overrides_and_its_paths_become_absolute),
		cmocka_unit_test(destinations_and_plans_are_found_by_name),
		cmocka_unit_test(a_saved_plan_comes_back_byte_for_byte),
		cmocka_unit_test(bad_plan_names_are_refused_and_nothing_is_written),
		cmocka_unit_test(a_broken_saved_plan_is_named_with_its_remedy),
		cmocka_unit_test(the_settings_file_wins_over_a_saved_plan),
		cmocka_unit_test(a_password_is_one_line_of_a_private_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
