/* SPDX-License-Identifier: BSD-2-Clause */
/** The bytes below an IMAP connection: a socket with a time limit, in the clear or through TLS. */
#ifndef CYRUS_IMAP_IO_H
#define CYRUS_IMAP_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/err.h>

struct imap_tls;

/** One connection. */
struct imap_io {
	int fd;               /**< Non-blocking, or -1. */
	struct imap_tls *tls; /**< NULL in the clear. */
	int timeout_ms;       /**< Of silence, for each wait. */
};

/** Connect to @host (name or address), trying each address. CK_EFAIL, CK_ETIMEOUT. */
int imap_io_connect(const char *host, uint16_t port, int timeout_ms, struct imap_io *ret,
                    struct ck_err *err) CK_MUST_USE;
void imap_io_close(struct imap_io *io);

/** Wait until the socket can be read (POLLIN) or written (POLLOUT). CK_ETIMEOUT, CK_EIO. */
int imap_io_wait(const struct imap_io *io, short events, struct ck_err *err) CK_MUST_USE;

/** Up to @len bytes. @return how many, 0 at the end, CK_ETIMEOUT, CK_EIO. */
int imap_io_read(struct imap_io *io, void *buf, size_t len, struct ck_err *err) CK_MUST_USE;

/** All of @len bytes. */
int imap_io_write(struct imap_io *io, const void *data, size_t len, struct ck_err *err) CK_MUST_USE;

/** Is the other end of the socket on this host (loopback or a local socket)? */
bool imap_io_is_local(const struct imap_io *io);

/**
 * Begin TLS on the connection.
 *
 * @host    Whose certificate it must be, when @verify is set.
 * @verify  Check the certificate against the system's authorities.
 */
int imap_tls_start(struct imap_io *io, const char *host, bool verify,
                   struct ck_err *err) CK_MUST_USE;
int imap_tls_read(struct imap_io *io, void *buf, size_t len, struct ck_err *err) CK_MUST_USE;
int imap_tls_write(struct imap_io *io, const void *data, size_t len,
                   struct ck_err *err) CK_MUST_USE;
void imap_tls_free(struct imap_tls *tls);

#endif
