/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * xml.h - the two pieces of libvirt's XML that the agent knows: the hostdev element that it makes, and what it looks for in a domain.
 * And what is wrong with a connection URI, since libxml2 reads those, too.
 */
#ifndef VGPU_AGENT_XML_H
#define VGPU_AGENT_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/name.h"

#define VGPU_DOMAIN_MDEVS_MAX 64

struct vgpu_domain_view {
	char uuid[VGPU_DOMAIN_MDEVS_MAX][VGPU_UUID_SIZE]; /* its mediated devices */
	size_t count;
	bool slot_2_used; /* 00:02.0, where i915 expects its GPU */
	bool pcie; /* its root bus takes no hot plug */
};

void vgpu_xml_init(void);
void vgpu_xml_fini(void);
int vgpu_xml_hostdev(const char *uuid, bool slot_2, char **ret_xml);
const char *vgpu_xml_uri_wrong(const char *uri);
int vgpu_xml_read_domain(const char *xml, struct vgpu_domain_view *ret_view);

#endif
