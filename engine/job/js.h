/* SPDX-License-Identifier: BSD-2-Clause */
/** What the files of a job need of JSON beyond jansson: lines, and texts that may be no UTF-8. */
#ifndef JOB_JS_H
#define JOB_JS_H

#include <stdint.h>

#include <jansson.h>

#include <cyrkeep/buf.h>

void js_freep(json_t **o);

/** @text as a JSON string, each byte that is no UTF-8 as U+FFFD; NULL is null. Owned. */
json_t *js_text(const char *text) CK_MUST_USE;

/** All of @v as an array; owned. */
json_t *js_texts(const struct ck_strv *v) CK_MUST_USE;

/** Put @value, whose reference is taken, into @o. After a failure (memory) *@o is NULL. */
void js_put(json_t **o, const char *key, json_t *value);

/** Append @o as one line without newline. @return 0, or CK_ENOMEM, also for NULL. */
int js_line(const json_t *o, struct ck_buf *ret) CK_MUST_USE;

/** The integer at @key, or @missing. */
int64_t js_number(const json_t *o, const char *key, int64_t missing);

/** The string at @key, borrowed, or @missing. */
const char *js_string(const json_t *o, const char *key, const char *missing);

/** A copy of the string at @key; NULL for null and absent. @return 0 or CK_ENOMEM. */
int js_copy(const json_t *o, const char *key, char **ret) CK_MUST_USE;

/** The strings of the array at @key, appended. @return 0 or CK_ENOMEM. */
int js_copy_texts(const json_t *o, const char *key, struct ck_strv *ret) CK_MUST_USE;

#endif
