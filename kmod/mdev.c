// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The GPU as the parent of mdev devices: their types, how many more fit, making and removing one.
 *
 * Lock: the GPU's, around the core and vgpu_dev's and vgpu_gpu_dev's guarded fields. It is never held while a vfio
 * device is registered or unregistered.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/sysfs.h>

#include "glue.h"

/* Hidden memory and fences follow the aperture: six times as much, a fence for 8 MiB. */
#define HIDDEN_PER_APERTURE 6
#define APERTURE_PER_FENCE SZ_8M

static const struct {
	const char *name;
	const char *pretty_name;
	u64 aperture_bytes; /* 0: the operator gives sizes */
} type_table[VGPU_TYPES] = {
	{ VGPU_TYPE_64M, "vGPU with 64 MiB of aperture", SZ_64M },
	{ VGPU_TYPE_128M, "vGPU with 128 MiB of aperture", SZ_128M },
	{ VGPU_TYPE_256M, "vGPU with 256 MiB of aperture", SZ_256M },
	{ VGPU_TYPE_FLEX, "vGPU of any size", 0 },
};

static struct vgpu_type *to_vgpu_type(struct mdev_type *mdev_type)
{
	return container_of(mdev_type, struct vgpu_type, mdev);
}

static struct vgpu_gpu_dev *type_gpu(struct mdev_type *mdev_type)
{
	return dev_get_drvdata(mdev_type->parent->dev);
}

/*
 * What can be promised: so many vGPUs of the type fit into the largest holes. Smaller holes may take more; they
 * are not counted, since only the core knows them.
 */
static unsigned int get_available(struct mdev_type *mdev_type)
{
	struct vgpu_gpu_dev *gd = type_gpu(mdev_type);
	struct vgpu_type *type = to_vgpu_type(mdev_type);
	enum vgpu_resource r;
	struct vgpu_room room;
	u64 n;

	vgpu_gpu_dev_lock(gd);
	n = VGPU_MAX - vgpu_gpu_vgpus(&gd->core);
	for (r = 0; r < VGPU_RESOURCES; r++) {
		vgpu_gpu_room(&gd->core, r, &room);
		if (type->amount[r])
			n = min(n, room.hole / type->amount[r]);
	}
	vgpu_gpu_dev_unlock(gd);
	return n;
}

static ssize_t show_description(struct mdev_type *mdev_type, char *buf)
{
	const u64 *amount = to_vgpu_type(mdev_type)->amount;

	if (!amount[VGPU_APERTURE])
		return sysfs_emit(buf, "aperture_bytes, hidden_bytes and fences are set before it is first opened\n");
	return sysfs_emit(buf, "aperture: %llu MiB, hidden: %llu MiB, fences: %llu\n", amount[VGPU_APERTURE] / SZ_1M,
			  amount[VGPU_HIDDEN] / SZ_1M, amount[VGPU_FENCES]);
}

/* Called with the lock held. On failure the core holds nothing of @vd. */
static int claim(struct vgpu_dev *vd, const struct vgpu_type *type)
{
	enum vgpu_resource r;
	int err;

	err = vgpu_init(&vd->core, &vd->gd->core, vd);
	if (err)
		return err;
	for (r = 0; r < VGPU_RESOURCES; r++) {
		if (!type->amount[r])
			continue;
		err = vgpu_set_size(&vd->core, r, type->amount[r]);
		if (err)
			goto fini;
	}
	return 0;

fini:
	vgpu_fini(&vd->core, ktime_get_ns());
	return err;
}

static void release(struct vgpu_dev *vd)
{
	vgpu_gpu_dev_lock(vd->gd);
	vgpu_fini(&vd->core, ktime_get_ns());
	vgpu_gpu_dev_unlock(vd->gd);
}

