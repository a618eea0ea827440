// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The attributes in vgpu/, of a vGPU and of a GPU: vgpu(4) says what they mean.
 *
 * Each is an entry of a table: a name, and what its one show or store function needs to know.
 * Lock: the GPU's, inside of kernfs' active reference (see glue.h).
 */
#include <linux/kstrtox.h>
#include <linux/sysfs.h>
#include <linux/ktime.h>

#include "glue.h"

/* clang-format off */
#define ATTR_RO(_name, _show)		{ .attr = { .name = _name, .mode = 0444 }, .show = _show }
#define ATTR_RW(_name, _show, _store)	{ .attr = { .name = _name, .mode = 0644 }, .show = _show, .store = _store }
/* clang-format on */

/*
 * Sizes and bases of a vGPU's partition
 */
struct range_attr {
	struct device_attribute attr;
	enum vgpu_resource resource;
	size_t field; /* of struct vgpu_range */
};

static ssize_t range_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct range_attr *ra = container_of(attr, struct range_attr, attr);
	struct vgpu_dev *vd = dev_get_drvdata(dev);
	struct vgpu_range range;

	vgpu_gpu_dev_lock(vd->gd);
	vgpu_get_range(&vd->core, ra->resource, &range);
	vgpu_gpu_dev_unlock(vd->gd);
	return sysfs_emit(buf, "%llu\n", *(u64 *)((char *)&range + ra->field));
}

static ssize_t range_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	struct range_attr *ra = container_of(attr, struct range_attr, attr);
	struct vgpu_dev *vd = dev_get_drvdata(dev);
	u64 amount;
	int err;

	err = kstrtou64(buf, 0, &amount);
	if (err)
		return err;

	vgpu_gpu_dev_lock(vd->gd);
	err = vgpu_set_size(&vd->core, ra->resource, amount);
	vgpu_gpu_dev_unlock(vd->gd);
	return err ?: count;
}

/* clang-format off */
#define SIZE(_name, _resource)	{ ATTR_RW(_name, range_show, range_store), _resource, offsetof(struct vgpu_range, size) }
#define BASE(_name, _resource)	{ ATTR_RO(_name, range_show), _resource, offsetof(struct vgpu_range, base) }

static struct range_attr range_attrs[] = {
	SIZE(VGPU_ATTR_APERTURE_BYTES, VGPU_APERTURE),
	SIZE(VGPU_ATTR_HIDDEN_BYTES, VGPU_HIDDEN),
	SIZE(VGPU_ATTR_FENCES, VGPU_FENCES),
	BASE(VGPU_ATTR_APERTURE_BASE, VGPU_APERTURE),
	BASE(VGPU_ATTR_HIDDEN_BASE, VGPU_HIDDEN),
	BASE(VGPU_ATTR_FENCE_BASE, VGPU_FENCES),
};
/* clang-format on */

/*
 * How a vGPU is scheduled
 */
struct sched_attr {
	struct device_attribute attr;
	int (*set)(struct vgpu *v, u32 value, u64 now_ns);
	size_t field; /* of struct vgpu_share */
};

static ssize_t sched_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct sched_attr *sa = container_of(attr, struct sched_attr, attr);
	struct vgpu_dev *vd = dev_get_drvdata(dev);
	struct vgpu_share share;

	vgpu_gpu_dev_lock(vd->gd);
	vgpu_get_share(&vd->core, &share);
	vgpu_gpu_dev_unlock(vd->gd);
	return sysfs_emit(buf, "%u\n", *(u32 *)((char *)&share + sa->field));
}

static ssize_t sched_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	struct sched_attr *sa = container_of(attr, struct sched_attr, attr);
	struct vgpu_dev *vd = dev_get_drvdata(dev);
	u32 value;
	int err;

	err = kstrtou32(buf, 0, &value);
	if (err)
		return err;

	vgpu_gpu_dev_lock(vd->gd);
	err = sa->set(&vd->core, value, ktime_get_ns());
	vgpu_gpu_dev_unlock(vd->gd);
	return err ?: count;
}

/* clang-format off */
#define SCHED(_name, _set, _field) { ATTR_RW(_name, sched_show, sched_store), _set, offsetof(struct vgpu_share, _field) }

static struct sched_attr sched_attrs[] = {
	SCHED(VGPU_ATTR_WEIGHT, vgpu_set_weight, weight),
	SCHED(VGPU_ATTR_CAP_PCT, vgpu_set_cap, cap_pct),
	SCHED(VGPU_ATTR_LATENCY_US, vgpu_set_latency, latency_us),
};
/* clang-format on */

/*
 * State and counters of a vGPU
 */
