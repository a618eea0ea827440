// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * metrics.c - the table of the metrics, and how each is made of what vgpu.stats says. Pure.
 *
 * A counter of the module that the table does not name has no metric: a name, once read by somebody, is there to stay. A counter that
 * the module does not have has no samples. Sums over engines, vGPUs or classes are the reader's to make.
 */
#include "vgpud-agent/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/uapi/vgpu.h"
#include "lib/cleanup.h"
#include "lib/size.h"
#include "vgpud-agent/metrics_text.h"

#define LABELS_MAX 7
#define KEY_SIZE 64

enum source {
	COUNTER, /* of the vGPU */
	ATTRIBUTE,
	WAITS,
	STATE,
	GPU_COUNTER,
	GPU_ATTRIBUTE,
};

struct family {
	struct vgpu_metric metric;
	enum source source;
	/* The key of the value, with each of the label's values in the middle when there is a label. */
	const char *before, *after;
	const char *label;
	const char *const *values;
	/* From the kernel's unit to the base unit: multiplied, then so many decimals. Zero is one. */
	unsigned int factor;
	unsigned int decimals;
};

static const char *const engines[] = { "rcs", "vcs", "bcs", "vecs", NULL };
static const char *const traps[] = { "config", "mmio", "ggtt", "aperture", NULL };
static const char *const reasons[] = { "opcode", "length", "address", "register", "ring", "budget",
				       "engine", "pte",	   "mmio",    "aperture", NULL };
static const char *const states[] = { "new", "ready", "open", "running", "stopped", "removing", "missing", "unknown", NULL };

#define TOTAL(_name, _unit, _help) .metric = { _name, VGPU_METRIC_COUNTER, _unit, _help }
#define LEVEL(_name, _unit, _help) .metric = { _name, VGPU_METRIC_GAUGE, _unit, _help }
#define EACH(_label, _values) .label = _label, .values = _values
#define EACH_ENGINE EACH("engine", engines)
#define NANOSECONDS .decimals = 9
#define MICROSECONDS .decimals = 6
#define PERCENT .decimals = 2

