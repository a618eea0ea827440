// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ctl_pool_plan.c - what a pool file makes of what there is: the actions in order, as people read them, and what is refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "vgpuctl/pool.h"

#define UA "aaaaaaaa-0000-4000-8000-00000000000a"
#define UB "bbbbbbbb-0000-4000-8000-00000000000b"
#define UC "cccccccc-0000-4000-8000-00000000000c"

/* What there is, with ' for ". A later member takes the place of an earlier one. */
#define VGPU(name_, uuid_, more) \
	"{'name':'" name_ "','uuid':'" uuid_ "','managed':true,'state':'ready','domain':null,'class':null" more "}"
#define OURS ",'gpu':'0000:00:02.0','type':'vgpu-flex','aperture_bytes':67108864,'hidden_bytes':402653184,'fences':8"
#define SET ",'weight':100,'cap_pct':100,'latency_us':0"
#define A(more) VGPU("a", UA, OURS SET more)
#define B(more) VGPU("b", UB, OURS SET more)
#define C(more) VGPU("c", UC, ",'gpu':'0000:05:00.0','type':'i915-GVTg_V5_4','state':'unknown'" more)
#define FOREIGN \
	"{'name':null,'uuid':'" UC "','managed':false,'state':'ready','domain':null,'gpu':'0000:00:02.0','type':'vgpu-64M'}"
#define OPENED ",'counters':{'traps_config':4,'resets':0}"
#define NEVER_OPENED ",'counters':{'rcs_busy_ns':0,'traps_config':0,'resets':0}"

static const char gpus[] =
	"[{'gpu':'0000:00:02.0','aperture_total_bytes':268435456},{'gpu':'0000:03:00.0','aperture_total_bytes':268435456},"
	"{'gpu':'0000:05:00.0'},{'gpu':'mtty'}]";
static const char types[] =
	"[{'gpu':'0000:00:02.0','type':'vgpu-64M'},{'gpu':'0000:00:02.0','type':'vgpu-flex'},"
	"{'gpu':'0000:05:00.0','type':'i915-GVTg_V5_4','aperture_bytes':134217728,'hidden_bytes':536870912,'fences':4},"
	"{'gpu':'0000:05:00.0','type':'i915-GVTg_V5_1','aperture_bytes':536870912,'hidden_bytes':2147483648,'fences':4},"
	"{'gpu':'mtty','type':'mtty-2'}]";
static const char classes[] = "[{'name':'gold'},{'name':'silver'}]";