static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vgpu_dev *vd = dev_get_drvdata(dev);
	enum vgpu_state state;

	vgpu_gpu_dev_lock(vd->gd);
	state = vgpu_state(&vd->core, ktime_get_ns());
	vgpu_gpu_dev_unlock(vd->gd);
	return sysfs_emit(buf, "%s\n", vgpu_state_name(state));
}

/*
 * All of the above at one moment, so that whoever looks at many vGPUs opens one file for each
 */
static ssize_t summary_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vgpu_dev *vd = dev_get_drvdata(dev);
	struct vgpu_range range[VGPU_RESOURCES];
	struct vgpu_share share;
	enum vgpu_state state;
	unsigned int i;
	int len;

	vgpu_gpu_dev_lock(vd->gd);
	state = vgpu_state(&vd->core, ktime_get_ns());
	for (i = 0; i < VGPU_RESOURCES; i++)
		vgpu_get_range(&vd->core, i, &range[i]);
	vgpu_get_share(&vd->core, &share);
	vgpu_gpu_dev_unlock(vd->gd);

	len = sysfs_emit(buf, VGPU_ATTR_STATE " %s\n", vgpu_state_name(state));
	for (i = 0; i < ARRAY_SIZE(range_attrs); i++)
		len += sysfs_emit_at(buf, len, "%s %llu\n", range_attrs[i].attr.attr.name,
				     *(u64 *)((char *)&range[range_attrs[i].resource] + range_attrs[i].field));
	for (i = 0; i < ARRAY_SIZE(sched_attrs); i++)
		len += sysfs_emit_at(buf, len, "%s %u\n", sched_attrs[i].attr.attr.name,
				     *(u32 *)((char *)&share + sched_attrs[i].field));
	return len;
}

static ssize_t vgpu_stats_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vgpu_dev *vd = dev_get_drvdata(dev);
	enum vgpu_engine_id e;
	struct vgpu_stats s;
	unsigned int i;
	int len = 0;

	vgpu_gpu_dev_lock(vd->gd);
	vgpu_get_stats(&vd->core, ktime_get_ns(), &s);
	vgpu_gpu_dev_unlock(vd->gd);

	for (e = 0; e < VGPU_ENGINES; e++) {
#define X(field) len += sysfs_emit_at(buf, len, "%s_" #field " %llu\n", vgpu_engine_name(e), s.engine[e].field);
		VGPU_ENGINE_COUNTERS(X)
#undef X
		i = 0;
#define X(name, ns) len += sysfs_emit_at(buf, len, "%s_waits_" #name " %llu\n", vgpu_engine_name(e), s.engine[e].waits[i++]);
		VGPU_WAITS(X)
#undef X
	}
#define X(field) len += sysfs_emit_at(buf, len, #field " %llu\n", s.field);
	VGPU_COUNTERS(X)
#undef X
	len += sysfs_emit_at(buf, len, "faults_ggtt %lld\n", (long long)atomic64_read(&vd->table_faults));
	len += sysfs_emit_at(buf, len, "faults_ppgtt %lld\n", (long long)atomic64_read(&vd->track_faults));
	return len;
}

static ssize_t rejected_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vgpu_dev *vd = dev_get_drvdata(dev);
	struct vgpu_reject r[VGPU_REJECTS];
	int len = 0;
	u32 i, n;

	vgpu_gpu_dev_lock(vd->gd);
	n = vgpu_get_rejects(&vd->core, r);
	vgpu_gpu_dev_unlock(vd->gd);

	for (i = 0; i < n; i++) {
		if (r[i].engine == VGPU_ENGINES)
			len += sysfs_emit_at(buf, len, "others - %llu\n", r[i].count);
		else
			len += sysfs_emit_at(buf, len, "%s %08x %llu\n", vgpu_engine_name(r[i].engine), r[i].opcode, r[i].count);
	}
	return len;
}

static struct device_attribute rejected_attr = ATTR_RO(VGPU_ATTR_REJECTED, rejected_show);
static struct device_attribute state_attr = ATTR_RO(VGPU_ATTR_STATE, state_show);
static struct device_attribute summary_attr = ATTR_RO(VGPU_ATTR_SUMMARY, summary_show);
static struct device_attribute vgpu_stats_attr = ATTR_RO(VGPU_ATTR_STATS, vgpu_stats_show);

/* clang-format off */
static struct attribute *vgpu_attrs[] = {
	&range_attrs[0].attr.attr, &range_attrs[1].attr.attr, &range_attrs[2].attr.attr,
	&range_attrs[3].attr.attr, &range_attrs[4].attr.attr, &range_attrs[5].attr.attr,
	&sched_attrs[0].attr.attr, &sched_attrs[1].attr.attr, &sched_attrs[2].attr.attr,
	&rejected_attr.attr,
	&state_attr.attr,
	&summary_attr.attr,
	&vgpu_stats_attr.attr,
	NULL,
};
/* clang-format on */

