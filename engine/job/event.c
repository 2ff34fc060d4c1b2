/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys below are a contract with everybody who reads --json: never renamed, only added. */
#include "job/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/number.h"
#include "job/js.h"

static const char *const kind_names[] = {
	[CK_EV_PHASE] = "phase",       [CK_EV_PROGRESS] = "progress", [CK_EV_FINDING] = "finding",
	[CK_EV_NOTE] = "note",         [CK_EV_STATE] = "state",       [CK_EV_REPORT] = "report",
	[CK_EV_RESTORED] = "restored",
};

static const char *const phase_names[] = {
	[CK_PHASE_INSPECT] = "inspect",   [CK_PHASE_SELECT] = "select",
	[CK_PHASE_HOLD] = "hold",         [CK_PHASE_COPY] = "copy",
	[CK_PHASE_RELEASE] = "release",   [CK_PHASE_SEAL] = "seal",
	[CK_PHASE_CHECK] = "check",       [CK_PHASE_REPORT] = "report",
	[CK_PHASE_REHEARSE] = "rehearse", [CK_PHASE_RESTORE] = "restore",
};

static const char *const result_names[] = {
	[CK_RESULT_NONE] = "",
	[CK_RESULT_OK] = "ok",
	[CK_RESULT_FINDINGS] = "findings",
	[CK_RESULT_FAILED] = "failed",
	[CK_RESULT_CANCELLED] = "cancelled",
};

static const char *const code_names[] = {
	[-CK_OK] = "",
	[-CK_EFAIL] = "fail",
	[-CK_ENOMEM] = "nomem",
	[-CK_EUSAGE] = "usage",
	[-CK_ENOTFOUND] = "notfound",
	[-CK_EBUSY] = "busy",
	[-CK_EDENIED] = "denied",
	[-CK_ENOSPACE] = "nospace",
	[-CK_ECORRUPT] = "corrupt",
	[-CK_EUNSUPPORTED] = "unsupported",
	[-CK_ECANCEL] = "cancel",
	[-CK_ETIMEOUT] = "timeout",
	[-CK_EGATE] = "gate",
	[-CK_EIO] = "io",
	[-CK_EDOWN] = "down",
};

static const char grade_letters[] = "ABCDF";

const char *ck_phase_name(enum ck_phase phase)
{
	return (unsigned)phase < CK_PHASE_MAX_ ? phase_names[phase] : "";
}

char ck_grade_letter(enum ck_grade grade)
{
	return (unsigned)grade < CK_GRADE_MAX_ ? grade_letters[grade] : '?';
}

const char *ck_result_name(enum ck_result result)
{
	return (unsigned)result < CK_COUNT(result_names) ? result_names[result] : "";
}

const char *event_code_name(enum ck_code code)
{
	return code <= 0 && (size_t)-code < CK_COUNT(code_names) ? code_names[-code] : "fail";
}

/* Index of @name in @names, or @n. */
static size_t find_name(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return n;
}

enum ck_code event_code_parse(const char *name)
{
	size_t i = find_name(code_names, CK_COUNT(code_names), name);
	return i < CK_COUNT(code_names) ? (enum ck_code)(-(int)i) : CK_EFAIL;
}

bool event_phase_parse(const char *name, enum ck_phase *ret)
{
	size_t i = find_name(phase_names, CK_COUNT(phase_names), name);
	if (i == CK_COUNT(phase_names))
		return false;
	*ret = (enum ck_phase)i;
	return true;
}

enum ck_result event_result_parse(const char *name)
{
	size_t i = find_name(result_names, CK_COUNT(result_names), name);
	return i < CK_COUNT(result_names) ? (enum ck_result)i : CK_RESULT_NONE;
}

void event_time(int64_t time_ms, char ret[40])
{
	char seconds[32];
	int64_t ms = time_ms % 1000, whole = time_ms / 1000;
	if (ms < 0) { /* before 1970 */
		ms += 1000;
		whole--;
	}
	time_rfc3339(whole, seconds);
	seconds[strcspn(seconds, "Z")] = '\0';
	(void)snprintf(ret, 40, "%s.%03dZ", seconds, (int)ms);
}

bool event_time_parse(const char *text, int64_t *ret)
{
	char seconds[32];
	uint64_t ms = 0;
	size_t len = strlen(text);
	const char *dot = strchr(text, '.');
	size_t whole = dot ? (size_t)(dot - text) : len;
	if (len < 2 || text[len - 1] != 'Z' || whole > sizeof seconds - 2)
		return false;
	if (dot && (len - whole != 5 || !number_parse(dot + 1, 3, 999, &ms)))
		return false;
	(void)snprintf(seconds, sizeof seconds, "%.*s%s", (int)whole, text, dot ? "Z" : "");
	if (!time_parse_rfc3339(seconds, ret))
		return false;
	*ret = *ret * 1000 + (int64_t)ms;
	return true;
}

/* -- figures: members of 64 bits by key ------------------------------------------------------- */

struct figure {
	const char *key;
	size_t offset;
	bool may_lack; /* -1 is null */
};

