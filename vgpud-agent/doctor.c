// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * doctor.c - what the agent finds when it examines itself and all that it looks after: the ledger, the policy, libvirt, each vGPU, each
 * domain, each device. It reads only, waits for nobody, and compares what it knows already. No lock: runs in the event loop's thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "lib/cleanup.h"
#include "lib/finding.h"
#include "lib/rpc.h"
#include "lib/size.h"
#include "lib/text.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/gather.h"
#include "vgpud-agent/mdev.h"
#include "vgpud-agent/pci.h"
#include "vgpud-agent/removal.h"
#include "vgpud-agent/restore.h"

/* A change needs a page or two of the disk; below the second, one may not find them. */
#define ROOM_GOOD_BYTES (64ull << 20)
#define ROOM_LEAST_BYTES (1ull << 20)
/* The first libvirt that knows a vGPU's "display" (docs/news, 4.6.0). */
#define LIBVIRT_LEAST 4006000

struct doctor {
	struct vgpu_agent *agent;
	struct vgpu_findings findings;
	struct vgpu_record *records;
	size_t records_count;
	struct vgpu_mdev *mdevs;
	size_t mdevs_count;
	struct vgpu_domain_owner *owners;
	size_t owners_count;
};

#define FOUND(doctor, grade, remedy, ...) vgpu_finding_add(&(doctor)->findings, (grade), (remedy), __VA_ARGS__)

static const struct vgpu_mdev *find_mdev(const struct doctor *doctor, const char *uuid)
{
	size_t i;

	for (i = 0; i < doctor->mdevs_count; i++)
		if (!strcmp(doctor->mdevs[i].uuid, uuid))
			return &doctor->mdevs[i];
	return NULL;
}

static const struct vgpu_record *find_record(const struct doctor *doctor, const char *uuid)
{
	size_t i;

	for (i = 0; i < doctor->records_count; i++)
		if (!strcmp(doctor->records[i].uuid, uuid))
			return &doctor->records[i];
	return NULL;
}

static const struct vgpu_domain_owner *find_owner(const struct doctor *doctor, const char *uuid)
{
	size_t i;

	for (i = 0; i < doctor->owners_count; i++)
		if (!strcmp(doctor->owners[i].uuid, uuid))
			return &doctor->owners[i];
	return NULL;
}

static void check_ledger(struct doctor *doctor)
{
	const char *directory = doctor->agent->state_directory;
	char text[256], room[VGPU_SIZE_TEXT];
	struct statvfs disk;
	uint64_t free_bytes;

	if (vgpu_ledger_check(doctor->agent->ledger, text, sizeof(text))) {
		FOUND(doctor, VGPU_FOUND_PROBLEM, "systemctl stop vgpud, then put ledger.db back from a backup",
		      "%s/ledger.db is damaged: %s", directory, text);
		return;
	}
	if (statvfs(directory, &disk)) {
		FOUND(doctor, VGPU_FOUND_PROBLEM, "systemctl restart vgpud", "%s: %s", directory, strerror(errno));
		return;
	}
	free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	vgpu_size_format(free_bytes & ~0xfffffull, room);
	if (disk.f_flag & ST_RDONLY)
		FOUND(doctor, VGPU_FOUND_PROBLEM, "see dmesg for why, then mount -o remount,rw", "the disk of %s is read-only",
		      directory);
	else if (free_bytes < ROOM_GOOD_BYTES)
		FOUND(doctor, free_bytes < ROOM_LEAST_BYTES ? VGPU_FOUND_PROBLEM : VGPU_FOUND_WARNING, "make room on it",
		      "the disk of %s is nearly full: %s free", directory, room);
	else
		FOUND(doctor, VGPU_FOUND_OK, NULL, "it is sound, with room on its disk");
}

static void check_policy(struct doctor *doctor)
{
	const struct vgpu_agent *agent = doctor->agent;
	const struct stat *before = &agent->policy_status;
	struct vgpu_policy policy = { 0 };
	char text[PATH_MAX + 512];
	struct stat now = { 0 };
	size_t i;

	if (!*agent->policy_path) {
		FOUND(doctor, VGPU_FOUND_NOTE, NULL, "there is none: no classes, see vgpud-policy(5)");
		return;
	}
	if (vgpu_policy_read(agent->policy_path, &policy, text, sizeof(text)))
		FOUND(doctor, VGPU_FOUND_PROBLEM, "correct it, then systemctl reload vgpud", "%.900s", text);
	else if (stat(agent->policy_path, &now) || now.st_ino != before->st_ino || now.st_size != before->st_size ||
		 memcmp(&now.st_mtim, &before->st_mtim, sizeof(now.st_mtim)) != 0)
		FOUND(doctor, VGPU_FOUND_WARNING, "systemctl reload vgpud", "%.256s has changed since it was read",
		      agent->policy_path);
	else
		FOUND(doctor, VGPU_FOUND_OK, NULL, "%.256s is in force", agent->policy_path);
	for (i = 0; i < doctor->records_count; i++)
		if (doctor->records[i].class[0] && !vgpu_policy_class(&agent->policy, doctor->records[i].class))
			FOUND(doctor, VGPU_FOUND_WARNING, "add the class to it, or vgpuctl set NAME --class none",
			      "%s is of class %s, which is not in it", doctor->records[i].name, doctor->records[i].class);
}

