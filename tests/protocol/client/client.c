// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A vfio-user client for tests. Waits are limited by the socket's receive time-out.
 */
#include "tests/protocol/client/client.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_SECONDS 30
#define MAX_FDS 64
#define PCI_COMMAND 4
#define PCI_COMMAND_MEMORY_AND_MASTER 6

/**
 * client_connect() - connect and do nothing else
 */
int client_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = WAIT_SECONDS };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(sock >= 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	assert_int_equal(setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
	assert_int_equal(connect(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return sock;
}

/**
 * client_open() - connect and negotiate
 */
int client_open(const char *path)
{
	static const struct {
		uint16_t major, minor;
		char text[24];
	} version = { 0, 0, "{\"capabilities\":{}}" };
	struct reply reply;
	int sock = client_connect(path);

	assert_int_equal(client_call(sock, CMD_VERSION, &version, 4 + strlen(version.text) + 1, NULL, 0, &reply), 0);
	return sock;
}

/**
 * client_send_raw() - send bytes as they are
 */
void client_send_raw(int sock, const void *bytes, size_t len, const int *fds, unsigned int fd_count)
{
	union {
		char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)bytes, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd_count) {
		struct cmsghdr *cmsg;

		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, fd_count * sizeof(int));
	}
	assert_int_equal(sendmsg(sock, &msg, MSG_NOSIGNAL), len);
}

/**
 * client_send() - send a command
 */
void client_send(int sock, uint16_t command, const void *payload, size_t len, const int *fds, unsigned int fd_count)
{
	uint8_t bytes[sizeof(struct header) + (128 << 10)];
	struct header header = { .id = 0x1234, .command = command, .size = (uint32_t)(sizeof(header) + len) };

	assert_true(sizeof(header) + len <= sizeof(bytes));
	memcpy(bytes, &header, sizeof(header));
	if (len)
		memcpy(bytes + sizeof(header), payload, len);
	client_send_raw(sock, bytes, sizeof(header) + len, fds, fd_count);
}

static bool receive_bytes(int sock, void *buf, size_t len, int *fd)
{
	size_t have = 0;

	while (have < len) {
		union {
			char bytes[CMSG_SPACE(sizeof(int))];
			struct cmsghdr align;
		} control;
		struct iovec iov = { .iov_base = (uint8_t *)buf + have, .iov_len = len - have };
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		ssize_t got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
		struct cmsghdr *cmsg;

		if (got < 0 && errno == EAGAIN)
			fail_msg("no answer for %d s", WAIT_SECONDS);
		if (got <= 0)
			return false;
		cmsg = CMSG_FIRSTHDR(&msg);
		if (cmsg && cmsg->cmsg_type == SCM_RIGHTS && fd)
			memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
		have += (size_t)got;
	}
	return true;
}

/**
 * client_receive() - receive a reply
 * Return: false if the server has closed the connection.
 */
bool client_receive(int sock, struct reply *ret_reply)
{
	ret_reply->fd = -1;
	if (!receive_bytes(sock, &ret_reply->header, sizeof(ret_reply->header), &ret_reply->fd))
		return false;
	assert_true(ret_reply->header.size >= sizeof(ret_reply->header));
	ret_reply->payload_bytes = ret_reply->header.size - sizeof(ret_reply->header);
	assert_true(ret_reply->payload_bytes <= sizeof(ret_reply->payload));
	return receive_bytes(sock, ret_reply->payload, ret_reply->payload_bytes, &ret_reply->fd);
}

/**
 * client_is_closed() - wait for the server to close the connection; false if it sends something instead
 */
bool client_is_closed(int sock)
{
	char byte;
	ssize_t got = recv(sock, &byte, 1, 0);

	if (got < 0 && errno == EAGAIN)
		fail_msg("the server neither answers nor closes");
	return got <= 0;
}

/**
 * client_call() - send a command and take its reply, checking what every reply must have
 * Return: 0, the error of an error reply, or -ECONNRESET if the server has closed the connection.
 */
int client_call(int sock, uint16_t command, const void *payload, size_t len, const int *fds, unsigned int fd_count,
		struct reply *ret_reply)
{
	client_send(sock, command, payload, len, fds, fd_count);
	if (!client_receive(sock, ret_reply))
		return -ECONNRESET;
	assert_int_equal(ret_reply->header.id, 0x1234);
	assert_int_equal(ret_reply->header.command, command);
	if (ret_reply->header.flags == (FLAG_REPLY | FLAG_ERROR)) {
		assert_int_equal(ret_reply->payload_bytes, 0);
		assert_int_not_equal(ret_reply->header.error, 0);
		return (int)ret_reply->header.error;
	}
	assert_int_equal(ret_reply->header.flags, FLAG_REPLY);
	return 0;
}

/**
 * client_read() - read from a region
 * Return: as client_call().
 */
int client_read(int sock, uint32_t region, uint64_t offset, void *buf, uint32_t len)
{
	struct region_access access = { offset, region, len };
	struct reply reply;
	int ret = client_call(sock, CMD_REGION_READ, &access, sizeof(access), NULL, 0, &reply);

	if (ret)
		return ret;
	assert_int_equal(reply.payload_bytes, sizeof(access) + len);
	assert_memory_equal(reply.payload, &access, sizeof(access));
	memcpy(buf, reply.payload + sizeof(access), len);
	return 0;
}

/**
 * client_write() - write to a region
 * Return: as client_call().
 */
int client_write(int sock, uint32_t region, uint64_t offset, const void *buf, uint32_t len)
{
	uint8_t bytes[sizeof(struct region_access) + (64 << 10)];
	struct region_access access = { offset, region, len };
	struct reply reply;
	int ret;

	assert_true(sizeof(access) + len <= sizeof(bytes));
	memcpy(bytes, &access, sizeof(access));
	memcpy(bytes + sizeof(access), buf, len);
	ret = client_call(sock, CMD_REGION_WRITE, bytes, sizeof(access) + len, NULL, 0, &reply);
	if (!ret)
		assert_int_equal(reply.payload_bytes, sizeof(access));
	return ret;
}

uint32_t client_read32(int sock, uint32_t region, uint64_t offset)
{
	uint32_t value;

	assert_int_equal(client_read(sock, region, offset, &value, sizeof(value)), 0);
	return value;
}

void client_write32(int sock, uint32_t region, uint64_t offset, uint32_t value)
{
	assert_int_equal(client_write(sock, region, offset, &value, sizeof(value)), 0);
}

/**
 * client_map() - map memory for the device's DMA
 * @fd: -1: without a file
 * Return: as client_call().
 */
int client_map(int sock, uint64_t addr, uint64_t size, uint64_t offset, int fd, uint32_t flags)
{
	struct dma_map map = { sizeof(map), flags, offset, addr, size };
	struct reply reply;

	return client_call(sock, CMD_DMA_MAP, &map, sizeof(map), &fd, fd >= 0, &reply);
}

int client_unmap(int sock, uint64_t addr, uint64_t size)
{
	struct dma_unmap unmap = { sizeof(unmap), 0, addr, size };
	struct reply reply;

	return client_call(sock, CMD_DMA_UNMAP, &unmap, sizeof(unmap), NULL, 0, &reply);
}

/**
 * client_set_msi() - let the MSI vector signal an eventfd; -1: none
 * Return: as client_call().
 */
int client_set_msi(int sock, int eventfd)
{
	struct irq_set set = { sizeof(set), 0x24, 1, 0, 1 }; /* DATA_EVENTFD | ACTION_TRIGGER, VFIO_PCI_MSI_IRQ_INDEX */
	struct reply reply;

	return client_call(sock, CMD_SET_IRQS, &set, sizeof(set), &eventfd, eventfd >= 0, &reply);
}

/**
 * client_map_ggtt() - map the GGTT's entries, GGTT_BYTES of them
 */
uint32_t *client_map_ggtt(int sock)
{
	struct region_info info = { .argsz = 256, .index = BAR0 };
	struct reply reply;
	void *ggtt;

	assert_int_equal(client_call(sock, CMD_GET_REGION_INFO, &info, sizeof(info), NULL, 0, &reply), 0);
	assert_true(reply.fd >= 0);
	ggtt = mmap(NULL, GGTT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, reply.fd, GGTT_OFFSET);
	assert_true(ggtt != MAP_FAILED);
	close(reply.fd);
	return ggtt;
}

void client_enable_bus_master(int sock)
{
	uint16_t command = PCI_COMMAND_MEMORY_AND_MASTER;

	assert_int_equal(client_write(sock, CONFIG, PCI_COMMAND, &command, sizeof(command)), 0);
}
