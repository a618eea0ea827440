// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * finding.c - findings as JSON values. No lock: an examination belongs to one thread.
 */
#include "lib/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const words[VGPU_FOUND_GRADES] = {
	[VGPU_FOUND_OK] = "ok",
	[VGPU_FOUND_NOTE] = "note",
	[VGPU_FOUND_WARNING] = "warning",
	[VGPU_FOUND_PROBLEM] = "problem",
};

/**
 * vgpu_finding_add() - note what a check has found
 * @findings: .check says which check it is
 * @grade: how bad it is
 * @remedy: what to type; NULL when there is nothing to do
 * @format: what was seen, printf style; one line
 */
void vgpu_finding_add(struct vgpu_findings *findings, enum vgpu_verdict_grade grade, const char *remedy, const char *format, ...)
{
	struct vgpu_json *finding = vgpu_json_object();
	char seen[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(seen, sizeof(seen), format, args);
	va_end(args);
	vgpu_json_put_string(finding, "verdict", words[grade]);
	vgpu_json_put_string(finding, "check", findings->check);
	vgpu_json_put_string(finding, "seen", seen);
	vgpu_json_put_string(finding, "remedy", remedy);
	vgpu_json_append(findings->array, finding);
}

/**
 * vgpu_finding_word() - a grade's word
 * @grade: how bad it is
 *
 * Return: "ok", "note", "warning" or "problem".
 */
const char *vgpu_finding_word(enum vgpu_verdict_grade grade)
{
	return words[grade];
}

/**
 * vgpu_finding_grade() - how bad a finding is
 * @finding: one that vgpu_finding_add() has made, or that has come over the wire
 *
 * Return: its grade; a word that this version has never heard of counts as a problem, lest one is overlooked.
 */
enum vgpu_verdict_grade vgpu_finding_grade(const struct vgpu_json *finding)
{
	const char *word = vgpu_json_get_string(finding, "verdict");
	unsigned int i;

	for (i = 0; word && i < VGPU_FOUND_GRADES; i++)
		if (!strcmp(words[i], word))
			return i;
	return VGPU_FOUND_PROBLEM;
}

/**
 * vgpu_finding_count() - how many findings are that bad
 * @array: of findings
 * @grade: how bad
 *
 * Return: their number.
 */
size_t vgpu_finding_count(const struct vgpu_json *array, enum vgpu_verdict_grade grade)
{
	size_t count = 0, i;

	for (i = 0; i < vgpu_json_length(array); i++)
		count += vgpu_finding_grade(vgpu_json_at(array, i)) == grade;
	return count;
}
