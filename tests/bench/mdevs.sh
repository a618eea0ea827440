# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2154
#
# 1,000 mediated devices of one of the kernel's sample drivers on a host in the lab, made by vgpuctl, and what it takes to make and to list
# them: vgpuctl beside mdevctl, and beside virsh while they are few, on the same host and the same devices. That host's processor is emulated,
# so it is the ratios that count.

# A small one takes 4 of the megabytes that the driver deals out.
MDEVS=1000

measure_mdevs() {
	"$LAB" kmod "$KERNEL"
	"$LAB" up --kernel "$KERNEL" --samples
	on_host "rmmod mbochs && insmod /lab/samples/mbochs.ko count=$((5 * MDEVS))"
	"$LAB" put "$HERE/time.sh" /tmp/time.sh
	"$LAB" put "$HERE/mdevs-host" /tmp/mdevs-host
	say "bench: $MDEVS mdevs, which takes minutes"
	"$LAB" host --timeout 1800 -- bash /tmp/mdevs-host "$MDEVS" "$ROUNDS_CONTROL" >"$OUT/mdevs.lines"
	jq -Rn '[inputs | split(" ") | {(.[0]): {value: (.[1] | tonumber), unit: .[2]}}] | add' <"$OUT/mdevs.lines" >"$OUT/mdevs.json"
	"$LAB" down
}