#define IN_PROGRESS(m)                              \
	{                                           \
#m, offsetof(struct ck_progress, m) \
	}
#define IN_REPORT(m)                              \
	{                                         \
#m, offsetof(struct ck_report, m) \
	}

static const struct figure progress_figures[] = {
	IN_PROGRESS(messages_done),
	IN_PROGRESS(messages_total),
	IN_PROGRESS(bytes_done),
	IN_PROGRESS(bytes_total),
	IN_PROGRESS(mailboxes_done),
	IN_PROGRESS(mailboxes_total),
	IN_PROGRESS(bytes_written),
	IN_PROGRESS(findings),
	IN_PROGRESS(elapsed_ms),
	{"eta_ms", offsetof(struct ck_progress, eta_ms), true},
	IN_PROGRESS(down_ms),
	IN_PROGRESS(down_limit_ms),
	{"down_predicted_ms", offsetof(struct ck_progress, down_predicted_ms), true},
};

static const struct figure report_figures[] = {
	IN_REPORT(mailboxes),     IN_REPORT(messages),      IN_REPORT(bytes_read),
	IN_REPORT(bytes_written), IN_REPORT(downtime_ms),   IN_REPORT(findings),
	IN_REPORT(users),         IN_REPORT(subscriptions), IN_REPORT(seen),
	IN_REPORT(sieve),         IN_REPORT(quotas),        IN_REPORT(added),
	IN_REPORT(present),       IN_REPORT(failed),        IN_REPORT(mailboxes_failed),
	IN_REPORT(elsewhere),     IN_REPORT(raised),
};

#define IN_RESTORED(m)                                    \
	{                                                 \
#m, offsetof(struct ck_restored, m), true \
	}

static const struct figure restored_figures[] = {
	IN_RESTORED(before),  IN_RESTORED(added),   IN_RESTORED(now),
	IN_RESTORED(archive), IN_RESTORED(lacking),
};

static void put_figures(json_t **o, const struct figure *f, size_t n, const void *base)
{
	for (size_t i = 0; i < n; i++) {
		int64_t value;
		memcpy(&value, (const char *)base + f[i].offset, sizeof value);
		js_put(o, f[i].key, f[i].may_lack && value < 0 ? json_null() : json_integer(value));
	}
}

static void get_figures(const json_t *o, const struct figure *f, size_t n, void *base)
{
	for (size_t i = 0; i < n; i++) {
		int64_t value = js_number(o, f[i].key, f[i].may_lack ? -1 : 0);
		memcpy((char *)base + f[i].offset, &value, sizeof value);
	}
}

/* -- out -------------------------------------------------------------------------------------- */

static void put_report(json_t **o, const struct ck_report *r)
{
	js_put(o, "job", json_integer(r->job));
	js_put(o, "archive", r->archive ? json_integer(r->archive) : json_null());
	js_put(o, "path", js_text(r->path));
	js_put(o, "kind", *r->kind ? js_text(r->kind) : json_null());
	js_put(o, "method", *r->method ? js_text(r->method) : json_null());
	js_put(o, "result", js_text(ck_result_name(r->result)));
	put_figures(o, report_figures, CK_COUNT(report_figures), r);
	json_t *grades = json_object();
	for (int g = 0; g < CK_GRADE_MAX_; g++)
		js_put(&grades, (char[]){grade_letters[g], '\0'},
		       json_integer((json_int_t)r->grades[g]));
	js_put(o, "grades", grades);
	js_put(o, "incomplete", *r->incomplete ? js_text(r->incomplete) : json_null());
	js_put(o, "failure", r->code ? js_text(event_code_name(r->code)) : json_null());
	js_put(o, "error", js_text(r->error));
	js_put(o, "remedy", js_text(r->remedy));
	if (r->into)
		js_put(o, "into", js_text(r->into));
}

static void put_finding(json_t **o, const struct ck_finding *f)
{
	js_put(o, "mailbox", js_text(f->mailbox));
	js_put(o, "uid", f->uid ? json_integer(f->uid) : json_null());
	js_put(o, "code", js_text(f->code));
	js_put(o, "text", js_text(f->text));
	js_put(o, "remedy", js_text(f->remedy ? f->remedy : ""));
}

int event_format(const struct ck_event *ev, struct ck_buf *ret)
{
	CK_CLEANUP(js_freep) json_t *o = json_object();
	char now[40];
	event_time(ev->time_ms, now);
	js_put(&o, "event", js_text(kind_names[ev->kind]));
	js_put(&o, "time", js_text(now));
	switch (ev->kind) {
	case CK_EV_PHASE:
		js_put(&o, "phase", js_text(ck_phase_name(ev->phase)));
		js_put(&o, "state", js_text(ev->begins ? "begin" : "end"));
		break;
	case CK_EV_PROGRESS:
		js_put(&o, "phase", js_text(ck_phase_name(ev->phase)));
		put_figures(&o, progress_figures, CK_COUNT(progress_figures), &ev->progress);
		js_put(&o, "mailbox", js_text(ev->progress.mailbox));
		break;
	case CK_EV_FINDING:
		put_finding(&o, &ev->finding);
		break;
	case CK_EV_NOTE:
		js_put(&o, "text", js_text(ev->text));
		break;
	case CK_EV_STATE:
		js_put(&o, "state", js_text(ev->text));
		break;
	case CK_EV_RESTORED:
		js_put(&o, "mailbox", js_text(ev->restored.mailbox));
		put_figures(&o, restored_figures, CK_COUNT(restored_figures), &ev->restored);
		break;
	case CK_EV_REPORT:
		put_report(&o, &ev->report);
		break;
	}
	return js_line(o, ret);
}

