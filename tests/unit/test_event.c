/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "job/event.h"
#include "job/js.h"

/* Format, parse, format again: the line must be the same, and is returned. */
static char *round_trip(const struct ck_event *ev, struct ck_event *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf again = CK_BUF_INIT;
	assert_int_equal(event_format(ev, &line), 0);
	assert_null(strchr(line.data, '\n'));
	assert_int_equal(ck_event_parse(line.data, line.len, ret), 0);
	assert_string_equal(ret->json, line.data);
	assert_int_equal(event_format(ret, &again), 0);
	assert_string_equal(again.data, line.data);
	return ck_buf_take(&line);
}

/* Each key, no more and no fewer, in a word list. */
static void assert_keys(const char *line, const char *keys)
{
	CK_CLEANUP(js_freep) json_t *o = json_loads(line, 0, NULL);
	CK_FREE char *list = strdup(keys);
	size_t n = 0;
	char *rest = list;
	for (char *key = strsep(&rest, " "); key; key = strsep(&rest, " "), n++)
		if (!json_object_get(o, key))
			fail_msg("no key '%s' in %s", key, line);
	if (json_object_size(o) != n)
		fail_msg("%zu keys instead of %zu in %s", json_object_size(o), n, line);
}

static void times_are_told_and_read(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *text;
	} table[] = {
		{1795574352971, "2026-11-25T02:39:12.971Z"},
		{0, "1970-01-01T00:00:00.000Z"},
		{-250, "1969-12-31T23:59:59.750Z"},
		{-3000, "1969-12-31T23:59:57.000Z"},
	};
	for (size_t i = 0; i < CK_COUNT(table); i++) {
		char text[40];
		int64_t back = 1;
		event_time(table[i].ms, text);
		assert_string_equal(text, table[i].text);
		assert_true(event_time_parse(text, &back));
		assert_int_equal(back, table[i].ms);
	}
}

static void a_phase_comes_back_as_it_was(void **state)
{
	(void)state;
	for (int phase = 0; phase < CK_PHASE_MAX_; phase++) {
		struct ck_event ev = {.kind = CK_EV_PHASE,
		                      .time_ms = 1795574352971,
		                      .phase = (enum ck_phase)phase,
		                      .begins = phase % 2};
		struct ck_event back;
		CK_FREE char *line = round_trip(&ev, &back);
		assert_keys(line, "event time phase state");
		assert_int_equal(back.kind, CK_EV_PHASE);
		assert_int_equal(back.phase, phase);
		assert_int_equal(back.begins, phase % 2);
		assert_int_equal(back.time_ms, 1795574352971);
		ck_event_fini(&back);
	}
}

static void progress_keeps_every_figure(void **state)
{
	(void)state;
	struct ck_event ev = {.kind = CK_EV_PROGRESS, .time_ms = 1000, .phase = CK_PHASE_COPY};
	ev.progress = (struct ck_progress){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "user/anne"};
	struct ck_event back;
	CK_FREE char *line = round_trip(&ev, &back);
	assert_keys(line, "event time phase messages_done messages_total bytes_done bytes_total "
	                  "mailboxes_done mailboxes_total bytes_written findings elapsed_ms eta_ms "
	                  "down_ms down_limit_ms down_predicted_ms mailbox");
	assert_memory_equal(&back.progress, &ev.progress, sizeof ev.progress);
	ck_event_fini(&back);
}

static void a_restored_mailbox_keeps_its_figures_and_what_nobody_knows(void **state)
{
	char name[] = "user/anne";
	(void)state;
	struct ck_event ev = {.kind = CK_EV_RESTORED, .restored = {name, -1, 2, -1, 4, 5}};
	struct ck_event back;
	CK_FREE char *line = round_trip(&ev, &back);
	assert_keys(line, "event time mailbox before added now archive lacking");
	assert_non_null(strstr(line, "\"before\":null"));
	assert_string_equal(back.restored.mailbox, name);
	assert_int_equal(back.restored.before, -1);
	assert_int_equal(back.restored.added, 2);
	assert_int_equal(back.restored.now, -1);
	assert_int_equal(back.restored.archive, 4);
	assert_int_equal(back.restored.lacking, 5);
	ck_event_fini(&back);
	static const char nameless[] =
		"{\"event\":\"restored\",\"time\":\"1970-01-01T00:00:00.000Z\"}";
	assert_int_equal(ck_event_parse(nameless, sizeof nameless - 1, &back), CK_ECORRUPT);
}

