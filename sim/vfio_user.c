// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The vfio-user session: one handler for each command, in a table that says what the command's message must look like.
 *
 * What a client sends is copied before it is looked at. A message that is not acceptable gets an error reply and has no
 * effect; there is one rate-limited log line for it. The sources are those of vfio_user.h.
 */
#include "sim/vfio_user.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <unistd.h>

#include "sim/conn.h"
#include "sim/device.h"
#include "sim/log.h"

/**
 * struct command - what a command's message looks like
 * @payload_bytes: the least that its payload must have
 * @fd_count: the most descriptors that it may carry
 */
struct command {
	const char *name;
	size_t payload_bytes;
	unsigned int fd_count;
	int (*handle)(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply);
};

#define PROTOCOL_MAJOR 0
#define PROTOCOL_MINOR 0

/*
 * The reply must not announce more than the client proposed. Each of these only narrows a default that holds without being
 * proposed. write_multiple is not among them: with a mapped region clients must not post writes anyway.
 */
static const char capabilities[] =
	"{\"capabilities\":{\"max_msg_fds\":1,\"max_data_xfer_size\":65536,\"max_dma_maps\":1024,\"pgsizes\":4096}}";

_Static_assert(VFU_MAX_MSG_FDS == 1 && VFU_MAX_DATA_BYTES == 65536 && VFU_MAX_DMA_MAPS == 1024, "as announced");

static int handle_version(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply)
{
	struct vfu_version version;
	size_t text_bytes = request->payload_bytes - sizeof(version);

	memcpy(&version, request->payload, sizeof(version));
	if (session->negotiated || version.major != PROTOCOL_MAJOR)
		return -EINVAL;
	if (text_bytes && request->payload[request->payload_bytes - 1] != '\0')
		return -EINVAL;

	version.minor = PROTOCOL_MINOR; /* clients that propose minor 0 take nothing else */
	memcpy(reply->payload, &version, sizeof(version));
	memcpy(reply->payload + sizeof(version), capabilities, sizeof(capabilities));
	reply->payload_bytes = sizeof(version) + sizeof(capabilities);
	session->negotiated = true;
	return 0;
}

static int handle_dma_map(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply)
{
	struct vfu_dma_map map;

	memcpy(&map, request->payload, sizeof(map));
	return gen75_dma_map(&session->device->dma, &map, request->fd_count ? request->fds[0] : -1);
}

static int handle_dma_unmap(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply)
{
	struct gen75_dma *dma = &session->device->dma;
	struct vfu_dma_unmap unmap;
	int ret = 0;

	memcpy(&unmap, request->payload, sizeof(unmap));
	if (unmap.argsz < sizeof(unmap))
		return -EINVAL;
	if (unmap.flags == VFIO_DMA_UNMAP_FLAG_ALL)
		gen75_dma_unmap_all(dma);
	else
		ret = unmap.flags ? -EINVAL : gen75_dma_unmap(dma, unmap.addr, unmap.size);
	if (ret)
		return ret;
	memcpy(reply->payload, &unmap, sizeof(unmap));
	reply->payload_bytes = sizeof(unmap);
	return 0;
}

static int handle_get_info(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply)
{
	struct vfio_device_info info;
	uint32_t argsz;

	memcpy(&argsz, request->payload, sizeof(argsz));
	/* the protocol knows the first 16 bytes of <linux/vfio.h>'s structure */
	reply->payload_bytes = offsetof(struct vfio_device_info, cap_offset);
	if (argsz < reply->payload_bytes)
		return -EINVAL;
	info = (struct vfio_device_info) {
		.argsz = (uint32_t)reply->payload_bytes,
		.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
		.num_regions = GEN75_DEVICE_REGIONS,
		.num_irqs = GEN75_DEVICE_IRQS,
	};
	memcpy(reply->payload, &info, reply->payload_bytes);
	return 0;
}

