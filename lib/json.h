/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * json.h - the JSON values that the agent and its clients exchange. json.c is the one home of json-c; nobody else sees it.
 *
 * A value has a reference count. vgpu_json_put() and vgpu_json_append() take over the caller's reference; what
 * vgpu_json_get() and vgpu_json_at() return is borrowed from the container.
 */
#ifndef VGPU_LIB_JSON_H
#define VGPU_LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vgpu_json;

enum vgpu_json_kind {
	VGPU_JSON_NULL,
	VGPU_JSON_BOOL,
	VGPU_JSON_INTEGER,
	VGPU_JSON_NUMBER, /* with a fraction or exponent */
	VGPU_JSON_STRING,
	VGPU_JSON_ARRAY,
	VGPU_JSON_OBJECT,
};

int vgpu_json_parse(const char *text, size_t length, unsigned int depth_max, struct vgpu_json **ret_value);
char *vgpu_json_text(const struct vgpu_json *value, bool pretty);
struct vgpu_json *vgpu_json_ref(struct vgpu_json *value);
void vgpu_json_unref(struct vgpu_json *value);

struct vgpu_json *vgpu_json_object(void);
struct vgpu_json *vgpu_json_array(void);
void vgpu_json_put(struct vgpu_json *object, const char *key, struct vgpu_json *value);
void vgpu_json_put_string(struct vgpu_json *object, const char *key, const char *value);
void vgpu_json_put_u64(struct vgpu_json *object, const char *key, uint64_t value);
void vgpu_json_put_i64(struct vgpu_json *object, const char *key, int64_t value);
void vgpu_json_put_number(struct vgpu_json *object, const char *key, double value);
void vgpu_json_put_bool(struct vgpu_json *object, const char *key, bool value);
void vgpu_json_append(struct vgpu_json *array, struct vgpu_json *value);

enum vgpu_json_kind vgpu_json_kind(const struct vgpu_json *value);
struct vgpu_json *vgpu_json_get(const struct vgpu_json *object, const char *key);
struct vgpu_json *vgpu_json_at(const struct vgpu_json *array, size_t index);
size_t vgpu_json_length(const struct vgpu_json *array);
const char *vgpu_json_string(const struct vgpu_json *value);
uint64_t vgpu_json_u64(const struct vgpu_json *value);
bool vgpu_json_negative(const struct vgpu_json *value);
int vgpu_json_each(const struct vgpu_json *object, int (*visit)(const char *key, struct vgpu_json *value, void *data),
		   void *data);

const char *vgpu_json_get_string(const struct vgpu_json *object, const char *key);
uint64_t vgpu_json_get_u64(const struct vgpu_json *object, const char *key);
bool vgpu_json_get_bool(const struct vgpu_json *object, const char *key);

static inline void vgpu_json_cleanup(struct vgpu_json **value)
{
	vgpu_json_unref(*value);
}

#define cleanup_json __attribute__((cleanup(vgpu_json_cleanup)))

#endif
