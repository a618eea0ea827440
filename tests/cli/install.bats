#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# install.bats - what make install puts where.

load helper

setup() { common_setup; }

teardown() { stop_agent; }

# installed OPTION...: what make install puts into $root. What is built is installed; to build is not this test's.
installed() { make -s -C "$top" -o all install DESTDIR="$root" "$@"; }

# Systemd's own tools on a unit in $1, whose program need not be there.
verified() {
	local output
	sed -i 's|^ExecStart=/.*|ExecStart=/bin/true|' "$1"/vgpud.service
	output=$(systemd-analyze verify --man=no "$1"/vgpu*.{service,socket,target} 2>&1) || :
	[[ $output != *vgpu* ]] || { echo "$output"; return 1; }
}

@test "make install puts everything below DESTDIR and PREFIX, and the unit starts what was installed" {
	local root=$dir/root units
	installed PREFIX=/opt/vgpu
	[ "$(find "$root" -type f ! -path "$root/opt/vgpu/*")" = '' ]
	for program in bin/vgpuctl bin/vgpu-top bin/gen75-sim sbin/vgpud; do [ "$(stat -c %a "$root/opt/vgpu/$program")" = 755 ]; done
	[ -z "$(find "$root/opt/vgpu" -type f ! -path '*bin/*' ! -perm 644)" ]
	units=$root/opt/vgpu/lib/systemd/system
	grep -qx 'ExecStart=/opt/vgpu/sbin/vgpud' "$units/vgpud.service"
	grep -q '@PREFIX@' "$units"/* && return 1
	diff <(ls "$units") <(printf '%s\n' vgpu.target vgpud-ro.socket vgpud.service vgpud.socket)
	grep -qx 'g vgpu -' "$root/opt/vgpu/lib/sysusers.d/vgpu.conf"
	[ -f "$root/opt/vgpu/lib/tmpfiles.d/vgpu.conf" ]
	[ -f "$root/opt/vgpu/lib/udev/rules.d/90-vgpu.rules" ]
	[ -f "$root/opt/vgpu/share/vgpu/policy/classes.yaml" ]
	[ -f "$root/opt/vgpu/share/vgpu/host/modprobe.conf" ]
	diff <(cd "$top/man" && ls) <(find "$root/opt/vgpu/share/man" -type f -printf '%f\n' | sort)
	for program in vgpuctl vgpu-top; do
		cmp "$top"/completion/vgpuctl.bash "$root/opt/vgpu/share/bash-completion/completions/$program"
		cmp "$top"/completion/vgpuctl.fish "$root/opt/vgpu/share/fish/vendor_completions.d/$program.fish"
	done
	cmp "$top"/completion/vgpuctl.zsh "$root/opt/vgpu/share/zsh/site-functions/_vgpuctl"
	verified "$units"
}

@test "a package's files go where the distribution wants them" {
	local root=$dir/root want
	installed PREFIX=/usr UDEVDIR=/elsewhere/udev
	want=$(pkg-config --variable=systemdsystemunitdir systemd || echo /usr/lib/systemd/system)
	[ -f "$root$want/vgpud.socket" ]
	[ -f "$root/elsewhere/udev/rules.d/90-vgpu.rules" ]
	[ -x "$root/usr/sbin/vgpud" ]
	grep -qx 'ExecStart=/usr/sbin/vgpud' "$root$want/vgpud.service"
}

@test "make uninstall removes what was installed, and nothing else" {
	local root=$dir/root
	installed PREFIX=/opt/vgpu
	touch "$root/opt/vgpu/bin/other"
	make -s -C "$top" uninstall DESTDIR="$root" PREFIX=/opt/vgpu
	[ "$(find "$root" -type f)" = "$root/opt/vgpu/bin/other" ]
	[ ! -e "$root/opt/vgpu/share/vgpu" ]
	make -s -C "$top" uninstall DESTDIR="$root" PREFIX=/opt/vgpu
}

@test "systemd finds vgpud's exposure to be at most 2.0, with metrics and without" {
	local root=$dir/root unit=$dir/root/opt/vgpu/lib/systemd/system/vgpud.service
	installed PREFIX=/opt/vgpu
	run systemd-analyze security --offline=true --no-pager --threshold=20 "$unit"
	tail -n 1 <<< "$output" >&3
	[ "$status" = 0 ]
	mkdir "$unit.d"
	man_metrics > "$unit.d/metrics.conf"
	# Options of the drop-in count only when there is one unit, so it is put behind the unit's own.
	cat "$unit.d/metrics.conf" >> "$unit"
	run systemd-analyze security --offline=true --no-pager --threshold=20 "$unit"
	tail -n 1 <<< "$output" >&3
	[ "$status" = 0 ]
}

man_metrics() { sed -n '/^\.Sh METRICS/,/^\.Sh FILES/{/^\[Service\]/,/^\.Ed/p}' "$top/man/vgpud.8" | grep -v '^\.Ed'; }

@test "what the man page adds to the unit for metrics is what the unit says, and systemd takes it" {
	local root=$dir/root units=$dir/root/opt/vgpu/lib/systemd/system
	diff <(man_metrics | sed 1d) <(sed -n 's|@PREFIX@|/usr/local|; s/^#   //p' "$top/vgpud-agent/systemd/vgpud.service.in")
	installed PREFIX=/opt/vgpu
	mkdir "$units/vgpud.service.d"
	man_metrics | sed 's|^ExecStart=/.*|ExecStart=/bin/true|' > "$units/vgpud.service.d/metrics.conf"
	verified "$units"
}

@test "make install-dkms puts the module's sources, and all of them, where DKMS looks, with the version of the rest" {
	local root=$dir/root version source
	version=$("$VGPU_BIN_DIR/vgpud" --version)
	version=${version#vgpud }
	source=$root/usr/src/vgpu-$version
	make -s -C "$top" install-dkms DESTDIR="$root"
	diff <(cd "$top" && git ls-files kmod | sed 's|^kmod/||; s|^dkms.conf.in$|dkms.conf|' | sort) \
		<(cd "$source" && find . -type f -printf '%P\n' | sort)
	# shellcheck source=/dev/null
	[ "$(. "$source/dkms.conf"; echo "$PACKAGE_NAME $PACKAGE_VERSION ${BUILT_MODULE_NAME[0]}")" = "vgpu $version vgpu" ]
	grep -q "dkms install vgpu/$version\$" "$top/README.md"
	make -s -C "$top" uninstall-dkms DESTDIR="$root"
	[ ! -e "$source" ]
}

@test "what a host loads at boot is what modprobe takes" {
	[ "$(modprobe --config "$top/examples/host/modprobe.conf" --showconfig | grep -c '^softdep i915 pre: vgpu')" = 1 ]
	[ "$(grep -v '^#' "$top/examples/host/modules-load.conf" | tr '\n' ' ')" = 'vgpu vfio_iommu_type1 ' ]
}

@test "the policy that is installed is found from where vgpud is installed" {
	local root=$dir/root
	[ ! -e /etc/vgpud/policy.yaml ] || skip "this host has a policy of its own"
	make -s -C "$top" -o all install DESTDIR="$root" PREFIX=/opt/vgpu
	build_shim
	VGPU_BIN_DIR=$root/opt/vgpu/sbin
	ln -s ../bin/vgpuctl "$VGPU_BIN_DIR/vgpuctl"
	start_agent
	[ "$(vgpuctl classes -o json | jq -r .file)" = "$root/opt/vgpu/share/vgpu/policy/classes.yaml" ]
	[ "$(vgpuctl classes -o name | wc -l)" = 3 ]
	rm "$root/opt/vgpu/share/vgpu/policy/classes.yaml"
	stop_agent
	start_agent
	[ -z "$(vgpuctl classes -o name)" ]
	stop_agent
}
