# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# How long a command takes, from outside: start, work and end of it. Also runs in the lab's hosts.

took_us() { # COMMAND…: its output goes nowhere
	local from=$EPOCHREALTIME to
	"$@" > /dev/null || return
	to=$EPOCHREALTIME
	echo $((${to/[.,]/} - ${from/[.,]/}))
}

median_us() { # of the lines on standard input
	sort -n | awk '{ us[NR] = $1 } END { if (!NR) exit 1; print us[int((NR + 1) / 2)] }'
}
