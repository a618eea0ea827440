// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * complete.c - what may come next on a command line, by the tables in commands.c and from what the agent says there is. lib/complete.h
 * has the words' format. No lock.
 *
 * It never fails: where there is no agent, there are no names to offer.
 */
#include "vgpuctl/complete.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/complete.h"
#include "lib/rpc.h"
#include "lib/text.h"
#include "vgpuctl/parse.h"
#include "vgpuctl/program.h"

/* Whoever presses TAB has no time. */
#define REPLY_TIMEOUT_MS 2000
#define WHAT_SIZE 256

/* The agent's lists. A word is described by what it has of two more keys. */
struct source {
	const char *method, *array;
	const char *key, *other_key; /* the second where the first is null */
	struct {
		const char *before, *key;
	} what[2];
};

static const struct source sources[] = {
	[VGPU_COMPLETE_VGPU] = { "vgpu.list", "vgpus", "name", "uuid", { { "", "state" }, { "domain ", "domain" } } },
	[VGPU_COMPLETE_GPU] = { "gpu.list", "gpus", "gpu", NULL, { { "", "id" }, { "driver ", "driver" } } },
	[VGPU_COMPLETE_CLASS] = { "policy.classes", "classes", "name", NULL, { { "weight ", "weight" }, { "cap ", "cap_pct" } } },
	[VGPU_COMPLETE_TYPE] = { "types.list", "types", "type", NULL, { { "", "name" }, { "available ", "available" } } },
};

static void describe(const struct source *source, const struct vgpu_json *row, char ret_what[WHAT_SIZE])
{
	const struct vgpu_json *value;
	unsigned int i;

	*ret_what = '\0';
	for (i = 0; i < VGPU_COUNT(source->what); i++) {
		value = vgpu_json_get(row, source->what[i].key);
		if (vgpu_json_kind(value) != VGPU_JSON_STRING && vgpu_json_kind(value) != VGPU_JSON_INTEGER)
			continue;
		vgpu_text_append(ret_what, WHAT_SIZE, "%s%s", *ret_what ? ", " : "", source->what[i].before);
		if (vgpu_json_kind(value) == VGPU_JSON_INTEGER)
			vgpu_text_append(ret_what, WHAT_SIZE, "%" PRIu64, vgpu_json_u64(value));
		else
			vgpu_text_append(ret_what, WHAT_SIZE, "%s", vgpu_json_string(value) ? vgpu_json_string(value) : "");
	}
}

static const char *word_of(const struct source *source, const struct vgpu_json *row)
{
	const char *word = vgpu_json_get_string(row, source->key);

	return word || !source->other_key ? word : vgpu_json_get_string(row, source->other_key);
}

/* Each once: every GPU has the same types. */
static bool had_before(const struct source *source, const struct vgpu_json *rows, size_t index)
{
	const char *word = word_of(source, vgpu_json_at(rows, index)), *other;
	size_t i;

	for (i = 0; i < index; i++) {
		other = word_of(source, vgpu_json_at(rows, i));
		if (other && !strcmp(other, word))
			return true;
	}
	return false;
}

static void offer_rows(const struct vgpu_line *line, const struct source *source, const char *before)
{
	const char *socket_path = line->invocation.option[VGPU_OPT_SOCKET];
	cleanup_json struct vgpu_json *result = NULL;
	const struct vgpu_json *rows;
	struct vgpu_error error;
	struct vgpu_rpc *rpc;
	char what[WHAT_SIZE];
	size_t i;

	if (vgpu_rpc_connect_within(socket_path ? socket_path : VGPU_RPC_SOCKET, true, REPLY_TIMEOUT_MS, &rpc, &error))
		return;
	if (!vgpu_rpc_call(rpc, source->method, NULL, &result, &error)) {
		rows = vgpu_json_get(result, source->array);
		for (i = 0; i < vgpu_json_length(rows); i++) {
			if (!word_of(source, vgpu_json_at(rows, i)) || had_before(source, rows, i))
				continue;
			describe(source, vgpu_json_at(rows, i), what);
			vgpu_complete_offer(before, word_of(source, vgpu_json_at(rows, i)), what);
		}
	}
	vgpu_rpc_close(rpc);
}

