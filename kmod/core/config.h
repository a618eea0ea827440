/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A guest's PCI configuration space; see config.c.
 */
#ifndef VGPU_CONFIG_H
#define VGPU_CONFIG_H

void vgpu_config_reset(struct vgpu *v);

#endif
