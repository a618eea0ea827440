# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# How the figures are shown to people.

show_tables() { # REPORT
	jq -r '
		def rep($n; $c): [range($n)] | map($c) | join("");
		def left($n): tostring | . + rep($n - length; " ");
		def right($n): tostring | rep($n - length; " ") + .;
		def fixed($digits): if . == null then "-" else
			pow(10; $digits) as $p | (. * $p | round) as $i | ($i | fabs) as $a
			| (if $i < 0 then "-" else "" end) + ($a / $p | floor | tostring)
			+ (if $digits == 0 then "" else "." + ($a % $p | tostring | rep($digits - length; "0") + .) end) end;
		def pct: if . == null then "-" else . * 100 | fixed(1) + " %" end;
		def rate: if . == null then "-" else (.each | map(fixed(1)) | join(" + ")) + " \u00b1" + (.spread_pct | fixed(1)) + "%" end;
		def mark: if .workload == "gpu-bound" then "" else "*" end;

		"",
		"i915 with a vGPU against i915 on the GPU itself (simulated at speed \(.speed)); medians, and half of the spread of the rounds",
		"",
		(["workload" | left(12), ("on" | left(5)), ("" | left(10)), ("native" | right(18)), ("one guest" | right(18)), ("of native" | right(10)),
			("two guests" | right(26)), ("of native" | right(10))] | join(" ")),
		(.rows[] | [(.workload + mark | left(12)), (.engine | left(5)), (.unit | left(10)), (.native | rate | right(18)), (.one | rate | right(18)),
			(.ratio_1 | pct | right(10)), (.two | rate | right(26)), (.ratio_2 | pct | right(10))] | join(" ")),
		(if .beside_idle then "", "a guest has \(.beside_idle | pct) of its gpu-bound batches if another one has a vGPU and idles" else empty end),
		"",
		"* bound by this lab and not by the module: an access that is trapped costs a guest in a simulated machine about 260 us, and",
		"  a few us on hardware. What does not depend on the machine:",
		"",
		(["a batch takes" | left(18), ("GPU us, native" | right(16)), ("one guest" | right(12)), ("of native" | right(10)), ("traps" | right(8)), ("(two)" | right(8)),
			("accesses" | right(10)), ("(two)" | right(8)), ("audited" | right(10))] | join(" ")),
		(.rows[] | [(.workload + " on " + .engine | left(18)), (.gpu_us_native | fixed(2) | right(16)), (.gpu_us_one | fixed(2) | right(12)), (.gpu_ratio_1 | pct | right(10)),
			(.traps | fixed(2) | right(8)), (.traps_two | fixed(2) | right(8)), (.registers | fixed(2) | right(10)), (.registers_two | fixed(2) | right(8)),
			((.audited_bytes | fixed(0)) + " B" | right(10))] | join(" ")),
		"",
		"  traps: accesses of the guest that the module handled; accesses: of the module to registers of the GPU; both per tail write.",
		"  The tail write is one trap, an interrupt ten more: those registers that the handler of i915 reads and writes. It takes one for each batch",
		"  that ends while somebody waits, and one for many when batches are short.",
		(.probe[] | "  the driver of \(.engine) started with \(.traps_ggtt) traps of GGTT entries and \(.traps_mmio) of registers"),
		(if .core == {} then empty else "", "the core alone, in user space", "",
			(.core | to_entries[] | "  " + (.key | left(36)) + (.value.value | fixed(2) | right(12)) + " " + .value.unit) end),
		(if .top == {} then empty else "",
			"64 vGPUs, looked at once a second: vgpu-top takes \(.top.top_cpu_pct_64.value) % of a CPU, vgpud \(.top.agent_cpu_pct_64.value) %" end),
		(if .control == {} then empty else "", "the control plane, with 1,000 vGPUs", "",
			(.control | to_entries[] | "  " + (.key | left(36)) + (.value.value | fixed(2) | right(12)) + " " + .value.unit) end)
	' "$1"
}