/* The agent's libvirt, unless the user has chosen another one for all programs. */
static void offer_domains(const char *before)
{
	FILE *domains = popen("virsh -q -c \"${LIBVIRT_DEFAULT_URI:-qemu:///system}\" list --all --name 2>/dev/null", "re");
	cleanup_free char *name = NULL;
	size_t size = 0;

	if (!domains)
		return;
	while (getline(&name, &size, domains) > 0) {
		name[strcspn(name, "\n")] = '\0';
		vgpu_complete_offer(before, name, "domain");
	}
	pclose(domains);
}

static void offer_formats(const char *before)
{
	unsigned int i;

	for (i = 0; i < VGPU_FORMATS; i++)
		vgpu_complete_offer(before, vgpu_format_info[i].name, vgpu_format_info[i].help);
}

static void offer_values(const struct vgpu_line *line, enum vgpu_complete kind, const char *before)
{
	switch (kind) {
	case VGPU_COMPLETE_CLASS:
		vgpu_complete_offer(before, "none", "in no class");
		/* fall through */
	case VGPU_COMPLETE_VGPU:
	case VGPU_COMPLETE_GPU:
	case VGPU_COMPLETE_TYPE:
		offer_rows(line, &sources[kind], before);
		break;
	case VGPU_COMPLETE_DOMAIN:
		offer_domains(before);
		break;
	case VGPU_COMPLETE_FORMAT:
		offer_formats(before);
		break;
	case VGPU_COMPLETE_FILE:
		vgpu_complete_files();
		break;
	case VGPU_COMPLETE_NOTHING:
	case VGPU_COMPLETE_COMMAND:
		break;
	}
}

static void offer_options(const struct vgpu_line *line, const struct vgpu_command *command)
{
	uint32_t takes = VGPU_EVERYWHERE | (command ? command->options : VGPU_TAKES(VGPU_OPT_VERSION));
	unsigned int i;

	for (i = 0; i < VGPU_OPTIONS; i++)
		if (takes & VGPU_TAKES(i) && !line->invocation.option[i])
			vgpu_complete_offer("--", vgpu_option_info[i].name, vgpu_option_info[i].help);
}

/* Of commands of two words the first is offered once, described by the second ones. */
static void offer_first_words(void)
{
	const struct vgpu_command *command, *other;
	char word[32], seconds[WHAT_SIZE];
	size_t length;

	for (command = vgpu_commands; command->name; command++) {
		length = strcspn(command->name, " ");
		if (!command->name[length]) {
			vgpu_complete_offer("", command->name, command->summary);
			continue;
		}
		for (other = vgpu_commands; strncmp(other->name, command->name, length + 1) != 0; other++)
			;
		if (other != command)
			continue;
		vgpu_text_copy(word, length + 1 < sizeof(word) ? length + 1 : sizeof(word), command->name);
		*seconds = '\0';
		for (; other->name; other++)
			if (!strncmp(other->name, command->name, length + 1))
				vgpu_text_append(seconds, sizeof(seconds), "%s%s", *seconds ? ", " : "",
						 other->name + length + 1);
		vgpu_complete_offer("", word, seconds);
	}
}

static void offer_second_words(const char *first)
{
	const struct vgpu_command *command;
	size_t length = strlen(first);

	for (command = vgpu_commands; command->name; command++)
		if (!strncmp(command->name, first, length) && command->name[length] == ' ')
			vgpu_complete_offer("", command->name + length + 1, command->summary);
}

/* The words of a command, of which @count stand in the line. */
static void offer_commands(const char *const *words, unsigned int count)
{
	if (!count)
		offer_first_words();
	else if (count == 1)
		offer_second_words(words[0]);
}

