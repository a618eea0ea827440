// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * yaml.c - reads and prints YAML with libyaml, whose one home this is. No lock: pure functions.
 */
#include "lib/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "lib/cleanup.h"

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the one that is looked at */
	unsigned int depth;
	const char *text;
	struct vgpu_yaml_error *error;
};

/**
 * vgpu_yaml_refuse() - say what is wrong, and where
 * @ret_error: filled; what a file holds can't break the line that this becomes
 * @line: from 1
 * @column: from 1
 * @format: what is wrong, printf style
 *
 * Return: -EINVAL.
 */
int vgpu_yaml_refuse(struct vgpu_yaml_error *ret_error, unsigned int line, unsigned int column, const char *format, ...)
{
	va_list args;
	char *at;

	ret_error->line = line;
	ret_error->column = column;
	va_start(args, format);
	vsnprintf(ret_error->what, sizeof(ret_error->what), format, args);
	va_end(args);
	for (at = ret_error->what; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	return -EINVAL;
}

static int refuse_here(struct reader *reader, const char *what)
{
	return vgpu_yaml_refuse(reader->error, reader->event.start_mark.line + 1, reader->event.start_mark.column + 1, "%s",
				what);
}

/* Of a byte that is no text libyaml knows the offset only. */
static int parser_failed(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	unsigned int line = 1, column = 1;
	size_t i;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error != YAML_READER_ERROR)
		return vgpu_yaml_refuse(reader->error, parser->problem_mark.line + 1, parser->problem_mark.column + 1, "%s",
					parser->problem);
	for (i = 0; i < parser->problem_offset; i++) {
		column = reader->text[i] == '\n' ? 1 : column + 1;
		line += reader->text[i] == '\n';
	}
	return vgpu_yaml_refuse(reader->error, line, column, "%s", parser->problem);
}

static int next(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	return yaml_parser_parse(&reader->parser, &reader->event) ? 0 : parser_failed(reader);
}

static int check_key(struct reader *reader, const struct vgpu_yaml *mapping, const struct vgpu_yaml *key)
{
	const struct vgpu_yaml *other;

	/* Only a scalar has a text. */
	if (!key->text || !*key->text)
		return vgpu_yaml_refuse(reader->error, key->line, key->column, "a key must be a word");
	for (other = mapping->items; other < key; other += 2)
		if (!strcmp(other->text, key->text))
			return vgpu_yaml_refuse(reader->error, key->line, key->column,
						"%.64s stands here twice, first in line %u", key->text, other->line);
	return 0;
}

static int read_node(struct reader *reader, struct vgpu_yaml *node);

static int read_items(struct reader *reader, struct vgpu_yaml *node, yaml_event_type_t end)
{
	struct vgpu_yaml *larger, *item;
	size_t size = 0;
	int rc;

	if (reader->depth == VGPU_YAML_DEPTH_MAX)
		return refuse_here(reader, "this nests too deep");
	reader->depth++;
	while (!(rc = next(reader)) && reader->event.type != end) {
		if (node->count == size) {
			size = size ? size * 2 : 8;
			larger = reallocarray(node->items, size, sizeof(*larger));
			if (!larger)
				return -ENOMEM;
			node->items = larger;
		}
		item = &node->items[node->count++];
		rc = read_node(reader, item);
		if (!rc && node->kind == VGPU_YAML_MAPPING && node->count % 2)
			rc = check_key(reader, node, item);
		if (rc)
			break;
	}
	reader->depth--;
	return rc;
}

static int read_scalar(struct reader *reader, struct vgpu_yaml *node)
{
	const char *text = (const char *)reader->event.data.scalar.value;
	size_t length = reader->event.data.scalar.length;

	if (memchr(text, '\0', length))
		return refuse_here(reader, "a zero byte is no text");
	node->plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = strndup(text, length);
	return node->text ? 0 : -ENOMEM;
}

/* Reads what begins with the event that is looked at. What it leaves in @node can be freed, also when it fails. */
static int read_node(struct reader *reader, struct vgpu_yaml *node)
{
	const yaml_event_t *event = &reader->event;

	*node = (struct vgpu_yaml) { .line = event->start_mark.line + 1, .column = event->start_mark.column + 1 };
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		if (event->data.scalar.anchor || event->data.scalar.tag)
			return refuse_here(reader, "anchors and tags are not read");
		return read_scalar(reader, node);
	case YAML_SEQUENCE_START_EVENT:
		if (event->data.sequence_start.anchor || event->data.sequence_start.tag)
			return refuse_here(reader, "anchors and tags are not read");
		node->kind = VGPU_YAML_SEQUENCE;
		return read_items(reader, node, YAML_SEQUENCE_END_EVENT);
	case YAML_MAPPING_START_EVENT:
		if (event->data.mapping_start.anchor || event->data.mapping_start.tag)
			return refuse_here(reader, "anchors and tags are not read");
		node->kind = VGPU_YAML_MAPPING;
		return read_items(reader, node, YAML_MAPPING_END_EVENT);
	default:
		return refuse_here(reader, "aliases are not read");
	}
}

static int read_document(struct reader *reader, struct vgpu_yaml *root)
{
	int rc;

	rc = next(reader); /* the stream begins */
	if (!rc)
		rc = next(reader);
	if (!rc && reader->event.type == YAML_STREAM_END_EVENT)
		return vgpu_yaml_refuse(reader->error, 1, 1, "there is nothing in it");
	if (!rc)
		rc = next(reader);
	if (!rc)
		rc = read_node(reader, root);
	if (!rc)
		rc = next(reader); /* the document ends */
	if (!rc)
		rc = next(reader);
	if (!rc && reader->event.type != YAML_STREAM_END_EVENT)
		rc = refuse_here(reader, "a second document is not read");
	return rc;
}