/* clang-format off */
static const struct {
	const char *title;
	const char *file; /* behind the head */
	const char *vgpus; /* in [] */
	bool prune;
	const char *want; /* the lines, and "LINE EXIT object: what" for what is refused */
} cases[] = {
	/* what there shall be, and is */
	{ "nothing of nothing", " []", "", true, "" },
	{ "it is as it shall be", "- {name: a, aperture: 64M, hidden: 384M, fences: 8, weight: 100, cap: 100%, latency: 0, gpu: 00:02.0, uuid: " UA "}", A(""), true, "" },
	{ "what is left out stays", "- {name: a, aperture: 64M}", A(",'weight':7,'domain':'d','hidden_bytes':4096"), true, "" },
	{ "the same class", "- {name: a, aperture: 64M, class: gold}", A(",'class':'gold','weight':400"), false, "" },
	{ "in no class as it is", "- {name: a, aperture: 64M, class: none}", A(",'weight':7"), false, "" },
	{ "a class that the policy has no more, and that stays", "- {name: a, aperture: 64M, class: bronze}", A(",'class':'bronze'"), false, "" },
	{ "nobody has it, as it shall be", "- {name: a, aperture: 64M, domain: null}", A(""), false, "" },
	{ "its domain has it", "- {name: a, aperture: 64M, domain: d}", A(",'domain':'d','domain_running':true,'state':'running'"), false, "" },
	{ "a type", "- {name: c, type: i915-GVTg_V5_4, gpu: '05:00.0'}", C(""), false, "" },
	{ "a type that is large enough", "- {name: c, aperture: 100M, fences: 4}", C(""), false, "" },

	/* made */
	{ "made", "- {name: a, aperture: 64M}", "", false, "+ create a aperture 64M\n" },
	{ "made with all that there is to say", "- {domain: d, latency: 5, cap: 7, weight: 9, fences: 2, hidden: 1G, aperture: 4K, gpu: 00:02.0, uuid: " UA ", name: a}", "", false,
	  "+ create a uuid " UA " gpu 00:02.0 aperture 4K hidden 1G fences 2 weight 9 cap 7% latency 5 domain d\n" },
	{ "made in a class, on another vendor's GPU", "- {name: a, aperture: 64M, class: gold}\n- {name: b, type: mtty-2}", "", false,
	  "+ create a aperture 64M class gold\n+ create b type mtty-2\n" },
	{ "no such GPU", "- {name: a, aperture: 64M, gpu: '09:00.0'}", "", false, "4 3 a: GPU 09:00.0 is not there\n" },
	{ "no such type", "- {name: a, type: vgpu-1M}\n- {name: b, type: mtty-2, gpu: 00:02.0}", "", false,
	  "4 3 a: this host has no type vgpu-1M\n5 3 b: GPU 00:02.0 has no type mtty-2\n" },
	{ "no such class", "- {name: a, aperture: 64M, class: bronze}", "", false, "4 3 a: there is no class bronze\n" },
	{ "no settings there", "- {name: a, aperture: 64M, weight: 3, gpu: '05:00.0'}\n- {name: b, type: mtty-2, class: gold, gpu: mtty}", "", false,
	  "4 1 a: the driver of GPU 05:00.0 has no scheduler settings\n5 1 b: the driver of GPU mtty has no scheduler settings\n" },
	{ "in no class there", "- {name: b, type: mtty-2, class: none, gpu: mtty}", "", false, "+ create b gpu mtty type mtty-2 class none\n" },

	/* set */
	{ "settings", "- {name: a, aperture: 64M, weight: 200, cap: 50%, latency: 0}", A(""), false, "~ set a weight 100 -> 200 cap 100% -> 50%\n" },
	{ "settings of one that runs", "- {name: a, aperture: 64M, weight: 200}", A(",'state':'running','domain':'d','domain_running':true" OPENED), false,
	  "~ set a weight 100 -> 200\n" },
	{ "sizes of one that was never opened", "- {name: a, aperture: 128M, fences: 4}", A(NEVER_OPENED), false, "~ set a aperture 64M -> 128M fences 8 -> 4\n" },
	{ "into a class", "- {name: a, aperture: 64M, class: gold}", A(""), false, "~ set a class gold\n" },
	{ "into another class", "- {name: a, aperture: 64M, class: gold}", A(",'class':'silver'"), false, "~ set a class silver -> gold\n" },
	{ "out of its class", "- {name: a, aperture: 64M, class: none}", A(",'class':'silver'"), false, "~ set a class silver -> none\n" },
	{ "out of its class by a setting, even one that it has", "- {name: a, aperture: 64M, weight: 100}", A(",'class':'silver'"), false,
	  "~ set a class silver -> none weight 100 -> 100\n" },
	{ "into a class that there is not", "- {name: a, aperture: 64M, class: bronze}", A(",'class':'silver'"), false, "4 3 a: there is no class bronze\n" },
	{ "settings where there are none", "- {name: c, type: i915-GVTg_V5_4, weight: 3}", C(""), false, "4 1 c: the driver of GPU 0000:05:00.0 has no scheduler settings\n" },
	{ "what gives back comes before what takes", "- {name: a, aperture: 128M}\n- {name: b, aperture: 32M}", A("") "," B(""), false,
	  "~ set b aperture 64M -> 32M\n~ set a aperture 64M -> 128M\n" },
	{ "what gives back and takes comes with what takes", "- {name: a, aperture: 32M, hidden: 1G}\n- {name: b, aperture: 32M}", A("") "," B(""), false,
	  "~ set b aperture 64M -> 32M\n~ set a aperture 64M -> 32M hidden 384M -> 1G\n" },

	/* made again */
	{ "sizes of one that was opened", "- {name: a, aperture: 128M}", A(OPENED), false,
	  "- delete a (sizes can't change once a guest has opened it)\n"
	  "+ create a uuid " UA " gpu 0000:00:02.0 aperture 128M hidden 384M fences 8 weight 100 cap 100% latency 0\n" },
	{ "what it had goes along, what the file says comes first", "- {name: a, aperture: 128M, weight: 3, fences: 2}", A(",'domain':'d','class':'gold','cap_pct':60" OPENED), false,
	  "~ detach a domain d (sizes can't change once a guest has opened it)\n- delete a (sizes can't change once a guest has opened it)\n"
	  "+ create a uuid " UA " gpu 0000:00:02.0 aperture 128M hidden 384M fences 2 weight 3 cap 60% latency 0 domain d\n" },
	{ "its class goes along", "- {name: a, aperture: 128M}", A(",'class':'gold'" OPENED), false,
	  "- delete a (sizes can't change once a guest has opened it)\n+ create a uuid " UA " gpu 0000:00:02.0 aperture 128M hidden 384M fences 8 class gold\n" },
	{ "out of its class on the way", "- {name: a, aperture: 128M, class: none}", A(",'class':'gold'" OPENED), false,
	  "- delete a (sizes can't change once a guest has opened it)\n"
	  "+ create a uuid " UA " gpu 0000:00:02.0 aperture 128M hidden 384M fences 8 weight 100 cap 100% latency 0\n" },
	{ "a class that the policy has no more: its settings go along", "- {name: a, aperture: 128M}", A(",'class':'bronze','weight':50" OPENED), false,
	  "- delete a (sizes can't change once a guest has opened it)\n"
	  "+ create a uuid " UA " gpu 0000:00:02.0 aperture 128M hidden 384M fences 8 weight 50 cap 100% latency 0\n" },
	{ "another type", "- {name: a, type: vgpu-64M}", A(""), false,
	  "- delete a (a type can't be changed)\n+ create a uuid " UA " gpu 0000:00:02.0 type vgpu-64M weight 100 cap 100% latency 0\n" },
	{ "another GPU", "- {name: a, aperture: 64M, gpu: '03:00.0'}", A(""), false,
	  "- delete a (it can't move to another GPU)\n+ create a uuid " UA " gpu 03:00.0 aperture 64M hidden 384M fences 8 weight 100 cap 100% latency 0\n" },
	{ "another vendor's GPU, which has no settings", "- {name: a, type: mtty-2, gpu: mtty}", A(""), false,
	  "- delete a (it can't move to another GPU)\n+ create a uuid " UA " gpu mtty type mtty-2\n" },
	{ "another UUID", "- {name: a, aperture: 64M, uuid: " UC ", domain: null}", A(",'domain':'d'"), false,
	  "~ detach a domain d (a UUID can't be changed)\n- delete a (a UUID can't be changed)\n"
	  "+ create a uuid " UC " gpu 0000:00:02.0 aperture 64M hidden 384M fences 8 weight 100 cap 100% latency 0\n" },
	{ "a type that is too small", "- {name: c, aperture: 200M}", C(""), false,
	  "- delete c (its type has other sizes)\n+ create c uuid " UC " gpu 0000:05:00.0 aperture 200M\n" },
	{ "sizes where types have none", "- {name: c, aperture: 200M}", C(",'gpu':'mtty','type':'mtty-2'"), false,
	  "4 2 c: GPU mtty does not say how large its type mtty-2 is\n" },
	{ "what makes room comes first", "- {name: a, aperture: 128M}\n- {name: n, aperture: 4K}", A(OPENED) "," B(",'domain':'e'"), true,
	  "~ detach b domain e (it is not in the file)\n- delete a (sizes can't change once a guest has opened it)\n- delete b (it is not in the file)\n"
	  "+ create a uuid " UA " gpu 0000:00:02.0 aperture 128M hidden 384M fences 8 weight 100 cap 100% latency 0\n+ create n aperture 4K\n" },
	{ "there is nothing to make it of", "- {name: a, type: mtty-2}", A(""), false, "4 3 a: GPU 0000:00:02.0 has no type mtty-2\n" },

	/* in use */
	{ "its domain runs", "- {name: a, aperture: 128M}", A(",'domain':'d','domain_running':true" OPENED), false,
	  "4 5 a: sizes can't change once a guest has opened it, and domain d runs with it\n" },
	{ "a guest has it open", "- {name: a, aperture: 64M, gpu: '03:00.0'}\n- {name: b, aperture: 64M, weight: 1}", A(",'state':'open'") "," B(""), false,
	  "~ set b weight 100 -> 1\n4 5 a: it can't move to another GPU, and a guest has it open\n" },
	{ "a guest that is stopped has it open", "- {name: a, type: vgpu-64M}", A(",'state':'stopped'"), false, "4 5 a: a type can't be changed, and a guest has it open\n" },
	{ "pruned while in use", " []", A(",'state':'running'") "," B(",'domain':'d','domain_running':true"), true,
	  "0 5 a: it is not in the file, and a guest has it open\n0 5 b: it is not in the file, and domain d runs with it\n" },
	{ "given away while in use", "- {name: a, aperture: 64M, domain: e}\n- {name: b, aperture: 64M, domain: null}",
	  A(",'domain':'d','domain_running':true") "," B(",'domain':'d','domain_running':true"), false,
	  "4 5 a: it shall go to another domain, and domain d runs with it\n5 5 b: no domain shall have it, and domain d runs with it\n" },
	{ "on its way out", "- {name: a, aperture: 64M}", A(",'state':'removing'"), false, "4 5 a: it is being removed\n" },

	/* domains */
	{ "attached", "- {name: a, aperture: 64M, domain: d}", A(""), false, "~ attach a domain d\n" },
	{ "attached while it changes", "- {name: a, aperture: 32M, domain: d}", A(""), false, "~ set a aperture 64M -> 32M\n~ attach a domain d\n" },
	{ "detached", "- {name: a, aperture: 64M, domain: null}", A(",'domain':'d','domain_running':false"), false, "~ detach a domain d (no domain shall have it)\n" },
	{ "exchanged", "- {name: a, aperture: 64M, domain: e}\n- {name: b, aperture: 64M, domain: d}", A(",'domain':'d'") "," B(",'domain':'e'"), false,
	  "~ detach a domain d (another domain shall have it)\n~ detach b domain e (another domain shall have it)\n~ attach a domain e\n~ attach b domain d\n" },

	/* what the file does not name */
	{ "left alone", " []", A("") "," FOREIGN, false, "" },
	{ "pruned, but not what others made, nor what goes already", " []", A("") "," FOREIGN "," B(",'state':'removing'"), true, "- delete a (it is not in the file)\n" },
	{ "one that is missing is pruned", " []", A(",'state':'missing'"), true, "- delete a (it is not in the file)\n" },

	/* missing */
	{ "restored", "- {name: a, aperture: 64M, weight: 7, domain: d}", VGPU("a", UA, OURS ",'weight':7,'state':'missing'"), false,
	  "+ restore a (its device is missing)\n~ attach a domain d\n" },
	{ "restored, and set", "- {name: a, aperture: 64M, cap: 7}", VGPU("a", UA, OURS ",'weight':7,'state':'missing'"), false,
	  "+ restore a (its device is missing)\n~ set a cap 7%\n" },
	{ "made again rather than restored", "- {name: a, aperture: 32M}", VGPU("a", UA, OURS ",'weight':7,'state':'missing'"), false,
	  "- delete a (it is missing, and was of another size)\n+ create a uuid " UA " gpu 0000:00:02.0 aperture 32M hidden 384M fences 8 weight 7\n" },
	{ "its GPU is missing", "- {name: a, aperture: 64M}", A(",'state':'missing','gpu':'0000:09:00.0'"), false, "4 3 a: GPU 0000:09:00.0 is not there\n" },

	/* UUIDs */
	{ "another's UUID", "- {name: a, aperture: 64M, uuid: " UB "}", A("") "," B(""), false, "4 5 a: vGPU b has the UUID " UB "\n" },
	{ "another's UUID that stays", "- {name: n, aperture: 64M, uuid: " UB "}\n- {name: b, aperture: 64M}", B(""), true, "4 5 n: vGPU b has the UUID " UB "\n" },
	{ "the UUID of one that goes: another name", "- {name: n, aperture: 64M, uuid: " UB "}", B(""), true, "- delete b (it is not in the file)\n+ create n uuid " UB " aperture 64M\n" },
	{ "a UUID that is not the agent's", "- {name: n, aperture: 64M, uuid: " UC "}", FOREIGN, true, "4 6 n: vgpud did not make the device that has the UUID " UC "\n" },
};
/* clang-format on */