/* Write the only capability that a region has: the part of it that may be mapped. Returns the capability's size. */
static uint32_t put_sparse_mmap(uint8_t *to, const struct gen75_region *region)
{
	const struct vfio_region_info_cap_sparse_mmap cap = {
		.header = { .id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1 },
		.nr_areas = 1,
	};
	const struct vfio_region_sparse_mmap_area area = { region->mmap_offset, region->mmap_bytes };

	memcpy(to, &cap, sizeof(cap));
	memcpy(to + sizeof(cap), &area, sizeof(area));
	return sizeof(cap) + sizeof(area);
}

static int handle_get_region_info(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply)
{
	struct vfio_region_info info;
	struct gen75_region region;
	uint32_t argsz;
	int ret;

	memcpy(&info, request->payload, sizeof(info));
	argsz = info.argsz;
	if (argsz < sizeof(info))
		return -EINVAL;
	ret = gen75_device_region(session->device, info.index, &region);
	if (ret)
		return ret;

	info = (struct vfio_region_info) { .argsz = sizeof(info), .index = info.index, .size = region.size };
	if (region.size)
		info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (region.mmap_bytes) {
		/* A client with too small a buffer takes argsz, asks again, and checks cap_offset in both replies. */
		info.flags |= VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS;
		info.cap_offset = sizeof(info);
		info.argsz += put_sparse_mmap(reply->payload + sizeof(info), &region);
		reply->fd = region.fd;
		session->device->ggtt_shared = true;
	}
	memcpy(reply->payload, &info, sizeof(info));
	reply->payload_bytes = argsz < info.argsz ? sizeof(info) : info.argsz;
	return 0;
}

static int handle_get_irq_info(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply)
{
	struct vfio_irq_info info;

	memcpy(&info, request->payload, sizeof(info));
	if (info.argsz < sizeof(info) || info.index >= GEN75_DEVICE_IRQS)
		return -EINVAL;
	info.count = gen75_device_irq_count(info.index);
	info.flags = info.count ? VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE : 0;
	info.argsz = sizeof(info);
	memcpy(reply->payload, &info, sizeof(info));
	reply->payload_bytes = sizeof(info);
	return 0;
}

static int set_msi(struct gen75_session *session, struct vfu_request *request)
{
	int ret = gen75_device_set_msi(session->device, request->fd_count ? request->fds[0] : -1);

	if (!ret && request->fd_count)
		request->fds[0] = -1;
	return ret;
}

