/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/imap_io.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/number.h"

int imap_io_wait(const struct imap_io *io, short events, struct ck_err *err)
{
	int64_t deadline = time_mono_ms() + io->timeout_ms;
	for (;;) {
		int64_t left = deadline - time_mono_ms();
		struct pollfd p = {.fd = io->fd, .events = events};
		int r = poll(&p, 1, left < 0 ? 0 : (int)left);
		if (r > 0)
			return 0; /* errors show in the read or write that follows */
		if (r == 0)
			return ck_err_set(err, CK_ETIMEOUT, "no answer within %d seconds",
			                  (io->timeout_ms + 999) / 1000);
		if (errno != EINTR)
			return ck_err_sys(err, "cannot wait for the connection");
	}
}

int imap_io_read(struct imap_io *io, void *buf, size_t len, struct ck_err *err)
{
	if (io->tls)
		return imap_tls_read(io, buf, len, err);
	if (len > 1 << 20)
		len = 1 << 20;
	for (;;) {
		ssize_t n = recv(io->fd, buf, len, 0);
		if (n >= 0)
			return (int)n;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN) {
			(void)ck_err_sys(err, "connection lost");
			return CK_EIO;
		}
		int r = imap_io_wait(io, POLLIN, err);
		if (r < 0)
			return r;
	}
}

int imap_io_write(struct imap_io *io, const void *data, size_t len, struct ck_err *err)
{
	if (io->tls)
		return imap_tls_write(io, data, len, err);
	const char *p = data;
	while (len) {
		ssize_t n = send(io->fd, p, len, MSG_NOSIGNAL);
		if (n >= 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN) {
			(void)ck_err_sys(err, "connection lost");
			return CK_EIO;
		}
		int r = imap_io_wait(io, POLLOUT, err);
		if (r < 0)
			return r;
	}
	return 0;
}

bool imap_io_is_local(const struct imap_io *io)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	if (getpeername(io->fd, (struct sockaddr *)&peer, &len) < 0)
		return false;
	if (peer.ss_family == AF_UNIX)
		return true;
	if (peer.ss_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, &peer, sizeof in);
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	}
	if (peer.ss_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, &peer, sizeof in6);
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return false;
}

/** Finish a connect() that is under way. @return 0, or a negative code with errno's words. */
static int finish_connect(struct imap_io *io, struct ck_err *err)
{
	int r = imap_io_wait(io, POLLOUT, err);
	if (r < 0)
		return r;
	int sys = 0;
	socklen_t len = sizeof sys;
	if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &sys, &len) < 0)
		sys = errno;
	if (sys == 0)
		return 0;
	return ck_err_set(err, CK_EFAIL, "%s", strerror(sys));
}

static int try_address(const struct addrinfo *a, struct imap_io *io, struct ck_err *err)
{
	io->fd =
		socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
	if (io->fd < 0)
		return ck_err_sys(err, "cannot make a socket");
	/* A command is written in pieces: without this each would wait for a delayed ACK. */
	int on = 1;
	(void)setsockopt(io->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	int r = 0;
	if (connect(io->fd, a->ai_addr, a->ai_addrlen) < 0)
		r = errno == EINPROGRESS ? finish_connect(io, err)
		                         : ck_err_set(err, CK_EFAIL, "%s", strerror(errno));
	if (r < 0) {
		(void)close(io->fd);
		io->fd = -1;
	}
	return r;
}

int imap_io_connect(const char *host, uint16_t port, int timeout_ms, struct imap_io *ret,
                    struct ck_err *err)
{
	char service[8];
	(void)snprintf(service, sizeof service, "%u", port);
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list;
	int r = getaddrinfo(host, service, &hints, &list);
	if (r != 0)
		return ck_err_set(err, CK_EFAIL, "cannot find host '%s': %s", host,
		                  gai_strerror(r));
	struct imap_io io = {.fd = -1, .timeout_ms = timeout_ms};
	struct ck_err why = CK_ERR_INIT;
	r = CK_EFAIL;
	for (const struct addrinfo *a = list; a && r < 0; a = a->ai_next)
		r = try_address(a, &io, &why);
	freeaddrinfo(list);
	if (r < 0)
		return ck_err_set(err, r == CK_ETIMEOUT ? CK_ETIMEOUT : CK_EFAIL,
		                  "cannot connect to '%s' port %u: %s", host, port, why.msg);
	*ret = io;
	return 0;
}

void imap_io_close(struct imap_io *io)
{
	imap_tls_free(io->tls);
	if (io->fd >= 0)
		(void)close(io->fd);
	*io = (struct imap_io){.fd = -1};
}
