/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/err.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum ck_code ck_code_of_errno(int sys)
{
	switch (sys) {
	case 0:
		return CK_EFAIL;
	case ENOMEM:
		return CK_ENOMEM;
	case ENOENT:
	case ENOTDIR:
	case ESRCH:
		return CK_ENOTFOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return CK_EDENIED;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return CK_ENOSPACE;
	case EBUSY:
	case EAGAIN:
	case ETXTBSY:
		return CK_EBUSY;
	case ETIMEDOUT:
		return CK_ETIMEOUT;
	case ECANCELED:
		return CK_ECANCEL;
	default:
		return CK_EIO;
	}
}

static void set_sentence(struct ck_err *err, enum ck_code code, int sys, const char *fmt,
                         va_list args)
{
	err->code = code;
	err->sys = sys;
	err->remedy[0] = '\0';
	(void)vsnprintf(err->msg, sizeof err->msg, fmt, args);
}

int ck_err_set(struct ck_err *err, enum ck_code code, const char *fmt, ...)
{
	if (err) {
		va_list args;
		va_start(args, fmt);
		set_sentence(err, code, 0, fmt, args);
		va_end(args);
	}
	return code;
}

int ck_err_sys(struct ck_err *err, const char *fmt, ...)
{
	int sys = errno;
	enum ck_code code = ck_code_of_errno(sys);
	if (err) {
		va_list args;
		va_start(args, fmt);
		set_sentence(err, code, sys, fmt, args);
		va_end(args);
		char text[128];
		size_t len = strlen(err->msg);
		(void)snprintf(err->msg + len, sizeof err->msg - len, ": %s",
		               strerror_r(sys, text, sizeof text));
	}
	errno = sys;
	return code;
}

int ck_err_prefix(struct ck_err *err, const char *fmt, ...)
{
	if (!err)
		return CK_EFAIL;
	char inner[sizeof err->msg];
	memcpy(inner, err->msg, sizeof inner);
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(err->msg, sizeof err->msg, fmt, args);
	va_end(args);
	size_t len = strlen(err->msg);
	(void)snprintf(err->msg + len, sizeof err->msg - len, ": %s", inner);
	return err->code;
}

int ck_err_remedy(struct ck_err *err, const char *fmt, ...)
{
	if (!err)
		return CK_EFAIL;
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(err->remedy, sizeof err->remedy, fmt, args);
	va_end(args);
	return err->code;
}

int ck_err_nomem(struct ck_err *err)
{
	return ck_err_set(err, CK_ENOMEM, "out of memory");
}
