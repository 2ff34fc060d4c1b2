/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings and saved plans from any bytes; a plan that is accepted must survive being written. */
#include "fuzz/fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings_read.h"
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the text of a string literal that never ends. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void fuzz_plan(const char *text, size_t len)
{
	struct ck_plan plan, back;
	struct ck_err err = CK_ERR_INIT;
	if (settings_read_plan("/fuzz.conf", text, len, &plan, &err) < 0)
		return;
	struct ck_buf out = CK_BUF_INIT;
	settings_write_plan(&plan, &out);
	CHECK(!(settings_read_plan("/again.conf", out.data, out.len, &back, &err) < 0 ||
	        strcmp(plan.name, back.name) != 0 || plan.select.n != back.select.n ||
	        plan.exclude.n != back.exclude.n));
	for (size_t i = 0; i < plan.exclude.n; i++)
		CHECK(strcmp(plan.exclude.items[i], back.exclude.items[i]) == 0);
	ck_plan_fini(&back);
	ck_plan_fini(&plan);
	ck_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ck_settings s = {0};
	struct ck_err err = CK_ERR_INIT;
	if (memmem(data, len, "@include", 8)) /* would open whatever file is named */
		return 0;
	int r = settings_read("/fuzz.conf", (const char *)data, len, &s, &err);
	CHECK(r >= 0 || (r == err.code && err.msg[0]));
	ck_settings_fini(&s);
	fuzz_plan((const char *)data, len);
	return 0;
}
