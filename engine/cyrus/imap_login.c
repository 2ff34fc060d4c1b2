/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/imap.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

/** base64("authzid NUL user NUL password"), owned. */
static char *encode_plain(const char *authzid, const char *user, const char *password)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT;
	ck_buf_adds(&raw, authzid ? authzid : "");
	ck_buf_addc(&raw, '\0');
	ck_buf_adds(&raw, user);
	ck_buf_addc(&raw, '\0');
	ck_buf_adds(&raw, password);
	char *text = raw.failed ? NULL : ck_alloc(raw.len / 3 + 2, 4);
	if (text)
		(void)EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)raw.data,
		                      (int)raw.len);
	explicit_bzero(raw.data, raw.len);
	return text;
}

static int authenticate_plain(struct imap *c, const char *user, const char *password,
                              const char *authzid, struct ck_err *err)
{
	char *secret = encode_plain(authzid, user, password);
	if (!secret)
		return ck_err_nomem(err);
	int r = imap_has(c, "SASL-IR")
	                ? imap_commandf(c, NULL, NULL, err, "AUTHENTICATE PLAIN %s", secret)
	                : imap_converse(c, "AUTHENTICATE PLAIN", secret, err);
	explicit_bzero(secret, strlen(secret));
	free(secret);
	return r;
}

static int login(struct imap *c, const char *user, const char *password, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf cmd = CK_BUF_INIT;
	ck_buf_adds(&cmd, "LOGIN ");
	imap_put_string(&cmd, user, strlen(user));
	ck_buf_addc(&cmd, ' ');
	imap_put_string(&cmd, password, strlen(password));
	int r = cmd.failed ? ck_err_nomem(err)
	                   : imap_command(c, cmd.data, cmd.len, NULL, NULL, NULL, err);
	explicit_bzero(cmd.data, cmd.len);
	return r;
}

static int refuse(const char *user, const char *authzid, struct ck_err *err)
{
	if (authzid) {
		(void)ck_err_prefix(err, "'%s' may not act for '%s'", user, authzid);
		(void)ck_err_remedy(err, "'%s' must be in admins and in proxyservers of imapd.conf",
		                    user);
	} else {
		(void)ck_err_prefix(err, "login of '%s' is refused", user);
		(void)ck_err_remedy(err, "set admin and password_file in 'server'");
	}
	if (err)
		err->code = CK_EDENIED;
	return CK_EDENIED;
}

int imap_login(struct imap *c, const char *user, const char *password, const char *authzid,
               struct ck_err *err)
{
	bool plain = imap_has(c, "AUTH=PLAIN");
	if (!plain && (authzid || imap_has(c, "LOGINDISABLED"))) {
		(void)ck_err_set(err, CK_EDENIED, "the server offers no login with a password%s",
		                 imap_has(c, "STARTTLS") ? " before STARTTLS" : "");
		return ck_err_remedy(err, imap_has(c, "STARTTLS")
		                                  ? "set tls = \"starttls\" in 'server'"
		                                  : "allow PLAIN in sasl_mech_list of imapd.conf");
	}
	int r = plain ? authenticate_plain(c, user, password, authzid, err)
	              : login(c, user, password, err);
	if (r == CK_EFAIL)
		return refuse(user, authzid, err);
	if (r < 0)
		return ck_err_prefix(err, "login of '%s'", user);
	/* Administrators are shown more once they are in. */
	return imap_ask_capabilities(c, err);
}
