// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * doctor.c - "vgpuctl doctor": examines the host, then has the agent examine what only it sees, and prints all of it. Where the agent
 * does not answer, the rest still is of use, and why it does not is one more finding. No lock: one thread.
 */
#include "vgpuctl/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "lib/text.h"
#include "lib/yaml.h"
#include "vgpuctl/commands.h"
#include "vgpuctl/journal.h"
#include "vgpuctl/tree.h"

/* An agent that is well answers at once. */
#define ANSWER_MS 10000

static bool service_installed(const struct vgpu_host *host)
{
	static const char *const directories[] = { "etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system",
						   "usr/lib/systemd/system", "lib/systemd/system" };
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(directories); i++)
		if (vgpu_tree_exists(host->root, "%s/vgpud.service", directories[i]))
			return true;
	return false;
}

static void unreachable(struct vgpu_host *host, const struct vgpu_error *error)
{
	struct vgpu_findings *findings = &host->findings;
	const char *path = host->socket_path;
	char words[512];

	if (error->exit == VGPU_EXIT_DENIED)
		vgpu_finding_add(findings, VGPU_FOUND_PROBLEM, "usermod -aG vgpu USER, then log in again; or run this as root",
				 "%s is not for you", path);
	else if (!access(path, F_OK))
		vgpu_finding_add(findings, VGPU_FOUND_PROBLEM, "systemctl restart vgpud; journalctl -u vgpud", "%s: %s", path,
				 error->what);
	else if (!vgpu_journal_last_error(host->root_path, "vgpud.service", words, sizeof(words)))
		vgpu_finding_add(findings, VGPU_FOUND_PROBLEM, "do as it says, then systemctl restart vgpud",
				 "vgpud has ended, and said why: %s", words);
	else if (service_installed(host))
		vgpu_finding_add(findings, VGPU_FOUND_PROBLEM, "systemctl enable --now vgpud; journalctl -u vgpud",
				 "vgpud does not run: its service is installed and not started, or it has ended");
	else
		vgpu_finding_add(findings, VGPU_FOUND_PROBLEM, "make install && systemctl enable --now vgpud",
				 "vgpud does not run, and there is no service that would start it");
}

static void check_version(struct vgpu_host *host, const struct vgpu_json *result)
{
	const char *version = vgpu_json_get_string(result, "version");

	if (version && !strcmp(version, VGPU_VERSION))
		vgpu_finding_add(&host->findings, VGPU_FOUND_OK, NULL, "vgpud %s answers at %s", version, host->socket_path);
	else
		vgpu_finding_add(&host->findings, VGPU_FOUND_WARNING, "systemctl restart vgpud",
				 "vgpud that runs is version %s, vgpuctl %s", version ? version : "unknown", VGPU_VERSION);
}

/* What the agent has found is taken over as it is; its words are printed with care. */
static void take_over(struct vgpu_host *host, const struct vgpu_json *result)
{
	const struct vgpu_json *array = vgpu_json_get(result, "checks");
	size_t i;

	for (i = 0; i < vgpu_json_length(array); i++)
		vgpu_json_append(host->findings.array, vgpu_json_ref(vgpu_json_at(array, i)));
}

static void examine_agent(struct vgpu_host *host)
{
	cleanup_json struct vgpu_json *version = NULL, *result = NULL;
	struct vgpu_error error;
	struct vgpu_rpc *rpc;

	host->findings.check = "agent";
	if (vgpu_rpc_connect_within(host->socket_path, true, ANSWER_MS, &rpc, &error)) {
		unreachable(host, &error);
		return;
	}
	if (vgpu_rpc_call(rpc, "version", NULL, &version, &error))
		unreachable(host, &error);
	else {
		check_version(host, version);
		if (!vgpu_rpc_call(rpc, "doctor.run", NULL, &result, &error))
			take_over(host, result);
		else
			vgpu_finding_add(&host->findings, VGPU_FOUND_PROBLEM, error.remedy, "%s: %s", error.object, error.what);
	}
	vgpu_rpc_close(rpc);
}

static void print_text(const char *text)
{
	vgpu_text_print(stdout, text ? text : "-");
	putchar('\n');
}

static void print_findings(const struct vgpu_json *array)
{
	const struct vgpu_json *finding;
	enum vgpu_verdict_grade grade;
	const char *check, *remedy;
	size_t i;

	for (i = 0; i < vgpu_json_length(array); i++) {
		finding = vgpu_json_at(array, i);
		grade = vgpu_finding_grade(finding);
		check = vgpu_json_get_string(finding, "check");
		remedy = vgpu_json_get_string(finding, "remedy");
		printf("%s%-8s%s %-9.9s ", vgpu_print_colour(vgpu_finding_word(grade)), vgpu_finding_word(grade),
		       vgpu_print_colour(NULL), check ? check : "-");
		print_text(vgpu_json_get_string(finding, "seen"));
		if (remedy) {
			printf("%19s", "");
			print_text(remedy);
		}
	}
}

static void print_names(const struct vgpu_json *array)
{
	const struct vgpu_json *finding;
	size_t i;

	for (i = 0; i < vgpu_json_length(array); i++) {
		finding = vgpu_json_at(array, i);
		if (vgpu_finding_grade(finding) >= VGPU_FOUND_WARNING)
			print_text(vgpu_json_get_string(finding, "check"));
	}
}

static int print(const struct vgpu_invocation *invocation, struct vgpu_json *array)
{
	size_t problems = vgpu_finding_count(array, VGPU_FOUND_PROBLEM), warnings = vgpu_finding_count(array, VGPU_FOUND_WARNING);
	cleanup_json struct vgpu_json *result = vgpu_json_object();

	vgpu_json_put_u64(result, "schema", VGPU_SCHEMA);
	vgpu_json_put_u64(result, "problems", problems);
	vgpu_json_put_u64(result, "warnings", warnings);
	vgpu_json_put(result, "checks", vgpu_json_ref(array));
	if (invocation->format == VGPU_FORMAT_JSON)
		vgpu_print_json(result);
	else if (invocation->format == VGPU_FORMAT_YAML)
		vgpu_yaml_print(result, stdout);
	else if (invocation->format == VGPU_FORMAT_NAME)
		print_names(array);
	else {
		print_findings(array);
		printf("\n%zu problem%s, %zu warning%s\n", problems, problems == 1 ? "" : "s", warnings,
		       warnings == 1 ? "" : "s");
	}
	return problems ? VGPU_EXIT_FAILED : VGPU_EXIT_DONE;
}

/**
 * vgpu_doctor_run() - "vgpuctl doctor"
 * @invocation: the format, the socket, and the directory that stands for /
 *
 * Return: an exit code: VGPU_EXIT_FAILED when there is a problem.
 */
int vgpu_doctor_run(const struct vgpu_invocation *invocation)
{
	const char *root = invocation->option[VGPU_OPT_ROOT], *socket_path = invocation->option[VGPU_OPT_SOCKET];
	cleanup_json struct vgpu_json *array = vgpu_json_array();
	struct vgpu_host host = {
		.root_path = root,
		.socket_path = socket_path ? socket_path : VGPU_RPC_SOCKET,
		.findings = { .array = array },
	};
	struct vgpu_error error;

	host.root = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host.root < 0) {
		vgpu_error_set(&error, VGPU_EXIT_USAGE, root ? root : "/", "give a directory", "it can't be opened: %s",
			       strerror(errno));
		return vgpu_error_print("vgpuctl", &error);
	}
	vgpu_host_examine(&host);
	examine_agent(&host);
	close(host.root);
	return print(invocation, array);
}