/* clang-format off */
static const struct family families[] = {
	{
		TOTAL("vgpu_engine_busy_seconds", "seconds", "Engine time that the vGPU has had, from start to completion."),
		.source = COUNTER, .after = "_busy_ns", EACH_ENGINE, NANOSECONDS,
	}, {
		TOTAL("vgpu_engine_entitled_seconds", "seconds", "Engine time that its weight was worth while it had work."),
		.source = COUNTER, .after = "_entitled_ns", EACH_ENGINE, NANOSECONDS,
	}, {
		TOTAL("vgpu_engine_capped_seconds", "seconds", "Time with work pending and no more allowed by its cap."),
		.source = COUNTER, .after = "_capped_ns", EACH_ENGINE, NANOSECONDS,
	}, {
		.metric = { "vgpu_wait_seconds", VGPU_METRIC_HISTOGRAM, "seconds",
			    "How long work waited each time that others had the engine." },
		.source = WAITS, EACH_ENGINE, NANOSECONDS,
	}, {
		TOTAL("vgpu_submissions", NULL, "Tail writes that brought new work."),
		.source = COUNTER, .after = "_submissions", EACH_ENGINE,
	}, {
		TOTAL("vgpu_traps", NULL, "Accesses of the guest that the module handled."),
		.source = COUNTER, .before = "traps_", EACH("kind", traps),
	}, {
		TOTAL("vgpu_interrupts", NULL, "Virtual interrupts sent to the guest."),
		.source = COUNTER, .before = "interrupts",
	}, {
		TOTAL("vgpu_switches", NULL, "Times that an engine was switched to this vGPU from another."),
		.source = COUNTER, .before = "switches",
	}, {
		TOTAL("vgpu_resets", NULL, "Engine resets that it caused or asked for."),
		.source = COUNTER, .before = "resets",
	}, {
		TOTAL("vgpu_audited_bytes", "bytes", "Commands that passed the audit."),
		.source = COUNTER, .before = "audited_dwords", .factor = 4,
	}, {
		TOTAL("vgpu_audit_rejections", NULL, "Commands, submissions and accesses of the guest that were refused."),
		.source = COUNTER, .before = "reject_", EACH("reason", reasons),
	}, {
		LEVEL("vgpu_pinned_bytes", "bytes", "Memory of the guest that the GPU can reach now."),
		.source = COUNTER, .before = "pinned_pages", .factor = VGPU_PAGE_BYTES,
	}, {
		LEVEL("vgpu_aperture_bytes", "bytes", "Aperture that it has."),
		.source = ATTRIBUTE, .before = "aperture_bytes",
	}, {
		LEVEL("vgpu_hidden_bytes", "bytes", "Hidden graphics memory that it has."),
		.source = ATTRIBUTE, .before = "hidden_bytes",
	}, {
		LEVEL("vgpu_fences", NULL, "Fences that it has."),
		.source = ATTRIBUTE, .before = "fences",
	}, {
		LEVEL("vgpu_weight", NULL, "Its share of GPU time against others that have work."),
		.source = ATTRIBUTE, .before = "weight",
	}, {
		LEVEL("vgpu_cap_ratio", "ratio", "The most of the time of each engine that it gets, 1 being all."),
		.source = ATTRIBUTE, .before = "cap_pct", PERCENT,
	}, {
		LEVEL("vgpu_latency_seconds", "seconds", "How soon work after a rest should begin; 0 without a wish."),
		.source = ATTRIBUTE, .before = "latency_us", MICROSECONDS,
	}, {
		LEVEL("vgpu_state", NULL, "1 for the state that it is in, 0 for the others."),
		.source = STATE, .before = "state", EACH("state", states),
	}, {
		TOTAL("vgpu_gpu_engine_busy_seconds", "seconds", "Time that the engine has worked for all vGPUs."),
		.source = GPU_COUNTER, .after = "_busy_ns", EACH_ENGINE, NANOSECONDS,
	}, {
		LEVEL("vgpu_gpu_engine_runnable", NULL, "vGPUs that have work for the engine and may have it done now."),
		.source = GPU_COUNTER, .after = "_runnable", EACH_ENGINE,
	}, {
		LEVEL("vgpu_gpu_aperture_bytes", "bytes", "Aperture that the GPU has for vGPUs."),
		.source = GPU_ATTRIBUTE, .before = "aperture_total_bytes",
	}, {
		LEVEL("vgpu_gpu_aperture_free_bytes", "bytes", "Aperture that no vGPU has."),
		.source = GPU_ATTRIBUTE, .before = "aperture_free_bytes",
	}, {
		LEVEL("vgpu_gpu_aperture_largest_free_bytes", "bytes", "The largest contiguous part of the free aperture."),
		.source = GPU_ATTRIBUTE, .before = "aperture_hole_bytes",
	}, {
		LEVEL("vgpu_gpu_hidden_bytes", "bytes", "Hidden graphics memory that the GPU has for vGPUs."),
		.source = GPU_ATTRIBUTE, .before = "hidden_total_bytes",
	}, {
		LEVEL("vgpu_gpu_hidden_free_bytes", "bytes", "Hidden graphics memory that no vGPU has."),
		.source = GPU_ATTRIBUTE, .before = "hidden_free_bytes",
	}, {
		LEVEL("vgpu_gpu_hidden_largest_free_bytes", "bytes", "The largest contiguous part of the free hidden memory."),
		.source = GPU_ATTRIBUTE, .before = "hidden_hole_bytes",
	}, {
		LEVEL("vgpu_gpu_fences", NULL, "Fences that the GPU has for vGPUs."),
		.source = GPU_ATTRIBUTE, .before = "fences_total",
	}, {
		LEVEL("vgpu_gpu_fences_free", NULL, "Fences that no vGPU has."),
		.source = GPU_ATTRIBUTE, .before = "fences_free",
	}, {
		LEVEL("vgpu_gpu_fences_largest_free", NULL, "The largest contiguous part of the free fences."),
		.source = GPU_ATTRIBUTE, .before = "fences_hole",
	}, {
		LEVEL("vgpu_gpu_vgpus", NULL, "vGPUs on this GPU."),
		.source = GPU_COUNTER, .before = "vgpus",
	}, {
		TOTAL("vgpu_gpu_register_accesses", NULL, "Reads and writes of the GPU's registers that the module has made."),
		.source = GPU_COUNTER, .before = "register_accesses",
	},
};
/* clang-format on */

