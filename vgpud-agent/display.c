// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * display.c - who would lose sight of a screen, or its rendering, when a GPU is taken from the driver that it has: the console, and
 * processes that have a node of the GPU open. As far as can be told: a process that hands its node on in a message goes unseen while the
 * message is under way. No lock: see sysfs.c.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpud-agent/pci.h"

#define DEVICES "bus/pci/devices"
#define NODES_MAX 8
/* Looking at a descriptor takes about a microsecond; the event loop waits for it. */
#define DESCRIPTORS_MAX 32768u

struct nodes {
	dev_t device[NODES_MAX];
	size_t count;
};

/* The console is on the GPU when the GPU has a frame buffer and the kernel's consoles are on frame buffers. */
static int check_console(const struct vgpu_sysfs *sysfs, const struct vgpu_pci_gpu *gpu, struct vgpu_error *ret_error)
{
	char **names, **name, text[64], remedy[128] = "";
	uint64_t bound;

	if (!vgpu_sysfs_exists(sysfs, DEVICES "/%s/graphics", gpu->address) || vgpu_sysfs_list(sysfs, &names, "class/vtconsole"))
		return 0;
	for (name = names; *name; name++)
		if (!vgpu_sysfs_read(sysfs, text, sizeof(text), "class/vtconsole/%s/name", *name) &&
		    strstr(text, "frame buffer") && !vgpu_sysfs_read_u64(sysfs, &bound, "class/vtconsole/%s/bind", *name) &&
		    bound == 1)
			snprintf(remedy, sizeof(remedy), "echo 0 >/sys/class/vtconsole/%.32s/bind", *name);
	vgpu_sysfs_list_free(names);
	if (!*remedy)
		return 0;
	return vgpu_error_set(ret_error, VGPU_EXIT_IN_USE, gpu->address, remedy,
			      "the console is on its screen, which would go dark");
}

static void list_nodes(const struct vgpu_sysfs *sysfs, const struct vgpu_pci_gpu *gpu, struct nodes *nodes)
{
	unsigned int major_number, minor_number;
	char **names, **name, text[32];

	if (vgpu_sysfs_list(sysfs, &names, DEVICES "/%s/drm", gpu->address))
		return;
	for (name = names; *name && nodes->count < NODES_MAX; name++)
		if (!vgpu_sysfs_read(sysfs, text, sizeof(text), DEVICES "/%s/drm/%s/dev", gpu->address, *name) &&
		    sscanf(text, "%u:%u", &major_number, &minor_number) == 2)
			nodes->device[nodes->count++] = makedev(major_number, minor_number);
	vgpu_sysfs_list_free(names);
}

/* Only what lies in /dev is looked at more closely: any other file may be on a disk that does not answer. */
static bool is_node(const char *path, const struct nodes *nodes)
{
	struct stat status;
	char target[64];
	ssize_t length;
	size_t i;

	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	if (strncmp(target, "/dev/", 5) != 0 || stat(path, &status) || !S_ISCHR(status.st_mode))
		return false;
	for (i = 0; i < nodes->count; i++)
		if (nodes->device[i] == status.st_rdev)
			return true;
	return false;
}

static bool process_has(const char *pid, const struct nodes *nodes, unsigned int *left)
{
	cleanup_closedir DIR *dir = NULL;
	struct dirent *entry;
	bool found = false;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = opendir(path);
	while (dir && !found && *left && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		--*left;
		snprintf(path, sizeof(path), "/proc/%.16s/fd/%.16s", pid, entry->d_name);
		found = is_node(path, nodes);
	}
	return found;
}

static int check_openers(const struct vgpu_sysfs *sysfs, const struct vgpu_pci_gpu *gpu, struct vgpu_error *ret_error)
{
	const struct vgpu_sysfs proc = { .root = "/proc" };
	unsigned int left = DESCRIPTORS_MAX;
	cleanup_closedir DIR *dir = NULL;
	struct nodes nodes = { 0 };
	struct dirent *entry;
	char name[32];

	list_nodes(sysfs, gpu, &nodes);
	dir = nodes.count ? opendir("/proc") : NULL;
	while (dir && left && (entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !process_has(entry->d_name, &nodes, &left))
			continue;
		if (vgpu_sysfs_read(&proc, name, sizeof(name), "%s/comm", entry->d_name))
			strcpy(name, "a process");
		return vgpu_error_set(ret_error, VGPU_EXIT_IN_USE, gpu->address, "end it first",
				      "%s (process %s) works on it by way of %s, and would lose its screen", name, entry->d_name,
				      gpu->driver);
	}
	return 0;
}

/**
 * vgpu_pci_display() - does somebody look at a screen of this GPU, or compute on it?
 * @sysfs: root
 * @gpu: a GPU that is not shared
 * @ret_error: who, and what to do about it
 *
 * Return: 0 when nobody is known to; -EBUSY with @ret_error filled.
 */
int vgpu_pci_display(const struct vgpu_sysfs *sysfs, const struct vgpu_pci_gpu *gpu, struct vgpu_error *ret_error)
{
	int rc = 0;

	if (gpu->driver[0])
		rc = check_console(sysfs, gpu, ret_error);
	if (!rc && gpu->driver[0])
		rc = check_openers(sysfs, gpu, ret_error);
	return rc;
}
