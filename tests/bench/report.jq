# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# What the measurements come to. Input: the samples and counters that lab.sh wrote, the figures of the core and of top, the
# simulator's speed.
# Output: {speed, rows: what the tables show, figures: {name: {value, unit}}}. A ratio of 1 is native, less is slower.

def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def spread: if length == 0 then null else (max - min) / 2 / median * 100 end;
def per($n): if . == null or $n == null or $n == 0 then null else . / $n end;

# Of the rounds of one machine: batches a second, or for latency the median time.
def values($where; $w):
	[$samples[] | select(.where == $where and .workload == $w.workload and .engine == $w.engine)]
	| group_by(.guest) | map(map(if $w.workload == "latency" then .p50_ns / 1000 else .batches_per_s end));

def place($where; $w):
	values($where; $w) as $v | if ($v | length) == 0 then null else {
		each: ($v | map(median)),
		total: ($v | map(median) | if $w.workload == "latency" then add / length else add end),
		spread_pct: ($v | map(spread) | max),
	} end;

def counters($where; $w; $what):
	[$counters[] | select(.where == $where and .workload == $w.workload and .engine == $w.engine and .what == $what)]
	| if length == 0 then {} else reduce .[] as $c ({}; reduce ($c | to_entries[] | select(.value | type == "number")) as $e (.; .[$e.key] += $e.value)) end;

# GPU time of a batch: all that the engines did in a run, by what gpu-bench executed.
def gpu_us($where; $w):
	counters($where; $w; "simulator") as $s | $s.busy_ns | per($s.executed) | if . == null then null else . / 1000 end;

def ratio($w; $a; $b): if $w.workload == "latency" then $a | per($b) else $b | per($a) end;

def row($w):
	place("native"; $w) as $native | place("one"; $w) as $one | place("two"; $w) as $two
	| counters("one"; $w; "module") as $m | counters("two"; $w; "module") as $m2
	| gpu_us("native"; $w) as $gn | gpu_us("one"; $w) as $g1
	| $w + {
		unit: (if $w.workload == "latency" then "us" else "batches/s" end),
		native: $native, one: $one, two: $two,
		ratio_1: ratio($w; $native.total; $one.total),
		ratio_2: ratio($w; $native.total; $two.total),
		gpu_us_native: $gn, gpu_us_one: $g1, gpu_ratio_1: ($gn | per($g1)),
		traps: ($m.traps | per($m.submissions)), traps_two: ($m2.traps | per($m2.submissions)),
		registers: ($m.register_accesses | per($m.submissions)),
		registers_two: ($m2.register_accesses | per($m2.submissions)),
		audited_bytes: ($m.audited_dwords | if . == null then null else . * 4 end | per($m.submissions)),
		submissions: $m.submissions,
	};

def figure($name; $value; $unit): if $value == null then {} else {($name): {value: $value, unit: $unit}} end;

[
	{workload: "gpu-bound", engine: "bcs", name: "gpu_bound"},
	{workload: "small-blit", engine: "bcs", name: "small_blit"},
	{workload: "empty", engine: "bcs", name: "empty_batch"},
	{workload: "empty", engine: "rcs", name: "empty_batch_rcs"},
	{workload: "latency", engine: "bcs", name: "latency"}
] | map(row(.)) as $rows
| [$counters[] | select(.workload == "probe")] as $probe
| ($rows[] | select(.name == "small_blit")) as $steady
| ($rows[] | select(.name == "gpu_bound")) as $bound
| (place("beside-idle"; $bound).total | per($bound.one.total)) as $beside_idle
| {
	speed: ($speed | tonumber), rows: $rows, probe: $probe, beside_idle: $beside_idle, core: $core[0], top: $top[0], control: ($control[0] + $mdevs[0]),
	figures: (
		([$rows[] | figure(.name + "_ratio_1"; .ratio_1; "ratio") + figure(.name + "_ratio_2"; .ratio_2; "ratio")
			+ figure(.name + "_gpu_time_ratio_1"; .gpu_ratio_1; "ratio")
			+ figure(.name + "_traps_per_submission"; .traps; "traps")
			+ figure(.name + "_register_accesses_per_submission"; .registers; "accesses")
			+ figure(.name + "_audited_bytes_per_submission"; .audited_bytes; "bytes")] | add // {})
		+ figure("gpu_speed"; ($speed | tonumber); "factor")
		+ figure("traps_per_submission"; $steady.traps; "traps")
		+ figure("hw_register_accesses_per_submission"; $steady.registers; "accesses")
		+ figure("idle_neighbour_ratio"; $beside_idle; "ratio")
		+ figure("ggtt_probe_traps"; ([$probe[].traps_ggtt] | max); "traps")
		+ figure("mmio_probe_traps"; ([$probe[].traps_mmio] | max); "traps")
		+ $core[0]
		+ $top[0] + $control[0] + $mdevs[0]
	),
}
