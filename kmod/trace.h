/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Tracepoints vgpu:*. What a guest's accesses were, its pages and its interrupts, seen from the glue; and what became of its work, told
 * by the core.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vgpu

#if !defined(VGPU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VGPU_TRACE_H

#include <linux/tracepoint.h>

#include "glue.h"

/* clang-format off */

/* The numbers behind these names, for programs that read the formats. */
TRACE_DEFINE_ENUM(VGPU_RCS);
TRACE_DEFINE_ENUM(VGPU_VCS);
TRACE_DEFINE_ENUM(VGPU_BCS);
TRACE_DEFINE_ENUM(VGPU_VECS);
TRACE_DEFINE_ENUM(VGPU_FAULT_OPCODE);
TRACE_DEFINE_ENUM(VGPU_FAULT_LENGTH);
TRACE_DEFINE_ENUM(VGPU_FAULT_ADDRESS);
TRACE_DEFINE_ENUM(VGPU_FAULT_REGISTER);
TRACE_DEFINE_ENUM(VGPU_FAULT_RING);
TRACE_DEFINE_ENUM(VGPU_FAULT_BUDGET);
TRACE_DEFINE_ENUM(VGPU_FAULT_ENGINE);

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

#define vgpu_print_engine(engine) \
	__print_symbolic(engine, { VGPU_RCS, "rcs" }, { VGPU_VCS, "vcs" }, { VGPU_BCS, "bcs" }, { VGPU_VECS, "vecs" })

/*
 * What the core tells of its engines, see enum vgpu_event. A piece of work has a sequence number of its engine, which goes round.
 */
DECLARE_EVENT_CLASS(vgpu_work,
	TP_PROTO(const struct vgpu_dev *vd, u32 engine, u32 seqno, u64 value),
	TP_ARGS(vd, engine, seqno, value),
	TP_STRUCT__entry(
		__array(char, name, 37)
		__field(u32, engine)
		__field(u32, seqno)
		__field(u64, value)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev_name(vd->vdev.dev), sizeof(__entry->name));
		__entry->engine = engine;
		__entry->seqno = seqno;
		__entry->value = value;
	),
	TP_printk("%s engine=%s seqno=%u dwords=%llu", __entry->name, vgpu_print_engine(__entry->engine), __entry->seqno,
		  __entry->value)
);

/* A piece passed the audit and was given to the engine; how many dwords were audited for it. */
DEFINE_EVENT(vgpu_work, vgpu_submit,
	TP_PROTO(const struct vgpu_dev *vd, u32 engine, u32 seqno, u64 value),
	TP_ARGS(vd, engine, seqno, value)
);

/* It is done, or was taken away from the engine, of whose time it had so much. */
DEFINE_EVENT_PRINT(vgpu_work, vgpu_complete,
	TP_PROTO(const struct vgpu_dev *vd, u32 engine, u32 seqno, u64 value),
	TP_ARGS(vd, engine, seqno, value),
	TP_printk("%s engine=%s seqno=%u busy_ns=%llu", __entry->name, vgpu_print_engine(__entry->engine), __entry->seqno,
		  __entry->value)
);

/* It got no further, and the engine was reset; the header of the command at which it stood. */
DEFINE_EVENT_PRINT(vgpu_work, vgpu_hang,
	TP_PROTO(const struct vgpu_dev *vd, u32 engine, u32 seqno, u64 value),
	TP_ARGS(vd, engine, seqno, value),
	TP_printk("%s engine=%s seqno=%u header=%#llx", __entry->name, vgpu_print_engine(__entry->engine), __entry->seqno,
		  __entry->value)
);

/* The engine goes to this vGPU, with the piece of this number. */
TRACE_EVENT(vgpu_switch,
	TP_PROTO(const struct vgpu_dev *vd, u32 engine, u32 seqno),
	TP_ARGS(vd, engine, seqno),
	TP_STRUCT__entry(
		__array(char, name, 37)
		__field(u32, engine)
		__field(u32, seqno)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev_name(vd->vdev.dev), sizeof(__entry->name));
		__entry->engine = engine;
		__entry->seqno = seqno;
	),
	TP_printk("%s engine=%s seqno=%u", __entry->name, vgpu_print_engine(__entry->engine), __entry->seqno)
);

/* The audit refused what the guest submitted: why, and the header of the command, 0 if it did not come as far as one. */
TRACE_EVENT(vgpu_refuse,
	TP_PROTO(const struct vgpu_dev *vd, u32 engine, u32 fault, u32 header),
	TP_ARGS(vd, engine, fault, header),
	TP_STRUCT__entry(
		__array(char, name, 37)
		__field(u32, engine)
		__field(u32, fault)
		__field(u32, header)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev_name(vd->vdev.dev), sizeof(__entry->name));
		__entry->engine = engine;
		__entry->fault = fault;
		__entry->header = header;
	),
	TP_printk("%s engine=%s reason=%s header=%#x", __entry->name, vgpu_print_engine(__entry->engine),
		  __print_symbolic(__entry->fault, { VGPU_FAULT_OPCODE, "opcode" }, { VGPU_FAULT_LENGTH, "length" },
				   { VGPU_FAULT_ADDRESS, "address" }, { VGPU_FAULT_REGISTER, "register" },
				   { VGPU_FAULT_RING, "ring" }, { VGPU_FAULT_BUDGET, "budget" },
				   { VGPU_FAULT_ENGINE, "engine" }),
		  __entry->header)
);

/* clang-format on */

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
