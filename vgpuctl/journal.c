// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * journal.c - reads the journal, as far as the user may: root and the group systemd-journal. No lock: a journal belongs to one call.
 */
#include "vgpuctl/journal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "lib/text.h"

static int open_journal(const char *root, sd_journal **ret_journal)
{
	static const char *const places[] = { "var/log/journal", "run/log/journal" };
	char path[PATH_MAX];
	int rc = -ENOENT;
	unsigned int i;

	if (!root)
		return sd_journal_open(ret_journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
	for (i = 0; rc < 0 && i < sizeof(places) / sizeof(places[0]); i++)
		if (snprintf(path, sizeof(path), "%s/%s", root, places[i]) < (int)sizeof(path))
			rc = sd_journal_open_directory(ret_journal, path, 0);
	return rc;
}

/* Fields come as KEY=VALUE, without an end. */
static int read_field(sd_journal *journal, const char *key, char *ret_text, size_t size)
{
	size_t length, prefix = strlen(key) + 1;
	const void *data;
	int rc = sd_journal_get_data(journal, key, &data, &length);

	if (rc < 0)
		return rc;
	if (length < prefix)
		return -EINVAL;
	length = length - prefix < size - 1 ? length - prefix : size - 1;
	memcpy(ret_text, (const char *)data + prefix, length);
	ret_text[length] = '\0';
	return 0;
}

static int last_entry(sd_journal *journal, const char *unit, char *ret_text, size_t size)
{
	char match[128], priority[8] = "7";
	int rc;

	snprintf(match, sizeof(match), "_SYSTEMD_UNIT=%.100s", unit);
	rc = sd_journal_add_match(journal, match, 0);
	if (rc >= 0)
		rc = sd_journal_seek_tail(journal);
	if (rc >= 0)
		rc = sd_journal_previous(journal);
	if (rc <= 0)
		return rc ? rc : -ENOENT;
	read_field(journal, "PRIORITY", priority, sizeof(priority));
	rc = read_field(journal, "MESSAGE", ret_text, size);
	/* A wrong option is said on a terminal as well, where a priority would be noise. */
	if (!rc && strtoul(priority, NULL, 10) > 3 && strncmp(ret_text, "vgpud: --", 9) != 0)
		rc = -ENOENT;
	return rc;
}

/**
 * vgpu_journal_last_error() - what made a service end, if it was that which it said last
 * @root: the directory that stands for /, NULL for / itself
 * @unit: the service
 * @ret_text: its words
 * @size: bytes in @ret_text
 *
 * Return: 0, -ENOENT when its last words were no error or there are none, other -errno when the journal can't be read.
 */
int vgpu_journal_last_error(const char *root, const char *unit, char *ret_text, size_t size)
{
	sd_journal *journal;
	int rc;

	rc = open_journal(root, &journal);
	if (rc < 0)
		return rc;
	rc = last_entry(journal, unit, ret_text, size);
	sd_journal_close(journal);
	return rc;
}