/* The module counts each wait in one class, the metric in all that are long enough. */
static const struct {
	const char *key;
	uint64_t bound_ns;
} classes[] = {
#define X(name, ns) { "_waits_" #name, ns },
	VGPU_WAITS(X)
#undef X
};

/* "0.0001", but "18446744073.709551615" at most. */
#define BOUND_SIZE 32

struct render {
	FILE *out;
	enum vgpu_metrics_format format;
	const struct family *family;
	bool headed; /* a family without samples is not mentioned */
};

/* Labels behind those that say which object it is. */
static void add_label(struct vgpu_label labels[LABELS_MAX], const char *key, const char *value)
{
	while (labels->key)
		labels++;
	*labels = (struct vgpu_label) { key, value };
}

static const char *text_of(const struct vgpu_json *object, const char *key)
{
	const char *text = vgpu_json_get_string(object, key);

	return text ? text : "";
}

static void object_labels(const struct family *family, const struct vgpu_json *object, struct vgpu_label ret_labels[LABELS_MAX])
{
	memset(ret_labels, 0, LABELS_MAX * sizeof(*ret_labels));
	add_label(ret_labels, "gpu", text_of(object, "gpu"));
	if (family->source == GPU_COUNTER || family->source == GPU_ATTRIBUTE)
		return;
	add_label(ret_labels, "vgpu", text_of(object, "uuid"));
	add_label(ret_labels, "name", text_of(object, "name"));
	add_label(ret_labels, "domain", text_of(object, "domain"));
}

static void sample(struct render *render, const char *suffix, const struct vgpu_label labels[], uint64_t value,
		   unsigned int decimals)
{
	if (!render->headed)
		vgpu_metric_head(render->out, render->format, &render->family->metric);
	render->headed = true;
	vgpu_metric_sample(render->out, render->family->metric.name, suffix, labels, value, decimals);
}

static bool number(const struct vgpu_json *object, const char *before, const char *middle, const char *after, uint64_t *ret_value)
{
	const struct vgpu_json *value;
	char key[KEY_SIZE];

	snprintf(key, sizeof(key), "%s%s%s", before ? before : "", middle ? middle : "", after ? after : "");
	value = vgpu_json_get(object, key);
	if (vgpu_json_kind(value) != VGPU_JSON_INTEGER)
		return false;
	*ret_value = vgpu_json_u64(value);
	return true;
}

static void plain(struct render *render, const struct vgpu_json *object, const struct vgpu_json *source, const char *middle)
{
	const struct family *family = render->family;
	struct vgpu_label labels[LABELS_MAX];
	uint64_t value;

	if (!number(source, family->before, middle, family->after, &value))
		return;
	object_labels(family, object, labels);
	if (middle)
		add_label(labels, family->label, middle);
	sample(render, vgpu_metric_suffix(family->metric.type), labels, value * (family->factor ? family->factor : 1),
	       family->decimals);
}

/* In seconds, written in the one way that every reader takes for the same number: it is part of the name of the series. */
static const char *bound_text(uint64_t bound_ns, char text[BOUND_SIZE])
{
	size_t length;

	if (bound_ns == UINT64_MAX)
		return "+Inf";
	snprintf(text, BOUND_SIZE, "%" PRIu64 ".%09" PRIu64, bound_ns / 1000000000, bound_ns % 1000000000);
	for (length = strlen(text); text[length - 1] == '0' && text[length - 2] != '.'; length--)
		text[length - 1] = '\0';
	return text;
}

