# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# Programs that tests use and that nobody should have to install for it.

# promtool, taken out of Debian's package: installed, that would start a server.
make_promtool()
{
	local dir=$1 package
	cd "$dir" || return
	apt-get download prometheus || { apt-get update && apt-get download prometheus; }
	package=$(echo prometheus_*.deb)
	dpkg-deb --fsys-tarfile "$package" | tar -x --strip-components=3 ./usr/bin/promtool
	rm "$package"
	./promtool --version
}

# DKMS itself, without what its package would pull in here.
make_dkms()
{
	local dir=$1 package
	cd "$dir" || return
	apt-get download dkms || { apt-get update && apt-get download dkms; }
	package=$(echo dkms_*.deb)
	dpkg-deb -x "$package" root
	rm "$package"
}

need_dkms()
{
	artefact "DKMS" dkms make_dkms
}

need_promtool()
{
	artefact "promtool" promtool make_promtool
}
