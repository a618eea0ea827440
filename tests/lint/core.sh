#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The core's boundary: it includes nothing but its own headers and the kernel interface's names, compiles without a C library or a kernel
# around it, and needs four memory functions from the world.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. tests/tap.bash

foreign=$(grep -nE '^[[:space:]]*#[[:space:]]*include' kmod/core/*.[ch] | while IFS= read -r line; do
	header=$(sed -nE 's/.*include[[:space:]]+"([^"]+)".*/\1/p' <<<"$line")
	[[ $header == ../uapi/vgpu.h || ($header && $header != */* && -e kmod/core/$header) ]] || { [[ $line == kmod/core/os.h:*'<stdbool.h>'* || $line == kmod/core/os.h:*'<stddef.h>'* ]]; } || echo "$line"
done)
tap_silent "core includes only its own headers" "$foreign"

lines=$(wc -l <kmod/core/os.h)
tap_silent "core's contract header is under 200 lines" "$( ((lines < 200)) || echo "$lines lines")"

flags=(-std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Werror -nostdinc -ffreestanding -mgeneral-regs-only -fno-pie -D__KERNEL__)
out=$(for f in kmod/core/*.c; do gcc "${flags[@]}" -c -o "$tmp/$(basename "$f" .c).o" "$f" || exit 1; done 2>&1)
tap_silent "core compiles freestanding, without any system header" "$out"

out=$(ld -r -o "$tmp/core.o" "$tmp"/*.o 2>&1 && nm -u "$tmp/core.o" | awk '{print $2}' | grep -vxE 'memcpy|memset|memcmp|memmove')
[[ -e $tmp/core.o ]] || out+=" nothing was linked"
tap_silent "core needs no symbol beyond memcpy, memset, memcmp, memmove" "$out"

out=$(nm "$tmp/core.o" 2>/dev/null | awk '$2 ~ /^[bBdDC]$/ {print $3}')
[[ -e $tmp/core.o ]] || out+=" nothing was linked"
tap_silent "core has no mutable state of its own" "$out"
tap_done
