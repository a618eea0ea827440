#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# install.bats - what make install puts where.

load helper

setup() { common_setup; }

teardown() { stop_agent; }

@test "make install puts everything below DESTDIR and PREFIX, and the unit starts what was installed" {
	local root=$dir/root unit
	# What is built is installed; to build is not this test's.
	make -s -C "$top" -o all install DESTDIR="$root" PREFIX=/opt/vgpu
	[ "$(find "$root" -type f ! -path "$root/opt/vgpu/*")" = '' ]
	for program in bin/vgpuctl bin/vgpu-top bin/gen75-sim sbin/vgpud; do [ -x "$root/opt/vgpu/$program" ]; done
	unit=$root/opt/vgpu/lib/systemd/system/vgpud.service
	grep -qx 'ExecStart=/opt/vgpu/sbin/vgpud' "$unit"
	grep -q '@' "$unit" && return 1
	[ "$(stat -c %a "$unit")" = 644 ]
	grep -qx 'g vgpu -' "$root/opt/vgpu/lib/sysusers.d/vgpud.conf"
	[ -f "$root/opt/vgpu/share/man/man8/vgpud.8" ]
	[ -f "$root/opt/vgpu/share/man/man5/vgpud-policy.5" ]
	[ -f "$root/opt/vgpu/share/man/man7/vgpud-api.7" ]
	[ -f "$root/opt/vgpu/share/vgpu/policy/classes.yaml" ]
	for program in vgpuctl vgpu-top; do
		cmp "$top"/completion/vgpuctl.bash "$root/opt/vgpu/share/bash-completion/completions/$program"
		cmp "$top"/completion/vgpuctl.fish "$root/opt/vgpu/share/fish/vendor_completions.d/$program.fish"
	done
	cmp "$top"/completion/vgpuctl.zsh "$root/opt/vgpu/share/zsh/site-functions/_vgpuctl"
	if command -v systemd-analyze > /dev/null; then
		sed -i 's|^ExecStart=.*|ExecStart=/bin/true|' "$unit"
		run systemd-analyze verify --man=no "$unit"
		[[ $output != *vgpud.service* ]] || { echo "$output"; return 1; }
	fi
}

@test "what the man page adds to the unit for metrics is what the unit says, and systemd takes it" {
	local added=$dir/vgpud.service.d/metrics.conf
	mkdir "${added%/*}"
	sed -n '/^\.Sh METRICS/,/^\.Sh FILES/{/^\[Service\]/,/^\.Ed/p}' "$top/man/vgpud.8" | grep -v '^\.Ed' > "$added"
	diff <(sed 1d "$added") <(sed -n 's|@PREFIX@|/usr/local|; s/^#   //p' "$top/vgpud-agent/vgpud.service.in")
	command -v systemd-analyze > /dev/null || skip "there is no systemd-analyze"
	sed -i 's|^ExecStart=/.*|ExecStart=/bin/true|' "$added"
	sed 's|@PREFIX@/sbin/vgpud|/bin/true|' "$top/vgpud-agent/vgpud.service.in" > "$dir/vgpud.service"
	run systemd-analyze verify --man=no "$dir/vgpud.service"
	[[ $output != *vgpud.service* ]] || { echo "$output"; return 1; }
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
