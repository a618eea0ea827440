/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The vfio-user protocol as this server speaks it: the messages' layout and limits, and the session that answers them.
 *
 * Source of every number here: the vfio-user protocol specification, revision 0.9.x ("vfio-user.rst", kept in QEMU's
 * docs/interop), and <linux/vfio.h> for what the two have in common. All fields are in the host's byte order.
 *
 * Context: one thread, no locks.
 */
#ifndef GEN75_VFIO_USER_H
#define GEN75_VFIO_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gen75_conn;
struct gen75_device;
struct gen75_log;

enum vfu_command {
	VFU_VERSION = 1,
	VFU_DMA_MAP = 2,
	VFU_DMA_UNMAP = 3,
	VFU_DEVICE_GET_INFO = 4,
	VFU_DEVICE_GET_REGION_INFO = 5,
	VFU_DEVICE_GET_REGION_IO_FDS = 6,
	VFU_DEVICE_GET_IRQ_INFO = 7,
	VFU_DEVICE_SET_IRQS = 8,
	VFU_REGION_READ = 9,
	VFU_REGION_WRITE = 10,
	VFU_DMA_READ = 11, /* from server to client */
	VFU_DMA_WRITE = 12, /* from server to client */
	VFU_DEVICE_RESET = 13,
};

#define VFU_FLAGS_TYPE 0x0fu /* 0 command, 1 reply */
#define VFU_FLAGS_COMMAND 0x00u
#define VFU_FLAGS_REPLY 0x01u
#define VFU_FLAGS_NO_REPLY 0x10u
#define VFU_FLAGS_ERROR 0x20u

struct vfu_header {
	uint16_t id;
	uint16_t command;
	uint32_t size; /* of the whole message, header included */
	uint32_t flags;
	uint32_t error;
};

struct vfu_version {
	uint16_t major;
	uint16_t minor;
	/* then JSON text with its terminating NUL, optional */
};

struct vfu_dma_map {
	uint32_t argsz;
	uint32_t flags; /* VFIO_DMA_MAP_FLAG_READ, _WRITE */
	uint64_t offset;
	uint64_t addr;
	uint64_t size;
};

struct vfu_dma_unmap {
	uint32_t argsz;
	uint32_t flags; /* VFIO_DMA_UNMAP_FLAG_ALL, or 0 */
	uint64_t addr;
	uint64_t size;
};

struct vfu_region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
	/* then the data: in the request of a write, in the reply of a read */
};

/*
 * What this server announces and insists on. One register access is at most 8 bytes, so a data limit far below the
 * protocol's default of 1 MiB costs nothing and keeps a connection's buffers small.
 */
#define VFU_MAX_DATA_BYTES (64u << 10)
#define VFU_MAX_MSG_BYTES (sizeof(struct vfu_header) + sizeof(struct vfu_region_access) + VFU_MAX_DATA_BYTES)
#define VFU_MAX_MSG_FDS 1u
#define VFU_MAX_DMA_MAPS 1024u

/**
 * struct vfu_request - one complete message from the client
 * @payload: what follows the header, not aligned
 * @fds: descriptors that came with it; a handler that keeps one replaces it by -1, the rest are closed after it
 * @fds_lost: more descriptors came than are ever allowed, the kernel dropped some
 */
struct vfu_request {
	struct vfu_header header;
	const uint8_t *payload;
	size_t payload_bytes;
	int *fds;
	unsigned int fd_count;
	bool fds_lost;
};

/**
 * struct vfu_reply - what a handler answers
 * @payload: room for VFU_MAX_MSG_BYTES less the header, not aligned
 * @fd: descriptor to pass along, the handler's to keep; -1: none
 */
struct vfu_reply {
	uint8_t *payload;
	size_t payload_bytes;
	int fd;
};

/**
 * struct gen75_session - a client from its connection to its end
 * @negotiated: VERSION has been agreed on; nothing else is answered before
 */
struct gen75_session {
	struct gen75_conn *conn;
	struct gen75_device *device;
	struct gen75_log *log;
	bool negotiated;
	uint64_t messages;
	uint64_t rejected;
};

int gen75_session_answer(struct gen75_session *session, struct vfu_request *request);

#endif
