// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pool_plan.c - what has to be done so that there is what a pool file says. No lock: a pure function of the file and of what there is.
 *
 * As little as possible: what can be set is set. The rest is made again, under its UUID, and refused for as long as somebody uses the
 * vGPU, as is everything else that would take it from a guest. A key that the file leaves out stays as it is; so do vGPUs that the file
 * does not name, unless they are to be pruned, and in any case devices that the agent did not make.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpuctl/pool.h"

#define WIRE(option) (vgpu_option_info[VGPU_OPT_##option].key)

static const enum vgpu_option sizes[] = { VGPU_OPT_APERTURE, VGPU_OPT_HIDDEN, VGPU_OPT_FENCES };
static const enum vgpu_option knobs[] = { VGPU_OPT_WEIGHT, VGPU_OPT_CAP, VGPU_OPT_LATENCY };

struct planner {
	const struct vgpu_pool *pool;
	const struct vgpu_pool_host *host;
	bool prune;
	struct vgpu_pool_plan plan; /* in the order of the file */
	size_t size; /* of plan.actions */
	struct vgpu_pool_issues *issues;
	bool no_memory;
};

/* About a vGPU of the file; without an entry, about one that stands nowhere in it. */
#define refuse(planner, entry, exit, object, remedy, format, ...)                                                             \
	vgpu_pool_refuse((planner)->issues, (entry) ? (entry)->line : 0, (entry) ? (entry)->column : 0, exit, object, remedy, \
			 format, ##__VA_ARGS__)

static const char *text_of(const struct vgpu_json *object, const char *key)
{
	const char *text = vgpu_json_get_string(object, key);

	return text ? text : "";
}

static const struct vgpu_pool_entry *find_entry(const struct vgpu_pool *pool, const char *name)
{
	size_t i;

	for (i = 0; i < pool->count; i++)
		if (!strcmp(pool->entries[i].name, name))
			return &pool->entries[i];
	return NULL;
}

static bool wants_any(const struct vgpu_pool_entry *entry, const enum vgpu_option keys[], size_t count)
{
	size_t i;

	for (i = 0; i < count && !vgpu_json_get(entry->want, vgpu_option_info[keys[i]].key); i++)
		;
	return i < count;
}

/* The class that the file puts it in; NULL for none, and when the file does not say. */
static const char *wanted_class(const struct vgpu_pool_entry *entry)
{
	const char *class = vgpu_json_get_string(entry->want, WIRE(CLASS));

	return class && strcmp(class, "none") != 0 ? class : NULL;
}

/* Takes over @from and @to. */
static void add(struct planner *planner, enum vgpu_pool_verb verb, const char *name, const char *uuid, const char *reason,
		struct vgpu_json *from, struct vgpu_json *to)
{
	struct vgpu_pool_plan *plan = &planner->plan;
	struct vgpu_pool_action *larger, *action;

	if (plan->count == planner->size) {
		larger = reallocarray(plan->actions, planner->size * 2 + 16, sizeof(*larger));
		if (!larger) {
			planner->no_memory = true;
			vgpu_json_unref(from);
			vgpu_json_unref(to);
			return;
		}
		plan->actions = larger;
		planner->size = planner->size * 2 + 16;
	}
	action = &plan->actions[plan->count++];
	*action = (struct vgpu_pool_action) { .verb = verb, .reason = reason, .from = from, .to = to };
	vgpu_text_copy(action->name, sizeof(action->name), name);
	vgpu_text_copy(action->uuid, sizeof(action->uuid), uuid);
}

static void add_domain(struct planner *planner, enum vgpu_pool_verb verb, const struct vgpu_json *have, const char *reason,
		       const char *domain)
{
	struct vgpu_json *change = vgpu_json_object();
	bool detach = verb == VGPU_POOL_DETACH;

	vgpu_json_put_string(change, WIRE(DOMAIN), domain);
	add(planner, verb, text_of(have, "name"), text_of(have, "uuid"), reason, detach ? change : NULL, detach ? NULL : change);
}

/* Nothing of the plan takes a vGPU from a guest. */
static bool refused_in_use(struct planner *planner, const struct vgpu_pool_entry *entry, const struct vgpu_json *have,
			   const char *why)
{
	const char *name = text_of(have, "name");

	if (!vgpu_pool_in_use(have))
		return false;
	if (vgpu_json_get_bool(have, "domain_running"))
		refuse(planner, entry, VGPU_EXIT_IN_USE, name, "shut the domain down first", "%s, and domain %s runs with it",
		       why, text_of(have, "domain"));
	else
		refuse(planner, entry, VGPU_EXIT_IN_USE, name, "stop what uses it first", "%s, and a guest has it open", why);
	return true;
}

/* A UUID of the file's must be that of this vGPU, of nobody, or of one that goes first. */
static bool refused_uuid(struct planner *planner, const struct vgpu_pool_entry *entry, const struct vgpu_json *have)
{
	const struct vgpu_json *other = entry->uuid ? vgpu_pool_find(planner->host->vgpus, "uuid", entry->uuid) : NULL;
	const char *name = text_of(other, "name");

	if (!other || other == have)
		return false;
	if (!vgpu_json_get_bool(other, "managed"))
		refuse(planner, entry, VGPU_EXIT_DENIED, entry->name,
		       "leave out the uuid, or remove that device with what made it",
		       "vgpud did not make the device that has the UUID %s", entry->uuid);
	else if (!planner->prune || find_entry(planner->pool, name) || vgpu_pool_state(other, "removing"))
		refuse(planner, entry, VGPU_EXIT_IN_USE, entry->name, "leave out the uuid, or delete that vGPU first",
		       "vGPU %s has the UUID %s", name, entry->uuid);
	else
		return false;
	return true;
}

static bool refused_class(struct planner *planner, const struct vgpu_pool_entry *entry)
{
	const char *class = wanted_class(entry);

	if (!class || vgpu_pool_find(planner->host->classes, "name", class))
		return false;
	refuse(planner, entry, VGPU_EXIT_NOT_FOUND, entry->name, "see vgpuctl classes", "there is no class %s", class);
	return true;
}

static bool refused_settings(struct planner *planner, const struct vgpu_pool_entry *entry, const char *gpu)
{
	const struct vgpu_json *found = vgpu_pool_find_gpu(planner->host, gpu);

	if (!found || vgpu_pool_gpu_schedules(found) || (!wanted_class(entry) && !wants_any(entry, knobs, VGPU_COUNT(knobs))))
		return false;
	refuse(planner, entry, VGPU_EXIT_FAILED, entry->name, "leave out weight, cap, latency and class",
	       "the driver of GPU %s has no scheduler settings", gpu);
	return true;
}

/* Is there what it is to be made of? Whether there is room, the agent says. */
static bool refused_place(struct planner *planner, const struct vgpu_pool_entry *entry, const char *gpu)
{
	const char *type = vgpu_json_get_string(entry->want, WIRE(TYPE));

	if (gpu && !vgpu_pool_find_gpu(planner->host, gpu))
		refuse(planner, entry, VGPU_EXIT_NOT_FOUND, entry->name, "see vgpuctl gpu list", "GPU %s is not there", gpu);
	else if (type && !vgpu_pool_find_type(planner->host, gpu, type))
		refuse(planner, entry, VGPU_EXIT_NOT_FOUND, entry->name, "see vgpuctl types", "%s%s has no type %s",
		       gpu ? "GPU " : "this host", gpu ? gpu : "", type);
	else
		return refused_settings(planner, entry, gpu) || refused_class(planner, entry);
	return true;
}

static const struct vgpu_json *type_of(const struct planner *planner, const struct vgpu_json *have)
{
	return vgpu_pool_find_type(planner->host, text_of(have, "gpu"), text_of(have, "type"));
}

/* Where types have no sizes there is nothing to compare those of the file with. */
static bool refused_sizes(struct planner *planner, const struct vgpu_pool_entry *entry, const struct vgpu_json *have)
{
	const struct vgpu_json *gpu = vgpu_pool_find_gpu(planner->host, text_of(have, "gpu"));

	if (!gpu || vgpu_pool_gpu_schedules(gpu) || vgpu_json_get(type_of(planner, have), WIRE(APERTURE)) ||
	    !wants_any(entry, sizes, VGPU_COUNT(sizes)))
		return false;
	refuse(planner, entry, VGPU_EXIT_USAGE, entry->name, "give its type instead of sizes",
	       "GPU %s does not say how large its type %s is", text_of(have, "gpu"), text_of(have, "type"));
	return true;
}

/* A type that is larger than what is asked for will do, as it does when the agent chooses one. */
static bool type_covers(const struct vgpu_pool_entry *entry, const struct vgpu_json *type)
{
	size_t i;

	for (i = 0; i < VGPU_COUNT(sizes); i++)
		if (vgpu_json_get_u64(entry->want, vgpu_option_info[sizes[i]].key) >
		    vgpu_json_get_u64(type, vgpu_option_info[sizes[i]].key))
			return false;
	return true;
}

static bool sizes_differ(const struct vgpu_pool_entry *entry, const struct vgpu_json *have)
{
	const struct vgpu_json *want;
	size_t i;

	for (i = 0; i < VGPU_COUNT(sizes); i++) {
		want = vgpu_json_get(entry->want, vgpu_option_info[sizes[i]].key);
		if (want && vgpu_json_u64(want) != vgpu_json_get_u64(have, vgpu_option_info[sizes[i]].key))
			return true;
	}
	return false;
}

/* Why it has to be made again; NULL when what differs, if anything does, can be set. */
static const char *must_replace(const struct planner *planner, const struct vgpu_pool_entry *entry, const struct vgpu_json *have)
{
	const char *gpu = vgpu_json_get_string(entry->want, WIRE(GPU)), *type = vgpu_json_get_string(entry->want, WIRE(TYPE));

	if (entry->uuid && strcmp(text_of(have, "uuid"), entry->uuid) != 0)
		return "a UUID can't be changed";
	if (gpu && !vgpu_pool_same_gpu(text_of(have, "gpu"), gpu))
		return "it can't move to another GPU";
	if (type && strcmp(text_of(have, "type"), type) != 0)
		return "a type can't be changed";
	if (!vgpu_json_get(have, WIRE(APERTURE)) && wants_any(entry, sizes, VGPU_COUNT(sizes)))
		return type_covers(entry, type_of(planner, have)) ? NULL : "its type has other sizes";
	if (!sizes_differ(entry, have))
		return NULL;
	if (vgpu_pool_state(have, "missing"))
		return "it is missing, and was of another size";
	return vgpu_pool_was_opened(have) ? "sizes can't change once a guest has opened it" : NULL;
}

/* "class none" takes a vGPU that exists out of its class; beside settings, "vgpu.create" does not take it. */
static int copy_member(const char *key, struct vgpu_json *value, void *data)
{
	const char *text = vgpu_json_string(value);

	if (!text || strcmp(key, WIRE(CLASS)) != 0 || strcmp(text, "none") != 0)
		vgpu_json_put(data, key, vgpu_json_ref(value));
	return 0;
}

static void keep(struct vgpu_json *to, const struct vgpu_json *have, const char *key)
{
	if (!vgpu_json_get(to, key) && vgpu_json_get(have, key))
		vgpu_json_put(to, key, vgpu_json_ref(vgpu_json_get(have, key)));
}

/* What the file says, and for what it leaves out what there was. */
static struct vgpu_json *replacement(const struct planner *planner, const struct vgpu_pool_entry *entry,
				     const struct vgpu_json *have)
{
	const char *class = vgpu_json_get_string(have, WIRE(CLASS));
	struct vgpu_json *to = vgpu_json_object();
	size_t i;

	vgpu_json_each(entry->want, copy_member, to);
	keep(to, have, WIRE(UUID));
	keep(to, have, WIRE(GPU));
	if (!entry->no_domain)
		keep(to, have, WIRE(DOMAIN));
	for (i = 0; i < VGPU_COUNT(sizes) && vgpu_json_get(to, WIRE(APERTURE)); i++)
		if (vgpu_json_get_u64(have, vgpu_option_info[sizes[i]].key))
			keep(to, have, vgpu_option_info[sizes[i]].key);
	if (wanted_class(entry) || !vgpu_pool_gpu_schedules(vgpu_pool_find_gpu(planner->host, text_of(to, WIRE(GPU)))))
		return to;
	if (class && vgpu_pool_find(planner->host->classes, "name", class) && !vgpu_json_get(entry->want, WIRE(CLASS)) &&
	    !wants_any(entry, knobs, VGPU_COUNT(knobs)))
		keep(to, have, WIRE(CLASS));
	else
		for (i = 0; i < VGPU_COUNT(knobs); i++)
			keep(to, have, vgpu_option_info[knobs[i]].key);
	return to;
}

static void add_delete(struct planner *planner, const struct vgpu_json *have, const char *reason)
{
	const char *domain = vgpu_json_get_string(have, WIRE(DOMAIN));

	if (domain)
		add_domain(planner, VGPU_POOL_DETACH, have, reason, domain);
	add(planner, VGPU_POOL_DELETE, text_of(have, "name"), text_of(have, "uuid"), reason, vgpu_pool_params(have), NULL);
}

static void plan_replace(struct planner *planner, const struct vgpu_pool_entry *entry, const struct vgpu_json *have,
			 const char *reason)
{
	const char *gpu = vgpu_json_get_string(entry->want, WIRE(GPU)), *uuid = entry->uuid ? entry->uuid : text_of(have, "uuid");

	if (refused_in_use(planner, entry, have, reason) ||
	    refused_place(planner, entry, gpu ? gpu : vgpu_json_get_string(have, "gpu")))
		return;
	add_delete(planner, have, reason);
	add(planner, VGPU_POOL_CREATE, entry->name, uuid, "made again", NULL, replacement(planner, entry, have));
}

/* What is taken over from the file into a change. */
static void change(const struct vgpu_pool_entry *entry, const struct vgpu_json *have, const char *key, struct vgpu_json *from,
		   struct vgpu_json *to)
{
	vgpu_json_put(to, key, vgpu_json_ref(vgpu_json_get(entry->want, key)));
	if (vgpu_json_get(have, key))
		vgpu_json_put(from, key, vgpu_json_ref(vgpu_json_get(have, key)));
}

/* Puts the sizes that differ into a change. Returns the verb for it: what only gives back comes before what takes. */
static enum vgpu_pool_verb change_sizes(const struct vgpu_pool_entry *entry, const struct vgpu_json *have, struct vgpu_json *from,
					struct vgpu_json *to)
{
	enum vgpu_pool_verb verb = VGPU_POOL_SHRINK;
	uint64_t want, is;
	const char *key;
	size_t i;

	/* Another driver's type has been found large enough. */
	for (i = 0; i < VGPU_COUNT(sizes) && vgpu_json_get(have, WIRE(APERTURE)); i++) {
		key = vgpu_option_info[sizes[i]].key;
		want = vgpu_json_get_u64(entry->want, key);
		is = vgpu_json_get_u64(have, key);
		if (!want || want == is)
			continue;
		change(entry, have, key, from, to);
		if (want > is)
			verb = VGPU_POOL_SET;
	}
	return verb;
}

/* Who says a setting of a vGPU that is in a class takes it out of the class, even if the setting is what it was. */
static void change_settings(const struct vgpu_pool_entry *entry, const struct vgpu_json *have, struct vgpu_json *from,
			    struct vgpu_json *to)
{
	const char *want = vgpu_json_get_string(entry->want, WIRE(CLASS)), *is = vgpu_json_get_string(have, WIRE(CLASS));
	bool leaves = is && wants_any(entry, knobs, VGPU_COUNT(knobs));
	const char *key;
	size_t i;

	if (want && strcmp(want, is ? is : "none") != 0)
		change(entry, have, WIRE(CLASS), from, to);
	else if (leaves)
		vgpu_json_put_string(from, WIRE(CLASS), is);
	for (i = 0; i < VGPU_COUNT(knobs); i++) {
		key = vgpu_option_info[knobs[i]].key;
		if (vgpu_json_get(entry->want, key) &&
		    (leaves || !vgpu_json_get(have, key) || vgpu_json_get_u64(entry->want, key) != vgpu_json_get_u64(have, key)))
			change(entry, have, key, from, to);
	}
}

static int any_member(const char *key, struct vgpu_json *value, void *data)
{
	return 1;
}

static void plan_set(struct planner *planner, const struct vgpu_pool_entry *entry, const struct vgpu_json *have)
{
	cleanup_json struct vgpu_json *from = vgpu_json_object(), *to = vgpu_json_object();
	bool sized;
	enum vgpu_pool_verb verb = change_sizes(entry, have, from, to);

	sized = vgpu_json_each(to, any_member, NULL);
	change_settings(entry, have, from, to);
	if (!vgpu_json_each(to, any_member, NULL))
		return;
	if (vgpu_json_get(to, WIRE(CLASS)) && refused_class(planner, entry))
		return;
	add(planner, sized ? verb : VGPU_POOL_SET, entry->name, text_of(have, "uuid"), "it differs", vgpu_json_ref(from),
	    vgpu_json_ref(to));
}

static void plan_domain(struct planner *planner, const struct vgpu_pool_entry *entry, const struct vgpu_json *have)
{
	const char *want = vgpu_json_get_string(entry->want, WIRE(DOMAIN)), *is = vgpu_json_get_string(have, WIRE(DOMAIN));

	if (want && is && !strcmp(want, is))
		return;
	if (is && (want || entry->no_domain)) {
		if (refused_in_use(planner, entry, have, want ? "it shall go to another domain" : "no domain shall have it"))
			return;
		add_domain(planner, VGPU_POOL_DETACH, have, want ? "another domain shall have it" : "no domain shall have it",
			   is);
	}
	if (want)
		add_domain(planner, VGPU_POOL_ATTACH, have, is ? "another domain had it" : "no domain has it", want);
}

static void plan_change(struct planner *planner, const struct vgpu_pool_entry *entry, const struct vgpu_json *have)
{
	const char *gpu = text_of(have, "gpu");

	if (refused_settings(planner, entry, gpu))
		return;
	if (vgpu_pool_state(have, "missing")) {
		if (!vgpu_pool_find_gpu(planner->host, gpu)) {
			refuse(planner, entry, VGPU_EXIT_NOT_FOUND, entry->name, "see vgpuctl gpu list", "GPU %s is not there",
			       gpu);
			return;
		}
		add(planner, VGPU_POOL_RESTORE, entry->name, text_of(have, "uuid"), "its device is missing", NULL, NULL);
	}
	plan_set(planner, entry, have);
	plan_domain(planner, entry, have);
}

static void plan_entry(struct planner *planner, const struct vgpu_pool_entry *entry)
{
	const struct vgpu_json *have = vgpu_pool_find(planner->host->vgpus, "name", entry->name);
	const char *reason;

	if (refused_uuid(planner, entry, have))
		return;
	if (!have) {
		if (!refused_place(planner, entry, vgpu_json_get_string(entry->want, WIRE(GPU))))
			add(planner, VGPU_POOL_CREATE, entry->name, entry->uuid ? entry->uuid : "", "it is not there", NULL,
			    vgpu_json_ref(entry->want));
		return;
	}
	if (vgpu_pool_state(have, "removing")) {
		refuse(planner, entry, VGPU_EXIT_IN_USE, entry->name, "stop what has it open: then it goes",
		       "it is being removed");
		return;
	}
	if (refused_sizes(planner, entry, have))
		return;
	reason = must_replace(planner, entry, have);
	if (reason)
		plan_replace(planner, entry, have, reason);
	else
		plan_change(planner, entry, have);
}

static void plan_prune(struct planner *planner, const struct vgpu_json *have)
{
	static const char reason[] = "it is not in the file";
	const char *name = vgpu_json_get_string(have, "name");

	if (!name || !vgpu_json_get_bool(have, "managed") || vgpu_pool_state(have, "removing") ||
	    find_entry(planner->pool, name) || refused_in_use(planner, NULL, have, reason))
		return;
	add_delete(planner, have, reason);
}

static int sort(const struct vgpu_pool_plan *plan, struct vgpu_pool_plan *ret_plan)
{
	struct vgpu_pool_plan sorted = { .actions = calloc(plan->count + 1, sizeof(*sorted.actions)) };
	unsigned int verb;
	size_t i;

	if (!sorted.actions)
		return -ENOMEM;
	for (verb = 0; verb < VGPU_POOL_VERBS; verb++)
		for (i = 0; i < plan->count; i++)
			if (plan->actions[i].verb == verb)
				sorted.actions[sorted.count++] = plan->actions[i];
	*ret_plan = sorted;
	return 0;
}

/**
 * vgpu_pool_plan() - what has to be done
 * @pool: what there shall be
 * @host: what there is
 * @prune: also delete what the file does not name
 * @ret_plan: the actions in order, also those beside which others are refused; released by vgpu_pool_plan_fini()
 * @issues: what can't be done, because of which nothing should be
 *
 * Return: 0, also with issues, or -ENOMEM.
 */
int vgpu_pool_plan(const struct vgpu_pool *pool, const struct vgpu_pool_host *host, bool prune, struct vgpu_pool_plan *ret_plan,
		   struct vgpu_pool_issues *issues)
{
	struct planner planner = { .pool = pool, .host = host, .prune = prune, .issues = issues };
	size_t i;
	int rc;

	for (i = 0; i < pool->count; i++)
		plan_entry(&planner, &pool->entries[i]);
	for (i = 0; prune && i < vgpu_json_length(host->vgpus); i++)
		plan_prune(&planner, vgpu_json_at(host->vgpus, i));
	rc = planner.no_memory ? -ENOMEM : sort(&planner.plan, ret_plan);
	if (rc)
		vgpu_pool_plan_fini(&planner.plan);
	else
		free(planner.plan.actions);
	return rc;
}

/**
 * vgpu_pool_plan_fini() - release what a plan holds
 * @plan: the plan
 */
void vgpu_pool_plan_fini(struct vgpu_pool_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->count; i++) {
		vgpu_json_unref(plan->actions[i].from);
		vgpu_json_unref(plan->actions[i].to);
	}
	free(plan->actions);
	*plan = (struct vgpu_pool_plan) { 0 };
}
