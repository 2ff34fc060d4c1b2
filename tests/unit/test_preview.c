/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cyrus/cache.h"
#include <cyrkeep/archive.h>

static void preview(const char *raw, size_t len, struct ck_buf *ret)
{
	struct ck_err err = CK_ERR_INIT;
	ck_buf_reset(ret);
	assert_ok(ck_message_preview(raw, len, ret, &err), &err);
}

static void expect(const char *raw, const char *text)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	preview(raw, strlen(raw), &got);
	assert_string_equal(got.data, text);
}

static void repeat(struct ck_buf *buf, const char *text, size_t times)
{
	while (times-- > 0)
		ck_buf_adds(buf, text);
	assert_false(buf->failed);
}

static void headers_and_a_plain_text(void **state)
{
	(void)state;
	expect("Received: from somewhere\r\n"
	       "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
	       "From: =?iso-8859-1?q?J=F6rg?= <joerg@x.org>\r\n"
	       "To: anne@x.org,\r\n bob@x.org\r\n"
	       "Date: Mon, 1 Jan 2024 10:00:00 +0100\r\n"
	       "\r\n"
	       "one\r\ntwo\r\n",
	       "From: J\303\266rg <joerg@x.org>\n"
	       "To: anne@x.org, bob@x.org\n"
	       "Date: Mon, 1 Jan 2024 10:00:00 +0100\n"
	       "Subject: Gr\303\274\303\237e\n"
	       "\n"
	       "one\ntwo\n");
}

static void the_plain_part_is_shown_and_the_others_are_listed(void **state)
{
	(void)state;
	expect("Subject: s\r\n"
	       "MIME-Version: 1.0\r\n"
	       "Content-Type: multipart/mixed; boundary=outer\r\n\r\n"
	       "preamble\r\n"
	       "--outer\r\n"
	       "Content-Type: multipart/alternative; boundary=inner\r\n\r\n"
	       "--inner\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n"
	       "--inner\r\nContent-Type: text/plain; charset=utf-8\r\n"
	       "Content-Transfer-Encoding: quoted-printable\r\n\r\npl=C3=A4in=\r\n text\r\n"
	       "--inner--\r\n"
	       "--outer\r\n"
	       "Content-Type: application/pdf; name=x\r\n"
	       "Content-Disposition: attachment; filename*=utf-8''f%C3%BCr%0Aanne.pdf\r\n"
	       "Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n"
	       "--outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx\r\n"
	       "--outer--\r\n",
	       "Subject: s\n"
	       "\n"
	       "pl\303\244in text\n"
	       "\n"
	       "[1] text/html 11\n"
	       "[3] application/pdf f\303\274r anne.pdf 5\n"
	       "[4] message/rfc822\n");
}

static void html_alone_is_reduced_to_text(void **state)
{
	(void)state;
	expect("Subject: s\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
	       "<html><head><title>no</title><style>p { no }</style></head><body>\r\n"
	       "<!-- no > --><h1>Offer&nbsp;&amp; more</h1><p class=\"a>b\">one\r\n  two<br>three"
	       "<script>if (a < b) no();</script></p>"
	       "<table><tr><td>1</td><td>&#8364;&#x20AC;&euro;</td></tr><tr><td>2</td></tr></table>"
	       "a < b &unknown; &#0;<unclosed",
	       "Subject: s\n\n"
	       "Offer & more\n\none two\nthree\n\n1 \342\202\254\342\202\254\342\202\254\n2\n\n"
	       "a < b &unknown; &#0;\n");
}

static void charsets_become_utf8(void **state)
{
	(void)state;
	expect("Content-Type: text/plain; charset=ISO-8859-1\r\n\r\n\344\366\374 \200\r\n",
	       "\n\303\244\303\266\303\274 \342\202\254\n");
	expect("Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\033$BF|K\\\033(B!\r\n",
	       "\n\346\227\245\346\234\254!\n");
	expect("Content-Type: text/plain; charset=koi8-r\r\n"
	       "Content-Transfer-Encoding: base64\r\n\r\nydTP\r\n",
	       "\n\320\270\321\202\320\276\n");
	/* No charset, a wrong one, one that nobody knows. */
	expect("\r\n\303\244\r\n", "\n\303\244\n");
	expect("Content-Type: text/plain; charset=us-ascii\r\n\r\n\344\r\n", "\n\303\244\n");
	expect("Content-Type: text/plain; charset=x-klingon\r\n\r\n\344\r\n", "\n\303\244\n");
}