/* Where no further operand belongs, there may be options. */
static void offer_operands(const struct vgpu_line *line)
{
	const struct vgpu_command *command;
	unsigned int words = vgpu_parse_command(line, &command), count = line->operands_count - words, most;

	if (!words) {
		offer_commands(line->operands, line->operands_count);
		return;
	}
	most = command->operand ? command->operands_max ? command->operands_max : 1 : 0;
	if (count >= most)
		offer_options(line, command);
	else if (command->complete == VGPU_COMPLETE_COMMAND)
		offer_commands(line->operands + words, count);
	else
		offer_values(line, command->complete, "");
}

/* "--gpu=" and what was typed of its value. */
static void offer_attached(const struct vgpu_line *line, const char *current)
{
	size_t length = strcspn(current, "=") - 2;
	char before[64];
	unsigned int i;

	for (i = 0; i < VGPU_OPTIONS; i++) {
		if (strncmp(vgpu_option_info[i].name, current + 2, length) != 0 || vgpu_option_info[i].name[length])
			continue;
		snprintf(before, sizeof(before), "--%s=", vgpu_option_info[i].name);
		offer_values(line, vgpu_option_info[i].complete, before);
	}
}

static void offer(const struct vgpu_line *line, const char *current)
{
	const struct vgpu_command *command = NULL;

	if (line->open_option >= 0 && line->open_option < VGPU_OPTIONS)
		offer_values(line, vgpu_option_info[line->open_option].complete, "");
	else if (line->open_option >= 0)
		return;
	else if (!strncmp(current, "--", 2) && strchr(current, '='))
		offer_attached(line, current);
	else if (*current == '-') {
		vgpu_parse_command(line, &command);
		offer_options(line, command);
	} else
		offer_operands(line);
}

/**
 * vgpu_complete_run() - answer a shell
 * @argc: words, with "--complete" as the first
 * @argv: the words; the last one is being typed
 *
 * Return: an exit code.
 */
int vgpu_complete_run(int argc, char **argv)
{
	static const char *const complete[] = { VGPU_COMPLETE_OPTION, NULL };
	char *current = argc > 1 ? argv[--argc] : (char *)"", *passed[VGPU_PROGRAM_ARGUMENTS_MAX + 1];
	struct vgpu_line line = { .unfinished = true };
	struct vgpu_error error;
	unsigned int i;

	argv[argc] = NULL;
	vgpu_parse_words(argc, argv, &line, &error);
	if (!line.passed) {
		offer(&line, current);
		return VGPU_EXIT_DONE;
	}
	for (i = 0; line.passed[i] && i + 1 < VGPU_PROGRAM_ARGUMENTS_MAX; i++)
		passed[i] = line.passed[i];
	passed[i++] = current;
	passed[i] = NULL;
	vgpu_program_run(line.invocation.command->program, complete, passed);
	return VGPU_EXIT_DONE;
}

/* The files in completion/, as they are. */
#define SCRIPT(shell)                                                                                 \
	__asm__(".pushsection .rodata\nvgpu_script_" #shell ":\n.incbin \"completion/vgpuctl." #shell \
		"\"\n.byte 0\n.popsection");                                                          \
	extern const char vgpu_script_##shell[]

SCRIPT(bash);
SCRIPT(zsh);
SCRIPT(fish);

/**
 * vgpu_complete_script() - what a shell loads to complete vgpuctl and vgpu-top
 * @shell: bash, zsh or fish
 *
 * Return: the script, or NULL for a shell that there is none for.
 */
const char *vgpu_complete_script(const char *shell)
{
	static const struct {
		const char *shell, *script;
	} scripts[] = { { "bash", vgpu_script_bash }, { "zsh", vgpu_script_zsh }, { "fish", vgpu_script_fish } };
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(scripts); i++)
		if (!strcmp(scripts[i].shell, shell))
			return scripts[i].script;
	return NULL;
}
