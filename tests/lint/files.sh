#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Every tracked source file: a licence line, the format, no machine's own paths; every script passes shellcheck.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.bash

mapfile -t sources < <(git ls-files '*.c' '*.h')
mapfile -t scripts < <(git ls-files -s | awk '$1 == 100755 {print $4}'; git ls-files "*.sh" "*.bash")
mapfile -t scripts < <(printf '%s\n' "${scripts[@]}" | sort -u)
mapfile -t bats < <(git ls-files '*.bats')

tap_silent "every source file names its licence" "$(grep -L 'SPDX-License-Identifier: GPL-2.0-only OR MIT' \
	"${sources[@]}" "${scripts[@]}" "${bats[@]}" Makefile 2>/dev/null)"

# Releases of clang-format disagree with each other; the code is kept in the format of Debian 12's.
if clang-format --version | grep -q 'version 14\.'; then
	tap_silent "clang-format" "$(clang-format --dry-run "${sources[@]}" 2>&1 | grep -E 'warning:' | sed 's/:.*//' | sort | uniq -c)"
else
	tap_skip "clang-format" "needs clang-format 14, the format's reference; this is $(clang-format --version | grep -oE '[0-9]+' | head -n1)"
fi

tap_silent "shellcheck" "$(shellcheck -x "${scripts[@]}" "${bats[@]}" 2>&1)"
tap_silent "no trailing white space" "$(git grep -nIE '[[:blank:]]+$' -- . ':!LICENSE' | head)"
tap_silent "man pages" "$(for page in man/*.[1-8]; do [[ -e $page ]] && mandoc -Tlint -Wwarning "$page"; done 2>&1)"
tap_done