static void broken_mime_still_shows_what_is_there(void **state)
{
	(void)state;
	expect("", "\n[no text]\n\n");
	expect("Subject: only a header", "Subject: only a header\n\n");
	expect("Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	       "--b\r\nContent-Type: text/plain\r\n\r\nnever closed",
	       "Subject: s\n\nnever closed\n");
	expect("Content-Type: multipart/mixed\r\n\r\nno boundary\r\n", "\n[no text]\n\n");
	expect("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	       "aGVsb\r\n",
	       "\nhel\n");
	expect("Content-Type: /;;=\r\nContent-Transfer-Encoding: nonsense\r\n\r\nbody\r\n",
	       "\n[no text]\n\n[1] application/octet-stream 6\n");
}

static void control_characters_come_back_as_data_but_forge_no_header(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
	static const char raw[] = "From: =?utf-8?q?a=0ASubject=3A_forged?= <a@b>\r\n"
				  "Subject: =?utf-8?q?=1B]0;title=07?= \033[2J\r\n\r\n"
				  "x\033[31mred\033[0m\a\b\0y\177\r\n";
	preview(raw, sizeof raw - 1, &got);
	assert_string_equal(got.data, "From: a Subject: forged <a@b>\n"
	                              "Subject: \033]0;title\a \033[2J\n\n"
	                              "x\033[31mred\033[0m\a\b y\177\n");
	assert_int_equal(strlen(got.data), got.len);
}

static void a_part_of_ten_megabytes_is_cut_and_an_attachment_measured(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT, got = CK_BUF_INIT;
	ck_buf_adds(&raw, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	                  "Content-Type: text/plain; charset=utf-8\r\n\r\nx");
	repeat(&raw, "\342\202\254", 3495253); /* cut in the middle of one */
	ck_buf_adds(&raw, "\r\n--b\r\nContent-Type: image/png; name=big.png\r\n"
	                  "Content-Transfer-Encoding: base64\r\n\r\n");
	repeat(&raw, "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\r\n", 233017);
	ck_buf_adds(&raw, "--b--\r\n");
	preview(raw.data, raw.len, &got);
	static const char end[] =
		"\342\202\254\n[the text goes on]\n\n[2] image/png big.png 10.0M\n";
	assert_in_range(got.len, 256 << 10, 257 << 10);
	assert_string_equal(got.data + got.len - strlen(end), end);
}