/* -- in --------------------------------------------------------------------------------------- */

static int get_report(const json_t *o, struct ck_report *r)
{
	r->job = (uint32_t)js_number(o, "job", 0);
	r->archive = (uint32_t)js_number(o, "archive", 0);
	(void)snprintf(r->kind, sizeof r->kind, "%s", js_string(o, "kind", ""));
	(void)snprintf(r->method, sizeof r->method, "%s", js_string(o, "method", ""));
	(void)snprintf(r->incomplete, sizeof r->incomplete, "%s", js_string(o, "incomplete", ""));
	r->result = event_result_parse(js_string(o, "result", ""));
	r->code = event_code_parse(js_string(o, "failure", ""));
	get_figures(o, report_figures, CK_COUNT(report_figures), r);
	const json_t *grades = json_object_get(o, "grades");
	for (int g = 0; g < CK_GRADE_MAX_; g++)
		r->grades[g] = (uint64_t)js_number(grades, (char[]){grade_letters[g], '\0'}, 0);
	return js_copy(o, "path", &r->path) < 0 || js_copy(o, "error", &r->error) < 0 ||
	                       js_copy(o, "remedy", &r->remedy) < 0 ||
	                       js_copy(o, "into", &r->into) < 0
	               ? CK_ENOMEM
	               : 0;
}

static int get_finding(const json_t *o, struct ck_finding *f)
{
	f->uid = (uint32_t)js_number(o, "uid", 0);
	f->code = strdup(js_string(o, "code", ""));
	f->text = strdup(js_string(o, "text", ""));
	f->remedy = strdup(js_string(o, "remedy", ""));
	return js_copy(o, "mailbox", &f->mailbox) < 0 || !f->code || !f->text || !f->remedy
	               ? CK_ENOMEM
	               : 0;
}

static int get_body(const json_t *o, struct ck_event *ev)
{
	switch (ev->kind) {
	case CK_EV_PHASE:
		ev->begins = strcmp(js_string(o, "state", ""), "begin") == 0;
		return event_phase_parse(js_string(o, "phase", ""), &ev->phase) ? 0 : CK_ECORRUPT;
	case CK_EV_PROGRESS:
		(void)event_phase_parse(js_string(o, "phase", ""), &ev->phase);
		get_figures(o, progress_figures, CK_COUNT(progress_figures), &ev->progress);
		(void)snprintf(ev->progress.mailbox, sizeof ev->progress.mailbox, "%s",
		               js_string(o, "mailbox", ""));
		return 0;
	case CK_EV_FINDING:
		return get_finding(o, &ev->finding);
	case CK_EV_NOTE:
		return js_copy(o, "text", &ev->text);
	case CK_EV_STATE:
		return js_copy(o, "state", &ev->text);
	case CK_EV_RESTORED:
		get_figures(o, restored_figures, CK_COUNT(restored_figures), &ev->restored);
		return js_copy(o, "mailbox", &ev->restored.mailbox) < 0 ? CK_ENOMEM
		       : ev->restored.mailbox                           ? 0
		                                                        : CK_ECORRUPT;
	case CK_EV_REPORT:
		return get_report(o, &ev->report);
	}
	return CK_ECORRUPT;
}

int ck_event_parse(const char *line, size_t len, struct ck_event *ret)
{
	CK_CLEANUP(js_freep) json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(o))
		return CK_ECORRUPT;
	size_t kind = find_name(kind_names, CK_COUNT(kind_names), js_string(o, "event", ""));
	if (kind == CK_COUNT(kind_names))
		return CK_ECORRUPT;
	CK_CLEANUP(ck_event_fini) struct ck_event ev = {.kind = (enum ck_event_kind)kind};
	if (!event_time_parse(js_string(o, "time", ""), &ev.time_ms))
		return CK_ECORRUPT;
	int r = get_body(o, &ev);
	if (r < 0)
		return r;
	ev.json = strndup(line, len);
	if (!ev.json)
		return CK_ENOMEM;
	*ret = ev;
	ev = (struct ck_event){0};
	return 0;
}

void ck_event_fini(struct ck_event *ev)
{
	free(ev->finding.mailbox);
	free(ev->finding.code);
	free(ev->finding.text);
	free(ev->finding.remedy);
	free(ev->restored.mailbox);
	free(ev->report.path);
	free(ev->report.error);
	free(ev->report.remedy);
	free(ev->report.into);
	free(ev->text);
	free(ev->json);
	*ev = (struct ck_event){0};
}