static const char *version_text(unsigned long version, char text[32])
{
	snprintf(text, 32, "%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
	return version ? text : "of unknown version";
}

static void check_libvirt(struct doctor *doctor)
{
	char version[32], hypervisor[32];
	struct vgpu_libvirt_info info;

	if (!doctor->agent->libvirt) {
		FOUND(doctor, VGPU_FOUND_NOTE, NULL, "vgpud runs with --libvirt none: it gives vGPUs to no domain");
		return;
	}
	vgpu_libvirt_info(doctor->agent->libvirt, &info);
	if (!info.connected)
		FOUND(doctor, VGPU_FOUND_PROBLEM, "systemctl start libvirtd, or virtqemud", "%.256s does not answer", info.uri);
	else if (info.version && info.version < LIBVIRT_LEAST)
		FOUND(doctor, VGPU_FOUND_PROBLEM, "apt-get install libvirt-daemon-system",
		      "libvirt is %s, and knows no vGPUs before %s", version_text(info.version, version),
		      version_text(LIBVIRT_LEAST, hypervisor));
	else
		FOUND(doctor, VGPU_FOUND_OK, NULL, "libvirt %s and %s %s, at %.256s", version_text(info.version, version),
		      info.hypervisor, version_text(info.hypervisor_version, hypervisor), info.uri);
}

/* What to type to have the device of a record back. */
static void how_to_restore(const struct doctor *doctor, const struct vgpu_record *record, char *ret_text, size_t size)
{
	struct vgpu_pci_gpu pci;
	struct vgpu_gpu gpu;

	if (!vgpu_gpu_read(&doctor->agent->sysfs, record->gpu, &gpu))
		snprintf(ret_text, size, "vgpuctl restore %s", record->name);
	else if (!vgpu_pci_read(&doctor->agent->sysfs, record->gpu, &pci))
		snprintf(ret_text, size, "vgpuctl gpu bind %s", record->gpu);
	else
		snprintf(ret_text, size, "put GPU %s back, or vgpuctl delete %s", record->gpu, record->name);
}

/* Returns whether it is as it should be. */
static bool check_vgpu(struct doctor *doctor, const struct vgpu_record *record)
{
	const struct vgpu_mdev *mdev = find_mdev(doctor, record->uuid);
	char text[256] = "", remedy[256];

	vgpu_restore_verdict(doctor->agent, record, mdev, text, sizeof(text));
	if (!record->wanted) {
		FOUND(doctor, VGPU_FOUND_WARNING, "stop what has it open, then it goes", "%s is half-made or half-removed%s",
		      record->name, vgpu_removal_pending(doctor->agent, record->uuid) ? ", and the kernel is at it" : "");
	} else if (!mdev) {
		how_to_restore(doctor, record, remedy, sizeof(remedy));
		FOUND(doctor, VGPU_FOUND_PROBLEM, remedy, "%s is %s", record->name, text);
	} else if (!strncmp(text, "differs", 7)) {
		snprintf(remedy, sizeof(remedy), "vgpuctl show %s; vgpuctl delete %s, then create it again", record->name,
			 record->name);
		FOUND(doctor, VGPU_FOUND_WARNING, remedy, "%s %s", record->name, text);
	} else if (!strcmp(mdev->state, "stopped")) {
		FOUND(doctor, VGPU_FOUND_WARNING, "restart its guest, and see what its driver says",
		      "%s was stopped for repeated hangs", record->name);
	} else {
		return true;
	}
	return false;
}

static void check_vgpus(struct doctor *doctor)
{
	size_t good = 0, i;

	for (i = 0; i < doctor->records_count; i++)
		good += check_vgpu(doctor, &doctor->records[i]);
	if (good == doctor->records_count)
		FOUND(doctor, VGPU_FOUND_OK, NULL, "%zu of %zu are there", good, doctor->records_count);
}

/* A name that the shell takes as one word can stand in what is to be typed. */
static const char *typed(const char *domain)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+@%";

	return domain[strspn(domain, plain)] || *domain == '-' ? "DOMAIN" : domain;
}