static void long_lists_of_parts_end(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT, got = CK_BUF_INIT;
	ck_buf_adds(&raw, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	repeat(&raw, "--b\r\nContent-Type: image/gif\r\n\r\nx\r\n", 1000);
	preview(raw.data, raw.len, &got);
	assert_true(test_contains(got.data, "\n[200] image/gif 1\n[more parts than are listed]\n"));
	assert_in_range(got.len, 1, 16 << 10);
}

static void a_thousand_nested_multiparts_are_bounded(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT, got = CK_BUF_INIT;
	ck_buf_adds(&raw, "Subject: bomb\r\n");
	for (int i = 0; i < 1000; i++)
		ck_buf_addf(&raw, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i,
		            i);
	ck_buf_adds(&raw, "Content-Type: text/plain\r\n\r\ndeep\r\n");
	preview(raw.data, raw.len, &got);
	assert_string_equal(got.data,
	                    "Subject: bomb\n\n[no text]\n\n[more parts than are listed]\n");
}

/* An attached message whose To header nests groups until GMime's stack ends. */
static void add_killer(struct ck_buf *raw)
{
	ck_buf_adds(raw, "Subject: s\r\nContent-Type: message/rfc822\r\n\r\nTo: ");
	repeat(raw, "a:", 400000);
	ck_buf_adds(raw, "\r\n\r\nx");
}

static void a_message_that_kills_its_parser_is_an_error_and_no_more(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT, got = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	ck_buf_adds(&got, "kept");
	add_killer(&raw);
	assert_err(ck_message_preview(raw.data, raw.len, &got, &err), &err, CK_ECORRUPT,
	           "cannot be shown");
	assert_string_equal(got.data, "kept");
}

static size_t count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;
	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void no_descriptor_and_no_process_is_left_behind(void **state)
{
	(void)state;
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT, got = CK_BUF_INIT;
	add_killer(&raw);
	size_t before = count_descriptors();
	for (int i = 0; i < 3; i++) {
		assert_true(ck_message_preview(raw.data, raw.len, &got, NULL) < 0);
		preview("Subject: s\r\n\r\nx", 15, &got);
	}
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* A child of @parent that lives or was not waited for yet, or 0. */
static pid_t find_child(pid_t parent)
{
	CK_FREE char *path = NULL;
	int child = 0;
	assert_true(asprintf(&path, "/proc/%d/task/%d/children", parent, parent) > 0);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	if (fscanf(f, "%d", &child) != 1)
		child = 0;
	(void)fclose(f);
	return child;
}

static void read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	CK_FREE char *path = NULL;
	assert_true(asprintf(&path, "/proc/%d/%s", pid, name) > 0);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	text[fread(text, 1, size - 1, f)] = '\0';
	(void)fclose(f);
}

/* What /proc says of @child when it has given up what it may, or at its end; its parent stands
 * still. */
static void look_at(pid_t child, char *status, char *limits, size_t size)
{
	do
		read_proc(child, "status", status, size);
	while (!strstr(status, "NoNewPrivs:\t1") && !strstr(status, "State:\tZ"));
	read_proc(child, "limits", limits, size);
}

/* Both limits of @name, which /proc writes in columns. */
static bool is_limited(const char *limits, const char *name, int soft, int hard)
{
	const char *at = strstr(limits, name);
	int s = -1, h = -1;
	return at && sscanf(at + strlen(name), "%d %d", &s, &h) == 2 && s == soft && h == hard;
}

static bool is_kept_short(const char *limits)
{
	return is_limited(limits, "Max cpu time", 5, 6) &&
	       is_limited(limits, "Max file size", 0, 0) &&
	       is_limited(limits, "Max core file size", 0, 0) &&
	       is_limited(limits, "Max processes", 0, 0) &&
	       (test_in_valgrind() || is_limited(limits, "Max open files", 16, 16));
}

static bool is_confined(const char *status)
{
	if (!strstr(status, "NoNewPrivs:\t1"))
		return false;
	return getuid() != 0 ||
	       (strstr(status, "Uid:\t65534\t65534\t65534\t65534\n") &&
	        strstr(status, "Gid:\t65534\t65534\t65534\t65534\n") &&
	        strstr(status, "Groups:\t \n") && strstr(status, "CapEff:\t0000000000000000\n"));
}

static _Noreturn void preview_for_ever(const struct ck_buf *raw)
{
	struct ck_buf got = CK_BUF_INIT;
	gid_t some = 7;
	if (getuid() == 0 && setgroups(1, &some) < 0)
		_exit(1); /* there is something to give up */
	while (ck_message_preview(raw->data, raw->len, &got, NULL) == 0)
		ck_buf_reset(&got);
	_exit(1);
}

/* Seen in a process of its own that is stopped meanwhile, so that its child cannot go away unseen.
 */
static void the_parser_has_no_privileges(void **state)
{
	(void)state;
	if (access("/proc/thread-self/children", R_OK) < 0)
		test_skip("this kernel has no CONFIG_PROC_CHILDREN");
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT;
	char status[4096] = "", limits[sizeof status] = "";
	ck_buf_adds(&raw, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	repeat(&raw, "--b\r\n\r\n\r\n", 1000); /* some work: mostly there is a child */
	pid_t viewer = fork();
	assert_true(viewer >= 0);
	if (viewer == 0)
		preview_for_ever(&raw);
	while (status[0] == '\0') {
		int how;
		assert_int_equal(kill(viewer, SIGSTOP), 0);
		assert_int_equal(waitpid(viewer, &how, WUNTRACED), viewer);
		assert_true(WIFSTOPPED(how));
		pid_t child = find_child(viewer);
		if (child)
			look_at(child, status, limits, sizeof status);
		assert_int_equal(kill(viewer, SIGCONT), 0);
	}
	assert_int_equal(kill(viewer, SIGKILL), 0);
	assert_int_equal(waitpid(viewer, NULL, 0), viewer);
	if (!is_confined(status))
		fail_msg("the child is not confined:\n%s", status);
	if (!is_kept_short(limits))
		fail_msg("the child is not kept short:\n%s", limits);
}

static atomic_bool busy;

static void *decode_all_the_time(void *arg)
{
	static const char raw[] = "Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\r\n"
				  "From: =?koi8-r?q?=C9?= <a@b>\r\n\r\n";
	atomic_int *wrong = arg;
	while (atomic_load(&busy)) {
		struct envelope e;
		if (message_envelope(raw, sizeof raw - 1, &e, NULL) < 0) {
			atomic_fetch_add(wrong, 1);
			continue;
		}
		if (strcmp(e.subject, "\346\227\245\346\234\254") != 0)
			atomic_fetch_add(wrong, 1);
		envelope_fini(&e);
	}
	return NULL;
}

static void *preview_many(void *arg)
{
	static const char raw[] = "Subject: s\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n"
				  "\r\n\033$BF|K\\\033(B\r\n";
	atomic_int *wrong = arg;
	for (int i = 0; i < 40; i++) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf got = CK_BUF_INIT;
		if (ck_message_preview(raw, sizeof raw - 1, &got, NULL) < 0 ||
		    strcmp(got.data, "Subject: s\n\n\346\227\245\346\234\254\n") != 0)
			atomic_fetch_add(wrong, 1);
	}
	return NULL;
}

static void previews_work_while_other_threads_decode_and_preview(void **state)
{
	(void)state;
	pthread_t decoders[3], viewers[3];
	atomic_int wrong = 0;
	atomic_store(&busy, true);
	for (size_t i = 0; i < CK_COUNT(decoders); i++) {
		assert_int_equal(pthread_create(&decoders[i], NULL, decode_all_the_time, &wrong),
		                 0);
		assert_int_equal(pthread_create(&viewers[i], NULL, preview_many, &wrong), 0);
	}
	for (size_t i = 0; i < CK_COUNT(viewers); i++)
		pthread_join(viewers[i], NULL);
	atomic_store(&busy, false);
	for (size_t i = 0; i < CK_COUNT(decoders); i++)
		pthread_join(decoders[i], NULL);
	assert_int_equal(atomic_load(&wrong), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_and_a_plain_text),
		cmocka_unit_test(the_plain_part_is_shown_and_the_others_are_listed),
		cmocka_unit_test(html_alone_is_reduced_to_text),
		cmocka_unit_test(charsets_become_utf8),
		cmocka_unit_test(broken_mime_still_shows_what_is_there),
		cmocka_unit_test(control_characters_come_back_as_data_but_forge_no_header),
		cmocka_unit_test(a_part_of_ten_megabytes_is_cut_and_an_attachment_measured),
		cmocka_unit_test(long_lists_of_parts_end),
		cmocka_unit_test(a_thousand_nested_multiparts_are_bounded),
		cmocka_unit_test(a_message_that_kills_its_parser_is_an_error_and_no_more),
		cmocka_unit_test(no_descriptor_and_no_process_is_left_behind),
		cmocka_unit_test(the_parser_has_no_privileges),
		cmocka_unit_test(previews_work_while_other_threads_decode_and_preview),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
