/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/imap_io.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

struct imap_tls {
	SSL_CTX *ctx;
	SSL *ssl;
};

void imap_tls_free(struct imap_tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->ctx);
	free(tls);
}

static int fail(struct ck_err *err, const char *what)
{
	char words[160] = "no reason given";
	unsigned long code = ERR_get_error();
	if (code)
		ERR_error_string_n(code, words, sizeof words);
	ERR_clear_error();
	return ck_err_set(err, CK_EIO, "%s: %s", what, words);
}

/** After an SSL call that returned @r: wait for what it needs. @return 0 to call again. */
static int wait_for(struct imap_io *io, int r, const char *what, struct ck_err *err)
{
	switch (SSL_get_error(io->tls->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return imap_io_wait(io, POLLIN, err);
	case SSL_ERROR_WANT_WRITE:
		return imap_io_wait(io, POLLOUT, err);
	case SSL_ERROR_SYSCALL:
		return ck_err_set(err, CK_EIO, "%s: connection lost", what);
	default:
		return fail(err, what);
	}
}

/**
 * OpenSSL writes to the socket itself and cannot be told MSG_NOSIGNAL: hold SIGPIPE back in this
 * thread, and swallow the one that a broken connection has raised.
 */
static int write_quietly(SSL *ssl, const void *data, int len)
{
	sigset_t pipe_only, before, pending;
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	bool was_pending = sigismember(&pending, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	int r = data ? SSL_write(ssl, data, len) : SSL_connect(ssl);
	sigpending(&pending);
	if (!was_pending && sigismember(&pending, SIGPIPE))
		(void)sigtimedwait(&pipe_only, NULL, &(struct timespec){0});
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int handshake(struct imap_io *io, const char *host, bool verify, struct ck_err *err)
{
	SSL *ssl = io->tls->ssl;
	for (;;) {
		ERR_clear_error();
		int r = write_quietly(ssl, NULL, 0);
		if (r == 1)
			return 0;
		long why = verify ? SSL_get_verify_result(ssl) : X509_V_OK;
		if (why != X509_V_OK) {
			(void)ck_err_set(err, CK_EDENIED, "certificate of '%s' is not accepted: %s",
			                 host, X509_verify_cert_error_string(why));
			return ck_err_remedy(err, "put the authority into the system's "
			                          "certificate store, or set server.host to "
			                          "the name in the certificate");
		}
		r = wait_for(io, r, "cannot begin TLS", err);
		if (r < 0)
			return r;
	}
}

int imap_tls_start(struct imap_io *io, const char *host, bool verify, struct ck_err *err)
{
	struct imap_tls *tls = ck_alloc(1, sizeof *tls);
	if (!tls)
		return ck_err_nomem(err);
	io->tls = tls;
	tls->ctx = SSL_CTX_new(TLS_client_method());
	if (!tls->ctx || SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION) != 1)
		return fail(err, "cannot set TLS up");
	if (verify) {
		SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER, NULL);
		if (SSL_CTX_set_default_verify_paths(tls->ctx) != 1)
			return fail(err, "cannot read the system's certificates");
	}
	tls->ssl = SSL_new(tls->ctx);
	if (!tls->ssl || SSL_set_fd(tls->ssl, io->fd) != 1)
		return fail(err, "cannot set TLS up");
	/* The name is a hint only. OpenSSL's macro would cast const away in our name. */
	(void)SSL_ctrl(tls->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
	               (void *)(uintptr_t)host);
	if (verify && SSL_set1_host(tls->ssl, host) != 1)
		return fail(err, "cannot set TLS up");
	return handshake(io, host, verify, err);
}

int imap_tls_read(struct imap_io *io, void *buf, size_t len, struct ck_err *err)
{
	int want = len > INT_MAX ? INT_MAX : (int)len;
	for (;;) {
		ERR_clear_error();
		int r = SSL_read(io->tls->ssl, buf, want);
		if (r > 0)
			return r;
		if (SSL_get_error(io->tls->ssl, r) == SSL_ERROR_ZERO_RETURN)
			return 0;
		r = wait_for(io, r, "cannot read through TLS", err);
		if (r < 0)
			return r;
	}
}

int imap_tls_write(struct imap_io *io, const void *data, size_t len, struct ck_err *err)
{
	const char *p = data;
	while (len) {
		ERR_clear_error();
		int n = len > 1 << 20 ? 1 << 20 : (int)len;
		int r = write_quietly(io->tls->ssl, p, n);
		if (r > 0) {
			p += r;
			len -= (size_t)r;
			continue;
		}
		r = wait_for(io, r, "cannot write through TLS", err);
		if (r < 0)
			return r;
	}
	return 0;
}
