// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * doctor_host.c - the checks of the host: what the kernel has, who drives the GPU, what QEMU needs, who may talk to the agent. Each looks
 * at one thing and says what it saw, also when it is well. They read only, and need no privilege. No lock: pure functions of the files.
 */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kmod/uapi/vgpu.h"
#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpuctl/doctor.h"
#include "vgpuctl/tree.h"

#define FOUND(host, grade, remedy, ...) vgpu_finding_add(&(host)->findings, (grade), (remedy), __VA_ARGS__)
#define GROUP "vgpu"

/* A line of modules.dep or modules.builtin is about this module: ".../NAME.ko", compressed or not. */
static bool line_names(const char *line, const char *module)
{
	size_t length = strlen(module);
	const char *at;

	for (at = strchr(line, '/'); at; at = strchr(at, '/'))
		if (!strncmp(++at, module, length) && !strncmp(at + length, ".ko", 3))
			return strcspn(line, ":") > (size_t)(at - line);
	return false;
}

/* Does the kernel that runs have this module, loaded or not? Built in counts. */
static bool has_module(const struct vgpu_host *host, const char *module)
{
	static const char *const lists[] = { "dep", "builtin" };
	bool found = false;
	unsigned int i;

	for (i = 0; !found && i < VGPU_COUNT(lists); i++) {
		cleanup_free char *line = NULL;
		size_t size = 0;
		FILE *file = vgpu_tree_open(host->root, "lib/modules/%s/modules.%s", host->release, lists[i]);

		while (file && !found && getline(&line, &size, file) > 0)
			found = line_names(line, module);
		if (file)
			fclose(file);
	}
	return found;
}

static void check_module(struct vgpu_host *host)
{
	enum vgpu_verdict_grade missing = host->shared ? VGPU_FOUND_NOTE : VGPU_FOUND_PROBLEM;

	if (host->loaded)
		FOUND(host, VGPU_FOUND_OK, NULL, "vgpu is loaded, in Linux %s", host->release);
	else if (has_module(host, VGPU_DRIVER_NAME))
		FOUND(host, missing, "modprobe vgpu", "vgpu is built for Linux %s and not loaded", host->release);
	else if (vgpu_tree_exists(host->root, "var/lib/dkms/vgpu"))
		FOUND(host, missing, "dkms autoinstall && modprobe vgpu", "vgpu is not built for Linux %s, which runs",
		      host->release);
	else
		FOUND(host, missing, "make kmod && insmod kmod/vgpu.ko (in vgpu's sources)",
		      "vgpu is not built for Linux %s, which runs", host->release);
}

static void check_mdev(struct vgpu_host *host)
{
	if (vgpu_tree_exists(host->root, "sys/bus/mdev"))
		FOUND(host, VGPU_FOUND_OK, NULL, "the kernel has mediated devices");
	else if (has_module(host, "mdev"))
		FOUND(host, VGPU_FOUND_PROBLEM, "modprobe mdev", "the kernel's module for mediated devices is not loaded");
	else
		FOUND(host, VGPU_FOUND_PROBLEM, "boot a kernel that is built with CONFIG_VFIO_MDEV",
		      "Linux %s has no mediated devices", host->release);
}

struct gpus {
	struct vgpu_host *host;
	unsigned int count;
};

static bool is_gpu(const struct vgpu_host *host, const char *address)
{
	char vendor[16], device[16];

	return !vgpu_tree_read(host->root, vendor, sizeof(vendor), "sys/bus/pci/devices/%s/vendor", address) &&
	       !vgpu_tree_read(host->root, device, sizeof(device), "sys/bus/pci/devices/%s/device", address) &&
	       strtoul(vendor, NULL, 16) == VGPU_PCI_VENDOR && strtoul(device, NULL, 16) == VGPU_PCI_DEVICE;
}

static void check_gpu(const char *address, void *data)
{
	struct gpus *gpus = data;
	struct vgpu_host *host = gpus->host;
	/* One that can be shared is what a host needs; another may be meant for the screen. */
	enum vgpu_verdict_grade other = host->shared ? VGPU_FOUND_NOTE : VGPU_FOUND_PROBLEM;
	char driver[64], remedy[96];

	if (!is_gpu(host, address))
		return;
	gpus->count++;
	snprintf(remedy, sizeof(remedy), "%svgpuctl gpu bind %.32s", host->loaded ? "" : "modprobe vgpu && ", address);
	if (vgpu_tree_link(host->root, driver, sizeof(driver), "sys/bus/pci/devices/%s/driver", address))
		FOUND(host, other, remedy, "%s has no driver", address);
	else if (!strcmp(driver, VGPU_DRIVER_NAME))
		FOUND(host, VGPU_FOUND_OK, NULL, "%s is driven by vgpu", address);
	else
		FOUND(host, other, remedy, "%s is held by %s", address, driver);
}

