// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_view.c - from a report to what is shown of it. No lock: a view belongs to one thread.
 */
#include "vgpuctl/top_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has_gpu(const struct vgpu_top_view *view, const char *address)
{
	size_t i;

	for (i = 0; i < view->gpus_count; i++)
		if (!strcmp(view->gpus[i].address, address))
			return true;
	return false;
}

static void add_gpu(struct vgpu_top_view *view, const struct vgpu_top_report *report, const char *address,
		    const struct vgpu_json *gpu)
{
	struct vgpu_top_gpu *to = &view->gpus[view->gpus_count++];

	*to = (struct vgpu_top_gpu) { .address = address, .gpu = gpu };
	if (gpu)
		vgpu_top_rates(report, "gpus", "gpu", gpu, &to->rates);
}

/**
 * vgpu_top_view_init() - make a view of all that there is, in the order in which the agent says it
 * @ret_view: released by vgpu_top_view_fini()
 * @report: must outlive the view
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_top_view_init(struct vgpu_top_view *ret_view, const struct vgpu_top_report *report)
{
	const struct vgpu_json *gpus = vgpu_json_get(report->now, "gpus"), *vgpus = vgpu_json_get(report->now, "vgpus"), *row;
	size_t gpus_count = vgpu_json_length(gpus), count = vgpu_json_length(vgpus), i;
	struct vgpu_top_view view = { 0 };

	/* Each vGPU may be of a GPU of its own that is gone. */
	view.gpus = calloc(gpus_count + count + 1, sizeof(*view.gpus));
	view.rows = calloc(count + 1, sizeof(*view.rows));
	if (!view.gpus || !view.rows) {
		vgpu_top_view_fini(&view);
		return -ENOMEM;
	}
	for (i = 0; i < gpus_count; i++) {
		row = vgpu_json_at(gpus, i);
		add_gpu(&view, report, vgpu_top_text(row, "gpu"), row);
	}
	for (i = 0; i < count; i++) {
		row = vgpu_json_at(vgpus, i);
		view.rows[i].vgpu = row;
		vgpu_top_rates(report, "vgpus", "uuid", row, &view.rows[i].rates);
		if (!has_gpu(&view, vgpu_top_text(row, "gpu")))
			add_gpu(&view, report, vgpu_top_text(row, "gpu"), NULL);
	}
	view.rows_count = view.rows_total = count;
	*ret_view = view;
	return 0;
}

/**
 * vgpu_top_view_fini() - release a view
 * @view: one that was made, or all zeros
 */
void vgpu_top_view_fini(struct vgpu_top_view *view)
{
	free(view->gpus);
	free(view->rows);
	*view = (struct vgpu_top_view) { 0 };
}

/**
 * vgpu_top_view_filter() - leave only some vGPUs
 * @view: the view
 * @filter: part of their name or domain, in capitals or not; all have the empty text
 */
void vgpu_top_view_filter(struct vgpu_top_view *view, const char *filter)
{
	size_t i, kept = 0;

	for (i = 0; i < view->rows_count; i++)
		if (!*filter || strcasestr(vgpu_top_name(view->rows[i].vgpu), filter) ||
		    strcasestr(vgpu_top_text(view->rows[i].vgpu, "domain"), filter))
			view->rows[kept++] = view->rows[i];
	view->rows_count = kept;
}

struct order {
	enum vgpu_top_column column;
	bool reverse;
};

static int compare_rows(const void *a, const void *b, void *data)
{
	const struct order *order = data;
	int rc = vgpu_top_column_compare(order->column, a, b);

	if (rc)
		return order->reverse ? -rc : rc;
	/* Equal ones stay where they were: nothing jumps about. */
	rc = vgpu_top_column_compare(VGPU_COLUMN_NAME, a, b);
	return rc ? rc
		  : strcmp(vgpu_top_text(((const struct vgpu_top_row *)a)->vgpu, "uuid"),
			   vgpu_top_text(((const struct vgpu_top_row *)b)->vgpu, "uuid"));
}

/**
 * vgpu_top_view_sort() - put the vGPUs in order
 * @view: the view
 * @column: by what
 * @reverse: the other way round
 */
void vgpu_top_view_sort(struct vgpu_top_view *view, enum vgpu_top_column column, bool reverse)
{
	struct order order = { column, reverse };

	qsort_r(view->rows, view->rows_count, sizeof(*view->rows), compare_rows, &order);
}
