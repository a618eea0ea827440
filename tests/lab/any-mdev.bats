#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# Any mdev GPU: the kernel's own sample drivers beside our module. Their parents are no PCI devices, their types say nothing of sizes, and
# they have no scheduler: what they can do, the agent lets them do, and what they can't it refuses with the reason. The tests follow each
# other; each leaves what the next one starts from.

load lab

setup_file() {
	need_root
	lab kmod 6.12 >&3 2>&1
	lab up --samples >&3 2>&1
	lab guest-define guest --args lab.driver=none
}

teardown_file() {
	lab down
}

PARENTS=(mbochs mdpy mtty)

# The sample devices that the guest sees, by vendor:device.
seen_by_guest() {
	lab guest guest -- 'cd /sys/bus/pci/devices && for d in *; do echo "$(cat $d/vendor):$(cat $d/device)"; done' |
		grep -E '^0x(4348:0x3253|1b36:0x000f|1234:0x1111)$' | sort
}

@test "the kernel's samples are listed beside our GPU, with their types" {
	local parent
	run host 'vgpuctl gpu list'
	[ "$status" -eq 0 ] || fail "$output"
	grep -Eq "^$GPU +8086:0412 +vgpu +256M/256M " <<<"$output" || fail "$output"
	for parent in "${PARENTS[@]}"; do
		# No PCI device, hence no ID; no driver of its own, so the name of its class, which its types begin with.
		grep -Eq "^$parent +- +$parent +- +- +- +- *$" <<<"$output" || fail "$parent:" "$output"
	done
	run host 'vgpuctl types -o json'
	[ "$(jq -r --arg ours "$GPU" '.types[] | select(.gpu != $ours) | "\(.gpu) \(.type) \(.device_api)"' <<<"$output" | sort | tr '\n' ';')" = \
		"mbochs mbochs-large vfio-pci;mbochs mbochs-medium vfio-pci;mbochs mbochs-small vfio-pci;mdpy mdpy-hd vfio-pci;mdpy mdpy-vga vfio-pci;mdpy mdpy-xga vfio-pci;mtty mtty-1 vfio-pci;mtty mtty-2 vfio-pci;" ] ||
		fail "$output"
	[ "$(host 'vgpuctl types --gpu mtty -o name')" = $'mtty-1\nmtty-2' ]
	run host 'vgpuctl gpu show mdpy'
	[ "$status" -eq 0 ] && [[ $output != *aperture* ]] || fail "$output"
}

@test "vGPUs are made by type, on each" {
	run host 'vgpuctl create --type mtty-2 --name serial && vgpuctl create --type mdpy-vga --gpu mdpy --name screen &&
		vgpuctl create --type mbochs-small --name bochs && vgpuctl create --aperture 64M --name ours'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(field serial gpu) $(field serial type) $(field serial state)" = 'mtty mtty-2 unknown' ]
	[ "$(field screen gpu) $(field bochs gpu) $(field ours gpu)" = "mdpy mbochs $GPU" ]
	[ "$(field screen aperture_bytes) $(field screen weight)" = 'null null' ]
	[ "$(host "readlink -f /sys/bus/mdev/devices/$(uuid_of serial)")" = "/sys/devices/virtual/mtty/mtty/$(uuid_of serial)" ]
	run host 'vgpuctl list'
	[ "${#lines[@]}" -eq 5 ] || fail "$output"
	grep -Eq '^screen +unknown +- +mdpy +- +- +- +- *$' <<<"$output" || fail "$output"
}

@test "what only our module has is refused on them, with the reason" {
	refused 1 'mdpy: its types do not say how much aperture they have; choose one with --type' create --aperture 4M --gpu mdpy
	refused 1 'mtty: its driver has no scheduler settings' create --type mtty-1 --gpu mtty --weight 200
	refused 1 'mtty: its driver has no scheduler settings' create --type mtty-1 --gpu mtty --class gold
	refused 1 'mtty: its driver has no scheduler settings' create --type mtty-1 --weight 200
	refused 2 'its sizes come with the type' create --type mtty-1 --hidden 64M
	refused 3 'mtty-9: GPU mtty has no such type' create --type mtty-9 --gpu mtty
	refused 1 'serial: the driver of GPU mtty has nothing to set' set serial --weight 200
	refused 1 'serial: the driver of GPU mtty has nothing to set' set serial --aperture 64M
	# What a request for sizes is about is a GPU that has them.
	refused 4 "GPU $GPU has 256M of aperture" create --aperture 512M
}

@test "when a driver has no instance left, that is what is said" {
	host 'for i in 1 2 3; do vgpuctl create --type mdpy-vga --name "screen-$i"; done'
	refused 4 'GPU mdpy has no instance left of type mdpy-vga' create --type mdpy-vga
	host 'for i in 1 2 3; do vgpuctl delete "screen-$i"; done'
	run host 'vgpuctl create --type mdpy-xga --name again && vgpuctl delete again'
	[ "$status" -eq 0 ] || fail "$output"
}