static void check_gpus(struct vgpu_host *host)
{
	struct gpus gpus = { .host = host };

	vgpu_tree_each(host->root, check_gpu, &gpus, "sys/bus/pci/devices");
	if (gpus.count)
		return;
	if (host->shared)
		FOUND(host, VGPU_FOUND_OK, NULL, "another driver's GPU offers mediated devices");
	else
		FOUND(host, VGPU_FOUND_PROBLEM, "enable the processor's graphics in the firmware, if it has them",
		      "there is no Haswell GPU (PCI %04x:%04x)", VGPU_PCI_VENDOR, VGPU_PCI_DEVICE);
}

static void check_iommu(const char *address, void *data)
{
	struct vgpu_host *host = data;
	char group[32];

	if (!is_gpu(host, address))
		return;
	if (vgpu_tree_link(host->root, group, sizeof(group), "sys/bus/pci/devices/%s/iommu_group", address))
		FOUND(host, VGPU_FOUND_OK, NULL, "none before %s: vgpu's page tables alone confine what guests reach", address);
	else
		FOUND(host, VGPU_FOUND_OK, NULL, "%s is behind one, in group %s", address, group);
}

static void check_iommus(struct vgpu_host *host)
{
	vgpu_tree_each(host->root, check_iommu, host, "sys/bus/pci/devices");
}

/* The module knows how it was built, and with what. */
static void check_tracking(struct vgpu_host *host)
{
	char value[16];

	if (!host->loaded || vgpu_tree_read(host->root, value, sizeof(value), "sys/module/vgpu/parameters/track_ppgtt"))
		return;
	if (*value == 'Y')
		FOUND(host, VGPU_FOUND_OK, NULL, "KVM tells vgpu of writes to guests' page tables");
	else
		FOUND(host, VGPU_FOUND_NOTE,
		      "boot a kernel with CONFIG_KVM_EXTERNAL_WRITE_TRACKING, load vgpu without track_ppgtt=N",
		      "guests' page tables are compared whenever work is submitted, which costs time");
}

/* Which of KVM's modules this processor takes; NULL when virtualization is off, or it has none. */
static const char *kvm_module(const struct vgpu_host *host)
{
	char text[16384];

	if (vgpu_tree_read(host->root, text, sizeof(text), "proc/cpuinfo"))
		return NULL;
	return strstr(text, " vmx") ? "kvm_intel" : strstr(text, " svm") ? "kvm_amd" : NULL;
}

static void check_kvm(struct vgpu_host *host)
{
	const char *module = kvm_module(host);
	char remedy[64];

	if (!vgpu_tree_exists(host->root, "sys/module/kvm_intel") && !vgpu_tree_exists(host->root, "sys/module/kvm_amd")) {
		snprintf(remedy, sizeof(remedy), "modprobe %s", module ? module : "");
		FOUND(host, VGPU_FOUND_PROBLEM, module ? remedy : "enable virtualization (VT-x) in the firmware",
		      module ? "KVM is not loaded" : "the processor offers no virtualization");
	} else if (!vgpu_tree_exists(host->root, "dev/kvm")) {
		FOUND(host, VGPU_FOUND_PROBLEM, "dmesg | grep -i kvm", "KVM is loaded, and there is no /dev/kvm");
	} else {
		FOUND(host, VGPU_FOUND_OK, NULL, "KVM is loaded, and there is /dev/kvm");
	}
}

/* The name of the user as which libvirt runs QEMU: what qemu.conf says, if we may read it, or the distributions' choice. */
static bool qemu_user(const struct vgpu_host *host, char user[64], gid_t *ret_gid)
{
	FILE *file = vgpu_tree_open(host->root, "etc/libvirt/qemu.conf");
	bool found = false;
	struct passwd *entry;
	char line[512];

	strcpy(user, "libvirt-qemu");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, " user = \"%63[^\"]", user);
	if (file)
		fclose(file);
	file = vgpu_tree_open(host->root, "etc/passwd");
	while (file && !found && (entry = fgetpwent(file))) {
		found = !strcmp(entry->pw_name, user);
		*ret_gid = entry->pw_gid;
	}
	if (file)
		fclose(file);
	return found;
}

