# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2154
#
# The measurements in the lab. Each workload runs for some rounds without a pause. Rates are those of the rounds but the first and the
# last, in which not everybody may be at work yet; counters are read when the first round is over and before the last begins, so that
# what the driver does at its start and end is in neither. Only GPU time is counted over all of a run.
#
#   $OUT/samples.jsonl    what gpu-bench printed of a round, with `where` (native, one, two) and `guest` added
#   $OUT/counters.jsonl   by where, workload and engine: what the counters grew by

WORKLOADS="gpu-bound:bcs small-blit:bcs empty:bcs empty:rcs latency:bcs"
GPU=/sys/bus/pci/devices/0000:00:02.0

on_host() { "$LAB" host -- "$@"; }

seconds_of() { # WORKLOAD
	if [[ $1 == gpu-bound ]]; then echo "$SECONDS_GPU_BOUND"; else echo "$SECONDS_OTHER"; fi
}

# How often the simulator has told its counters to the end, and the last of them: the GPU time of all engines together, by its own clock.
last_summary() {
	awk '/^summary after/ { ms = 0 } $1 == "engine" { ms += $4 } $1 == "engine" && $2 == "vecs" { n++; total = ms }
		END { printf "%d {\"busy_ns\":%.0f}\n", n, total * 1e6 }' "$VGPU_LAB_STATE/sim.log"
}

sim_counters() {
	local summaries summary before i
	read -r before summary < <(last_summary)
	kill -USR1 "$(<"$VGPU_LAB_STATE/sim.pid")"
	for ((i = 0; i < 200; i++)); do
		read -r summaries summary < <(last_summary)
		if ((summaries > before)); then
			echo "$summary"
			return
		fi
		sleep 0.05
	done
	die "the simulator tells nothing; see $VGPU_LAB_STATE/sim.log"
}

# The counters of these guests' vGPUs together and of the module, at one moment.
module_counters() { # UUID…
	on_host "cat $GPU/vgpu/stats; for u in $*; do cat /sys/bus/mdev/devices/\$u/vgpu/stats; done" | awk '
		$1 ~ /^(rcs|vcs|bcs|vecs)_submissions$/ { sum["submissions"] += $2 }
		$1 ~ /^traps_/ { sum["traps"] += $2 }
		$1 ~ /^(traps_.*|interrupts|switches|audited_dwords|register_accesses|reject_.*|resets)$/ { sum[$1] += $2 }
		END { printf "{"; for (k in sum) printf "%s\"%s\":%.0f", n++ ? "," : "", k, sum[k]; print "}" }'
}

# keep WHERE GUEST: rounds on standard input, into the samples.
keep() {
	jq -c --arg where "$1" --arg guest "$2" '. + {where: $where, guest: $guest}' >>"$OUT/samples.jsonl"
}

