# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# Debian roots by mmdebstrap, from the mirror that this machine's apt uses. The one network access of the lab.

need_mmdebstrap()
{
	need_root
	need mmdebstrap mmdebstrap zstd zstd xz xz-utils mkfs.erofs erofs-utils cpio cpio flock util-linux gcc gcc make make
}

# The archive's address: of the sources that call themselves Debian, the first that is not the security archive.
debian_mirror()
{
	local uri
	# shellcheck disable=SC2016
	uri=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' | awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
	[[ $uri ]] || { say "lab: apt here knows no Debian archive; run apt-get update"; return 1; }
	printf '%s\n' "$uri"
}

# debian_root SUITE DIR PACKAGES [mmdebstrap option…]: PACKAGES are separated by blanks; backports are at hand for those that ask (NAME/SUITE-backports).
debian_root()
{
	local suite=$1 dir=$2 packages=$3 uri opts=()
	shift 3
	uri=$(debian_mirror)
	# What this machine's apt needs to reach its mirror, the roots' apt needs too.
	local line
	while IFS= read -r line; do
		opts+=("--aptopt=$line")
	done < <(apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-Valid-Until|AllowInsecureRepositories)' || true)
	(let_go && mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' "${opts[@]}" \
		--include="$packages" "$@" "$suite" "$dir" -) <<-END
	deb $uri $suite main
	deb $uri $suite-backports main
	END
}

# QEMU with a vfio-user client; Debian 12's and 13's own are too old.
make_qemu()
{
	debian_root trixie "$1" "qemu-system-x86/trixie-backports seabios/trixie-backports
		qemu-system-data/trixie-backports qemu-system-common/trixie-backports"
	rm -rf "$1"/usr/share/{doc,man,locale} "$1"/var/{cache,lib}/apt "${1:?}/dev"
}

need_qemu()
{
	need_mmdebstrap
	artefact "QEMU for this machine" qemu make_qemu
}

# Runs a program of the qemu root on this machine, without chroot: its libraries are newer than ours.
from_qemu_root()
{
	local root=$CACHE/qemu program=$1 lib=usr/lib/x86_64-linux-gnu
	shift
	QEMU_MODULE_DIR=$root/$lib/qemu "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/$lib:$root/lib/x86_64-linux-gnu" \
		"$root/$program" "$@"
}
