// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The physical GPU as a PCI device: taking it over and giving it back, its interrupt, and the core's time limits.
 *
 * Lock: vgpu_gpu_dev.lock is made and taken here (see glue.h). The timer runs in interrupt context and touches nothing but
 * the work that it queues.
 */
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "compat.h"
#include "glue.h"

#define REG_BAR 0
#define APERTURE_BAR 2

/* GMCH control, its GGTT size in MiB: i915 gt/intel_ggtt.c, gen6_get_total_gtt_size(). */
#define GMCH_CTRL 0x50
#define GMCH_GGMS_SHIFT 8
#define GMCH_GGMS_MASK 3u

#define TIMER_MIN_NS 50000ull /* the most that a deadline can ask of the CPU: a tick per 50 us */

static void arm_timer(struct vgpu_gpu_dev *gd)
{
	u64 deadline_ns = vgpu_gpu_deadline(&gd->core);

	if (deadline_ns == gd->timer_ns)
		return;

	gd->timer_ns = deadline_ns;
	if (deadline_ns == VGPU_NO_DEADLINE)
		hrtimer_try_to_cancel(&gd->timer); /* one that already fires is a tick too many, no more */
	else
		hrtimer_start(&gd->timer, ns_to_ktime(max(deadline_ns, ktime_get_ns() + TIMER_MIN_NS)), HRTIMER_MODE_ABS);
}

/**
 * vgpu_gpu_dev_lock() - take the lock around calls into the core
 * @gd: the GPU
 *
 * The time that the core is told must be read after this, so that it never runs backwards. May sleep.
 */
void vgpu_gpu_dev_lock(struct vgpu_gpu_dev *gd)
{
	mutex_lock(&gd->lock);
}

/**
 * vgpu_gpu_dev_unlock() - drop the lock; from here on the timer stands for what the core now waits for
 * @gd: the GPU
 */
void vgpu_gpu_dev_unlock(struct vgpu_gpu_dev *gd)
{
	if (gd->live)
		arm_timer(gd);
	mutex_unlock(&gd->lock);
}

static enum hrtimer_restart timer_fires(struct hrtimer *timer)
{
	struct vgpu_gpu_dev *gd = container_of(timer, struct vgpu_gpu_dev, timer);

	queue_work(gd->wq, &gd->tick);
	return HRTIMER_NORESTART;
}

static void tick(struct work_struct *work)
{
	struct vgpu_gpu_dev *gd = container_of(work, struct vgpu_gpu_dev, tick);

	vgpu_gpu_dev_lock(gd);
	if (gd->live) {
		gd->timer_ns = VGPU_NO_DEADLINE;
		vgpu_gpu_tick(&gd->core, ktime_get_ns());
	}
	vgpu_gpu_dev_unlock(gd);
}

/* The core acknowledges with the master enable off, so an interrupt that comes while this runs raises a new message. */
static irqreturn_t irq_thread(int irq, void *arg)
{
	struct vgpu_gpu_dev *gd = arg;

	vgpu_gpu_dev_lock(gd);
	if (gd->live)
		vgpu_gpu_irq(&gd->core, ktime_get_ns());
	vgpu_gpu_dev_unlock(gd);
	return IRQ_HANDLED;
}

