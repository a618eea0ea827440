// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A vGPU behind a small KVM of our own: the guest's writes to its PPGTT's tables cost one fault a table and sync, and are in force
 * after it; also if its user takes the memory slot away under the tables, moves it, or puts another there.
 *
 * The guest is one virtual CPU in real mode that stores a dword and halts. Its memory is where real mode reaches it, at the
 * same addresses for KVM and for the vGPU. One thread runs it, another moves the memory; what they share is atomic.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "tests/guest/lib/vfio.h"

#define CODE_GPA 0x1000ull
#define GPA 0x80000ull /* of the memory: MEMORY_BYTES, a segment of real mode */
#define TABLES 2u /* the first pages of it */
#define RCS 0x2000u
#define RING_TAIL 0x30u
#define GFX_MODE 0x29cu
#define PP_DIR_BASE 0x228u
#define PPGTT_ENABLE 0x02000200u /* a masked bit 9 */
#define CHURNS 100

struct machine {
	int kvm, vm, vfio, vcpu;
	struct kvm_run *run;
	char *memory, *code;
	size_t run_bytes;
};

static int set_slot(const struct machine *m, uint32_t slot, uint64_t gpa, const void *memory, uint64_t bytes)
{
	struct kvm_userspace_memory_region r = {
		.slot = slot, .guest_phys_addr = gpa, .memory_size = bytes, .userspace_addr = (uintptr_t)memory
	};

	return ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &r);
}

static int machine_open(struct session *s, struct machine *m)
{
	static const uint8_t program[] = { 0x66, 0x89, 0x07, 0xf4 }; /* mov [bx], eax; hlt */
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_VFIO };

	m->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	m->vm = ioctl(m->kvm, KVM_CREATE_VM, 0);
	m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, 0);
	if (m->vcpu < 0 || ioctl(m->vm, KVM_CREATE_DEVICE, &device))
		return session_fail(s, "KVM: %s", strerror(errno));
	m->vfio = (int)device.fd;
	m->run_bytes = (size_t)ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	m->run = mmap(NULL, m->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu, 0);
	m->memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	m->code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (m->run == MAP_FAILED || m->memory == MAP_FAILED || m->code == MAP_FAILED)
		return session_fail(s, "memory: %s", strerror(errno));
	memcpy(m->code, program, sizeof(program));
	if (set_slot(m, 0, CODE_GPA, m->code, PAGE) || set_slot(m, 1, GPA, m->memory, MEMORY_BYTES))
		return session_fail(s, "slots: %s", strerror(errno));
	return 0;
}

static void machine_close(struct machine *m)
{
	munmap(m->run, m->run_bytes);
	munmap(m->memory, MEMORY_BYTES);
	munmap(m->code, PAGE);
	close(m->vcpu);
	close(m->vfio);
	close(m->vm);
	close(m->kvm);
}

/* The guest stores @value at @offset of its memory. Return: whether it has got to its end. */
static bool guest_store(const struct machine *m, uint32_t offset, uint32_t value)
{
	struct kvm_regs regs = { .rax = value, .rbx = offset, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(m->vcpu, KVM_GET_SREGS, &sregs))
		return false;
	sregs.cs.base = CODE_GPA;
	sregs.cs.selector = CODE_GPA >> 4;
	sregs.ds.base = GPA;
	sregs.ds.selector = GPA >> 4;
	if (ioctl(m->vcpu, KVM_SET_SREGS, &sregs) || ioctl(m->vcpu, KVM_SET_REGS, &regs))
		return false;
	do {
		if (ioctl(m->vcpu, KVM_RUN, 0) && errno != EINTR)
			return false;
	} while (m->run->exit_reason == KVM_EXIT_MMIO); /* no memory there: the store is lost */
	return m->run->exit_reason == KVM_EXIT_HLT;
}

static bool write_register(const struct session *s, uint32_t offset, uint32_t value)
{
	return pwrite(s->device, &value, 4, (off_t)(s->offset[VFIO_PCI_BAR0_REGION_INDEX] + RCS + offset)) == 4;
}

/* Nothing to execute, but what is before the work that there could be is in force. */
static bool submit(const struct session *s)
{
	return write_register(s, RING_TAIL, 0);
}

static uint32_t entry(unsigned int page)
{
	return (uint32_t)(GPA + page * PAGE) | 1;
}

/* A directory at the vGPU's first entries, whose first tables are the first pages of memory. */
static int load_directory(struct session *s, const struct machine *m)
{
	const uint64_t slot = s->base / PAGE;
	uint32_t pde[TABLES];

	for (unsigned int i = 0; i < TABLES; i++)
		pde[i] = entry(i);
	if (session_map(s, m->memory, GPA, MEMORY_BYTES) ||
	    pwrite(s->device, pde, sizeof(pde), (off_t)(s->offset[VFIO_PCI_BAR0_REGION_INDEX] + GGTT + slot * 4)) !=
		    sizeof(pde) ||
	    !session_flush(s) || !write_register(s, GFX_MODE, PPGTT_ENABLE) ||
	    !write_register(s, PP_DIR_BASE, (uint32_t)slot << 12) || !submit(s))
		return session_fail(s, "directory: %s", strerror(errno));
	if (session_attribute(s, "stats", "pinned_pages") != TABLES)
		return session_fail(s, "%llu pages are pinned, want the tables'",
				    (unsigned long long)session_attribute(s, "stats", "pinned_pages"));
	return 0;
}

