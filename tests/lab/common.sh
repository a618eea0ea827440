# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2034
#
# Paths, messages, timed steps, and the promise that nothing is left behind.

CACHE=${VGPU_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vgpu-lab}
STATE=${VGPU_LAB_STATE:-$ROOT/build/lab-state}
BUILD=$ROOT/build

KERNELS=(6.1 6.12)
MODULE_KERNELS=(6.1 6.12 7.3)

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "lab: $*"
	exit 1
}

die_usage()
{
	say "lab: $*"
	say "Try: lab help"
	exit 2
}

# need PROGRAM PACKAGE …: names every missing package at once.
need()
{
	local missing=()
	while (($#)); do
		command -v "$1" >/dev/null || missing+=("$2")
		shift 2
	done
	((${#missing[@]} == 0)) || die "missing here: install ${missing[*]} (apt-get install ${missing[*]})"
}

need_root()
{
	((EUID == 0)) || die "this verb builds Debian roots and must run as root"
}

in_list()
{
	local word=$1 item
	shift
	for item; do
		[[ $item != "$word" ]] || return 0
	done
	return 1
}

# Processes and directories of this invocation, undone on the way out whatever happens.
CHILD=
SCRATCH=()
AT_EXIT=

# TERM first, so that mmdebstrap and make can tidy up; KILL for what is still there after 10 s.
end_group()
{
	local i
	kill -TERM -- "-$1" 2>/dev/null || true
	for ((i = 0; i < 100; i++)); do
		kill -0 -- "-$1" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL -- "-$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

cleanup()
{
	local status=$?
	trap '' INT TERM HUP
	[[ ! $CHILD ]] || end_group "$CHILD"
	[[ ! $AT_EXIT ]] || "$AT_EXIT" || true
	((${#SCRATCH[@]} == 0)) || rm -rf --one-file-system "${SCRATCH[@]}"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

seconds()
{
	local from=$1 to=$EPOCHREALTIME
	local us=$((10#${to/[.,]/} - 10#${from/[.,]/}))
	printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}

# A full disk keeps the log from saying so itself.
disk_is_full()
{
	local left_kib
	left_kib=$(df -k --output=avail "$1" | tail -n 1)
	((left_kib < 1024)) || grep -q 'No space left on device' "$1"
}

# step TEXT LOG FUNCTION ARG…: runs FUNCTION in a lab of its own (so that `set -e` holds in it, wherever we are called from) and in a
# process group of its own (so that a signal to us ends all of it). One line of progress.
step()
{
	local text=$1 log=$2 from=$EPOCHREALTIME status=0
	shift 2
	mkdir -p "${log%/*}"
	set -m
	"$LAB" _call "$@" >"$log" 2>&1 </dev/null &
	CHILD=$!
	set +m
	wait "$CHILD" || status=$?
	CHILD=
	if ((status)); then
		say "lab: $text: failed after $(seconds "$from") s; the end of $log:"
		tail -n 12 "$log" | sed 's/^/  | /' >&2
		! disk_is_full "$log" || say "lab: no space is left for ${log%/*}; the cache can lie elsewhere: VGPU_LAB_CACHE"
		exit 1
	fi
	say "lab: $text: $(seconds "$from") s"
}

# Closes all but the standard descriptors, in a subshell. For what outlives us, which must hold neither our locks nor the pipes of
# who runs us; and for mmdebstrap, whose hooks are sh scripts that cannot name a descriptor above 9.
let_go()
{
	local fd
	for fd in /proc/"$BASHPID"/fd/*; do
		fd=${fd##*/}
		((fd <= 2)) || exec {fd}>&-
	done
}
