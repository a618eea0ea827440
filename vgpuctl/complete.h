/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * complete.h - completion in the user's shell: the scripts that it loads, and what these ask.
 */
#ifndef VGPU_CTL_COMPLETE_H
#define VGPU_CTL_COMPLETE_H

int vgpu_complete_run(int argc, char **argv);
const char *vgpu_complete_script(const char *shell);

#endif
