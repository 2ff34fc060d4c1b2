/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings in an archive and those of this server. */
#include <cyrkeep/difference.h>

#include <fcntl.h>
#include <stdlib.h>

#include "archive/source.h"
#include "base/fs.h"
#include "cyrus/conf_options.h"
#include "cyrus/master_compare.h"
#include "cyrus/master_conf.h"
#include "cyrus/server_parts.h"

static int remark(struct ck_differences *d, struct ck_buf *text, struct ck_err *err)
{
	return ck_strv_addm(&d->remarks, ck_buf_take(text)) < 0 ? ck_err_nomem(err) : 0;
}

/* What is not there to be compared is said; what is no fault of the files is a failure. */
static int remark_failure(struct ck_differences *d, const char *file, const struct ck_err *why,
                          struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (why->code == CK_ENOMEM)
		return ck_err_nomem(err);
	(void)ck_buf_addf(&text, "%s cannot be compared: %s", file, why->msg);
	return remark(d, &text, err);
}

static int remark_untold(struct ck_differences *d, const struct ck_strv *untold, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (!untold->n)
		return 0;
	(void)ck_buf_adds(&text, "the archive was made without secrets, which cannot be compared:");
	for (size_t i = 0; i < untold->n; i++)
		(void)ck_buf_addf(&text, "%s %s", i ? "," : "", untold->items[i]);
	return remark(d, &text, err);
}

static int compare_imapd(struct ck_archive *a, const struct ck_settings *settings,
                         const struct conf *here, struct ck_differences *ret, struct ck_err *err)
{
	CK_CLEANUP(conf_freep) struct conf *then = NULL;
	CK_CLEANUP(ck_strv_fini) struct ck_strv untold = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf was = CK_BUF_INIT;
	CK_FREE char *is = server_version(settings->imapd_conf);
	struct ck_err why = CK_ERR_INIT;
	int r = archive_conf(a, &then, &untold, &why);
	if (r == CK_ECORRUPT || r == CK_EIO) {
		if (err)
			*err = why;
		return r;
	}
	if (r < 0)
		return remark_failure(ret, "imapd.conf", &why, err);
	r = archive_cyrus_version(a, &was);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	unsigned release = conf_release(is ? is : was.len ? was.data : NULL);
	struct conf_side there = {then, was.len ? conf_release(was.data) : release, &untold};
	r = conf_differences(&there, &(struct conf_side){here, release, NULL}, ret, err);
	return r < 0 ? r : remark_untold(ret, &untold, err);
}

static int read_cyrus_conf(const char *path, struct ck_buf *ret, struct ck_err *err)
{
	int r = fs_read_file(AT_FDCWD, path, MASTER_CONF_MAX, ret, err);
	return r == CK_ECORRUPT
	               ? ck_err_set(err, r, "'%s' is longer than %d bytes", path, MASTER_CONF_MAX)
	               : r;
}

static int compare_master(struct ck_archive *a, const struct ck_settings *settings,
                          struct ck_differences *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf then = CK_BUF_INIT, here = CK_BUF_INIT;
	struct ck_err why = CK_ERR_INIT;
	int r = archive_settings_file(a, "cyrus.conf", &then, &why);
	if (r == CK_ENOTFOUND)
		(void)ck_err_set(&why, r, "the archive has none");
	else if (r == 0 && then.len > MASTER_CONF_MAX)
		r = ck_err_set(&why, CK_ECORRUPT, "the archived one is longer than %d bytes",
		               MASTER_CONF_MAX);
	if (r == 0)
		r = read_cyrus_conf(settings->cyrus_conf, &here, &why);
	if (r == 0)
		r = master_differences(
			&(struct master_side){"the archived cyrus.conf", then.data, then.len},
			&(struct master_side){settings->cyrus_conf, here.data, here.len}, ret,
			&why);
	return r < 0 ? remark_failure(ret, "cyrus.conf", &why, err) : 0;
}

int ck_archive_differences(struct ck_archive *a, const struct ck_settings *settings,
                           struct ck_differences *ret, struct ck_err *err)
{
	CK_CLEANUP(conf_freep) struct conf *here = NULL;
	CK_CLEANUP(ck_differences_fini) struct ck_differences d = {0};
	int r = conf_load(settings->imapd_conf, &here, err);
	if (r == 0)
		r = compare_imapd(a, settings, here, &d, err);
	if (r == 0)
		r = compare_master(a, settings, &d, err);
	if (r < 0)
		return r;
	*ret = d;
	d = (struct ck_differences){0};
	return 0;
}
