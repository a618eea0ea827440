#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# The whole stack: the module on the simulated GPU, vgpud, libvirt, and two guests that compute on their own vGPUs. The tests
# follow each other as an operator's day does; each leaves what the next one starts from.

load lab

setup_file() {
	need_root
	lab kmod 6.12 >&3 2>&1
	lab up >&3 2>&1
}

teardown_file() {
	lab down
}

# Buffers are small, since checking them through the aperture costs the lab a message of the simulator's a dword.
# No test's load goes on into the next one.
teardown() {
	local name
	for name in alice bob; do
		timeout 30 "$ROOT/tests/lab/lab" guest "$name" --timeout 20 -- 'p=$(pidof blt-probe) && kill -9 $p' >/dev/null 2>&1 || true
	done
	wait
}

@test "the module drives the GPU and offers its types" {
	run host "basename \$(readlink /sys/bus/pci/devices/$GPU/driver); cat $GPU_DIR/aperture_free_bytes"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = vgpu ]
	[ "${lines[1]}" -eq $((256 << 20)) ]
	run host 'vgpuctl types -o name'
	for type in 64M 128M 256M flex; do [[ $output == *vgpu-$type* ]]; done
	run host 'vgpuctl gpu list'
	[[ $output == *"$GPU"*vgpu*256M* ]]
	run complaints 'module verification failed|loading out-of-tree module' host
	[ -z "$output" ] || fail "$output"
}

