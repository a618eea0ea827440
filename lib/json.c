// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * json.c - json-c behind json.h. struct vgpu_json is never defined: a pointer to one is a pointer to json-c's object.
 * No lock: a value belongs to one thread.
 *
 * Out of memory: json-c's constructors return NULL, which stands for the JSON null; a reply then lacks a value, nothing more.
 */
#include "lib/json.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

static struct json_object *inner(const struct vgpu_json *value)
{
	return (struct json_object *)value;
}

static struct vgpu_json *outer(struct json_object *object)
{
	return (struct vgpu_json *)object;
}

/**
 * vgpu_json_parse() - parse one JSON text
 * @text: what to parse, need not end in NUL
 * @length: bytes in @text
 * @depth_max: deepest nesting taken; a value inside a container is a level of its own
 * @ret_value: the value, released by vgpu_json_unref()
 *
 * Strict: one object or array, valid UTF-8, nothing but blanks behind it. (json-c takes single quotes and NaN even so.)
 *
 * Return: 0, -EINVAL when it is not such a text or nests too deep, -ENOMEM.
 */
int vgpu_json_parse(const char *text, size_t length, unsigned int depth_max, struct vgpu_json **ret_value)
{
	int flags = JSON_TOKENER_VALIDATE_UTF8 | JSON_TOKENER_ALLOW_TRAILING_CHARS;
	struct json_tokener *tokener;
	struct json_object *object;
	size_t end;

	if (length > INT32_MAX)
		return -EINVAL;
	tokener = json_tokener_new_ex(depth_max);
	if (!tokener)
		return -ENOMEM;
	/* From 0.18 on strict means ASCII, and names of domains are not: there a comma too many is let through instead. */
	if (json_c_version_num() >> 8 < 18)
		flags |= JSON_TOKENER_STRICT;
	json_tokener_set_flags(tokener, flags);
	object = json_tokener_parse_ex(tokener, text, length);
	end = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	while (end < length && text[end] && strchr(" \t\r\n", text[end]))
		end++;
	if (!object || end != length) {
		json_object_put(object);
		return -EINVAL;
	}
	*ret_value = outer(object);
	return 0;
}

/**
 * vgpu_json_text() - print a value
 * @value: any value
 * @pretty: over several lines, for people; otherwise one line without blanks
 *
 * Return: text to free(), NULL when out of memory.
 */
char *vgpu_json_text(const struct vgpu_json *value, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	flags |= pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;
	text = json_object_to_json_string_ext(inner(value), flags);
	return text ? strdup(text) : NULL;
}

/**
 * vgpu_json_ref() - take a reference
 * @value: any value
 *
 * Return: @value.
 */
struct vgpu_json *vgpu_json_ref(struct vgpu_json *value)
{
	return outer(json_object_get(inner(value)));
}

/**
 * vgpu_json_unref() - drop a reference
 * @value: any value or NULL
 */
void vgpu_json_unref(struct vgpu_json *value)
{
	json_object_put(inner(value));
}

/**
 * vgpu_json_object() - make an empty object
 *
 * Return: the object.
 */
struct vgpu_json *vgpu_json_object(void)
{
	return outer(json_object_new_object());
}

/**
 * vgpu_json_array() - make an empty array
 *
 * Return: the array.
 */
struct vgpu_json *vgpu_json_array(void)
{
	return outer(json_object_new_array());
}

/**
 * vgpu_json_put() - put a value into an object
 * @object: where to; nothing is put into what somebody sent and is no object, where json-c would abort
 * @key: its key
 * @value: consumed
 */
void vgpu_json_put(struct vgpu_json *object, const char *key, struct vgpu_json *value)
{
	if (vgpu_json_kind(object) != VGPU_JSON_OBJECT || json_object_object_add(inner(object), key, inner(value)))
		json_object_put(inner(value));
}

/**
 * vgpu_json_put_string() - put a string into an object
 * @object: where to
 * @key: its key
 * @value: copied; NULL puts null
 */
void vgpu_json_put_string(struct vgpu_json *object, const char *key, const char *value)
{
	vgpu_json_put(object, key, value ? outer(json_object_new_string(value)) : NULL);
}

/**
 * vgpu_json_put_u64() - put an integer into an object
 * @object: where to
 * @key: its key
 * @value: the integer
 */
void vgpu_json_put_u64(struct vgpu_json *object, const char *key, uint64_t value)
{
	vgpu_json_put(object, key, outer(json_object_new_uint64(value)));
}

/**
 * vgpu_json_put_i64() - put an integer with a sign into an object
 * @object: where to
 * @key: its key
 * @value: the integer
 */
void vgpu_json_put_i64(struct vgpu_json *object, const char *key, int64_t value)
{
	vgpu_json_put(object, key, outer(json_object_new_int64(value)));
}

/**
 * vgpu_json_put_number() - put a number with two decimals into an object
 * @object: where to
 * @key: its key
 * @value: finite
 */
void vgpu_json_put_number(struct vgpu_json *object, const char *key, double value)
{
	char text[64];

	snprintf(text, sizeof(text), "%.2f", value);
	vgpu_json_put(object, key, outer(json_object_new_double_s(value, text)));
}

/**
 * vgpu_json_put_bool() - put a truth value into an object
 * @object: where to
 * @key: its key
 * @value: the value
 */