/* The guest fills @count entries of a table in a row: that is one fault more, and so many pages in all are pinned after a sync. */
static int fill_table(struct session *s, const struct machine *m, unsigned int count, uint64_t want_faults, const char *how)
{
	uint64_t faults = session_attribute(s, "stats", "faults_ppgtt");

	for (unsigned int i = 0; i < PAGE / 4 && i < 12; i++)
		if (!guest_store(m, i * 4, i < count ? entry(TABLES + i) : 0))
			return session_fail(s, "%s: the guest ends with exit %u", how, m->run->exit_reason);
	faults = session_attribute(s, "stats", "faults_ppgtt") - faults;
	if (faults != want_faults)
		return session_fail(s, "%s: %llu faults, want %llu", how, (unsigned long long)faults,
				    (unsigned long long)want_faults);
	if (!submit(s) || session_attribute(s, "stats", "pinned_pages") != TABLES + count)
		return session_fail(s, "%s: %llu pages are pinned, want %u", how,
				    (unsigned long long)session_attribute(s, "stats", "pinned_pages"), TABLES + count);
	return 0;
}

struct churn {
	const struct machine *m;
	atomic_bool over;
	atomic_uint stores;
};

static void *store_on_and_on(void *arg)
{
	struct churn *c = arg;

	for (unsigned int i = 0; !atomic_load(&c->over); i++)
		if (guest_store(c->m, i % TABLES * (uint32_t)PAGE + i % 8 * 4, i % 3 ? entry(TABLES + i % 8) : 0))
			atomic_fetch_add(&c->stores, 1);
	return NULL;
}

/*
 * The slot goes, comes back, is moved by a page and back, while the guest writes to tables in it and they are synced. Since 6.6, KVM
 * refuses to move slots of which it tells writes.
 */
static int move_slots(struct session *s, const struct machine *m)
{
	struct churn c = { m, false, 0 };
	pthread_t thread;
	int ret = 0;

	if (pthread_create(&thread, NULL, store_on_and_on, &c))
		return session_fail(s, "thread");
	for (unsigned int i = 0; i < CHURNS && !ret; i++) {
		if (i % 2 ? set_slot(m, 1, 0, NULL, 0) : set_slot(m, 1, GPA + PAGE, m->memory, MEMORY_BYTES) && errno != EINVAL)
			ret = session_fail(s, "slot %u: %s", i, strerror(errno));
		if (!submit(s) && !ret)
			ret = session_fail(s, "sync %u: %s", i, strerror(errno));
		if (set_slot(m, 1, GPA, m->memory, MEMORY_BYTES) && !ret)
			ret = session_fail(s, "slot %u back: %s", i, strerror(errno));
		if (!submit(s) && !ret)
			ret = session_fail(s, "sync %u: %s", i, strerror(errno));
	}
	atomic_store(&c.over, true);
	pthread_join(thread, NULL);
	if (!ret && !atomic_load(&c.stores))
		ret = session_fail(s, "the guest has not run");
	return ret;
}

static bool tracked(void)
{
	FILE *f = fopen("/sys/module/vgpu/parameters/track_ppgtt", "r");
	bool on = f && fgetc(f) == 'Y';

	if (f)
		fclose(f);
	return on;
}

static int with_machine(struct session *s, struct machine *m)
{
	const uint64_t once = tracked();
	int ret = load_directory(s, m);

	ret = ret ?: fill_table(s, m, 3, once, "first");
	ret = ret ?: fill_table(s, m, 5, once, "again");
	if (!ret && (set_slot(m, 1, 0, NULL, 0) || set_slot(m, 1, GPA, m->memory, MEMORY_BYTES)))
		ret = session_fail(s, "slot: %s", strerror(errno));
	ret = ret ?: fill_table(s, m, 4, 0, "in a new slot, unsynced");
	ret = ret ?: fill_table(s, m, 8, once, "and synced");
	ret = ret ?: move_slots(s, m);
	memset(m->memory, 0, PAGE * TABLES);
	if (!ret && (set_slot(m, 1, 0, NULL, 0) || set_slot(m, 1, GPA, m->memory, MEMORY_BYTES) || !submit(s)))
		ret = session_fail(s, "after that: %s", strerror(errno));
	ret = ret ?: fill_table(s, m, 6, once, "after that");
	if (!ret && (session_unmap(s, GPA, MEMORY_BYTES) || session_attribute(s, "stats", "pinned_pages")))
		ret = session_fail(s, "pages stay pinned");
	return ret;
}

/** kvm_test_track() - writes of a guest's to its tables are told, and slots may do as they like */
int kvm_test_track(struct session *s)
{
	struct machine m = { -1, -1, -1, -1, MAP_FAILED, MAP_FAILED, MAP_FAILED, 0 };
	int ret, err;

	session_close(s);
	ret = machine_open(s, &m);
	if (!ret) {
		s->kvm_vfio = m.vfio;
		err = session_open(s);
		ret = err ? session_fail(s, "open: %s", strerror(-err)) : with_machine(s, &m);
		session_close(s);
		s->kvm_vfio = 0;
	}
	machine_close(&m);
	if (session_open(s))
		return session_fail(s, "it cannot be opened again: %s", strerror(errno));
	return ret;
}
