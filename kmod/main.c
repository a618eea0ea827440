// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Loading and unloading the module, its parameters, and nothing else. (The tracepoints' bodies have to be in one file: this one.)
 */
#include <linux/module.h>

#include "glue.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

bool vgpu_trap_ggtt;
module_param_named(trap_ggtt, vgpu_trap_ggtt, bool, 0444);
MODULE_PARM_DESC(trap_ggtt, "Trap each access of a guest to its GGTT's entries instead of mapping them to it (default: N)");

bool vgpu_track_ppgtt = true;
module_param_named(track_ppgtt, vgpu_track_ppgtt, bool, 0444);
MODULE_PARM_DESC(track_ppgtt, "Have KVM tell of writes to a guest's page tables instead of comparing them (default: Y)");

/* The limits are the core's. */
static int set_hang_ms(const char *value, const struct kernel_param *param)
{
	return param_set_uint_minmax(value, param, VGPU_HANG_MIN_NS / NSEC_PER_MSEC, VGPU_HANG_MAX_NS / NSEC_PER_MSEC);
}

static const struct kernel_param_ops hang_ms_ops = {
	.set = set_hang_ms,
	.get = param_get_uint,
};

unsigned int vgpu_hang_ms = VGPU_HANG_NS / NSEC_PER_MSEC;
module_param_cb(hang_ms, &hang_ms_ops, &vgpu_hang_ms, 0444);
__MODULE_PARM_TYPE(hang_ms, "uint");
MODULE_PARM_DESC(hang_ms, "A guest's work that does not get ahead is ended within that time, in ms (default: 500)");

static int set_turn_us(const char *value, const struct kernel_param *param)
{
	return param_set_uint_minmax(value, param, VGPU_TURN_MIN_NS / NSEC_PER_USEC, VGPU_TURN_MAX_NS / NSEC_PER_USEC);
}

static const struct kernel_param_ops turn_us_ops = {
	.set = set_turn_us,
	.get = param_get_uint,
};

unsigned int vgpu_turn_us = VGPU_TURN_NS / NSEC_PER_USEC;
module_param_cb(turn_us, &turn_us_ops, &vgpu_turn_us, 0444);
__MODULE_PARM_TYPE(turn_us, "uint");
MODULE_PARM_DESC(turn_us, "For how long a vGPU keeps an engine that others want, in us (default: 6000)");

static int __init vgpu_init_module(void)
{
	int err;

	err = vgpu_mdev_register();
	if (err)
		return err;

	err = vgpu_pci_register(); /* probes GPUs, so it comes last */
	if (err)
		goto unregister_mdev;

	return 0;

unregister_mdev:
	vgpu_mdev_unregister();
	return err;
}

static void __exit vgpu_exit_module(void)
{
	vgpu_pci_unregister();
	vgpu_mdev_unregister();
}

module_init(vgpu_init_module);
module_exit(vgpu_exit_module);

MODULE_DESCRIPTION("Mediated GPU virtualization for Intel Gen7.5");
MODULE_LICENSE("Dual MIT/GPL");
