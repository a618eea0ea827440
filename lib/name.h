/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * name.h - what vGPUs are called: a name for people, a UUID for machines, and never one that could be taken for the other.
 */
#ifndef VGPU_LIB_NAME_H
#define VGPU_LIB_NAME_H

#include <stdbool.h>

#define VGPU_NAME_SIZE 64 /* 63 characters and the end */
#define VGPU_UUID_SIZE 37

#define VGPU_NAME_RULE "1 to 63 of a-z, 0-9, '.', '_' and '-', a letter or digit first, and not a UUID"

bool vgpu_name_valid(const char *name);
bool vgpu_uuid_valid(const char *uuid);
int vgpu_uuid_make(char ret_uuid[VGPU_UUID_SIZE]);

#endif