static struct vgpu_json *read_json(const char *text)
{
	struct vgpu_json *value = NULL;
	char *copy = strdup(text), *at;

	assert_non_null(copy);
	for (at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	if (vgpu_json_parse(copy, strlen(copy), 16, &value))
		fail_msg("not JSON: %s", copy);
	free(copy);
	return value;
}

static char *describe(const struct vgpu_pool_plan *plan, const struct vgpu_pool_issues *issues)
{
	char *text = NULL;
	size_t size, i;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	for (i = 0; i < plan->count; i++)
		vgpu_pool_print_action(&plan->actions[i], to);
	for (i = 0; i < issues->count && i < VGPU_POOL_ISSUES_MAX; i++)
		fprintf(to, "%u %u %s: %s\n", issues->list[i].line, issues->list[i].error.exit, issues->list[i].error.object,
			issues->list[i].error.what);
	fclose(to);
	return text;
}

static void run_case(const char *title, const char *file, const char *vgpus, bool prune, const char *want)
{
	cleanup_json struct vgpu_json *gpu_list = read_json(gpus), *type_list = read_json(types),
				      *class_list = read_json(classes);
	cleanup_json struct vgpu_json *vgpu_list = NULL;
	struct vgpu_pool_issues issues = { 0 };
	struct vgpu_pool_plan plan = { 0 };
	cleanup_free char *text = NULL;
	cleanup_free char *got = NULL;
	struct vgpu_pool_host host;
	struct vgpu_pool pool;

	assert_true(asprintf(&text, "[%s]", vgpus) > 0);
	vgpu_list = read_json(text);
	free(text);
	assert_true(asprintf(&text, "kind: vgpu-pool\nversion: 1\npool:%s%s\n", *file == '-' ? "\n" : "", file) > 0);
	if (vgpu_pool_parse(text, strlen(text), &pool, &issues))
		fail_msg("%s: %u:%u %s", title, issues.list[0].line, issues.list[0].column, issues.list[0].error.what);
	host = (struct vgpu_pool_host) { .vgpus = vgpu_list, .gpus = gpu_list, .types = type_list, .classes = class_list };
	assert_int_equal(vgpu_pool_plan(&pool, &host, prune, &plan, &issues), 0);
	got = describe(&plan, &issues);
	if (strcmp(got, want) != 0)
		fail_msg("%s: got\n%swanted\n%s", title, got, want);
	vgpu_pool_plan_fini(&plan);
	vgpu_pool_fini(&pool);
}

static void plans(void **state)
{
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++)
		run_case(cases[i].title, cases[i].file, cases[i].vgpus, cases[i].prune, cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