# difference WHERE WORKLOAD ENGINE WHAT BEFORE AFTER
difference() {
	jq -nc --arg where "$1" --arg workload "$2" --arg engine "$3" --arg what "$4" --argjson before "$5" --argjson after "$6" \
		'{where: $where, workload: $workload, engine: $engine, what: $what}
		 + ($after | with_entries(.value -= ($before[.key] // 0)))' >>"$OUT/counters.jsonl"
}

# start_bench GUEST COMMAND…: in the guest, or on the machine itself if it is ''. Sets `fd`, where its output is read, and `pid`.
start_bench() {
	local pipe=$OUT/pipe command=("$LAB" guest "$1")
	[[ $1 ]] || command=("$LAB" host)
	rm -f "$pipe"
	mkfifo "$pipe"
	"${command[@]}" --timeout 300 -- "${@:2}" >"$pipe" 2>>"$OUT/gpu-bench.log" &
	pid=$!
	running+=("$pid")
	exec {fd}<"$pipe"
}

next_line() { # FD: into `line`
	read -r line <&"$1" || die "gpu-bench ended early; the end of $OUT/gpu-bench.log: $(tail -n 3 "$OUT/gpu-bench.log")"
}

# measure WHERE WORKLOAD ENGINE GUEST…
measure() {
	local where=$1 workload=$2 engine=$3 guests=("${@:4}") fds=() pids=() uuids=() sim before='{}' after='{}' executed=0 round fd pid k line
	say "bench: $where: $workload on $engine"
	((${#guests[@]})) || guests=('')
	sim=$(sim_counters)
	for k in "${!guests[@]}"; do
		start_bench "${guests[k]}" gpu-bench --json --workload "$workload" --engine "$engine" --rounds "$ROUNDS" \
			--seconds "$(seconds_of "$workload")"
		fds+=("$fd")
		pids+=("$pid")
		[[ ! ${guests[k]} ]] || uuids+=("$(<"$OUT/${guests[k]}.uuid")")
	done
	for ((round = 1; round <= ROUNDS; round++)); do
		((round < ROUNDS || ${#uuids[@]} == 0)) || after=$(module_counters "${uuids[@]}")
		for k in "${!guests[@]}"; do
			next_line "${fds[k]}"
			((round == 1 || round == ROUNDS)) || keep "$where" "${guests[k]}" <<<"$line"
		done
		((round > 1 || ${#uuids[@]} == 0)) || before=$(module_counters "${uuids[@]}")
	done
	for k in "${!guests[@]}"; do
		next_line "${fds[k]}"
		executed=$((executed + $(jq .executed <<<"$line")))
		wait "${pids[k]}" || die "gpu-bench failed; the end of $OUT/gpu-bench.log: $(tail -n 3 "$OUT/gpu-bench.log")"
		fd=${fds[k]}
		exec {fd}<&-
	done
	running=()
	difference "$where" "$workload" "$engine" simulator "$sim" "$(sim_counters | jq -c --argjson n "$executed" '. + {executed: $n}')"
	((${#uuids[@]} == 0)) || difference "$where" "$workload" "$engine" module "$before" "$after"
}

measure_all() { # WHERE GUEST…
	local pair
	for pair in $WORKLOADS; do
		measure "$1" "${pair%:*}" "${pair#*:}" "${@:2}"
	done
}

measure_native() {
	"$LAB" up --mode native --kernel "$KERNEL" --speed "$SPEED"
	measure_all native
	"$LAB" down
}

# A vGPU of the smallest type, and a guest whose i915 drives it. What the driver's start took is kept.
start_guest() { # NAME
	local uuid before
	on_host "vgpuctl create --aperture 64M --hidden 384M --fences 8 --name $1 >/dev/null"
	uuid=$(on_host "vgpuctl show $1" | awk '$1 == "uuid" { print $2 }')
	echo "$uuid" >"$OUT/$1.uuid"
	"$LAB" guest-define "$1" --kernel "$KERNEL"
	on_host "vgpuctl attach $1 --domain $1"
	before=$(module_counters "$uuid")
	"$LAB" guest-start "$1"
	"$LAB" guest "$1" -- 'test -c /dev/dri/renderD128' ||
		die "i915 does not drive $1's vGPU: $("$LAB" guest "$1" -- 'dmesg | grep -iE "i915|drm" | tail -n 5')"
	difference one probe "$1" module "$before" "$(module_counters "$uuid")"
}

measure_mediated() {
	"$LAB" kmod "$KERNEL"
	# A GPU that is slower has turns, and patience, of so much more length.
	"$LAB" up --mode mediated --kernel "$KERNEL" --speed "$SPEED" --vgpu-args "$(awk -v s="$SPEED" 'BEGIN {
		printf "turn_us=%d round_us=%d hang_ms=%d", (6000 / s > 1e7 ? 1e7 : 6000 / s), (24000 / s > 1e7 ? 1e7 : 24000 / s),
			(500 / s > 6e5 ? 6e5 : 500 / s) }')"
	start_guest alice
	measure_all one alice
	start_guest bob
	measure beside-idle gpu-bound bcs alice
	measure_all two alice bob
	"$LAB" down
}
