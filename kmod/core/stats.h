/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The counters of one vGPU. All are u64 and monotonic, unless marked as a level; the list is data, so that sysfs, tests
 * and the documentation name them from one place.
 */
#ifndef VGPU_STATS_H
#define VGPU_STATS_H

#include "../uapi/vgpu.h"
#include "os.h"

/* X(field): counters besides those of the engines. reject_*: what a guest asked for and did not get, by reason. */
#define VGPU_COUNTERS(X)                                                                         \
	X(traps_config) /* accesses to PCI config space */                                       \
	X(traps_mmio) /* accesses to registers */                                                \
	X(traps_ggtt) /* accesses to GGTT entries */                                             \
	X(traps_aperture) /* accesses to the aperture that were not mapped */                    \
	X(interrupts) /* virtual interrupts sent */                                              \
	X(switches) /* times an engine was switched to this vGPU from another */                 \
	X(resets) /* engine resets that it caused or asked for */                                \
	X(pinned_pages) /* level: pages of the guest that the GPU can reach now */               \
	X(ggtt_synced_entries) /* changes of GGTT entries that came into force */                \
	X(ppgtt_synced_entries) /* changes of entries of PPGTT tables that came into force */    \
	X(ppgtt_compared_tables) /* PPGTT tables that were copied and compared for it */         \
	X(audited_dwords) /* dwords of commands that passed the audit */                         \
	X(reject_opcode) /* unknown or forbidden command */                                      \
	X(reject_length) /* command of no length of its kind, or longer than the submission */   \
	X(reject_address) /* command, fence or directory outside of the partition */             \
	X(reject_register) /* command that accesses a register it may not */                     \
	X(reject_ring) /* ring or status page outside of the partition, unmapped or malformed */ \
	X(reject_budget) /* more than one submission may hold */                                 \
	X(reject_engine) /* submission to an engine that did not come back from a reset */       \
	X(reject_pte) /* GGTT entry outside of the partition, or of no page of the guest */      \
	X(reject_mmio) /* register that is not in the table, or a malformed access */            \
	X(reject_aperture) /* access to the aperture outside of its slice */

/* X(field): per engine, named <engine>_<field> */
#define VGPU_ENGINE_COUNTERS(X)                                                                        \
	X(busy_ns) /* engine time measured from start to completion */                                 \
	X(entitled_ns) /* engine time that its weight was worth, against those who had work as well */ \
	X(wait_ns) /* time with work pending while others ran */                                       \
	X(capped_ns) /* time with work pending, and no more allowed by its cap */                      \
	X(submissions) /* writes to a ring's tail with something to execute */

/* What the scheduler counts, see above. */
struct vgpu_sched_counts {
	u64 entitled_ns, wait_ns, capped_ns;
	u64 waits[VGPU_WAIT_CLASSES];
};

struct vgpu_engine_stats {
#define X(field) u64 field;
	VGPU_ENGINE_COUNTERS(X)
#undef X
	u64 waits[VGPU_WAIT_CLASSES];
};

struct vgpu_stats {
	struct vgpu_engine_stats engine[4];
#define X(field) u64 field;
	VGPU_COUNTERS(X)
#undef X
};

#endif