/* All or nothing: half a histogram gives wrong quantiles. */
static void waits(struct render *render, const struct vgpu_json *object, const struct vgpu_json *counters, const char *engine)
{
	uint64_t class[VGPU_COUNT(classes)], sum, count = 0;
	struct vgpu_label labels[LABELS_MAX], *bound;
	char text[BOUND_SIZE];
	unsigned int i;

	if (!number(counters, NULL, engine, "_wait_ns", &sum))
		return;
	for (i = 0; i < VGPU_COUNT(classes); i++)
		if (!number(counters, NULL, engine, classes[i].key, &class[i]))
			return;
	object_labels(render->family, object, labels);
	add_label(labels, render->family->label, engine);
	for (bound = labels; bound->key; bound++)
		;
	for (i = 0; i < VGPU_COUNT(classes); i++) {
		count += class[i];
		*bound = (struct vgpu_label) { "le", bound_text(classes[i].bound_ns, text) };
		sample(render, "_bucket", labels, count, 0);
	}
	*bound = (struct vgpu_label) { 0 };
	sample(render, "_count", labels, count, 0);
	sample(render, "_sum", labels, sum, render->family->decimals);
}

/* A state that is not in the table is one all the same. */
static void state(struct render *render, const struct vgpu_json *object)
{
	const char *now = text_of(object, render->family->before);
	const char *const *value = render->family->values;
	struct vgpu_label labels[LABELS_MAX];
	bool known = false;

	for (; *value; value++) {
		object_labels(render->family, object, labels);
		add_label(labels, render->family->label, *value);
		sample(render, "", labels, !strcmp(now, *value), 0);
		known |= !strcmp(now, *value);
	}
	if (known)
		return;
	object_labels(render->family, object, labels);
	add_label(labels, render->family->label, now);
	sample(render, "", labels, 1, 0);
}

/* What a vGPU that is not there was meant to have is no level: only a device has counters. */
static void samples_of(struct render *render, const struct vgpu_json *object)
{
	const struct vgpu_json *counters = vgpu_json_get(object, "counters"), *source = counters;
	const struct family *family = render->family;
	const char *const *value = family->values;

	if (family->source == STATE) {
		state(render, object);
		return;
	}
	if (family->source == GPU_ATTRIBUTE || (family->source == ATTRIBUTE && counters))
		source = object;
	if (!source)
		return;
	if (!value)
		plain(render, object, source, NULL);
	for (; value && *value; value++) {
		if (family->source == WAITS)
			waits(render, object, source, *value);
		else
			plain(render, object, source, *value);
	}
}

static void put_build(FILE *out, enum vgpu_metrics_format format)
{
	static const struct vgpu_metric build = { "vgpud_build", VGPU_METRIC_INFO, NULL, "The agent's version." };
	const struct vgpu_label labels[] = { { "version", VGPU_VERSION }, { NULL, NULL } };

	vgpu_metric_head(out, format, &build);
	vgpu_metric_sample(out, build.name, vgpu_metric_suffix(build.type), labels, 1, 0);
}

/**
 * vgpu_metrics_render() - write down what there is and what it has done
 * @stats: what vgpu_gather_stats() gives
 * @format: in which format
 * @ret_text: the text, to free()
 * @ret_length: bytes of it
 *
 * All samples of a family stand together, as both formats want it.
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_metrics_render(const struct vgpu_json *stats, enum vgpu_metrics_format format, char **ret_text, size_t *ret_length)
{
	struct render render = { .format = format };
	const struct vgpu_json *objects;
	cleanup_free char *text = NULL;
	size_t length, i, j;
	bool bad;

	render.out = open_memstream(&text, &length);
	if (!render.out)
		return -ENOMEM;
	put_build(render.out, format);
	for (i = 0; i < VGPU_COUNT(families); i++) {
		render.family = &families[i];
		render.headed = false;
		objects = vgpu_json_get(stats, families[i].source >= GPU_COUNTER ? "gpus" : "vgpus");
		for (j = 0; j < vgpu_json_length(objects); j++)
			samples_of(&render, vgpu_json_at(objects, j));
	}
	vgpu_metric_end(render.out, format);
	bad = ferror(render.out);
	if (fclose(render.out) || bad)
		return -ENOMEM;
	*ret_text = text;
	text = NULL;
	*ret_length = length;
	return 0;
}
