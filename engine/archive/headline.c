/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/headline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/number.h"

static void json_freep(json_t **j)
{
	json_decref(*j);
}

static uint64_t number_of(const json_t *root, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(root, key));
	return n < 0 ? 0 : (uint64_t)n;
}

static const char *text_of(const json_t *root, const char *key)
{
	const char *s = json_string_value(json_object_get(root, key));
	return s ? s : "";
}

static int copy_strings(const json_t *list, struct ck_strv *ret)
{
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		if (json_string_value(item) && ck_strv_add(ret, json_string_value(item)) < 0)
			return CK_ENOMEM;
	}
	return 0;
}

static enum ck_result result_of(const char *name)
{
	for (enum ck_result r = CK_RESULT_OK; r <= CK_RESULT_CANCELLED; r++) {
		if (strcmp(ck_result_name(r), name) == 0)
			return r;
	}
	return CK_RESULT_NONE;
}

static int take_plan(const json_t *root, struct headline *h)
{
	const json_t *plan = json_object_get(root, "plan");
	const char *name = json_string_value(json_object_get(plan, "name"));
	if (name && !(h->plan.name = strdup(name)))
		return CK_ENOMEM;
	h->plan.method = strdup(text_of(root, "method"));
	h->plan.without_config = json_is_true(json_object_get(plan, "without_config"));
	h->plan.without_secrets = json_is_true(json_object_get(plan, "without_secrets"));
	if (!h->plan.method || copy_strings(json_object_get(plan, "select"), &h->plan.select) < 0)
		return CK_ENOMEM;
	if (copy_strings(json_object_get(plan, "keep"), &h->plan.keep) < 0)
		return CK_ENOMEM;
	return copy_strings(json_object_get(plan, "exclude"), &h->plan.exclude);
}

static void take_info(const json_t *root, struct headline *h)
{
	struct ck_archive_info *info = &h->info;
	info->number = (uint32_t)number_of(root, "archive");
	info->base = (uint32_t)number_of(root, "base");
	(void)snprintf(info->kind, sizeof info->kind, "%s", text_of(root, "kind"));
	(void)snprintf(info->method, sizeof info->method, "%s", text_of(root, "method"));
	info->host = strdup(text_of(root, "host"));
	info->configdirectory = strdup(text_of(root, "configuration_directory"));
	(void)snprintf(info->incomplete, sizeof info->incomplete, "%s",
	               text_of(root, "incomplete"));
	(void)time_parse_rfc3339(text_of(root, "started"), &info->started);
	info->result = result_of(text_of(root, "result"));
	info->mailboxes = number_of(root, "mailboxes");
	info->messages = number_of(root, "messages");
	info->bytes_mail = number_of(root, "bytes_mail");
	info->downtime_ms = (int64_t)number_of(root, "downtime_ms");
	const json_t *grades = json_object_get(root, "grades");
	for (int g = 0; g < CK_GRADE_MAX_; g++) {
		char key[2] = {ck_grade_letter((enum ck_grade)g), '\0'};
		info->grades[g] = number_of(grades, key);
	}
}

int headline_parse(const char *text, size_t len, struct headline *ret, struct ck_err *err)
{
	json_error_t why;
	CK_CLEANUP(json_freep) json_t *root = json_loadb(text, len, 0, &why);
	if (!json_is_object(root))
		return ck_err_set(err, CK_ECORRUPT, "its headline is damaged: %s", why.text);
	uint64_t format = number_of(root, "format");
	if (format != HEADLINE_FORMAT)
		return ck_err_set(err, CK_EUNSUPPORTED,
		                  "it has format %llu, this version reads format %d",
		                  (unsigned long long)format, HEADLINE_FORMAT);
	CK_CLEANUP(headline_fini) struct headline h = {0};
	take_info(root, &h);
	const char *separator = text_of(root, "separator");
	h.separator = *separator == '.' ? '.' : '/';
	h.members = number_of(root, "members");
	const json_t *catalog = json_object_get(root, "catalog");
	uint64_t frame = number_of(catalog, "frame"), offset = number_of(catalog, "offset");
	h.catalog_size = number_of(catalog, "size");
	if (frame > UINT32_MAX || offset > UINT32_MAX)
		return ck_err_set(err, CK_ECORRUPT, "its headline points nowhere");
	h.catalog_frame = (uint32_t)frame;
	h.catalog_offset = (uint32_t)offset;
	if (!h.info.host || !h.info.configdirectory || take_plan(root, &h) < 0)
		return ck_err_nomem(err);
	*ret = h;
	h = (struct headline){0};
	return 0;
}

void headline_fini(struct headline *h)
{
	free(h->info.host);
	free(h->info.configdirectory);
	free(h->info.path);
	ck_plan_fini(&h->plan);
	*h = (struct headline){0};
}

/* Octal digits of a tar header field. */
static bool octal(const char *p, size_t len, uint64_t *ret)
{
	uint64_t n = 0;
	for (size_t i = 0; i < len && p[i] && p[i] != ' '; i++) {
		if (p[i] < '0' || p[i] > '7')
			return false;
		n = n * 8 + (uint64_t)(p[i] - '0');
	}
	*ret = n;
	return true;
}

int headline_find(const char *frame, size_t len, const char **ret, size_t *ret_len,
                  struct ck_err *err)
{
	/* POSIX ustar: name at 0, size at 124 in 12 octal digits, data from 512. */
	uint64_t size = 0;
	if (len < 512 || strncmp(frame, HEADLINE_MEMBER, 100) != 0 ||
	    !octal(frame + 124, 12, &size) || size > len - 512)
		return ck_err_set(err, CK_ECORRUPT, "its last frame holds no headline");
	*ret = frame + 512;
	*ret_len = (size_t)size;
	return 0;
}