/* Looks a group up by its name, or by its number when @name is NULL; @member: also says whether this user is in it. */
static bool find_group(const struct vgpu_host *host, const char *name, gid_t *gid, const char *user, bool *ret_member)
{
	FILE *file = vgpu_tree_open(host->root, "etc/group");
	struct group *entry;
	bool found = false;
	char **member;

	while (file && !found && (entry = fgetgrent(file))) {
		found = name ? !strcmp(entry->gr_name, name) : entry->gr_gid == *gid;
		for (member = entry->gr_mem; found && user && *member; member++)
			*ret_member |= !strcmp(*member, user);
		if (found)
			*gid = entry->gr_gid;
	}
	if (file)
		fclose(file);
	return found;
}

/* Who is in the group only by a directory service goes unseen: that is worth a note, and no alarm. */
static void check_kvm_access(struct vgpu_host *host)
{
	struct stat status;
	bool member = false;
	char user[64];
	gid_t gid, of;

	if (fstatat(host->root, "dev/kvm", &status, 0) || !qemu_user(host, user, &gid) || !strcmp(user, "root"))
		return;
	of = status.st_gid;
	find_group(host, NULL, &of, user, &member);
	if ((status.st_mode & 0006) == 0006 || ((member || gid == status.st_gid) && (status.st_mode & 0060) == 0060))
		FOUND(host, VGPU_FOUND_OK, NULL, "%s may use /dev/kvm", user);
	else
		FOUND(host, VGPU_FOUND_NOTE, "udevadm trigger /dev/kvm, and see that the group kvm has that user",
		      "/dev/kvm seems not to be for %s, as which libvirt runs QEMU", user);
}

static void check_vfio(struct vgpu_host *host)
{
	if (!vgpu_tree_exists(host->root, "dev/vfio/vfio") && !vgpu_tree_exists(host->root, "dev/iommu"))
		FOUND(host, VGPU_FOUND_PROBLEM, "modprobe vfio", "VFIO is not loaded: there is no /dev/vfio/vfio");
	else if (!vgpu_tree_exists(host->root, "sys/module/vfio_iommu_type1") && !vgpu_tree_exists(host->root, "dev/iommu"))
		FOUND(host, VGPU_FOUND_PROBLEM, "modprobe vfio_iommu_type1", "VFIO has no way to reach guests' memory");
	else
		FOUND(host, VGPU_FOUND_OK, NULL, "VFIO is loaded");
}

static void check_access(struct vgpu_host *host)
{
	struct stat status;
	bool member = false;
	char remedy[256];
	gid_t gid = 0;

	if (stat(host->socket_path, &status))
		return; /* the check of the agent says so */
	snprintf(remedy, sizeof(remedy), "chmod 660 %.200s", host->socket_path);
	if (status.st_mode & 0007)
		FOUND(host, VGPU_FOUND_PROBLEM, remedy, "everybody on this host may change vGPUs");
	else if (!find_group(host, GROUP, &gid, NULL, &member))
		FOUND(host, VGPU_FOUND_NOTE, "systemd-sysusers && systemctl restart vgpud",
		      "there is no group " GROUP ": root alone changes vGPUs");
	else if (status.st_gid != gid)
		FOUND(host, VGPU_FOUND_WARNING, "systemctl restart vgpud",
		      "the socket is not of the group " GROUP ", which came after it: root alone changes vGPUs");
	else
		FOUND(host, VGPU_FOUND_OK, NULL, "root and the group " GROUP " change vGPUs");
}

/* clang-format off */
static const struct {
	const char *name;
	void (*run)(struct vgpu_host *host);
} checks[] = {
	{ "module", check_module },
	{ "mdev", check_mdev },
	{ "gpu", check_gpus },
	{ "iommu", check_iommus },
	{ "tracking", check_tracking },
	{ "kvm", check_kvm },
	{ "kvm", check_kvm_access },
	{ "vfio", check_vfio },
	{ "access", check_access },
};
/* clang-format on */

/**
 * vgpu_host_examine() - run the checks of the host
 * @host: .root, .socket_path and .findings are set; the rest is filled, and findings are added
 */
void vgpu_host_examine(struct vgpu_host *host)
{
	unsigned int i;

	if (vgpu_tree_read(host->root, host->release, sizeof(host->release), "proc/sys/kernel/osrelease"))
		strcpy(host->release, "unknown");
	host->loaded = vgpu_tree_exists(host->root, "sys/module/" VGPU_DRIVER_NAME);
	host->shared = vgpu_tree_each(host->root, NULL, NULL, "sys/class/mdev_bus") > 0;
	for (i = 0; i < VGPU_COUNT(checks); i++) {
		host->findings.check = checks[i].name;
		checks[i].run(host);
	}
}