static int map_bars(struct vgpu_gpu_dev *gd)
{
	struct pci_dev *pdev = gd->pdev;
	u32 ggtt_mib;
	u16 gmch;

	pci_read_config_word(pdev, GMCH_CTRL, &gmch);
	ggtt_mib = gmch >> GMCH_GGMS_SHIFT & GMCH_GGMS_MASK;
	if (pci_resource_len(pdev, REG_BAR) != VGPU_BAR0_BYTES || !pci_resource_len(pdev, APERTURE_BAR) || ggtt_mib < 1 ||
	    ggtt_mib > 2) {
		dev_err(&pdev->dev, "unexpected BAR sizes %pR %pR or a GGTT of %u MiB\n", &pdev->resource[REG_BAR],
			&pdev->resource[APERTURE_BAR], ggtt_mib);
		return -ENODEV;
	}

	gd->info.ggtt_entries = (ggtt_mib << 20) / sizeof(u32);
	gd->info.aperture_bytes = pci_resource_len(pdev, APERTURE_BAR);
	gd->info.hang_ns = (u64)vgpu_hang_ms * NSEC_PER_MSEC;
	gd->info.limits = (struct vgpu_sched_limits) {
		.turn_min_ns = (u64)vgpu_turn_min_us * NSEC_PER_USEC,
		.turn_max_ns = (u64)vgpu_turn_us * NSEC_PER_USEC,
		.round_ns = (u64)vgpu_round_us * NSEC_PER_USEC,
	};
	gd->aperture_phys = pci_resource_start(pdev, APERTURE_BAR);

	gd->regs = ioremap(pci_resource_start(pdev, REG_BAR), VGPU_MMIO_BYTES);
	if (!gd->regs)
		return -ENOMEM;
	gd->ggtt = ioremap_wc(pci_resource_start(pdev, REG_BAR) + VGPU_MMIO_BYTES, VGPU_BAR0_BYTES - VGPU_MMIO_BYTES);
	if (!gd->ggtt)
		goto unmap_regs;
	gd->aperture = ioremap_wc(gd->aperture_phys, gd->info.aperture_bytes);
	if (!gd->aperture)
		goto unmap_ggtt;
	return 0;

unmap_ggtt:
	iounmap(gd->ggtt);
unmap_regs:
	iounmap(gd->regs);
	return -ENOMEM;
}

static void unmap_bars(struct vgpu_gpu_dev *gd)
{
	iounmap(gd->aperture);
	iounmap(gd->ggtt);
	iounmap(gd->regs);
}

static int setup_dma(struct pci_dev *pdev)
{
	int err;

	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(VGPU_DMA_BITS));
	if (err)
		return err;

	/* The GPU writes to guest pages whenever it likes, so bounce buffers cannot stand in for pages that it does not reach. */
	if (dma_addressing_limited(&pdev->dev)) {
		dev_err(&pdev->dev, "memory above %u bits of address needs an IOMMU\n", VGPU_DMA_BITS);
		return -EOPNOTSUPP;
	}
	return 0;
}

/*
 * The interrupt is requested before the core starts, so that no message is lost; its thread waits for the lock and then
 * finds out by @live whether there is a core to tell.
 */
static int start_core(struct vgpu_gpu_dev *gd)
{
	struct pci_dev *pdev = gd->pdev;
	int err;

	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);
	if (err < 0)
		return err;
	err = pci_request_irq(pdev, 0, NULL, irq_thread, gd, VGPU_DRIVER_NAME "-%s", pci_name(pdev));
	if (err)
		goto free_vectors;

	vgpu_gpu_dev_lock(gd);
	err = vgpu_gpu_init(&gd->core, &vgpu_host_ops, gd, &gd->info);
	gd->live = !err;
	vgpu_gpu_dev_unlock(gd);
	if (err)
		goto free_irq;
	return 0;

free_irq:
	pci_free_irq(pdev, 0, gd);
free_vectors:
	pci_free_irq_vectors(pdev);
	return err;
}

static void stop_core(struct vgpu_gpu_dev *gd)
{
	vgpu_gpu_dev_lock(gd);
	if (gd->live)
		vgpu_gpu_fini(&gd->core);
	gd->live = false; /* from here on nothing arms the timer */
	vgpu_gpu_dev_unlock(gd);

	pci_free_irq(gd->pdev, 0, gd);
	pci_free_irq_vectors(gd->pdev);
	hrtimer_cancel(&gd->timer);
	cancel_work_sync(&gd->tick);
}

static struct vgpu_gpu_dev *gpu_dev_create(struct pci_dev *pdev)
{
	struct vgpu_gpu_dev *gd;

	gd = kvzalloc(sizeof(*gd), GFP_KERNEL);
	if (!gd)
		return NULL;
	gd->wq = alloc_ordered_workqueue("vgpu-%s", WQ_HIGHPRI, pci_name(pdev));
	gd->sync_wq = alloc_workqueue("vgpu-sync-%s", WQ_UNBOUND | WQ_HIGHPRI, VGPU_MAX, pci_name(pdev));
	if (!gd->wq || !gd->sync_wq)
		goto destroy_queues;

