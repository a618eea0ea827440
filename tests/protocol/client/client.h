/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A vfio-user client for tests. It speaks the protocol by its specification, not by the server's code, so the message
 * layouts stand here once more; and it can send what no well-behaved client would.
 */
#ifndef PROTO_CLIENT_H
#define PROTO_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CMD_VERSION = 1,
	CMD_DMA_MAP,
	CMD_DMA_UNMAP,
	CMD_GET_INFO,
	CMD_GET_REGION_INFO,
	CMD_GET_REGION_IO_FDS,
	CMD_GET_IRQ_INFO,
	CMD_SET_IRQS,
	CMD_REGION_READ,
	CMD_REGION_WRITE,
	CMD_DMA_READ,
	CMD_DMA_WRITE,
	CMD_RESET,
};

enum {
	BAR0 = 0,
	BAR2 = 2,
	BAR4 = 4,
	CONFIG = 7
};

#define FLAG_REPLY 0x01u
#define FLAG_NO_REPLY 0x10u
#define FLAG_ERROR 0x20u

#define MAP_READ 1u
#define MAP_WRITE 2u

#define GGTT_OFFSET (2u << 20)
#define GGTT_BYTES (2u << 20)

struct header {
	uint16_t id;
	uint16_t command;
	uint32_t size;
	uint32_t flags;
	uint32_t error;
};

struct dma_map {
	uint32_t argsz, flags;
	uint64_t offset, addr, size;
};

struct dma_unmap {
	uint32_t argsz, flags;
	uint64_t addr, size;
};

struct device_info {
	uint32_t argsz, flags, num_regions, num_irqs;
};

struct region_info {
	uint32_t argsz, flags, index, cap_offset;
	uint64_t size, offset;
};

struct sparse_cap {
	uint16_t id, version;
	uint32_t next, nr_areas, reserved;
	uint64_t offset, size;
};

struct irq_info {
	uint32_t argsz, flags, index, count;
};

struct irq_set {
	uint32_t argsz, flags, index, start, count;
};

struct region_access {
	uint64_t offset;
	uint32_t region, count;
};

/**
 * struct reply - an answer
 * @fd: descriptor that came with it, the receiver's to close; -1: none
 */
struct reply {
	struct header header;
	uint8_t payload[128 << 10];
	size_t payload_bytes;
	int fd;
};

int client_connect(const char *path);
int client_open(const char *path);

void client_send_raw(int sock, const void *bytes, size_t len, const int *fds, unsigned int fd_count);
void client_send(int sock, uint16_t command, const void *payload, size_t len, const int *fds, unsigned int fd_count);
bool client_receive(int sock, struct reply *ret_reply);
bool client_is_closed(int sock);
int client_call(int sock, uint16_t command, const void *payload, size_t len, const int *fds, unsigned int fd_count,
		struct reply *ret_reply);

int client_read(int sock, uint32_t region, uint64_t offset, void *buf, uint32_t len);
int client_write(int sock, uint32_t region, uint64_t offset, const void *buf, uint32_t len);
uint32_t client_read32(int sock, uint32_t region, uint64_t offset);
void client_write32(int sock, uint32_t region, uint64_t offset, uint32_t value);
int client_map(int sock, uint64_t addr, uint64_t size, uint64_t offset, int fd, uint32_t flags);
int client_unmap(int sock, uint64_t addr, uint64_t size);
int client_set_msi(int sock, int eventfd);
uint32_t *client_map_ggtt(int sock);
void client_enable_bus_master(int sock);

#endif