static void an_unknown_forecast_is_null(void **state)
{
	(void)state;
	struct ck_event ev = {.kind = CK_EV_PROGRESS, .phase = CK_PHASE_COPY};
	ev.progress.eta_ms = ev.progress.down_predicted_ms = -1;
	struct ck_event back;
	CK_FREE char *line = round_trip(&ev, &back);
	assert_non_null(strstr(line, "\"eta_ms\":null"));
	assert_int_equal(back.progress.eta_ms, -1);
	assert_int_equal(back.progress.down_predicted_ms, -1);
	ck_event_fini(&back);
}

static void a_finding_names_mailbox_and_uid_or_null(void **state)
{
	(void)state;
	char mailbox[] = "user/anne/Entw\xc3\xbcrfe", code[] = "guid-mismatch",
	     text[] = "message 7: \"contents\" do not match", remedy[] = "restore it";
	struct ck_event ev = {.kind = CK_EV_FINDING, .finding = {mailbox, 7, code, text, remedy}};
	struct ck_event back;
	char *line = round_trip(&ev, &back);
	assert_keys(line, "event time mailbox uid code text remedy");
	assert_string_equal(back.finding.mailbox, mailbox);
	assert_int_equal(back.finding.uid, 7);
	assert_string_equal(back.finding.text, text);
	ck_event_fini(&back);
	free(line);

	ev.finding.mailbox = NULL;
	ev.finding.uid = 0;
	line = round_trip(&ev, &back);
	assert_non_null(strstr(line, "\"mailbox\":null,\"uid\":null"));
	assert_null(back.finding.mailbox);
	ck_event_fini(&back);
	free(line);
}

static void a_report_has_all_keys_of_the_contract(void **state)
{
	(void)state;
	char path[] = "/var/backups/x.tar.zst", error[] = "no room", remedy[] = "prune";
	struct ck_event ev = {.kind = CK_EV_REPORT, .time_ms = 1};
	ev.report = (struct ck_report){.job = 413,
	                               .archive = 413,
	                               .path = path,
	                               .kind = "full",
	                               .method = "stop",
	                               .result = CK_RESULT_FAILED,
	                               .mailboxes = 1,
	                               .messages = 2,
	                               .bytes_read = UINT64_C(5000000000),
	                               .bytes_written = 4,
	                               .downtime_ms = 5,
	                               .grades = {6, 7, 8, 9, 10},
	                               .findings = 11,
	                               .users = 15,
	                               .subscriptions = 16,
	                               .seen = 17,
	                               .sieve = 18,
	                               .quotas = 19,
	                               .incomplete = "no mailboxes.db",
	                               .added = 12,
	                               .present = 13,
	                               .failed = 14,
	                               .mailboxes_failed = 20,
	                               .elsewhere = 21,
	                               .raised = 22,
	                               .code = CK_ENOSPACE,
	                               .error = error,
	                               .remedy = remedy};
	struct ck_event back;
	CK_FREE char *line = round_trip(&ev, &back);
	assert_keys(line, "event time job archive path kind method result mailboxes messages "
	                  "bytes_read bytes_written downtime_ms grades findings added present "
	                  "failed failure error remedy users subscriptions seen sieve quotas "
	                  "incomplete mailboxes_failed elsewhere raised");
	assert_non_null(strstr(line, "\"grades\":{\"A\":6,\"B\":7,\"C\":8,\"D\":9,\"F\":10}"));
	assert_non_null(strstr(line, "\"result\":\"failed\""));
	assert_int_equal(back.report.code, CK_ENOSPACE);
	assert_int_equal(back.report.bytes_read, UINT64_C(5000000000));
	assert_string_equal(back.report.error, error);
	assert_int_equal(back.report.seen, 17);
	assert_string_equal(back.report.incomplete, "no mailboxes.db");
	ck_event_fini(&back);
}

