// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pool_file.c - reads a pool file. What it does not know is an error, and all errors are told at once, as far as one does not follow
 * from another. No lock: pure functions.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/size.h"
#include "lib/text.h"
#include "lib/yaml.h"
#include "vgpuctl/pool.h"

#define FILE_BYTES_MAX (1u << 20)

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define KEYS_REMEDY "use name, uuid, gpu, type, aperture, hidden, fences, class, weight, cap, latency or domain"
#define SIZES (VGPU_TAKES(VGPU_OPT_APERTURE) | VGPU_TAKES(VGPU_OPT_HIDDEN) | VGPU_TAKES(VGPU_OPT_FENCES))
#define SETTINGS (VGPU_TAKES(VGPU_OPT_WEIGHT) | VGPU_TAKES(VGPU_OPT_CAP) | VGPU_TAKES(VGPU_OPT_LATENCY))

#define refuse(issues, node, object, remedy, format, ...) \
	vgpu_pool_refuse(issues, (node)->line, (node)->column, VGPU_EXIT_USAGE, object, remedy, format, ##__VA_ARGS__)

/* What YAML takes for no value at all. */
static bool is_null(const struct vgpu_yaml *node)
{
	return node->plain && (!*node->text || !strcmp(node->text, "~") || !strcasecmp(node->text, "null"));
}

/* A 0 in front makes a number octal to some readers of YAML: it is none here. */
static void read_number(const struct vgpu_yaml *node, enum vgpu_option key, struct vgpu_json *want,
			struct vgpu_pool_issues *issues)
{
	const struct vgpu_option_info *info = &vgpu_option_info[key];
	size_t length = strlen(node->text);
	char text[32], remedy[96];
	uint64_t value = 0;
	int rc = -EINVAL;

	if (length < sizeof(text) && !(node->text[0] == '0' && node->text[1])) {
		strcpy(text, node->text);
		if (key == VGPU_OPT_CAP && length && text[length - 1] == '%')
			text[length - 1] = '\0';
		rc = info->value == VGPU_VALUE_SIZE ? vgpu_size_parse(text, &value)
						    : vgpu_number_parse(text, info->min, info->max, &value);
	}
	if (!rc) {
		vgpu_json_put_u64(want, info->key, value);
	} else if (info->value == VGPU_VALUE_SIZE) {
		refuse(issues, node, info->name, "give bytes or a number with K, M or G, in whole pages of 4K, such as 128M",
		       "%.64s is not a size", node->text);
	} else {
		snprintf(remedy, sizeof(remedy), "give a whole number from %llu to %llu", (unsigned long long)info->min,
			 (unsigned long long)info->max);
		refuse(issues, node, info->name, remedy, "%.64s is not such a number", node->text);
	}
}

static const struct vgpu_pool_entry *earlier(const struct vgpu_pool *pool, const char *name, const char *uuid)
{
	const struct vgpu_pool_entry *entry;

	for (entry = pool->entries; entry < pool->entries + pool->count; entry++)
		if ((name && entry->name && !strcmp(entry->name, name)) || (uuid && entry->uuid && !strcmp(entry->uuid, uuid)))
			return entry;
	return NULL;
}

/* Says what is wrong with a text, if something is. */
static bool text_wrong(const struct vgpu_yaml *node, enum vgpu_option key, const struct vgpu_pool *pool,
		       struct vgpu_pool_issues *issues)
{
	const struct vgpu_pool_entry *other;
	const char *text = node->text;

	if (strlen(text) >= VGPU_POOL_VALUE_SIZE)
		refuse(issues, node, vgpu_option_info[key].name, "see vgpu-pool(5)", "it is longer than %d bytes",
		       VGPU_POOL_VALUE_SIZE - 1);
	else if (key == VGPU_OPT_NAME && !vgpu_name_valid(text))
		refuse(issues, node, "name", "use " VGPU_NAME_RULE, "%.64s is not a name for a vGPU", text);
	else if (key == VGPU_OPT_CLASS && !vgpu_name_valid(text))
		refuse(issues, node, "class", "see vgpuctl classes", "%.64s is not a name for a class", text);
	else if (key == VGPU_OPT_UUID && !vgpu_uuid_valid(text))
		refuse(issues, node, "uuid", "use 8-4-4-4-12 hexadecimal digits in lower case", "%.64s is not a UUID", text);
	else if (key == VGPU_OPT_NAME && (other = earlier(pool, text, NULL)))
		refuse(issues, node, text, "give each vGPU a name of its own", "this name stands in line %u too", other->line);
	else if (key == VGPU_OPT_UUID && (other = earlier(pool, NULL, text)))
		refuse(issues, node, text, "give each vGPU a UUID of its own, or none", "this UUID stands in line %u too",
		       other->line);
	else
		return false;
	return true;
}

static void read_text(const struct vgpu_yaml *node, enum vgpu_option key, const struct vgpu_pool *pool,
		      struct vgpu_pool_entry *entry, struct vgpu_pool_issues *issues)
{
	const char *wire = vgpu_option_info[key].key;

	if (text_wrong(node, key, pool, issues))
		return;
	vgpu_json_put_string(entry->want, wire, node->text);
	if (key == VGPU_OPT_NAME)
		entry->name = vgpu_json_get_string(entry->want, wire);
	if (key == VGPU_OPT_UUID)
		entry->uuid = vgpu_json_get_string(entry->want, wire);
}

static void read_value(const struct vgpu_yaml *node, enum vgpu_option key, const struct vgpu_pool *pool,
		       struct vgpu_pool_entry *entry, struct vgpu_pool_issues *issues)
{
	const char *name = vgpu_option_info[key].name;

	if (node->kind != VGPU_YAML_SCALAR)
		refuse(issues, node, name, "give one value", "this is a list");
	else if (key == VGPU_OPT_DOMAIN && is_null(node) && *node->text)
		entry->no_domain = true;
	else if (is_null(node) || !*node->text)
		refuse(issues, node, name,
		       key == VGPU_OPT_DOMAIN ? "write null for no domain" : "give a value or leave the key out",
		       "it has no value");
	else if (vgpu_option_info[key].value == VGPU_VALUE_TEXT)
		read_text(node, key, pool, entry, issues);
	else
		read_number(node, key, entry->want, issues);
}

/* What its keys say together; a value that is wrong in itself was said to be. */
static void check_together(const struct vgpu_yaml *node, const struct vgpu_pool_entry *entry, uint32_t seen,
			   struct vgpu_pool_issues *issues)
{
	const char *object = entry->name ? entry->name : "pool";

	if (!(seen & VGPU_TAKES(VGPU_OPT_NAME)))
		refuse(issues, node, object, "give it a name", "this vGPU has no name");
	if (!(seen & (VGPU_TAKES(VGPU_OPT_TYPE) | VGPU_TAKES(VGPU_OPT_APERTURE))))
		refuse(issues, node, object, "give it an aperture, or a type", "how large it shall be is not said");
	if (seen & VGPU_TAKES(VGPU_OPT_TYPE) && seen & SIZES)
		refuse(issues, node, object, "leave out aperture, hidden and fences, or the type",
		       "its sizes come with the type");
	if (seen & VGPU_TAKES(VGPU_OPT_CLASS) && seen & SETTINGS)
		refuse(issues, node, object, "leave out weight, cap and latency, or the class",
		       "weight, cap and latency come with the class");
}

static void read_entry(const struct vgpu_yaml *node, struct vgpu_pool *pool, struct vgpu_pool_issues *issues)
{
	struct vgpu_pool_entry *entry = &pool->entries[pool->count];
	const struct vgpu_yaml *key;
	uint32_t seen = 0;
	unsigned int i;

	if (node->kind != VGPU_YAML_MAPPING) {
		refuse(issues, node, "pool", "give each a name and an aperture or a type", "this is not a vGPU");
		return;
	}
	*entry = (struct vgpu_pool_entry) { .line = node->line, .column = node->column, .want = vgpu_json_object() };
	for (key = node->items; key < node->items + node->count; key += 2) {
		for (i = 0; i < VGPU_POOL_KEYS && strcmp(vgpu_option_info[vgpu_pool_keys[i]].name, key->text) != 0; i++)
			;
		if (i == VGPU_POOL_KEYS) {
			refuse(issues, key, key->text, KEYS_REMEDY, "a vGPU has no such key");
			continue;
		}
		seen |= VGPU_TAKES(vgpu_pool_keys[i]);
		read_value(key + 1, vgpu_pool_keys[i], pool, entry, issues);
	}
	check_together(node, entry, seen, issues);
	pool->count++;
}

static int read_pool(const struct vgpu_yaml *node, struct vgpu_pool *pool, struct vgpu_pool_issues *issues)
{
	size_t i;

	if (node->kind != VGPU_YAML_SEQUENCE) {
		refuse(issues, node, "pool", "write [] for none", "it must hold a list of vGPUs");
		return 0;
	}
	if (node->count > VGPU_POOL_VGPUS_MAX) {
		refuse(issues, &node->items[VGPU_POOL_VGPUS_MAX], "pool", "leave some out", "these are more than %d vGPUs",
		       VGPU_POOL_VGPUS_MAX);
		return 0;
	}
	pool->entries = calloc(node->count + 1, sizeof(*pool->entries));
	if (!pool->entries)
		return -ENOMEM;
	for (i = 0; i < node->count; i++)
		read_entry(&node->items[i], pool, issues);
	return 0;
}

/* Of the two words that say what the file is. */
static void check_head(const struct vgpu_yaml *key, const char *want, struct vgpu_pool_issues *issues)
{
	const struct vgpu_yaml *value = key + 1;

	if (value->kind != VGPU_YAML_SCALAR || strcmp(value->text, want) != 0)
		refuse(issues, value, key->text, "see vgpu-pool(5)", "it must be %s, which is what this vgpuctl can read", want);
}

static int read_root(const struct vgpu_yaml *root, struct vgpu_pool *pool, struct vgpu_pool_issues *issues)
{
	static const char *const parts[] = { "kind", "version", "pool" };
	static const char *const head[] = { VGPU_POOL_KIND, TEXT(VGPU_POOL_VERSION) };
	bool seen[VGPU_COUNT(parts)] = { false };
	const struct vgpu_yaml *key;
	unsigned int i;
	int rc = 0;

	if (root->kind != VGPU_YAML_MAPPING) {
		refuse(issues, root, "file", "see vgpu-pool(5)", "it must hold kind, version and pool");
		return 0;
	}
	for (key = root->items; !rc && key < root->items + root->count; key += 2) {
		for (i = 0; i < VGPU_COUNT(parts) && strcmp(parts[i], key->text) != 0; i++)
			;
		if (i == VGPU_COUNT(parts))
			refuse(issues, key, key->text, "use kind, version and pool", "a pool file has no such part");
		else if (i == 2)
			rc = read_pool(key + 1, pool, issues);
		else
			check_head(key, head[i], issues);
		if (i < VGPU_COUNT(parts))
			seen[i] = true;
	}
	for (i = 0; !rc && i < VGPU_COUNT(parts); i++)
		if (!seen[i])
			refuse(issues, root, parts[i], "see vgpu-pool(5)", "the file does not have it");
	return rc;
}

/**
 * vgpu_pool_parse() - read a pool
 * @text: what stands in the file
 * @length: bytes in @text
 * @ret_pool: the pool, released by vgpu_pool_fini()
 * @issues: what is wrong, when it is -EINVAL
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int vgpu_pool_parse(const char *text, size_t length, struct vgpu_pool *ret_pool, struct vgpu_pool_issues *issues)
{
	cleanup_yaml struct vgpu_yaml *root = NULL;
	struct vgpu_yaml_error error;
	struct vgpu_pool pool = { 0 };
	size_t i;
	int rc;

	rc = vgpu_yaml_parse(text, length, &root, &error);
	if (rc == -EINVAL)
		vgpu_pool_refuse(issues, error.line, error.column, VGPU_EXIT_USAGE, "YAML", "see vgpu-pool(5)", "%s", error.what);
	if (!rc)
		rc = read_root(root, &pool, issues);
	if (!rc && issues->count)
		rc = -EINVAL;
	/* A name that is right and yet not there is one that there was no memory for. */
	for (i = 0; !rc && i < pool.count; i++)
		rc = pool.entries[i].name ? 0 : -ENOMEM;
	if (rc)
		vgpu_pool_fini(&pool);
	else
		*ret_pool = pool;
	return rc;
}