@test "vgpuctl create makes vGPUs, each with a partition of its own" {
	run host 'vgpuctl create --aperture 128M --name alice'
	[ "$status" -eq 0 ] || fail "$output"
	run host 'vgpuctl create --aperture 64M --hidden 256M --fences 4 --name bob --weight 200'
	[ "$status" -eq 0 ] || fail "$output"
	run host "cat $GPU_DIR/aperture_free_bytes $GPU_DIR/fences_free"
	[ "${lines[0]}" -eq $((64 << 20)) ]
	[ "${lines[1]}" -eq 12 ]
	# The summary says what each attribute says.
	run host "cd /sys/bus/mdev/devices/$(uuid_of bob)/vgpu && while read -r key value; do
		[ \"\$(cat \$key)\" = \"\$value\" ] || exit; echo \$key; done <summary"
	[ "$status" -eq 0 ] && [ "${#lines[@]}" -eq 10 ] || fail "$output"
	run host 'vgpuctl list -o json'
	[ "$(jq -r '.vgpus | map(.name) | sort | join(" ")' <<<"$output")" = "alice bob" ]
	[ "$(jq '.vgpus[] | select(.name == "bob") | .hidden_bytes' <<<"$output")" -eq $((256 << 20)) ]
	[ "$(jq '.vgpus[] | select(.name == "bob") | .weight' <<<"$output")" -eq 200 ]
}

@test "what cannot be created is refused in one line, and nothing is half-made" {
	refused 4 "largest hole 64M" create --aperture 128M --name carol
	refused 2 "128Q" create --aperture 128Q --name carol
	refused 2 "-1" create --aperture -1 --name carol
	refused 2 "0" create --aperture 0 --name carol
	refused 2 "4" create --aperture 1 --name carol
	refused 4 "256M" create --aperture 1G --name carol
	refused 5 "alice" create --aperture 4M --name alice
	refused 3 "nobody" show nobody
	refused 3 "0000:00:1f.7" create --aperture 4M --gpu 0000:00:1f.7
	refused 2 "--frobnicate" create --frobnicate
}

@test "the examples do what they say" {
	lab put "$ROOT/examples/domain.xml" /tmp/domain.xml
	lab put "$ROOT/examples/one-vgpu-per-domain" /tmp/one-vgpu-per-domain
	run host 'virsh -q define --validate /tmp/domain.xml && virsh -q undefine desktop'
	[ "$status" -eq 0 ] || fail "$output"
	lab guest-define desktop
	run host 'bash /tmp/one-vgpu-per-domain --aperture 32M desktop && bash /tmp/one-vgpu-per-domain desktop'
	[ "$status" -eq 0 ] || fail "$output"
	[[ $output == *"desktop: got a vGPU with 32M"*"desktop: has its vGPU"* ]]
	run host 'virsh dumpxml desktop | grep -c "<hostdev" && vgpuctl detach desktop && vgpuctl delete desktop && virsh -q undefine desktop'
	[ "$status" -eq 0 ] || fail "$output"
	[ "${lines[0]}" -eq 1 ]
}

@test "attach, start, and blt-probe passes in two guests at once" {
	lab guest-define alice --args lab.driver=none
	lab guest-define bob --args lab.driver=none
	run host 'vgpuctl attach alice --domain alice && vgpuctl attach bob --domain bob && virsh dumpxml alice'
	[ "$status" -eq 0 ] || fail "$output"
	[[ $output == *"<hostdev mode='subsystem' type='mdev'"* ]]
	lab guest-start alice
	lab guest-start bob
	lab guest alice -- blt-probe --size 16384 --loop 8 >"$BATS_TEST_TMPDIR/alice" 2>&1 &
	local alice=$!
	run lab guest bob -- blt-probe --size 16384 --loop 8
	[ "$status" -eq 0 ] || fail "$output"
	[[ $output == *"blt-probe: PASS"* ]]
	wait "$alice" || fail "$(cat "$BATS_TEST_TMPDIR/alice")"
	grep -q 'blt-probe: PASS' "$BATS_TEST_TMPDIR/alice"
	# Each was told of its own partition, and they do not meet.
	a=$(grep '^partition:' "$BATS_TEST_TMPDIR/alice")
	b=$(grep '^partition:' <<<"$output")
	[[ $a && $b && $a != "$b" ]]
}

@test "what a domain has cannot be deleted" {
	refused 5 "domain alice" delete alice
}

@test "vgpu-top shows who uses the GPU, by domain" {
	lab guest alice -- blt-probe --size 16384 --loop 200 >/dev/null 2>&1 &
	run host 'until [ "$(vgpuctl list -o json | grep -c running)" -ge 1 ]; do sleep 0.1; done; vgpu-top -b -n 3 -d 1'
	[ "$status" -eq 0 ] || fail "$output"
	printf '# %s\n' "${lines[@]}" >&3
	[ "$(grep -c '^ *alice ' <<<"$output")" -eq 3 ]
	[[ $(grep '^ *alice ' <<<"$output" | tail -n 1) == *alice*alice*running* ]]
	run host 'vgpu-top -b -J -n 2 -d 1 | tail -n 1'
	[ "$(jq '[.vgpus[] | select(.name == "alice")][0].rates.gpu_pct > 0' <<<"$output")" = true ] || fail "$output"
}

@test "each submission costs the module accesses to registers, and they are counted" {
	local before after work
	before=$(host "cat $GPU_DIR/stats" | value register_accesses)
	work=$(stats_of alice | value bcs_submissions)
	run lab guest alice -- blt-probe
	[ "$status" -eq 0 ] || fail "$output"
	work=$(($(stats_of alice | value bcs_submissions) - work))
	after=$(host "cat $GPU_DIR/stats" | value register_accesses)
	((work > 0 && after - before >= work)) || fail "$work submissions, $((after - before)) accesses"
}

# trace EVENT…: from now on, the trace is of these.
trace() {
	host "mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
		cd /sys/kernel/tracing && echo 0 >events/vgpu/enable && : >trace
		for event in $*; do echo 1 >events/vgpu/\$event/enable || exit; done"
}

@test "a trace shows each piece of work, from the audit to its end" {
	local work log
	# The engine comes from somebody else.
	run lab guest bob -- blt-probe
	[ "$status" -eq 0 ] || fail "$output"
	trace vgpu_submit vgpu_complete vgpu_switch
	work=$(stats_of alice | value audited_dwords)
	run lab guest alice -- blt-probe
	[ "$status" -eq 0 ] || fail "$output"
	work=$(($(stats_of alice | value audited_dwords) - work))
	log=$(host 'cat /sys/kernel/tracing/trace' | grep "$(uuid_of alice) engine=bcs")
	trace
	# All that was audited is in it, and whatever began has ended.
	((work > 0 && $(grep -o ' dwords=[0-9]*' <<<"$log" | awk -F= '{ n += $2 } END { print n }') == work)) || fail "$work" "$log"
	[ "$(grep vgpu_submit <<<"$log" | grep -o 'seqno=[0-9]*')" = "$(grep vgpu_complete <<<"$log" | grep -o 'seqno=[0-9]*')" ]
	grep -q 'vgpu_complete: .* busy_ns=[1-9]' <<<"$log" || fail "$log"
	grep -q 'vgpu_switch: ' <<<"$log" || fail "$log"
}

@test "a hostile guest changes nothing outside of its vGPU, and is counted" {
	# The neighbour computes all the while, and checks every byte of it.
	lab guest bob -- 'blt-probe --size 16384 --loop 40' >"$BATS_TEST_TMPDIR/bob" 2>&1 &
	local bob=$! before after key
	before=$(stats_of alice)
	trace vgpu_refuse
	run lab guest alice --timeout 200 -- blt-probe --size 16384 --timeout 400 --hostile all
	[ "$status" -eq 0 ] || fail "$output"
	[[ $output != *CHANGED* ]] || fail "$output"
	after=$(stats_of alice)
	for key in reject_opcode reject_length reject_address reject_ring reject_pte reject_aperture reject_register; do
		(($(value $key <<<"$after") > $(value $key <<<"$before"))) || fail "$key is not counted: $after"
	done
	run host 'cat /sys/kernel/tracing/trace'
	trace
	for key in opcode length address ring register; do
		[[ $output == *"$(uuid_of alice) engine=bcs reason=$key header="* ]] || fail "no refusal for its $key: $output"
	done
	wait "$bob" || fail "the neighbour failed: $(cat "$BATS_TEST_TMPDIR/bob")"
	grep -q 'blt-probe: PASS' "$BATS_TEST_TMPDIR/bob"
	run stats_of bob
	[ "$(value resets <<<"$output")" -le 1 ] || fail "the neighbour was reset: $output"
	run lab guest alice -- blt-probe
	[ "$status" -eq 0 ] || fail "$output"
}

@test "the death of QEMU in the middle of work leaves nothing behind" {
	lab guest alice -- blt-probe --size 16384 --loop 30 >/dev/null 2>&1 &
	local load=$!
	host 'until vgpuctl list -o json | grep -q running; do sleep 0.1; done; kill -9 $(cat /run/libvirt/qemu/alice.pid); until [ "$(virsh -q domstate alice)" = "shut off" ]; do sleep 0.1; done'
	wait "$load" || true
	run host 'vgpuctl list'
	[[ $(grep '^alice ' <<<"$output") == *ready* ]] || fail "$output"
	run stats_of alice
	[ "$(value pinned_pages <<<"$output")" -eq 0 ]
	run lab guest bob -- blt-probe
	[ "$status" -eq 0 ] || fail "$output"
	lab guest-start alice
	run lab guest alice -- blt-probe
	[ "$status" -eq 0 ] || fail "$output"
}

@test "the agent restarts: nothing is lost, and the guests go on" {
	before=$(host 'vgpuctl list -o name')
	host 'kill -9 $(pidof vgpud); until ! pidof vgpud; do sleep 0.1; done'
	run host 'vgpuctl list 2>&1'
	[ "$status" -eq 7 ] || fail "exit $status: $output"
	[ "${#lines[@]}" -eq 1 ] || fail "$output"
	host 'JOURNAL_STREAM=$(stat -c %d:%i /var/log/vgpud.log) setsid vgpud </dev/null >>/var/log/vgpud.log 2>&1 & until vgpuctl list >/dev/null 2>&1; do sleep 0.1; done'
	[ "$(host 'vgpuctl list -o name')" = "$before" ]
	run lab guest alice -- blt-probe
	[ "$status" -eq 0 ] || fail "$output"
}

@test "unbinding waits for the guests; then all is given back" {
	run host 'virsh -q destroy alice; virsh -q destroy bob; vgpuctl detach alice && vgpuctl detach bob && vgpuctl delete alice && vgpuctl delete bob && vgpuctl list -o name'
	[ "$status" -eq 0 ] || fail "$output"
	[[ $output != *alice* && $output != *bob* ]]
	run host "cat $GPU_DIR/aperture_free_bytes $GPU_DIR/fences_free $GPU_DIR/aperture_hole_bytes"
	[ "${lines[0]}" -eq $((256 << 20)) ]
	[ "${lines[1]}" -eq 32 ]
	[ "${lines[2]}" -eq $((256 << 20)) ]
}

@test "without a GPU, vgpuctl says so" {
	host "echo $GPU >/sys/bus/pci/drivers/vgpu/unbind"
	refused 3 "GPU" create --aperture 64M --name carol
	host "echo $GPU >/sys/bus/pci/drivers/vgpu/bind"
	run host 'vgpuctl create --aperture 64M --name carol && vgpuctl delete carol'
	[ "$status" -eq 0 ] || fail "$output"
}

# The tests of vfio on a vGPU made for them.
selftest() {
	host "uuid=\$(cat /proc/sys/kernel/random/uuid) && echo \$uuid >/sys/bus/pci/devices/$GPU/mdev_supported_types/vgpu-64M/create && vfio-selftest \$uuid; s=\$?; echo 1 >/sys/bus/mdev/devices/\$uuid/remove; exit \$s"
}

@test "the module's user space misbehaves in vain" {
	run selftest
	[ "$status" -eq 0 ] || fail "$output"
}

@test "the module unloads, and does without what its parameters turn off" {
	run host 'rmmod vgpu && ! grep -q vgpu /proc/vmallocinfo && ! ls /sys/bus/mdev/devices | grep . && insmod /lab/vgpu.ko trap_ggtt=1 track_ppgtt=0'
	[ "$status" -eq 0 ] || fail "$output"
	run selftest
	[ "$status" -eq 0 ] || fail "$output"
	run host 'rmmod vgpu'
	[ "$status" -eq 0 ] || fail "$output"
}

@test "the host's kernel has nothing to complain of" {
	run complaints '' host
	[ -z "$output" ] || fail "$output"
}