static int handle_set_irqs(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply)
{
	struct vfio_irq_set set;
	uint32_t data, count;

	memcpy(&set, request->payload, sizeof(set));
	if (set.argsz < sizeof(set) || set.index >= GEN75_DEVICE_IRQS)
		return -EINVAL;
	count = gen75_device_irq_count(set.index);
	if (set.start > count || set.count > count - set.start)
		return -EINVAL;
	/* The one action that an interrupt without a mask has. */
	if ((set.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -EINVAL;
	data = set.flags & ~VFIO_IRQ_SET_ACTION_TYPE_MASK;
	if (request->fd_count && data != VFIO_IRQ_SET_DATA_EVENTFD)
		return -EINVAL;

	switch (data) {
	case VFIO_IRQ_SET_DATA_NONE:
		if (set.count)
			gen75_device_send_msi(session->device);
		else if (set.index == VFIO_PCI_MSI_IRQ_INDEX && !set.start)
			return gen75_device_set_msi(session->device, -1);
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		if (request->payload_bytes - sizeof(set) < set.count)
			return -EINVAL;
		if (set.count && request->payload[sizeof(set)])
			gen75_device_send_msi(session->device);
		return 0;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return set.count == 1 ? set_msi(session, request) : -EINVAL;
	default:
		return -EINVAL;
	}
}

static int handle_region_read(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply)
{
	struct vfu_region_access access;
	int ret;

	memcpy(&access, request->payload, sizeof(access));
	if (access.count > VFU_MAX_DATA_BYTES)
		return -EINVAL;
	ret = gen75_device_read(session->device, access.region, access.offset, reply->payload + sizeof(access), access.count);
	if (ret)
		return ret;
	memcpy(reply->payload, &access, sizeof(access));
	reply->payload_bytes = sizeof(access) + access.count;
	return 0;
}

static int handle_region_write(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply)
{
	struct vfu_region_access access;
	int ret;

	memcpy(&access, request->payload, sizeof(access));
	if (access.count != request->payload_bytes - sizeof(access))
		return -EINVAL;
	ret = gen75_device_write(session->device, access.region, access.offset, request->payload + sizeof(access), access.count);
	if (ret)
		return ret;
	memcpy(reply->payload, &access, sizeof(access));
	reply->payload_bytes = sizeof(access);
	return 0;
}

static int handle_reset(struct gen75_session *session, struct vfu_request *request, struct vfu_reply *reply)
{
	gen75_device_reset(session->device);
	return 0;
}

static const struct command commands[] = {
	[VFU_VERSION] = { "VERSION", sizeof(struct vfu_version), 0, handle_version },
	[VFU_DMA_MAP] = { "DMA_MAP", sizeof(struct vfu_dma_map), 1, handle_dma_map },
	[VFU_DMA_UNMAP] = { "DMA_UNMAP", sizeof(struct vfu_dma_unmap), 0, handle_dma_unmap },
	[VFU_DEVICE_GET_INFO] = { "DEVICE_GET_INFO", offsetof(struct vfio_device_info, cap_offset), 0, handle_get_info },
	[VFU_DEVICE_GET_REGION_INFO] = { "DEVICE_GET_REGION_INFO", sizeof(struct vfio_region_info), 0, handle_get_region_info },
	[VFU_DEVICE_GET_IRQ_INFO] = { "DEVICE_GET_IRQ_INFO", sizeof(struct vfio_irq_info), 0, handle_get_irq_info },
	[VFU_DEVICE_SET_IRQS] = { "DEVICE_SET_IRQS", sizeof(struct vfio_irq_set), 1, handle_set_irqs },
	[VFU_REGION_READ] = { "REGION_READ", sizeof(struct vfu_region_access), 0, handle_region_read },
	[VFU_REGION_WRITE] = { "REGION_WRITE", sizeof(struct vfu_region_access), 0, handle_region_write },
	[VFU_DEVICE_RESET] = { "DEVICE_RESET", 0, 0, handle_reset },
};

static const struct command *find_command(uint16_t number)
{
	if (number >= sizeof(commands) / sizeof(commands[0]) || !commands[number].handle)
		return NULL;
	return &commands[number];
}

static int dispatch(struct gen75_session *session, const struct command *command, struct vfu_request *request,
		    struct vfu_reply *reply)
{
	if (!command)
		return -EOPNOTSUPP;
	if (!session->negotiated && command->handle != handle_version)
		return -EPROTO;
	if (request->fds_lost || request->fd_count > command->fd_count)
		return -E2BIG;
	if (request->payload_bytes < command->payload_bytes)
		return -EINVAL;
	return command->handle(session, request, reply);
}

static void close_fds(struct vfu_request *request)
{
	for (unsigned int i = 0; i < request->fd_count; i++)
		if (request->fds[i] >= 0)
			close(request->fds[i]);
}

/**
 * gen75_session_answer() - handle a message and queue the reply; the connection must have room for one
 * Return: 0; -EPROTO: the client does not speak this protocol, or not this version; send what is queued and close.
 */
int gen75_session_answer(struct gen75_session *session, struct vfu_request *request)
{
	const struct vfu_header *header = &request->header;
	const struct command *command = find_command(header->command);
	struct vfu_reply reply = { .payload = gen75_conn_reply_payload(session->conn), .fd = -1 };
	struct vfu_header answer = { .id = header->id, .command = header->command, .flags = VFU_FLAGS_REPLY };
	int ret = dispatch(session, command, request, &reply);

	close_fds(request);
	session->messages++;
	if (ret) {
		session->rejected++;
		gen75_log_client(session->log, "rejected %s (command %u) of %u bytes: %s", command ? command->name : "message",
				 header->command, header->size, strerror(-ret));
		reply.payload_bytes = 0;
		reply.fd = -1;
		answer.flags |= VFU_FLAGS_ERROR;
		answer.error = (uint32_t)-ret;
	}
	if (!(header->flags & VFU_FLAGS_NO_REPLY))
		gen75_conn_reply(session->conn, &answer, reply.payload_bytes, reply.fd);
	return session->negotiated ? 0 : -EPROTO;
}
