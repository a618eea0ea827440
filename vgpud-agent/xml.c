// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * xml.c - libxml2, its one home in the agent. No lock: pure functions on their own documents; called from the event loop's thread and
 * from libvirt_worker.c's, for which libxml2 asks only that vgpu_xml_init() has run.
 */
#include "vgpud-agent/xml.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/uri.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

#define X(text) ((const xmlChar *)(text))
/* Enough for any domain; the walk is bounded even if libvirt were to answer nonsense. */
#define DEPTH_MAX 32

/**
 * vgpu_xml_init() - prepare libxml2 for several threads; call it before there are any
 */
void vgpu_xml_init(void)
{
	xmlInitParser();
}

/**
 * vgpu_xml_fini() - release what libxml2 keeps, once the threads are gone
 */
void vgpu_xml_fini(void)
{
	xmlCleanupParser();
}

struct attribute {
	const char *name, *value;
};

static int add_attributes(xmlNode *node, const struct attribute *attribute)
{
	for (; attribute->name; attribute++)
		if (!xmlNewProp(node, X(attribute->name), X(attribute->value)))
			return -ENOMEM;
	return 0;
}

static int add_child(xmlNode *parent, const char *name, const struct attribute *attributes, xmlNode **ret_child)
{
	xmlNode *child = xmlNewChild(parent, NULL, X(name), NULL);

	if (!child)
		return -ENOMEM;
	if (ret_child)
		*ret_child = child;
	return add_attributes(child, attributes);
}

static int fill_hostdev(xmlNode *hostdev, const char *uuid, bool slot_2)
{
	static const struct attribute kind[] = {
		{ "mode", "subsystem" }, { "type", "mdev" },   { "managed", "no" },
		{ "model", "vfio-pci" }, { "display", "off" }, { NULL },
	};
	static const struct attribute slot[] = {
		{ "type", "pci" }, { "domain", "0x0000" }, { "bus", "0x00" }, { "slot", "0x02" }, { "function", "0x0" }, { NULL },
	};
	const struct attribute address[] = { { "uuid", uuid }, { NULL } };
	static const struct attribute none[] = { { NULL } };
	xmlNode *source;
	int rc;

	rc = add_attributes(hostdev, kind);
	if (!rc)
		rc = add_child(hostdev, "source", none, &source);
	if (!rc)
		rc = add_child(source, "address", address, NULL);
	if (!rc && slot_2)
		rc = add_child(hostdev, "address", slot, NULL);
	return rc;
}

/**
 * vgpu_xml_hostdev() - make the hostdev element of a mediated device
 * @uuid: the device
 * @slot_2: ask for the guest's PCI address 00:02.0; otherwise libvirt chooses one
 * @ret_xml: text to free()
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_xml_hostdev(const char *uuid, bool slot_2, char **ret_xml)
{
	xmlDoc *document = xmlNewDoc(X("1.0"));
	xmlNode *hostdev = xmlNewNode(NULL, X("hostdev"));
	xmlBuffer *buffer = xmlBufferCreate();
	char *text = NULL;

	if (document && hostdev) {
		xmlDocSetRootElement(document, hostdev);
		if (buffer && !fill_hostdev(hostdev, uuid, slot_2) && xmlNodeDump(buffer, document, hostdev, 0, 1) >= 0)
			text = strdup((const char *)xmlBufferContent(buffer));
	} else {
		xmlFreeNode(hostdev);
	}
	xmlBufferFree(buffer);
	xmlFreeDoc(document);
	if (!text)
		return -ENOMEM;
	*ret_xml = text;
	return 0;
}

static bool named(const xmlNode *node, const char *name)
{
	return node && node->type == XML_ELEMENT_NODE && !xmlStrcmp(node->name, X(name));
}

static bool property_is(xmlNode *node, const char *name, const char *value)
{
	xmlChar *text = xmlGetProp(node, X(name));
	bool is = text && !xmlStrcmp(text, X(value));

	xmlFree(text);
	return is;
}

/* libvirt writes 0x02, people write 2. */
static bool property_number_is(xmlNode *node, const char *name, unsigned long value)
{
	xmlChar *text = xmlGetProp(node, X(name));
	bool is = text && strtoul((const char *)text, NULL, 0) == value;

	xmlFree(text);
	return is;
}