static void every_class_of_failure_has_its_own_word(void **state)
{
	(void)state;
	for (int code = CK_EIO; code <= CK_OK; code++)
		assert_int_equal(event_code_parse(event_code_name((enum ck_code)code)), code);
}

static void a_name_that_is_no_utf8_still_makes_a_line(void **state)
{
	(void)state;
	char text[] = "a\xff\xc3(z\xed\xa0\x80";
	struct ck_event ev = {.kind = CK_EV_NOTE, .text = text};
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	struct ck_event back;
	assert_int_equal(event_format(&ev, &line), 0);
	assert_int_equal(ck_event_parse(line.data, line.len, &back), 0);
	assert_string_equal(back.text, "a\xef\xbf\xbd\xef\xbf\xbd(z"
	                               "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	ck_event_fini(&back);
}

static void what_is_no_event_is_refused(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"",
		"[]",
		"{}",
		"{\"event\":\"phase\"}",
		"{\"event\":\"nonsense\",\"time\":\"2026-11-23T02:00:00Z\"}",
		"{\"event\":\"phase\",\"time\":\"yesterday\",\"phase\":\"copy\"}",
		"{\"event\":\"phase\",\"time\":\"2026-11-23T02:00:00Z\",\"phase\":\"dance\"}",
		"{\"event\":\"note\",\"time\":\"2026-11-23T02:00:00.1Z\"}",
	};
	struct ck_event ev;
	for (size_t i = 0; i < CK_COUNT(lines); i++)
		if (ck_event_parse(lines[i], strlen(lines[i]), &ev) != CK_ECORRUPT)
			fail_msg("accepted: %s", lines[i]);
}

static void a_line_cut_anywhere_is_refused(void **state)
{
	(void)state;
	struct ck_event ev = {.kind = CK_EV_REPORT, .time_ms = 1795574352971};
	CK_CLEANUP(ck_buf_fini) struct ck_buf line = CK_BUF_INIT;
	assert_int_equal(event_format(&ev, &line), 0);
	struct ck_event back;
	for (size_t n = 0; n < line.len; n++)
		assert_int_equal(ck_event_parse(line.data, n, &back), CK_ECORRUPT);
}

static void unknown_keys_are_ignored(void **state)
{
	(void)state;
	static const char line[] = "{\"event\":\"note\",\"time\":\"2026-11-23T02:00:00.250Z\","
				   "\"text\":\"hello\",\"later\":[1,{\"x\":2}]}";
	struct ck_event ev;
	assert_int_equal(ck_event_parse(line, strlen(line), &ev), 0);
	assert_string_equal(ev.text, "hello");
	assert_int_equal(ev.time_ms % 1000, 250);
	ck_event_fini(&ev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_told_and_read),
		cmocka_unit_test(a_phase_comes_back_as_it_was),
		cmocka_unit_test(progress_keeps_every_figure),
		cmocka_unit_test(a_restored_mailbox_keeps_its_figures_and_what_nobody_knows),
		cmocka_unit_test(an_unknown_forecast_is_null),
		cmocka_unit_test(a_finding_names_mailbox_and_uid_or_null),
		cmocka_unit_test(a_report_has_all_keys_of_the_contract),
		cmocka_unit_test(every_class_of_failure_has_its_own_word),
		cmocka_unit_test(a_name_that_is_no_utf8_still_makes_a_line),
		cmocka_unit_test(what_is_no_event_is_refused),
		cmocka_unit_test(a_line_cut_anywhere_is_refused),
		cmocka_unit_test(unknown_keys_are_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