/**
 * vgpu_yaml_parse() - read a document
 * @text: UTF-8
 * @length: bytes in @text
 * @ret_root: the tree, freed by vgpu_yaml_free()
 * @ret_error: what is wrong and where, when it is -EINVAL
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int vgpu_yaml_parse(const char *text, size_t length, struct vgpu_yaml **ret_root, struct vgpu_yaml_error *ret_error)
{
	struct reader reader = { .text = text, .error = ret_error };
	struct vgpu_yaml *root = calloc(1, sizeof(*root));
	int rc;

	if (!root || !yaml_parser_initialize(&reader.parser)) {
		free(root);
		return -ENOMEM;
	}
	/* Never a guess at UTF-16, whose offsets would be no places in the text. */
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
	rc = read_document(&reader, root);
	yaml_event_delete(&reader.event);
	yaml_parser_delete(&reader.parser);
	if (rc) {
		vgpu_yaml_free(root);
		return rc;
	}
	*ret_root = root;
	return 0;
}

static void free_inside(struct vgpu_yaml *node)
{
	size_t i;

	for (i = 0; i < node->count; i++)
		free_inside(&node->items[i]);
	free(node->items);
	free(node->text);
}

/**
 * vgpu_yaml_free() - free a tree
 * @root: what vgpu_yaml_parse() gave, or NULL
 */
void vgpu_yaml_free(struct vgpu_yaml *root)
{
	if (!root)
		return;
	free_inside(root);
	free(root);
}

static int emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
	if (!made)
		return -ENOMEM;
	return yaml_emitter_emit(emitter, event) ? 0 : -EIO;
}

static int emit_text(yaml_emitter_t *emitter, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t event;

	return emit(emitter, &event,
		    yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, strlen(text), 1, 1, style));
}

/* Without quotes, what begins like a number or is one of the words of YAML 1.1 would be read back as something else than text. */
static yaml_scalar_style_t string_style(const char *text)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on", "off", "y", "n" };
	size_t digits = strspn(text, "0123456789");
	unsigned int i;

	if (strchr(text, '\n'))
		return YAML_LITERAL_SCALAR_STYLE;
	/* A number with a unit, such as 128M, is none to any reader. */
	if (digits && strchr("KMG%", text[digits]) && text[digits] && !text[digits + 1])
		return YAML_ANY_SCALAR_STYLE;
	if (!((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z') && text[0] != '/')
		return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	for (i = 0; i < VGPU_COUNT(words); i++)
		if (!strcasecmp(words[i], text))
			return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	return YAML_ANY_SCALAR_STYLE;
}

static int print_value(yaml_emitter_t *emitter, const struct vgpu_json *value);

static int print_member(const char *key, struct vgpu_json *value, void *data)
{
	yaml_emitter_t *emitter = data;
	int rc = emit_text(emitter, key, string_style(key));

	return rc ? rc : print_value(emitter, value);
}

static int print_object(yaml_emitter_t *emitter, const struct vgpu_json *object)
{
	yaml_event_t event;
	int rc;

	rc = emit(emitter, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
	if (!rc)
		rc = vgpu_json_each(object, print_member, emitter);
	return rc ? rc : emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static int print_array(yaml_emitter_t *emitter, const struct vgpu_json *array)
{
	yaml_event_t event;
	size_t i;
	int rc;

	rc = emit(emitter, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
	for (i = 0; !rc && i < vgpu_json_length(array); i++)
		rc = print_value(emitter, vgpu_json_at(array, i));
	return rc ? rc : emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

static int print_value(yaml_emitter_t *emitter, const struct vgpu_json *value)
{
	cleanup_free char *number = NULL;
	const char *string;

	switch (vgpu_json_kind(value)) {
	case VGPU_JSON_OBJECT:
		return print_object(emitter, value);
	case VGPU_JSON_ARRAY:
		return print_array(emitter, value);
	case VGPU_JSON_STRING:
		string = vgpu_json_string(value);
		return string ? emit_text(emitter, string, string_style(string)) : -EINVAL;
	default:
		/* null, true, false and numbers are written alike in both. */
		number = vgpu_json_text(value, false);
		return number ? emit_text(emitter, number, YAML_PLAIN_SCALAR_STYLE) : -ENOMEM;
	}
}

static int print_document(yaml_emitter_t *emitter, const struct vgpu_json *value)
{
	yaml_event_t event;
	int rc;

	rc = emit(emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	if (!rc)
		rc = emit(emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	if (!rc)
		rc = print_value(emitter, value);
	if (!rc)
		rc = emit(emitter, &event, yaml_document_end_event_initialize(&event, 1));
	return rc ? rc : emit(emitter, &event, yaml_stream_end_event_initialize(&event));
}

/**
 * vgpu_yaml_print() - print a JSON value as YAML
 * @value: any value
 * @to: where
 *
 * Return: 0 or -errno; -EINVAL for a string with a zero byte in it.
 */
int vgpu_yaml_print(const struct vgpu_json *value, FILE *to)
{
	yaml_emitter_t emitter;
	int rc;

	if (!yaml_emitter_initialize(&emitter))
		return -ENOMEM;
	yaml_emitter_set_output_file(&emitter, to);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	rc = print_document(&emitter, value);
	yaml_emitter_delete(&emitter);
	return rc;
}
