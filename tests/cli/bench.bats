#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# bench.bats - the benchmark's parts that need no lab: the core's program, what the report makes of measurements, gpu-bench's options.

top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
build=${VGPU_BUILD:-$top/build}

report() { # SAMPLES COUNTERS
	jq -n -f "$top/tests/bench/report.jq" --slurpfile samples "$1" --slurpfile counters "$2" --slurpfile core "$BATS_TEST_TMPDIR/core.json" \
		--slurpfile top "$BATS_TEST_TMPDIR/top.json" --slurpfile control "$BATS_TEST_TMPDIR/control.json" \
		--slurpfile mdevs "$BATS_TEST_TMPDIR/mdevs.json" --arg speed 0.1
}

@test "the core's benchmark measures everything that it should" {
	run "$build/bench/core" --quick --json
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	for name in audit_ns_per_dword memcpy_ns_per_dword submit_ns ppgtt_reconcile_ns ggtt_reconcile_ns_per_entry; do
		jq -e --arg name "$name" '.[$name] | .value > 0 and .unit == "ns"' <<<"$output" || { echo "$name: $output"; return 1; }
	done
}

@test "the core's benchmark refuses what it does not know" {
	run "$build/bench/core" --fast
	[ "$status" -eq 2 ]
	[[ $output == usage:* ]]
}

@test "the control plane's benchmark measures everything that it should, and a listing reads one file for each vGPU" {
	run "$top/tests/bench/control" 1
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	jq -e '.list_1000_ms.value > 0 and .create_overhead_ms.value > 0 and .agent_rss_1000_mib.value > .agent_own_1000_mib.value
		and .list_bytes_per_vgpu.value < 600 and .list_reads_per_vgpu.value < 1.1' <<<"$output"
}

@test "the scheduler keeps its word on every load, and the older ones do not" {
	run "$build/bench/sched" --quick --json "$BATS_TEST_TMPDIR/sched.json"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	# Exact, since nothing but the nanoseconds of a decision depends on the machine.
	jq -e '.share_error_10s_max.value <= 0.01 and .share_error_1s_max.value <= 0.03 and .utilisation_min.value >= 0.99
		and .wait_max_over_bound.value <= 1 and .decision_ns_64.value > 0 and .decision_ns_4096.value > 0' "$BATS_TEST_TMPDIR/sched.json"
	for other in rr_ gvtg_; do
		jq -e --arg o "$other" '.[$o + "share_error_10s_max"].value > .share_error_10s_max.value
			and .[$o + "share_error_1s_max"].value > .share_error_1s_max.value
			and .[$o + "utilisation_min"].value < .utilisation_min.value
			and .[$o + "wait_max_over_bound"].value > .wait_max_over_bound.value' "$BATS_TEST_TMPDIR/sched.json"
	done
	run "$build/bench/sched" --fast
	[ "$status" -eq 2 ]
	[[ $output == usage:* ]]
}

@test "ratios are of medians, of two guests of their sum, and of times the other way round" {
	echo '{"submit_ns": {"value": 5, "unit": "ns"}}' >"$BATS_TEST_TMPDIR/core.json"
	echo '{"top_cpu_pct_64": {"value": 0.5, "unit": "percent"}}' >"$BATS_TEST_TMPDIR/top.json"
	echo '{"list_1000_ms": {"value": 40, "unit": "ms"}}' >"$BATS_TEST_TMPDIR/control.json"
	echo '{}' >"$BATS_TEST_TMPDIR/mdevs.json"
	# native 10, 14, 11; one guest 10; two guests 5 and 6. Latency 100 us against 400 us.
	{
		for rate in 10 14 11; do echo '{"where":"native","guest":"","workload":"gpu-bound","engine":"bcs","batches_per_s":'$rate'}'; done
		echo '{"where":"one","guest":"alice","workload":"gpu-bound","engine":"bcs","batches_per_s":10}'
		echo '{"where":"beside-idle","guest":"alice","workload":"gpu-bound","engine":"bcs","batches_per_s":9.9}'
		echo '{"where":"two","guest":"alice","workload":"gpu-bound","engine":"bcs","batches_per_s":5}'
		echo '{"where":"two","guest":"bob","workload":"gpu-bound","engine":"bcs","batches_per_s":6}'
		echo '{"where":"native","guest":"","workload":"latency","engine":"bcs","batches_per_s":1,"p50_ns":100000}'
		echo '{"where":"one","guest":"alice","workload":"latency","engine":"bcs","batches_per_s":1,"p50_ns":400000}'
	} >"$BATS_TEST_TMPDIR/samples"
	{
		echo '{"where":"one","workload":"small-blit","engine":"bcs","what":"module","submissions":20,"traps":30,"register_accesses":50,"audited_dwords":400}'
		echo '{"where":"native","workload":"small-blit","engine":"bcs","what":"simulator","busy_ns":1000,"executed":10}'
		echo '{"where":"native","workload":"small-blit","engine":"bcs","what":"simulator","busy_ns":3000,"executed":10}'
		echo '{"where":"one","workload":"small-blit","engine":"bcs","what":"simulator","busy_ns":4000,"executed":10}'
		echo '{"where":"one","workload":"probe","engine":"alice","what":"module","traps_ggtt":7,"traps_mmio":900}'
	} >"$BATS_TEST_TMPDIR/counters"
	run report "$BATS_TEST_TMPDIR/samples" "$BATS_TEST_TMPDIR/counters"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	jq -e '.figures | (.gpu_bound_ratio_1.value * 11 | round) == 10 and .gpu_bound_ratio_2.value == 1 and .latency_ratio_1.value == 0.25
		and .idle_neighbour_ratio.value == 0.99
		and .traps_per_submission.value == 1.5 and .hw_register_accesses_per_submission.value == 2.5
		and .small_blit_audited_bytes_per_submission.value == 80 and .small_blit_gpu_time_ratio_1.value == 0.5
		and .ggtt_probe_traps.value == 7 and .submit_ns.value == 5 and .top_cpu_pct_64.value == 0.5 and .list_1000_ms.value == 40 and (has("empty_batch_ratio_1") | not)' <<<"$output"
}

@test "gpu-bench says what is wrong with its options, and where there is no GPU" {
	run "$build/guest/gpu-bench" --help
	[ "$status" -eq 0 ]
	for workload in gpu-bound small-blit empty latency; do [[ $output == *"  $workload "* ]]; done
	for arguments in "-w nothing" "-e xcs" "-n 1" "-n 257" "-s 0" "-s x" "-r 0" "-w gpu-bound -e rcs" "what"; do
		# shellcheck disable=SC2086
		run "$build/guest/gpu-bench" $arguments
		[ "$status" -eq 2 ] || { echo "$arguments: exit $status: $output"; return 1; }
		[ "${#lines[@]}" -eq 1 ]
	done
	run "$build/guest/gpu-bench" --device /dev/null --workload empty
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
}
