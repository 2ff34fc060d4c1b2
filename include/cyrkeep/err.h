/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Errors on their way to somebody who can act.
 *
 * Every fallible function returns 0 or more on success and a negative enum ck_code on failure,
 * and takes a struct ck_err last. The struct is untouched on success; on failure it holds one
 * sentence without a final stop ("what failed, on what, why") and, where there is one, the remedy.
 * Passing NULL is allowed where only the code matters.
 */
#ifndef CK_ERR_H
#define CK_ERR_H

#include <cyrkeep/defs.h>

/** Classes of failure. A class exists because some caller branches on it. */
enum ck_code {
	CK_OK = 0,
	CK_EFAIL = -1,  /**< Failed for a reason that only the sentence knows. */
	CK_ENOMEM = -2, /**< Out of memory. */
	CK_EUSAGE =
		-3, /**< The caller, or the settings, asked for something that makes no sense. */
	CK_ENOTFOUND = -4,    /**< No such file, mailbox, archive, job. */
	CK_EBUSY = -5,        /**< Somebody else holds it; the sentence says who. */
	CK_EDENIED = -6,      /**< Permission denied. */
	CK_ENOSPACE = -7,     /**< The disk or the quota is full. */
	CK_ECORRUPT = -8,     /**< Foreign bytes break their own format. */
	CK_EUNSUPPORTED = -9, /**< Well-formed, but a version or kind that we do not read. */
	CK_ECANCEL = -10,     /**< Cancelled on request. */
	CK_ETIMEOUT = -11,    /**< Somebody did not answer in time. */
	CK_EGATE = -12,       /**< The sanity gate: the result would be empty or has shrunk. */
	CK_EIO = -13,         /**< Any other failure of a system call; see sys. */
	CK_EDOWN = -14,       /**< Cyrus was stopped by us and does not run again. */
};

/** One failure. Lives in the caller's frame; initialise with CK_ERR_INIT. */
struct ck_err {
	enum ck_code code; /**< CK_OK until something fails. */
	int sys;           /**< errno of the first failure, or 0. */
	char msg[600];     /**< One sentence, lower case, no final stop, outermost context first. */
	char remedy[300];  /**< What to do about it, a sentence without a stop; may be empty. */
};

#define CK_ERR_INIT           \
	{                     \
		.code = CK_OK \
	}

/** Set the error to @code with a printf sentence. @return @code. */
int ck_err_set(struct ck_err *err, enum ck_code code, const char *fmt, ...) CK_PRINTF(3, 4);

/** Set the error from errno: classifies it, appends ": " and its text. @return the class. */
int ck_err_sys(struct ck_err *err, const char *fmt, ...) CK_PRINTF(2, 3);

/** Put "context: " before the sentence. @return the code the error already has. */
int ck_err_prefix(struct ck_err *err, const char *fmt, ...) CK_PRINTF(2, 3);

/** Say what to do about it. @return the code the error already has. */
int ck_err_remedy(struct ck_err *err, const char *fmt, ...) CK_PRINTF(2, 3);

/** "out of memory". @return CK_ENOMEM. */
int ck_err_nomem(struct ck_err *err);

/** The class that fits errno value @sys: ENOENT is CK_ENOTFOUND, ENOSPC and EDQUOT CK_ENOSPACE, …
 */
enum ck_code ck_code_of_errno(int sys);

#endif