static const struct attribute_group vgpu_group = {
	.name = VGPU_ATTR_DIR,
	.attrs = vgpu_attrs,
};

const struct attribute_group *vgpu_sysfs_vgpu_groups[] = {
	&vgpu_group,
	NULL,
};

/*
 * A GPU: what is free, and how busy it is
 */
struct room_attr {
	struct device_attribute attr;
	enum vgpu_resource resource;
	size_t field; /* of struct vgpu_room */
};

static ssize_t room_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct room_attr *ra = container_of(attr, struct room_attr, attr);
	struct vgpu_gpu_dev *gd = dev_get_drvdata(dev);
	struct vgpu_room room;

	vgpu_gpu_dev_lock(gd);
	vgpu_gpu_room(&gd->core, ra->resource, &room);
	vgpu_gpu_dev_unlock(gd);
	return sysfs_emit(buf, "%llu\n", *(u64 *)((char *)&room + ra->field));
}

/* clang-format off */
#define ROOM(_name, _resource, _field) { ATTR_RO(_name, room_show), _resource, offsetof(struct vgpu_room, _field) }

static struct room_attr room_attrs[] = {
	ROOM(VGPU_ATTR_APERTURE_TOTAL_BYTES, VGPU_APERTURE, total),
	ROOM(VGPU_ATTR_APERTURE_FREE_BYTES, VGPU_APERTURE, free),
	ROOM(VGPU_ATTR_APERTURE_HOLE_BYTES, VGPU_APERTURE, hole),
	ROOM(VGPU_ATTR_HIDDEN_TOTAL_BYTES, VGPU_HIDDEN, total),
	ROOM(VGPU_ATTR_HIDDEN_FREE_BYTES, VGPU_HIDDEN, free),
	ROOM(VGPU_ATTR_HIDDEN_HOLE_BYTES, VGPU_HIDDEN, hole),
	ROOM(VGPU_ATTR_FENCES_TOTAL, VGPU_FENCES, total),
	ROOM(VGPU_ATTR_FENCES_FREE, VGPU_FENCES, free),
	ROOM(VGPU_ATTR_FENCES_HOLE, VGPU_FENCES, hole),
};
/* clang-format on */

static ssize_t gpu_stats_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vgpu_gpu_dev *gd = dev_get_drvdata(dev);
	u64 now_ns, accesses, busy_ns[VGPU_ENGINES], turn_ns[VGPU_ENGINES];
	u32 runnable[VGPU_ENGINES];
	enum vgpu_engine_id e;
	unsigned int vgpus;
	int len = 0;

	vgpu_gpu_dev_lock(gd);
	now_ns = ktime_get_ns();
	for (e = 0; e < VGPU_ENGINES; e++) {
		busy_ns[e] = vgpu_gpu_busy_ns(&gd->core, e, now_ns);
		vgpu_gpu_turn(&gd->core, e, &runnable[e], &turn_ns[e]);
	}
	vgpus = vgpu_gpu_vgpus(&gd->core);
	accesses = gd->register_accesses;
	vgpu_gpu_dev_unlock(gd);

	for (e = 0; e < VGPU_ENGINES; e++)
		len += sysfs_emit_at(buf, len, "%s_busy_ns %llu\n%s_runnable %u\n%s_turn_ns %llu\n", vgpu_engine_name(e),
				     busy_ns[e], vgpu_engine_name(e), runnable[e], vgpu_engine_name(e), turn_ns[e]);
	len += sysfs_emit_at(buf, len, "now_ns %llu\nvgpus %u\nregister_accesses %llu\n", now_ns, vgpus, accesses);
	return len;
}

static struct device_attribute gpu_stats_attr = ATTR_RO(VGPU_ATTR_STATS, gpu_stats_show);

/* clang-format off */
static struct attribute *gpu_attrs[] = {
	&room_attrs[0].attr.attr, &room_attrs[1].attr.attr, &room_attrs[2].attr.attr,
	&room_attrs[3].attr.attr, &room_attrs[4].attr.attr, &room_attrs[5].attr.attr,
	&room_attrs[6].attr.attr, &room_attrs[7].attr.attr, &room_attrs[8].attr.attr,
	&gpu_stats_attr.attr,
	NULL,
};
/* clang-format on */

static const struct attribute_group gpu_group = {
	.name = VGPU_ATTR_DIR,
	.attrs = gpu_attrs,
};

const struct attribute_group *vgpu_sysfs_gpu_groups[] = {
	&gpu_group,
	NULL,
};