void vgpu_json_put_bool(struct vgpu_json *object, const char *key, bool value)
{
	vgpu_json_put(object, key, outer(json_object_new_boolean(value)));
}

/**
 * vgpu_json_append() - append to an array
 * @array: where to
 * @value: consumed
 */
void vgpu_json_append(struct vgpu_json *array, struct vgpu_json *value)
{
	if (json_object_array_add(inner(array), inner(value)))
		json_object_put(inner(value));
}

/**
 * vgpu_json_kind() - what kind of value is it?
 * @value: any value; NULL is null
 *
 * Return: its kind.
 */
enum vgpu_json_kind vgpu_json_kind(const struct vgpu_json *value)
{
	switch (json_object_get_type(inner(value))) {
	case json_type_boolean:
		return VGPU_JSON_BOOL;
	case json_type_int:
		return VGPU_JSON_INTEGER;
	case json_type_double:
		return VGPU_JSON_NUMBER;
	case json_type_string:
		return VGPU_JSON_STRING;
	case json_type_array:
		return VGPU_JSON_ARRAY;
	case json_type_object:
		return VGPU_JSON_OBJECT;
	case json_type_null:
		break;
	}
	return VGPU_JSON_NULL;
}

/**
 * vgpu_json_get() - look up a key
 * @object: any value; nothing is found in what is not an object
 * @key: what to look for
 *
 * Return: the value, borrowed, or NULL.
 */
struct vgpu_json *vgpu_json_get(const struct vgpu_json *object, const char *key)
{
	struct json_object *value = NULL;

	if (vgpu_json_kind(object) == VGPU_JSON_OBJECT)
		json_object_object_get_ex(inner(object), key, &value);
	return outer(value);
}

/**
 * vgpu_json_length() - length of an array
 * @array: any value; what is not an array is empty
 *
 * Return: number of elements.
 */
size_t vgpu_json_length(const struct vgpu_json *array)
{
	return vgpu_json_kind(array) == VGPU_JSON_ARRAY ? json_object_array_length(inner(array)) : 0;
}

/**
 * vgpu_json_at() - element of an array
 * @array: any value
 * @index: which one
 *
 * Return: the element, borrowed, or NULL.
 */
struct vgpu_json *vgpu_json_at(const struct vgpu_json *array, size_t index)
{
	return index < vgpu_json_length(array) ? outer(json_object_array_get_idx(inner(array), index)) : NULL;
}

/**
 * vgpu_json_string() - the text of a string
 * @value: any value
 *
 * Return: the text, borrowed; NULL when it is not a string, or one with a NUL inside, which C would read as shorter than it is.
 */
const char *vgpu_json_string(const struct vgpu_json *value)
{
	const char *text;

	if (vgpu_json_kind(value) != VGPU_JSON_STRING)
		return NULL;
	text = json_object_get_string(inner(value));
	return strlen(text) == (size_t)json_object_get_string_len(inner(value)) ? text : NULL;
}

/**
 * vgpu_json_u64() - the value of an integer
 * @value: any value
 *
 * Return: the integer; 0 when it is none or negative.
 */
uint64_t vgpu_json_u64(const struct vgpu_json *value)
{
	return vgpu_json_kind(value) == VGPU_JSON_INTEGER ? json_object_get_uint64(inner(value)) : 0;
}

/**
 * vgpu_json_negative() - is it an integer below zero?
 * @value: any value
 *
 * Return: true when it is.
 */
bool vgpu_json_negative(const struct vgpu_json *value)
{
	return vgpu_json_kind(value) == VGPU_JSON_INTEGER && json_object_get_int64(inner(value)) < 0;
}

/**
 * vgpu_json_each() - visit every member of an object, in order
 * @object: any value
 * @visit: called with the key, the borrowed value and @data; anything but 0 ends the walk
 * @data: passed through
 *
 * Return: 0 or what @visit ended with.
 */
int vgpu_json_each(const struct vgpu_json *object, int (*visit)(const char *key, struct vgpu_json *value, void *data), void *data)
{
	int rc;

	if (vgpu_json_kind(object) != VGPU_JSON_OBJECT)
		return 0;
	json_object_object_foreach(inner(object), key, value)
	{
		rc = visit(key, outer(value), data);
		if (rc)
			return rc;
	}
	return 0;
}

/**
 * vgpu_json_get_string() - look up a string
 * @object: any value
 * @key: what to look for
 *
 * Return: the text, borrowed, or NULL.
 */
const char *vgpu_json_get_string(const struct vgpu_json *object, const char *key)
{
	return vgpu_json_string(vgpu_json_get(object, key));
}

/**
 * vgpu_json_get_u64() - look up an integer
 * @object: any value
 * @key: what to look for
 *
 * Return: the integer, 0 when there is none.
 */
uint64_t vgpu_json_get_u64(const struct vgpu_json *object, const char *key)
{
	return vgpu_json_u64(vgpu_json_get(object, key));
}

/**
 * vgpu_json_get_bool() - look up a truth value
 * @object: any value
 * @key: what to look for
 *
 * Return: the value, false when there is none.
 */
bool vgpu_json_get_bool(const struct vgpu_json *object, const char *key)
{
	struct vgpu_json *value = vgpu_json_get(object, key);

	return vgpu_json_kind(value) == VGPU_JSON_BOOL && json_object_get_boolean(inner(value));
}
