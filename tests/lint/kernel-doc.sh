#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Every function that other files can call has a kernel-doc comment, where it is declared or where it is defined.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.bash
mapfile -t headers < <(git ls-files 'sim/*.h' 'kmod/*.h' 'lib/*.h' 'vgpud-agent/*.h' 'vgpuctl/*.h')
mapfile -t sources < <(git ls-files 'sim/*.c' 'kmod/*.c' 'lib/*.c' 'vgpud-agent/*.c' 'vgpuctl/*.c')

missing=$(perl -0777 -ne '
	BEGIN { %doc = (); %decl = (); }
	# "/** name() - what" or, for a group, "/** a(), b() - what"
	while (m{/\*\*(.*?)\*/}gs) {
		my $text = $1;
		my ($head) = $text =~ /^\s*(?:\*\s*)?([^\n]*)/;
		$doc{$1} = 1 while $head =~ /(\w+)\(\)/g;
	}
	if ($ARGV =~ /\.h$/) {
		(my $code = $_) =~ s{/\*.*?\*/}{}gs;
		$code =~ s/^\s*#.*?(?<!\\)$//gms;
		while ($code =~ /^(?!static|typedef|struct \w+ \{|\s|\}|extern "C")[\w\s\*]+?\b(\w+)\s*\([^;{}]*\)[^;{}]*;/gm) {
			$decl{$1} ||= $ARGV;
		}
	}
	END { print map { "$decl{$_}: $_()\n" } grep { !$doc{$_} } sort { $decl{$a} cmp $decl{$b} || $a cmp $b } keys %decl; }
' "${headers[@]}" "${sources[@]}")
tap_silent "every public function has a kernel-doc comment" "$missing"
tap_done
