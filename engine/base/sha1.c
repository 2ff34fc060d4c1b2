/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/sha1.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

/* OpenSSL 3 looks EVP_sha1() up anew for each message, which costs more than hashing a small one.
 */
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
typedef EVP_MD algorithm;
#define fetch()    EVP_MD_fetch(NULL, "SHA1", NULL)
#define release(a) EVP_MD_free(a)
#else
typedef const EVP_MD algorithm;
#define fetch()    EVP_sha1()
#define release(a) ((void)(a))
#endif

struct sha1 {
	EVP_MD_CTX *ctx;
	algorithm *md;
	bool failed;
};

int sha1_new(struct sha1 **ret, struct ck_err *err)
{
	struct sha1 *s = ck_alloc(1, sizeof *s);
	if (!s)
		return ck_err_nomem(err);
	s->ctx = EVP_MD_CTX_new();
	s->md = fetch();
	if (!s->ctx || !s->md) {
		sha1_free(s);
		return ck_err_set(err, CK_EFAIL, "OpenSSL offers no SHA-1");
	}
	*ret = s;
	return 0;
}

void sha1_free(struct sha1 *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->ctx);
	release(s->md);
	free(s);
}

void sha1_begin(struct sha1 *s)
{
	s->failed = EVP_DigestInit_ex(s->ctx, s->md, NULL) != 1;
}

void sha1_add(struct sha1 *s, const void *bytes, size_t len)
{
	if (EVP_DigestUpdate(s->ctx, bytes, len) != 1)
		s->failed = true;
}

int sha1_end(struct sha1 *s, uint8_t ret[SHA1_SIZE], struct ck_err *err)
{
	unsigned len = 0;
	uint8_t digest[EVP_MAX_MD_SIZE];
	if (s->failed || EVP_DigestFinal_ex(s->ctx, digest, &len) != 1 || len != SHA1_SIZE)
		return ck_err_set(err, CK_EFAIL, "cannot compute a SHA-1");
	memcpy(ret, digest, SHA1_SIZE);
	return 0;
}

int sha1_of(const void *bytes, size_t len, uint8_t ret[SHA1_SIZE], struct ck_err *err)
{
	struct sha1 *s;
	int r = sha1_new(&s, err);
	if (r < 0)
		return r;
	sha1_begin(s);
	sha1_add(s, bytes, len);
	r = sha1_end(s, ret, err);
	sha1_free(s);
	return r;
}