static void check_domain(struct doctor *doctor, const struct vgpu_domain_owner *owner)
{
	const struct vgpu_record *record = find_record(doctor, owner->uuid);
	char remedy[VGPU_DOMAIN_NAME_SIZE + 128];

	if (record) {
		how_to_restore(doctor, record, remedy, sizeof(remedy));
		FOUND(doctor, VGPU_FOUND_PROBLEM, remedy, "%s can't start without vGPU %s, which is missing", owner->domain,
		      record->name);
	} else {
		snprintf(remedy, sizeof(remedy), "virsh edit %s, and take its hostdev out or give it that of vgpuctl xml",
			 typed(owner->domain));
		FOUND(doctor, VGPU_FOUND_PROBLEM, remedy, "%s can't start without mediated device %s, which nobody knows",
		      owner->domain, owner->uuid);
	}
}

static void check_domains(struct doctor *doctor)
{
	size_t good = 0, i;

	if (!vgpu_libvirt_connected(doctor->agent->libvirt))
		return; /* the check of libvirt says so */
	for (i = 0; i < doctor->owners_count; i++) {
		if (find_mdev(doctor, doctor->owners[i].uuid))
			good++;
		else
			check_domain(doctor, &doctor->owners[i]);
	}
	if (good == doctor->owners_count)
		FOUND(doctor, VGPU_FOUND_OK, NULL, "each of the %zu vGPUs that domains have is there", good);
}

/* Devices that others made are theirs; one of our GPU's that no domain has takes room and may be forgotten. */
static void check_devices(struct doctor *doctor)
{
	char remedy[128], size[VGPU_SIZE_TEXT];
	const struct vgpu_mdev *mdev;
	size_t good = 0, i;

	for (i = 0; i < doctor->mdevs_count; i++) {
		mdev = &doctor->mdevs[i];
		if (find_record(doctor, mdev->uuid) || !mdev->ours || find_owner(doctor, mdev->uuid) || vgpu_mdev_busy(mdev)) {
			good++;
			continue;
		}
		snprintf(remedy, sizeof(remedy), "echo 1 >/sys/bus/mdev/devices/%s/remove, if nobody needs it", mdev->uuid);
		FOUND(doctor, VGPU_FOUND_WARNING, remedy, "%s on GPU %s was not made by vgpud, no domain has it, and it holds %s",
		      mdev->uuid, mdev->gpu, vgpu_size_format(mdev->size[VGPU_APERTURE], size));
	}
	if (good == doctor->mdevs_count)
		FOUND(doctor, VGPU_FOUND_OK, NULL, "nothing is left over");
}

/* clang-format off */
static const struct {
	const char *name;
	void (*run)(struct doctor *doctor);
} checks[] = {
	{ "ledger", check_ledger },
	{ "policy", check_policy },
	{ "libvirt", check_libvirt },
	{ "vgpus", check_vgpus },
	{ "domains", check_domains },
	{ "leftovers", check_devices },
};
/* clang-format on */

/* What can't be read is a finding, too; the checks then see nothing of it. */
static void look(struct doctor *doctor)
{
	struct vgpu_agent *agent = doctor->agent;

	if (vgpu_ledger_list(agent->ledger, &doctor->records, &doctor->records_count)) {
		doctor->findings.check = "ledger";
		FOUND(doctor, VGPU_FOUND_PROBLEM, "journalctl -u vgpud", "it can't be read");
	}
	if (vgpu_mdev_list(&agent->sysfs, &doctor->mdevs, &doctor->mdevs_count) ||
	    vgpu_libvirt_owners(agent->libvirt, &doctor->owners, &doctor->owners_count)) {
		doctor->findings.check = "vgpus";
		FOUND(doctor, VGPU_FOUND_PROBLEM, "journalctl -u vgpud", "the devices of this host can't be listed");
	}
}

/**
 * vgpu_method_doctor() - "doctor.run": what is wrong with what the agent looks after, as far as it knows
 * @call: no parameters
 *
 * Return: 0.
 */
int vgpu_method_doctor(struct vgpu_call *call)
{
	struct doctor doctor = { .agent = call->agent, .findings = { .array = vgpu_json_array() } };
	unsigned int i;

	look(&doctor);
	for (i = 0; i < VGPU_COUNT(checks); i++) {
		doctor.findings.check = checks[i].name;
		checks[i].run(&doctor);
	}
	free(doctor.records);
	free(doctor.mdevs);
	free(doctor.owners);
	call->result = vgpu_json_object();
	vgpu_json_put_u64(call->result, "schema", VGPU_SCHEMA);
	vgpu_json_put(call->result, "checks", doctor.findings.array);
	return 0;
}
