/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Tracepoints vgpu:*. What a guest's accesses were, its pages and its interrupts, seen from the glue.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vgpu

#if !defined(VGPU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VGPU_TRACE_H

#include <linux/tracepoint.h>

#include "glue.h"

/* clang-format off */

/* One access to a region: its vfio index, and as much of the data as a CPU's access has. */
TRACE_EVENT(vgpu_trap,
	TP_PROTO(const struct vgpu_dev *vd, u32 region, u64 offset, u32 len, const void *data, bool write),
	TP_ARGS(vd, region, offset, len, data, write),
	TP_STRUCT__entry(
		__array(char, name, 37)
		__field(u32, region)
		__field(u64, offset)
		__field(u32, len)
		__field(u64, value)
		__field(bool, write)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev_name(vd->vdev.dev), sizeof(__entry->name));
		__entry->region = region;
		__entry->offset = offset;
		__entry->len = len;
		__entry->value = 0;
		memcpy(&__entry->value, data, min_t(u32, len, sizeof(u64)));
		__entry->write = write;
	),
	TP_printk("%s %s region=%u offset=%#llx len=%u value=%#llx", __entry->name, __entry->write ? "write" : "read",
		  __entry->region, __entry->offset, __entry->len, __entry->value)
);

DECLARE_EVENT_CLASS(vgpu_page,
	TP_PROTO(const struct vgpu_dev *vd, u64 gfn, int err),
	TP_ARGS(vd, gfn, err),
	TP_STRUCT__entry(
		__array(char, name, 37)
		__field(u64, gfn)
		__field(int, err)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev_name(vd->vdev.dev), sizeof(__entry->name));
		__entry->gfn = gfn;
		__entry->err = err;
	),
	TP_printk("%s gfn=%#llx err=%d", __entry->name, __entry->gfn, __entry->err)
);

/* A page of the guest becomes reachable for the GPU, or would have; and no longer is. */
DEFINE_EVENT(vgpu_page, vgpu_pin,
	TP_PROTO(const struct vgpu_dev *vd, u64 gfn, int err),
	TP_ARGS(vd, gfn, err)
);
DEFINE_EVENT(vgpu_page, vgpu_unpin,
	TP_PROTO(const struct vgpu_dev *vd, u64 gfn, int err),
	TP_ARGS(vd, gfn, err)
);

/* A table of its PPGTT is tracked, or would have been; and has been written to. */
DEFINE_EVENT(vgpu_page, vgpu_track,
	TP_PROTO(const struct vgpu_dev *vd, u64 gfn, int err),
	TP_ARGS(vd, gfn, err)
);
DEFINE_EVENT(vgpu_page, vgpu_track_write,
	TP_PROTO(const struct vgpu_dev *vd, u64 gfn, int err),
	TP_ARGS(vd, gfn, err)
);

/*
 * The end of a sync: what for (enum vgpu_sync), pages of the mapped GGTT and tracked tables of the PPGTT that were found written to, all
 * pages of tables that were looked at, and pages of the guest that were newly pinned.
 */
TRACE_EVENT(vgpu_sync,
	TP_PROTO(const struct vgpu_dev *vd, int what, u32 written, u32 tracked, u32 pages, u32 pinned),
	TP_ARGS(vd, what, written, tracked, pages, pinned),
	TP_STRUCT__entry(
		__array(char, name, 37)
		__field(int, what)
		__field(u32, written)
		__field(u32, tracked)
		__field(u32, pages)
		__field(u32, pinned)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev_name(vd->vdev.dev), sizeof(__entry->name));
		__entry->what = what;
		__entry->written = written;
		__entry->tracked = tracked;
		__entry->pages = pages;
		__entry->pinned = pinned;
	),
	TP_printk("%s what=%d written=%u tracked=%u pages=%u pinned=%u", __entry->name, __entry->what, __entry->written,
		  __entry->tracked, __entry->pages, __entry->pinned)
);

/* The guest's memory is taken away. */
TRACE_EVENT(vgpu_dma_unmap,
	TP_PROTO(const struct vgpu_dev *vd, u64 iova, u64 bytes),
	TP_ARGS(vd, iova, bytes),
	TP_STRUCT__entry(
		__array(char, name, 37)
		__field(u64, iova)
		__field(u64, bytes)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev_name(vd->vdev.dev), sizeof(__entry->name));
		__entry->iova = iova;
		__entry->bytes = bytes;
	),
	TP_printk("%s iova=%#llx bytes=%#llx", __entry->name, __entry->iova, __entry->bytes)
);

/* An interrupt to user space, by its vfio index; lost if nothing is connected. */
TRACE_EVENT(vgpu_interrupt,
	TP_PROTO(const struct vgpu_dev *vd, u32 index, bool connected),
	TP_ARGS(vd, index, connected),
	TP_STRUCT__entry(
		__array(char, name, 37)
		__field(u32, index)
		__field(bool, connected)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev_name(vd->vdev.dev), sizeof(__entry->name));
		__entry->index = index;
		__entry->connected = connected;
	),
	TP_printk("%s index=%u%s", __entry->name, __entry->index, __entry->connected ? "" : " lost")
);

/* clang-format on */

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