static int read_all(const char *path, char *ret_text, size_t size, size_t *ret_length)
{
	cleanup_close int opened = strcmp(path, "-") != 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	int fd = strcmp(path, "-") != 0 ? opened : STDIN_FILENO;

	return fd < 0 ? -errno : vgpu_file_read(fd, ret_text, size, ret_length);
}

/**
 * vgpu_pool_read() - read a pool file
 * @path: the file, of less than 1 MiB; "-" for standard input
 * @ret_pool: the pool, released by vgpu_pool_fini()
 * @issues: why not
 *
 * Return: 0, or -errno with at least one issue.
 */
int vgpu_pool_read(const char *path, struct vgpu_pool *ret_pool, struct vgpu_pool_issues *issues)
{
	char *text = malloc(FILE_BYTES_MAX);
	size_t length = 0;
	int rc = -ENOMEM;

	if (text)
		rc = read_all(path, text, FILE_BYTES_MAX, &length);
	if (!rc)
		rc = vgpu_pool_parse(text, length, ret_pool, issues);
	free(text);
	if (rc && !issues->count)
		vgpu_pool_refuse(issues, 0, 0, VGPU_EXIT_USAGE, path, "give a pool file, or - for standard input",
				 "it can't be read: %s", strerror(-rc));
	return rc;
}

/**
 * vgpu_pool_fini() - release what a pool holds
 * @pool: the pool
 */
void vgpu_pool_fini(struct vgpu_pool *pool)
{
	size_t i;

	for (i = 0; i < pool->count; i++)
		vgpu_json_unref(pool->entries[i].want);
	free(pool->entries);
	*pool = (struct vgpu_pool) { 0 };
}