	gd->pdev = pdev;
	gd->timer_ns = VGPU_NO_DEADLINE;
	mutex_init(&gd->lock);
	INIT_WORK(&gd->tick, tick);
	vgpu_compat_hrtimer_setup(&gd->timer, timer_fires);
	return gd;

destroy_queues:
	if (gd->wq)
		destroy_workqueue(gd->wq);
	if (gd->sync_wq)
		destroy_workqueue(gd->sync_wq);
	kvfree(gd);
	return NULL;
}

static void gpu_dev_destroy(struct vgpu_gpu_dev *gd)
{
	destroy_workqueue(gd->sync_wq);
	destroy_workqueue(gd->wq);
	mutex_destroy(&gd->lock);
	kvfree(gd);
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vgpu_gpu_dev *gd;
	int err;

	gd = gpu_dev_create(pdev);
	if (!gd)
		return -ENOMEM;

	err = pci_enable_device(pdev); /* to D0, where the PCI core's own runtime reference keeps it */
	if (err)
		goto destroy;
	err = pci_request_regions(pdev, VGPU_DRIVER_NAME);
	if (err)
		goto disable;
	err = setup_dma(pdev);
	if (err)
		goto release_regions;
	err = map_bars(gd);
	if (err)
		goto release_regions;

	pci_set_master(pdev);
	pci_set_drvdata(pdev, gd);
	err = start_core(gd);
	if (err)
		goto clear_master;
	err = vgpu_mdev_add_parent(gd);
	if (err)
		goto stop;
	return 0;

stop:
	stop_core(gd);
clear_master:
	pci_clear_master(pdev);
	unmap_bars(gd);
release_regions:
	pci_release_regions(pdev);
disable:
	pci_disable_device(pdev);
destroy:
	gpu_dev_destroy(gd);
	return err;
}

/* The attributes are gone already: the driver core removes a driver's groups first. */
static void remove(struct pci_dev *pdev)
{
	struct vgpu_gpu_dev *gd = pci_get_drvdata(pdev);

	vgpu_mdev_remove_parent(gd); /* waits until nobody has a vGPU open, as vfio does */
	stop_core(gd);
	pci_clear_master(pdev);
	unmap_bars(gd);
	pci_release_regions(pdev);
	pci_disable_device(pdev);
	gpu_dev_destroy(gd);
}

/* Reboot or kexec: whoever has a vGPU open keeps it, but the GPU must not write to memory that is no longer ours. */
static void shutdown(struct pci_dev *pdev)
{
	struct vgpu_gpu_dev *gd = pci_get_drvdata(pdev);

	vgpu_gpu_dev_lock(gd);
	gd->live = false;
	pci_clear_master(pdev);
	vgpu_gpu_dev_unlock(gd);
}

/* The state of the GPU and of its guests is not saved, so the host cannot sleep while the module has the GPU. */
static int suspend(struct device *dev)
{
	dev_warn(dev, "unbind the GPU from " VGPU_DRIVER_NAME " before the host sleeps\n");
	return -EBUSY;
}

static const struct dev_pm_ops pm_ops = {
	.suspend = suspend,
	.freeze = suspend,
	.poweroff = suspend,
};

/* Not in the module's alias table: which of the stock driver and this one has a GPU is the operator's decision, not udev's. */
static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(VGPU_PCI_VENDOR, VGPU_PCI_DEVICE) },
	{},
};

static struct pci_driver driver = {
	.name = VGPU_DRIVER_NAME,
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.shutdown = shutdown,
	.dev_groups = vgpu_sysfs_gpu_groups,
	.driver.pm = &pm_ops,
};

/**
 * vgpu_pci_register() - take the GPUs that no other driver has
 * Return: 0 or -errno. May sleep.
 */
int vgpu_pci_register(void)
{
	return pci_register_driver(&driver);
}

/** vgpu_pci_unregister() - give all GPUs back. No vGPU is open: each pins the module. May sleep. */
void vgpu_pci_unregister(void)
{
	pci_unregister_driver(&driver);
}