static int probe(struct mdev_device *mdev)
{
	struct vgpu_dev *vd;
	int err;

	vd = vfio_alloc_device(vgpu_dev, vdev, &mdev->dev, &vgpu_vfio_ops);
	if (IS_ERR(vd))
		return PTR_ERR(vd);
	vd->gd = type_gpu(mdev->type);
	vgpu_reconcile_init(vd);

	vgpu_gpu_dev_lock(vd->gd);
	err = claim(vd, to_vgpu_type(mdev->type));
	vgpu_gpu_dev_unlock(vd->gd);
	if (err)
		goto put;

	dev_set_drvdata(&mdev->dev, vd);
	err = vfio_register_emulated_iommu_dev(&vd->vdev);
	if (err)
		goto release;
	return 0;

release:
	release(vd);
put:
	vfio_put_device(&vd->vdev);
	return err;
}

/*
 * The core's part ends here and not in vfio's release, which a last reference may delay beyond the GPU's removal.
 */
static void remove(struct mdev_device *mdev)
{
	struct vgpu_dev *vd = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&vd->vdev); /* waits for whoever has it open, asking by the request interrupt */
	release(vd);
	vfio_put_device(&vd->vdev);
}

static struct mdev_driver driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.probe = probe,
	.remove = remove,
	.get_available = get_available,
	.show_description = show_description,
	.driver = {
		.name = "vgpu_mdev",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
		.dev_groups = vgpu_sysfs_vgpu_groups,
	},
};

/* Hidden memory and fences of the largest type may be a little less than proportional, where the GPU has no more. */
static void size_type(struct vgpu_type *type, u64 aperture_bytes, const struct vgpu_room room[VGPU_RESOURCES])
{
	type->amount[VGPU_APERTURE] = aperture_bytes;
	type->amount[VGPU_HIDDEN] = min(aperture_bytes * HIDDEN_PER_APERTURE, room[VGPU_HIDDEN].hole);
	type->amount[VGPU_FENCES] = min_t(u64, aperture_bytes / APERTURE_PER_FENCE, room[VGPU_FENCES].hole);
}

/**
 * vgpu_mdev_add_parent() - let mdev devices be made on a GPU
 * @gd: the GPU; its core runs
 *
 * Offers the types that the empty GPU can hold. May sleep; without the GPU's lock.
 *
 * Return: 0 or -errno.
 */
int vgpu_mdev_add_parent(struct vgpu_gpu_dev *gd)
{
	struct vgpu_room room[VGPU_RESOURCES];
	enum vgpu_resource r;
	unsigned int i, n = 0;

	vgpu_gpu_dev_lock(gd);
	for (r = 0; r < VGPU_RESOURCES; r++)
		vgpu_gpu_room(&gd->core, r, &room[r]);
	vgpu_gpu_dev_unlock(gd);

	for (i = 0; i < VGPU_TYPES; i++) {
		if (type_table[i].aperture_bytes > room[VGPU_APERTURE].hole)
			continue;
		gd->types[n].mdev.sysfs_name = type_table[i].name;
		gd->types[n].mdev.pretty_name = type_table[i].pretty_name;
		size_type(&gd->types[n], type_table[i].aperture_bytes, room);
		gd->type_list[n] = &gd->types[n].mdev;
		n++;
	}
	return mdev_register_parent(&gd->parent, &gd->pdev->dev, &driver, gd->type_list, n);
}

/**
 * vgpu_mdev_remove_parent() - remove all vGPUs of a GPU, waiting until none is open
 * @gd: the GPU; not locked
 */
void vgpu_mdev_remove_parent(struct vgpu_gpu_dev *gd)
{
	mdev_unregister_parent(&gd->parent);
}

/**
 * vgpu_mdev_register() - register the driver of our mdev devices
 * Return: 0 or -errno.
 */
int vgpu_mdev_register(void)
{
	return mdev_register_driver(&driver);
}

/** vgpu_mdev_unregister() - after all parents are gone */
void vgpu_mdev_unregister(void)
{
	mdev_unregister_driver(&driver);
}