/* <hostdev type='mdev'><source><address uuid='...'/> */
static void read_address(xmlNode *address, struct vgpu_domain_view *view)
{
	xmlNode *source = address->parent, *hostdev = source ? source->parent : NULL;
	xmlChar *uuid;

	if (named(source, "source") && named(hostdev, "hostdev") && property_is(hostdev, "type", "mdev")) {
		uuid = xmlGetProp(address, X("uuid"));
		if (uuid && view->count < VGPU_DOMAIN_MDEVS_MAX && vgpu_uuid_valid((const char *)uuid))
			strcpy(view->uuid[view->count++], (const char *)uuid);
		xmlFree(uuid);
	} else if (property_is(address, "type", "pci") && property_number_is(address, "bus", 0) &&
		   property_number_is(address, "slot", 2) && !named(source, "source")) {
		view->slot_2_used = true;
	}
}

static void walk(xmlNode *node, struct vgpu_domain_view *view, unsigned int depth)
{
	for (; node && depth < DEPTH_MAX; node = node->next) {
		if (named(node, "address"))
			read_address(node, view);
		if (named(node, "controller") && property_is(node, "type", "pci") && property_is(node, "model", "pcie-root"))
			view->pcie = true;
		walk(node->children, view, depth + 1);
	}
}

/**
 * vgpu_xml_read_domain() - look into a domain's description
 * @xml: what libvirt says
 * @ret_view: what it has that matters here
 *
 * Return: 0 or -EINVAL when it is not XML.
 */
int vgpu_xml_read_domain(const char *xml, struct vgpu_domain_view *ret_view)
{
	xmlDoc *document = xmlReadMemory(xml, strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	struct vgpu_domain_view view = { 0 };

	if (!document)
		return -EINVAL;
	walk(xmlDocGetRootElement(document), &view, 0);
	xmlFreeDoc(document);
	*ret_view = view;
	return 0;
}

static bool one_of(const char *word, size_t length, const char *const words[])
{
	for (; *words; words++)
		if (strlen(*words) == length && !strncmp(*words, word, length))
			return true;
	return false;
}

/* DRIVER[+TRANSPORT]: the drivers are those that the agent is of use with, and libvirt's own for tests. */
static const char *scheme_wrong(const xmlURI *uri)
{
	static const char *const transports[] = { "unix", "ssh", "libssh", "libssh2", "tcp", "tls", "ext", NULL };
	static const char *const here[] = { "unix", "ext", NULL };
	static const char *const drivers[] = { "qemu", "test", NULL };
	size_t driver = strcspn(uri->scheme, "+");
	const char *transport = uri->scheme[driver] ? uri->scheme + driver + 1 : NULL;
	bool elsewhere = uri->server && *uri->server;

	if (!one_of(uri->scheme, driver, drivers))
		return "of libvirt's drivers, only qemu has vGPUs";
	if (!transport)
		return NULL;
	if (!one_of(transport, strlen(transport), transports))
		return "the transport must be unix, ssh, libssh, libssh2, tcp, tls or ext";
	if (elsewhere == one_of(transport, strlen(transport), here))
		return elsewhere ? "this transport takes no host" : "this transport needs a host: qemu+ssh://HOST/system";
	return NULL;
}

/**
 * vgpu_xml_uri_wrong() - what is wrong with a URI to connect to libvirt with
 * @uri: such as qemu:///system
 *
 * libvirt itself would only say so when it is asked, and again whenever it is.
 *
 * Return: NULL when nothing is known to be, else what, in words.
 */
const char *vgpu_xml_uri_wrong(const char *uri)
{
	static const char *const paths[] = { "/system", "/session", NULL };
	xmlURI *parsed = xmlParseURI(uri);
	const char *wrong;

	if (!parsed || !parsed->scheme)
		wrong = "it is no URI such as qemu:///system";
	else
		wrong = scheme_wrong(parsed);
	if (!wrong && !strncmp(parsed->scheme, "qemu", 4) &&
	    (!parsed->path || !one_of(parsed->path, strlen(parsed->path), paths)))
		wrong = "libvirt's qemu has /system and /session: qemu:///system";
	xmlFreeURI(parsed);
	return wrong;
}
