// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * agent_notice.c - what udev says becomes an event, once: on a directory that stands for sysfs, since without the real one there is no udev.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "vgpud-agent/agent.h"
#include "vgpud-agent/mdev.h"
#include "vgpud-agent/notice.h"
#include "vgpud-agent/restore.h"

#define UUID "11111111-2222-4333-8444-555555555555"
#define GPU "/class/mdev_bus/0000:00:02.0"
#define DRIVER GPU "/driver"
#define DEVICE "/bus/mdev/devices/" UUID

static const char *const directories[] = {
	"/bus", "/bus/mdev", "/bus/mdev/devices", "/class", "/class/mdev_bus", GPU, GPU "/mdev_supported_types",
};

static char root[64];
static struct vgpu_agent agent;

static const struct vgpu_record record = {
	.uuid = UUID,
	.name = "a",
	.gpu = "0000:00:02.0",
	.type = "vgpu-flex",
	.wanted = true,
};

static void path_of(const char *name, char path[160])
{
	snprintf(path, 160, "%s%s", root, name);
}

static void make(const char *name)
{
	char path[160];

	path_of(name, path);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void take(const char *name)
{
	char path[160];

	path_of(name, path);
	assert_int_equal(rmdir(path), 0);
}

/* As in the real one, a device stands in its bus as a link, and so does a driver with what it has; where they lead matters to nobody here. */
static void make_link(const char *name, const char *target)
{
	char path[160];

	path_of(name, path);
	assert_int_equal(symlink(target, path), 0);
}

static void take_link(const char *name)
{
	char path[160];

	path_of(name, path);
	assert_int_equal(unlink(path), 0);
}

static void make_device(void)
{
	make_link(DEVICE, "../../../class/mdev_bus/0000:00:02.0");
}

static void take_device(void)
{
	take_link(DEVICE);
}

static int set_up(void **state)
{
	unsigned int i;

	strcpy(root, "/tmp/vgpu-notice.XXXXXX");
	if (!mkdtemp(root))
		return -errno;
	for (i = 0; i < VGPU_COUNT(directories); i++)
		make(directories[i]);
	make_link(DRIVER, "../../../bus/pci/drivers/i915");
	agent = (struct vgpu_agent) { .sysfs.root = root, .asker = VGPU_NOBODY };
	return vgpu_ledger_open(root, &agent.ledger);
}

static int tear_down(void **state)
{
	static const char *const files[] = { "/ledger.db", "/ledger.db-wal", "/ledger.db-shm" };
	char path[160];
	unsigned int i;

	vgpu_restore_fini(&agent);
	vgpu_ledger_close(agent.ledger);
	for (i = 0; i < VGPU_COUNT(files); i++) {
		path_of(files[i], path);
		unlink(path);
	}
	take_link(DRIVER);
	for (i = VGPU_COUNT(directories); i--;) {
		path_of(directories[i], path);
		rmdir(path);
	}
	return rmdir(root) ? -errno : 0;
}

/* The kinds and texts of all events, a line each. */
static void assert_told(const char *want)
{
	struct vgpu_event_query all = { .limit = 100 };
	struct vgpu_event *events;
	char got[2048] = "";
	size_t count, i;

	assert_int_equal(vgpu_ledger_events(agent.ledger, &all, &events, &count), 0);
	for (i = 0; i < count; i++) {
		assert_int_equal(events[i].uid, VGPU_NOBODY);
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s %s %s: %s\n", events[i].kind, events[i].name,
			 events[i].gpu, events[i].text);
	}
	free(events);
	assert_string_equal(got, want);
}

static void device_removed(void **state)
{
	assert_int_equal(vgpu_ledger_add(agent.ledger, &record, NULL), 0);
	/* Not what is still there, nor what is not ours, nor what is no UUID at all. */
	make_device();
	vgpu_notice_removed(&agent, UUID);
	take_device();
	vgpu_notice_removed(&agent, "22222222-2222-4333-8444-555555555555");
	vgpu_notice_removed(&agent, "../..");
	assert_told("");
	vgpu_notice_removed(&agent, UUID);
	vgpu_notice_removed(&agent, UUID);
	assert_told("vgpu.missing a 0000:00:02.0: its device was removed, and not by vgpud\n");
}

static void unwanted_removed(void **state)
{
	struct vgpu_record unwanted = record;

	unwanted.wanted = false;
	assert_int_equal(vgpu_ledger_add(agent.ledger, &unwanted, NULL), 0);
	vgpu_notice_removed(&agent, UUID);
	assert_told("");
}

static void gpu_gone(void **state)
{
	assert_int_equal(vgpu_ledger_add(agent.ledger, &record, NULL), 0);
	vgpu_notice_gpus(&agent);
	vgpu_notice_gpus(&agent);
	/* In the order of mdev_unregister_parent(): first its link goes, then its devices, then the word of it comes. */
	take(GPU "/mdev_supported_types");
	take_link(DRIVER);
	take(GPU);
	vgpu_notice_removed(&agent, UUID);
	vgpu_notice_gpu_gone(&agent);
	vgpu_notice_gpu_gone(&agent);
	assert_told("gpu.appeared  0000:00:02.0: it can be shared\n"
		    "vgpu.missing a 0000:00:02.0: GPU 0000:00:02.0 is not there\n"
		    "gpu.disappeared  0000:00:02.0: it can't be shared any more: it is gone, or another driver has it\n");
	/* It comes back with the device, which somebody else has made. */
	make(GPU);
	make(GPU "/mdev_supported_types");
	make_link(DRIVER, "../../../bus/pci/drivers/i915");
	make_device();
	vgpu_notice_gpu(&agent);
	take_device();
	assert_told("gpu.appeared  0000:00:02.0: it can be shared\n"
		    "vgpu.missing a 0000:00:02.0: GPU 0000:00:02.0 is not there\n"
		    "gpu.disappeared  0000:00:02.0: it can't be shared any more: it is gone, or another driver has it\n"
		    "gpu.appeared  0000:00:02.0: it can be shared\n"
		    "vgpu.restored a 0000:00:02.0: its device is there again\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(device_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unwanted_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gpu_gone, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
