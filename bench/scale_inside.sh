# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# scale_inside.sh - bench/scale's part in the lab machine. A run is a line in /lab/runs:
#
#	N KERNELS ROUND BEGIN END LOAD WORKERS OPERATIONS NANOSECONDS USER_US SYSTEM_US WAITED PREEMPTED
#
# one for each kernel; BEGIN and END are microseconds by the clock of the machine below.
dir=/tmp/scale
mkdir -p $dir/shared
share=()
[[ " $LOADS " != *" shared "* ]] || share=(--share "$dir/shared:/shared")
modprobe comb

define() {
	comb -q create "$1" --ncpus "$2" --memory "$(($2 * MEMORY))M" --net none \
		--file /lab/scale_load:/scale_load --file /bin/busybox "${share[@]}"
}

# "HERE BELOW", the same moment by the clocks of this machine, in microseconds, and of the one
# below, which stamps the files in /lab. On a busy machine the one here may even go at
# another pace.
stamp() {
	local before=${EPOCHREALTIME/./} after below

	: >"/lab/stamp.$before"
	after=${EPOCHREALTIME/./}
	below=$(stat -c %.6Y "/lab/stamp.$before")
	rm "/lab/stamp.$before"
	echo "$(((before + after) / 2)) ${below/./}"
}

# below US: the machine below's time for one of this machine's, between two stamps
below() {
	echo $((stamp_a[1] + ($1 - stamp_a[0]) * (stamp_b[1] - stamp_a[1]) / (stamp_b[0] - stamp_a[0])))
}

# start_on KERNEL WORKERS LOAD AT: begins in the background; its line goes to out.KERNEL
start_on() {
	local load=$3 place=/tmp

	[[ $load != shared ]] || { load=open place=/shared; }
	comb exec "$1" -- /scale_load "$load" "$2" "$4" "$SECONDS_OF_LOAD" $place \
		>"$dir/out.$1" 2>"$dir/err.$1" &
	jobs+=($!)
}

# run_on WORKERS LOAD KERNEL...: all at a time; again with more time to get ready if one is late
margin=1
run_on() {
	local workers=$1 load=$2 try kernel job jobs

	shift 2
	read -r -a stamp_a < <(stamp)
	for try in 1 2 3 4 5 6; do
		at=$(($(date +%s%N) + margin * 1000000000)) jobs=() status=0
		for kernel in "$@"; do
			start_on "$kernel" "$workers" "$load" "$at"
		done
		for job in "${jobs[@]}"; do
			wait "$job" || status=$?
		done
		[[ $status = 3 ]] || break
		margin=$((margin + 2))
	done
	read -r -a stamp_b < <(stamp)
	if [[ $status != 0 ]]; then
		cat "${@/#/$dir/err.}" >&2
		echo "scale: $load on $*: status $status, try $try" >&2
		exit 1
	fi
}

# note WHAT LOAD ROUND KERNEL...
note() {
	local what=$1 load=$2 round=$3 kernel out

	shift 3
	for kernel in "$@"; do
		read -r -a out <"$dir/out.$kernel"
		echo "$size $what $round $(below $((at / 1000))) $(below $(((at + out[3]) / 1000)))" \
			"$load ${out[*]:1}" >>/lab/runs
	done
}

# One after the other, the first one in turns.
one_round() {
	local load=$1 round=$2 way

	for way in $((round % 2)) $((1 - round % 2)); do
		if [[ $way = 0 ]]; then
			run_on "$size" "$load" one
			note one "$load" "$round" one
		else
			run_on 1 "$load" "${cells[@]}"
			note cells "$load" "$round" "${cells[@]}"
		fi
	done
}

# What a kernel leaves for programs, in MiB
available() {
	# shellcheck disable=SC2016 # for awk to expand
	comb exec "$1" -- busybox awk '/MemAvailable/ { print $2 / 1024 }' /proc/meminfo
}
tell_memory() {
	local kernel

	for kernel in "${cells[@]}"; do
		available "$kernel"
	done | awk -v one="$(available one)" -v n="$size" -v m=$((size * MEMORY)) '{ c += $1 } END {
		printf "scale memory N=%d: of %d MiB, %d cells leave %.0f for programs, one kernel %.0f\n",
			n, m, n, c, one }'
}

for size in $SIZES; do
	cells=()
	for ((i = 1; i <= size; i++)); do
		define "c$i" 1
		cells+=("c$i")
	done
	define one "$size"
	comb -q --timeout 900 start one "${cells[@]}" || exit 1
	tell_memory
	for load in $LOADS; do
		for ((round = 0; round < ROUNDS; round++)); do
			one_round "$load" "$round"
		done
	done
	comb -q --timeout 120 stop one "${cells[@]}"
	comb -q -y rm one "${cells[@]}"
done
comb -q release