@test "a guest starts with one, and gets another one while it runs" {
	run host 'vgpuctl attach serial --domain guest && vgpuctl xml serial'
	[ "$status" -eq 0 ] || fail "$output"
	[[ $output == *"<hostdev mode='subsystem' type='mdev' "*"model='vfio-pci'"* || $output == *'model="vfio-pci"'* ]] || fail "$output"
	lab guest-start guest >&3 2>&1
	[ "$(seen_by_guest)" = '0x4348:0x3253' ]
	[ "$(field serial domain) $(field serial domain_running)" = 'guest true' ]
	refused 5 'domain guest has it; detach it first' delete serial
	run host 'vgpuctl attach screen --domain guest --live'
	[ "$status" -eq 0 ] || fail "$output"
	lab guest guest --timeout 30 -- 'until grep -qx 0x000f /sys/bus/pci/devices/*/device; do sleep 0.05; done'
	[ "$(seen_by_guest | tr '\n' ' ')" = '0x1b36:0x000f 0x4348:0x3253 ' ]
	run host 'vgpuctl detach screen'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(seen_by_guest)" = '0x4348:0x3253' ]
}

@test "vgpu-top shows them beside ours, with what is known of them" {
	run host 'COLUMNS=100 vgpu-top -b -n 2 -d 0.2'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(grep -cE '^serial +guest +unknown ' <<<"$output")" -eq 2 ] || fail "$output"
	[ "$(grep -cE '^ours .* ready ' <<<"$output")" -eq 2 ] || fail "$output"
	# Nothing measures them, so no engine is said to be idle.
	grep -Eq '^GPU mtty +mtty *$' <<<"$output" || fail "$output"
	run host 'vgpu-top -b -J -n 2 -d 0.2 | tail -n 1'
	[ "$(jq -r '[.vgpus[].name] | sort | join(" ")' <<<"$output")" = 'bochs ours screen serial' ] || fail "$output"
}

@test "what others have made is listed by UUID, and left alone" {
	local made=11111111-2222-4333-8444-555555555555 echoed=99999999-2222-4333-8444-555555555555 uuid
	host "mdevctl start -u $made -p mtty -t mtty-1 && echo $echoed >/sys/class/mdev_bus/mdpy/mdev_supported_types/mdpy-vga/create"
	for uuid in $made $echoed; do
		[ "$(host 'vgpuctl list -o json' | jq -r ".vgpus[] | select(.uuid == \"$uuid\") | \"\(.name) \(.managed) \(.state)\"")" = \
			'null false unknown' ]
		host 'vgpuctl list -o name' | grep -qx "$uuid"
		refused 6 'vgpud did not make this device; use what made it' delete "$uuid"
		refused 6 'vgpud did not make this device' attach "$uuid" --domain guest
	done
	[ "$(host "vgpuctl show $made" | awk '$1 == "managed" { print $2 }')" = no ]
	restart_agent TERM
	[ "$(host 'vgpuctl list -o name' | sort | tr '\n' ' ')" = "$made $echoed bochs ours screen serial " ]
	host "mdevctl stop -u $made && echo 1 >/sys/bus/mdev/devices/$echoed/remove"
	[ "$(host 'vgpuctl list -o name' | sort | tr '\n' ' ')" = 'bochs ours screen serial ' ]
}

@test "the agent restarts under a guest that has one, and makes what went meanwhile" {
	local uuid
	uuid=$(uuid_of bochs)
	host "kill \$(pidof vgpud); while pidof vgpud; do sleep 0.1; done; echo 1 >/sys/bus/mdev/devices/$uuid/remove"
	host 'setsid vgpud </dev/null >>/var/log/vgpud.log 2>&1 & until vgpuctl version >/dev/null 2>&1; do sleep 0.1; done'
	becomes bochs verdict restored
	[ "$(field bochs uuid) $(field bochs type)" = "$uuid mbochs-small" ]
	becomes serial domain 'guest, running'
	[ "$(field serial verdict)" = present ]
	[ "$(seen_by_guest)" = '0x4348:0x3253' ]
}

@test "a driver that goes takes its vGPUs with it, and brings them back" {
	run host 'rmmod mdpy'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(field screen verdict)" = 'missing: GPU mdpy is not there' ]
	refused 3 'GPU mdpy is not there' restore screen
	host 'insmod /lab/samples/mdpy.ko count=1'
	becomes screen verdict restored
	[ "$(field screen state)" = unknown ]
	refused 4 'no instance left' create --type mdpy-vga
}

@test "all of it is given back" {
	host 'virsh -q destroy guest'
	becomes serial domain 'guest, not running'
	run host 'vgpuctl detach serial && for name in $(vgpuctl list -o name); do vgpuctl delete "$name"; done; ls /sys/bus/mdev/devices'
	[ "$status" -eq 0 ] && [[ $output != *-*-*-* ]] || fail "$output"
	[ -z "$(host 'vgpuctl list -o name')" ]
	host 'rmmod mtty mdpy mbochs'
	[ "$(host 'vgpuctl gpu list -o name')" = "$GPU" ]
}

@test "the agent has kept its tongue, and the kernel too" {
	run host 'grep -E "^<[0-3]>|ERROR|runtime error" /var/log/vgpud.log'
	[ -z "$output" ] || fail "$output"
	run complaints 'loading out-of-tree module|module verification failed|in use, asking for its release' host
	[ -z "$output" ] || fail "$output"
}
