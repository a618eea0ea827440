// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * libvirt-shim.c - gives libvirt's test driver the one thing that it lacks: virDomainAttachDeviceFlags() and
 * virDomainDetachDeviceFlags(), for the persistent configuration. It edits the domain's XML and defines it again, so that the domain
 * really has, or has no longer, what was asked for. Every call is noted in $VGPU_SHIM_LOG. To attach live succeeds in the log only. To
 * attach takes for as long as the file $VGPU_SHIM_ATTACH_WAITS is there.
 *
 * The driver's domains live in the agent's process, so it is here that somebody else does something to them: $VGPU_SHIM_COMMANDS is a
 * FIFO that takes lines "start NAME", "destroy NAME", "undefine NAME", "rename NAME NEW", "give NAME UUID" and "take NAME".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void note(const char *what, virDomainPtr domain, unsigned int flags, const char *xml)
{
	FILE *log = fopen(getenv("VGPU_SHIM_LOG"), "a");

	if (!log)
		abort();
	fprintf(log, "%s %s %u ", what, virDomainGetName(domain), flags);
	for (; *xml; xml++)
		fputc(*xml == '\n' ? ' ' : *xml, log);
	fputc('\n', log);
	fclose(log);
}

static int define(virDomainPtr domain, const char *xml)
{
	virDomainPtr defined = virDomainDefineXML(virDomainGetConnect(domain), xml);

	if (!defined)
		return -1;
	virDomainFree(defined);
	return 0;
}

int virDomainAttachDeviceFlags(virDomainPtr domain, const char *xml, unsigned int flags)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	const char *held = getenv("VGPU_SHIM_ATTACH_WAITS");
	char *old, *new, *end;
	int rc;

	note("attach", domain, flags, xml);
	while (held && !access(held, F_OK))
		nanosleep(&moment, NULL);
	if (getenv("VGPU_SHIM_ATTACH_FAILS"))
		return -1;
	if (!(flags & VIR_DOMAIN_AFFECT_CONFIG))
		return 0;
	old = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
	end = strstr(old, "</devices>");
	if (!end)
		abort();
	if (asprintf(&new, "%.*s%s%s", (int)(end - old), old, xml, end) < 0)
		abort();
	rc = define(domain, new);
	free(old);
	free(new);
	return rc;
}

/* The domains of the tests have one hostdev at most. */
static char *without_hostdev(virDomainPtr domain, unsigned int flags)
{
	char *xml = virDomainGetXMLDesc(domain, flags), *begin = strstr(xml, "<hostdev"), *end = strstr(xml, "</hostdev>");

	if (!begin || !end)
		abort();
	end += strlen("</hostdev>");
	memmove(begin, end, strlen(end) + 1);
	return xml;
}

/* A domain of the test driver changes with its next start only: it is started again, and then gets back the configuration that it had. */
static int detach_live(virDomainPtr domain)
{
	char *config = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE), *live = without_hostdev(domain, 0);
	int rc = define(domain, live);

	if (!rc)
		rc = virDomainDestroy(domain);
	if (!rc)
		rc = virDomainCreate(domain);
	if (!rc)
		rc = define(domain, config);
	free(config);
	free(live);
	return rc;
}

int virDomainDetachDeviceFlags(virDomainPtr domain, const char *xml, unsigned int flags)
{
	char *config;
	int rc = 0;

	note("detach", domain, flags, xml);
	if (flags & VIR_DOMAIN_AFFECT_LIVE)
		rc = detach_live(domain);
	if (rc || !(flags & VIR_DOMAIN_AFFECT_CONFIG))
		return rc;
	config = without_hostdev(domain, VIR_DOMAIN_XML_INACTIVE);
	rc = define(domain, config);
	free(config);
	return rc;
}

static virConnectPtr opened;

static int obey(const char *verb, virDomainPtr domain, const char *new)
{
	char xml[256];

	snprintf(xml, sizeof(xml),
		 "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='%s'/></source></hostdev>", new);
	if (!strcmp(verb, "give"))
		return virDomainAttachDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_CONFIG);
	if (!strcmp(verb, "take"))
		return virDomainDetachDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_CONFIG);
	if (!strcmp(verb, "start"))
		return virDomainCreate(domain);
	if (!strcmp(verb, "destroy"))
		return virDomainDestroy(domain);
	if (!strcmp(verb, "undefine"))
		return virDomainUndefine(domain);
	return strcmp(verb, "rename") ? -1 : virDomainRename(domain, new, 0);
}

/* A command that can't be obeyed is a mistake of the test's. */
static void *take_commands(void *path)
{
	char line[256], verb[32], name[64], new[64];
	virDomainPtr domain;
	FILE *file;

	for (;;) {
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file)) {
			new[0] = '\0';
			if (sscanf(line, "%31s %63s %63s", verb, name, new) < 2)
				abort();
			domain = virDomainLookupByName(opened, name);
			if (!domain || obey(verb, domain, new) < 0)
				abort();
			virDomainFree(domain);
		}
		if (file)
			fclose(file);
	}
	return NULL;
}

/* The thread inherits the worker's mask of signals, which are the event loop's. */
virConnectPtr virConnectOpen(const char *uri)
{
	virConnectPtr (*real)(const char *) = dlsym(RTLD_NEXT, "virConnectOpen");
	char *commands = getenv("VGPU_SHIM_COMMANDS");
	bool first = !opened;
	pthread_t thread;

	opened = real(uri);
	if (opened && first && commands && pthread_create(&thread, NULL, take_commands, commands))
		abort();
	return opened;
}
