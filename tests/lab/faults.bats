#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# What can break under the agent: the GPU goes while vGPUs are being made, libvirtd dies, hangs and comes back. Whatever it is, the agent
# answers, says what is wrong, and knows all of it again when it is over, without a restart. The tests follow each other; each leaves what
# the next one starts from.

load lab

setup_file() {
	need_root
	lab kmod 6.12 >&3 2>&1
	lab up >&3 2>&1
	lab guest-define guest --args lab.driver=none
	host 'vgpuctl create --aperture 64M --name hot --weight 300 && vgpuctl create --aperture 32M --name cold && vgpuctl attach hot --domain guest'
	lab guest-start guest >&3 2>&1
}

teardown_file() {
	lab down
}

computes() {
	run lab guest guest -- blt-probe --size 16384
	[ "$status" -eq 0 ] || fail "$output"
}

# The agent answers within a second: whatever has happened, nothing holds up its loop.
answers() {
	run host 'timeout 1 vgpuctl list -o name'
	[ "$status" -eq 0 ] || fail "exit $status: $output"
}

start_libvirtd() {
	host 'libvirtd -d; until virsh -q list >/dev/null 2>&1; do sleep 0.1; done'
}

@test "libvirtd is killed under a running guest, and comes back: the agent knows all of it again" {
	host 'kill -9 $(pidof libvirtd); while pidof libvirtd; do sleep 0.1; done'
	answers
	[ "$(field hot domain)" = guest ]
	refused 1 'libvirt does not answer' attach cold --domain guest
	computes
	start_libvirtd
	becomes hot domain 'guest, running'
	refused 5 'domain guest has it; detach it first' delete hot
	run host 'vgpuctl attach cold --domain guest --config && vgpuctl detach cold'
	[ "$status" -eq 0 ] || fail "$output"
	computes
}

@test "what is changed as soon as libvirtd is back is noticed" {
	local uuid
	uuid=$(uuid_of cold)
	lab guest-define other --vgpu "$uuid"
	becomes cold domain 'other, not running'
	for _ in 1 2 3; do
		host 'kill -9 $(pidof libvirtd); while pidof libvirtd; do sleep 0.1; done'
		# With nothing in between: the agent may or may not be connected again.
		host 'libvirtd -d; until virsh -q undefine other; do :; done'
		becomes cold domain -
		host 'kill -9 $(pidof libvirtd); while pidof libvirtd; do sleep 0.1; done'
		host 'libvirtd -d; until virsh -q define /run/lab/guest/other.xml; do :; done'
		becomes cold domain 'other, not running'
		answers
	done
	host 'virsh -q undefine other'
	becomes cold domain -
}

@test "a libvirtd that hangs holds up what needs it, for as long as was said, and nothing else" {
	restart_agent TERM --libvirt-timeout 2
	becomes hot domain 'guest, running'
	host 'kill -STOP $(pidof libvirtd)'
	refused 1 'libvirt did not answer within 2 s; restart libvirtd' attach cold --domain guest
	answers
	run host 'timeout 1 vgpuctl set hot --weight 400'
	[ "$status" -eq 0 ] || fail "$output"
	host 'kill -CONT $(pidof libvirtd)'
	# Whether it has been attached in the end is libvirt's to say; so it is given back through the same door.
	host 'until vgpuctl attach cold --domain guest 2>&1 | grep -q "has it already"; do sleep 0.1; done'
	run host 'vgpuctl detach cold && vgpuctl show hot'
	[ "$status" -eq 0 ] || fail "$output"
	[[ $output =~ weight\ +400 ]] || fail "$output"
	restart_agent TERM
	computes
}

@test "the GPU comes and goes while vGPUs are made: each is there or was refused, and none is half-made" {
	local weight
	weight=$(field hot weight)
	host 'virsh -q destroy guest'
	lab host --timeout 120 -- "
		(for i in 1 2 3 4 5 6 7 8; do echo $GPU >/sys/bus/pci/drivers/vgpu/unbind; echo $GPU >/sys/bus/pci/drivers/vgpu/bind; done) &
		for i in \$(seq 30); do
			timeout 20 vgpuctl create --aperture 4M --hidden 4M --fences 1 --name race-\$i >>/tmp/made 2>>/tmp/refused
			echo \$? >>/tmp/codes
		done
		wait"
	echo "# $(host 'wc -l </tmp/made') made, $(host 'wc -l </tmp/refused') refused: $(host 'sed "s/^vgpuctl: race-[0-9]*//" /tmp/refused | sort | uniq -c | tr -s " \n" " ;"')" >&3
	# Each of them ended with one line, or with a name; none was killed at its limit, or told what is not so.
	run host 'grep -vE "no GPU of this host can be shared|this GPU is not shared: no driver has it|just taking this GPU|GPU .* (is not there|made no )|writing .* failed|short of" /tmp/refused'
	[ -z "$output" ] || fail "$output"
	run host 'sort -u /tmp/codes'
	[[ ! $output =~ 124|7 ]] || fail "$output"
	[ "$(host 'cat /tmp/made /tmp/refused | wc -l')" -eq 30 ]
	answers
	# The last bind has been told by udev.
	host 'for name in hot cold $(cat /tmp/made); do until vgpuctl list -o wide | grep -Eq "^$name +ready "; do sleep 0.1; done; done'
	[ "$(host 'vgpuctl list -o name' | sort)" = "$(host 'cat /tmp/made; echo hot; echo cold' | sort)" ]
	[ "$(host 'ls /sys/bus/mdev/devices' | sort)" = "$(host 'vgpuctl list -o json' | jq -r '.vgpus[].uuid' | sort)" ]
	[ "$(field hot weight) $(field hot aperture_bytes)" = "$weight $((64 << 20))" ]
	run host 'for name in $(cat /tmp/made); do vgpuctl delete $name || exit; done; cat '"$GPU_DIR"'/aperture_free_bytes'
	[ "$status" -eq 0 ] && [ "${lines[-1]}" -eq $((160 << 20)) ] || fail "$output"
}

@test "the GPU is taken out of the machine under a guest, and put back" {
	lab guest-start guest >&3 2>&1
	computes
	host "timeout 60 sh -c 'echo 1 >/sys/bus/pci/devices/$GPU/remove'"
	answers
	[ "$(field hot state) $(field cold state)" = 'missing missing' ]
	becomes hot domain 'guest, not running'
	refused 3 "its device is missing" attach cold --domain guest
	host 'echo 1 >/sys/bus/pci/rescan'
	becomes hot verdict restored
	becomes cold verdict restored
	run host 'vgpuctl attach hot --domain guest --live'
	[ "$status" -eq 0 ] || fail "$output"
	computes
}

@test "the kernel has kept its tongue" {
	run complaints 'loading out-of-tree module|module verification failed|in use, asking for its release' host
	[ -z "$output" ] || fail "$output"
}
