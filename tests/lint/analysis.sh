#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# cppcheck and clang-tidy over the user-space sources and the core. clang-tidy's verdict on a file is kept until the file, or a
# header of ours that it includes, changes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.bash
cache=${VGPU_BUILD:-build}/lint
mkdir -p "$cache"

# Every release of these tools finds other things; the code is kept clean with Debian 12's.
if ! cppcheck --version | grep -q ' 2\.10' || ! clang-tidy --version | grep -q 'version 14\.'; then
	tap_skip "cppcheck and clang-tidy" "need cppcheck 2.10 and clang-tidy 14, the references"
	tap_done
	exit
fi
mapfile -t sources < <(git ls-files 'sim/*.c' 'kmod/core/*.c' 'lib/*.c' 'vgpud-agent/*.c' 'vgpuctl/*.c')

out=$(cppcheck --quiet --std=c11 --error-exitcode=1 --enable=warning,portability --inline-suppr -I. -j2 \
	--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -D__x86_64__ -DVGPU_VERSION='"0"' \
	--cppcheck-build-dir="$cache" "${sources[@]}" 2>&1)
tap_silent "cppcheck" "$out"

flags=(-std=gnu11 -D_GNU_SOURCE -I. -DVGPU_VERSION='"0"')
# shellcheck disable=SC2207
flags+=($(pkg-config --cflags json-c libsystemd libudev libvirt sqlite3 smartcols libxml-2.0 libmicrohttpd yaml-0.1 2>/dev/null))
tidy() {
	local key
	key=$cache/tidy-$(gcc -MM "${flags[@]}" "$1" | grep -oE '[^ ]+\.[ch]\b' | xargs cat .clang-tidy | sha256sum | cut -c1-24)
	[[ -e $key ]] && return 0
	if out=$(clang-tidy --quiet "$1" -- "${flags[@]}" 2>/dev/null) && [[ $out != *warning:* && $out != *error:* ]]; then
		touch "$key"
	else
		printf '%s\n' "$out"
	fi
}
findings=$(
	i=0
	for f in "${sources[@]}"; do
		tidy "$f" &
		((++i % 2)) || wait
	done
	wait
)
tap_silent "clang-tidy" "$findings"
tap_done
