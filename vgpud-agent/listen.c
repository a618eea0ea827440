// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * listen.c - numeric addresses only: a name could turn out to be an address that other hosts reach. No lock, no state.
 */
#include "vgpud-agent/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "lib/size.h"

#define SEND_BYTES 65536

/**
 * vgpu_listen_parse() - read 127.0.0.1:9479 or [::1]:9479
 * @text: the address and port
 * @ret_listen: where that is
 *
 * Return: 0, -EINVAL when it is something else.
 */
int vgpu_listen_parse(const char *text, struct vgpu_listen *ret_listen)
{
	const char *colon = strrchr(text, ':');
	struct vgpu_listen where = { 0 };
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&where.address;
	struct sockaddr_in *four = (struct sockaddr_in *)&where.address;
	char host[INET6_ADDRSTRLEN + 2] = ""; /* with its brackets */
	size_t length = colon ? colon - text : 0;
	uint64_t port;

	if (!length || length >= sizeof(host) || vgpu_number_parse(colon + 1, 1, 65535, &port))
		return -EINVAL;
	memcpy(host, text, length);
	if (host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		where.length = sizeof(*six);
		if (inet_pton(AF_INET6, host + 1, &six->sin6_addr) != 1)
			return -EINVAL;
	} else {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		where.length = sizeof(*four);
		if (inet_pton(AF_INET, host, &four->sin_addr) != 1)
			return -EINVAL;
	}
	*ret_listen = where;
	return 0;
}

/**
 * vgpu_listen_loopback() - is it certain that no other host reaches it?
 * @where: address and port
 *
 * Return: true for 127.0.0.0/8 and ::1.
 */
bool vgpu_listen_loopback(const struct vgpu_listen *where)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&where->address;
	const struct sockaddr_in *four = (const struct sockaddr_in *)&where->address;

	if (where->address.ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
	return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/**
 * vgpu_listen_open() - listen
 * @where: address and port; an address that the host does not have yet is taken, and works once it has it
 * @ret_fd: the socket, non-blocking
 *
 * Return: 0 or -errno.
 */
int vgpu_listen_open(const struct vgpu_listen *where, int *ret_fd)
{
	bool six = where->address.ss_family == AF_INET6;
	const int on = 1, send_bytes = SEND_BYTES;
	int fd, rc;

	fd = socket(where->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/*
	 * The port is ours again at once after a restart. At boot the network may come up after us. Connections inherit the small
	 * buffer: who does not read costs one of the connections that there may be, and not memory of the kernel's for each that he makes.
	 */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_FREEBIND : IP_FREEBIND, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof(send_bytes)) ||
	    bind(fd, (const struct sockaddr *)&where->address, where->length) || listen(fd, SOMAXCONN)) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}
