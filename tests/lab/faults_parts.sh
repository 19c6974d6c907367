# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# faults_parts.sh - sourced by the lab test "faults" and by tests/soak: the cell that
# suffers; the two cells and the host that work meanwhile, and the judgement of both
#
# The test sets: tools, where its programs are; host_address, of the network; cell,
# the one that suffers.
#
# shellcheck disable=SC2016 # other shells expand what is quoted
# shellcheck disable=SC2154 # see above

work=/tmp/work
kernels=(b c host)
# Shorter gaps than this are all the same on an emulated machine, in us
# shellcheck disable=SC2034 # for the test
gap_floor=20000
# A longer one without a fault is the machine below's, and would let everything pass.
# shellcheck disable=SC2034 # for the test
gap_disturbed=100000

now_ms() {
	local us=${EPOCHREALTIME/[.,]/}

	echo "${us%???}"
}

# cell_fact NAME MEMBER: of `comb ls`
cell_fact() {
	comb --json ls "$1" | jq -r --arg n "$1" --arg m "$2" \
		'.cells[] | select(.name == $n) | .[$m]'
}

# ---- what the others do ----

# A file is copied and its sum compared, over and over: one line a round.
copier() {
	printf '%s' '
		while :; do
			busybox cp '"$1"' /tmp/copy.$$ &&
			test "$(busybox sha256sum </tmp/copy.$$)" = "'"$sum"'" && echo ok || echo WRONG
			busybox sleep 0.3
		done'
}

# in_kernel WHICH COMMAND...
in_kernel() {
	local which=$1

	shift
	if [[ $which == host ]]; then
		"$@"
	else
		comb exec "$which" -- "$@"
	fi
}

# begin FILE COMMAND...: for good, with its output in a file
begin() {
	local file=$work/$1

	shift
	"$@" </dev/null >"$file" 2>"$file.err" &
	echo $! >"$file.pid"
}

others_begin() {
	local kernel from address

	mkdir -p "$work/data"
	head -c 512k /dev/urandom >"$work/data/data"
	sum=$(sha256sum <"$work/data/data")
	for kernel in b c; do
		comb -q create $kernel --ncpus 1 --memory 224M --root none --share "$work/data:/srv:ro" \
			--file /bin/busybox --file "$tools/gaps:/gaps" --file /usr/bin/iperf3 -- busybox sleep 1000000
	done
	check "two cells to work meanwhile" comb -q --timeout 120 start b c
	for kernel in "${kernels[@]}"; do
		from=/srv/data
		[[ $kernel != host ]] || from=$work/data/data
		begin "copy.$kernel" in_kernel "$kernel" busybox sh -c "$(copier $from)"
		if [[ $kernel == host ]]; then
			begin gaps.host "$tools/gaps" 4 200
		else
			begin "gaps.$kernel" in_kernel "$kernel" /gaps 4 200
		fi
	done
	begin server in_kernel c iperf3 -s --forceflush
	address=$(getent ahostsv4 c | awk '{ print $1; exit }')
	within 10 grep -q listening "$work/server"
	begin stream in_kernel b iperf3 -c "$address" -b 2M -t 36000 -i 1 --forceflush
	check "they work" within 30 others_go_on "$(now_ms)" 0 0 0 0
}

# others_lines: how much each has done, to be compared later
others_lines() {
	local kernel

	for kernel in "${kernels[@]}"; do
		wc -l <"$work/copy.$kernel"
	done
	grep -c 'bits/sec' "$work/stream"
}

# others_go_on TIME LINES...: each has done more than that, and its timers are known
# until that time
others_go_on() {
	local line

	gaps_reach "$1" || return
	shift
	for line in $(others_lines); do
		[[ $line -gt $1 ]] || return 1
		shift
	done
}

# others_errors: one line for each thing that went wrong with them
others_errors() {
	local file

	for file in "$work"/*.pid; do
		kill -0 "$(cat "$file")" 2>/dev/null || echo "$(basename "$file" .pid) has ended"
	done
	grep -l WRONG "$work"/copy.* | sed 's/$/: a wrong sum/'
	grep -H 'error' "$work/stream" "$work/stream.err" "$work/server.err"
	for file in b c; do
		[[ $(cell_state $file) == running ]] || echo "$file is $(cell_state $file)"
	done
}

# gaps_reach TIME: each kernel has told of its timers until then
gaps_reach() {
	local kernel last

	for kernel in "${kernels[@]}"; do
		read -r last _ < <(tail -n 1 "$work/gaps.$kernel")
		[[ ${last:-0} -ge $1 ]] || { echo "$kernel tells nothing of its timers"; return 1; }
	done
}

# gap WHICH FROM TO: longest timer gap of a kernel in the windows of that time, in us. A
# window begins where the one before has ended, however long it took.
gap() {
	awk -v from="$2" -v to="$3" '$1 >= from && begin <= to && $2 > most { most = $2 }
		{ begin = $1 }
		END { print most + 0 }' "$work/gaps.$1"
}

# ---- the cell that suffers ----

# target_define KERNEL: $cell, which is one, two or load, or such with a full kernel
target_define() {
	local type=$cell options=(--ncpus 2) kernel=$1

	[[ $type != one* ]] || options=(--ncpus 1)
	if [[ $type == load* ]]; then
		truncate -s 64M "$work/disk"
		mkdir -p "$work/share"
		options+=(--disk "$work/disk:raw" --share "$work/share:/srv")
	fi
	[[ $kernel == "$(uname -r)" ]] || options+=(--kernel "$kernel")
	comb -q create "$type" "${options[@]}" --memory 256M --root none --file /bin/busybox \
		--file /usr/bin/iperf3 --file /usr/sbin/kexec \
		--file "$tools/fault.$kernel/fault_cell.ko:/fault_cell.ko" -- busybox sleep 1000000
}

# target_load: network and disk, until the cell ends
target_load() {
	inside "$cell" 'cd /
		busybox setsid busybox sh -c "
			while :; do busybox dd if=/dev/urandom of=/dev/vda bs=64k count=64 conv=fsync; done" \
			</dev/null >/dev/null 2>&1 &
		busybox setsid busybox sh -c "
			while :; do iperf3 -c '"$host_address"' -p 5202 -t 1000 -b 8M; busybox sleep 0.5; done" \
			</dev/null >/dev/null 2>&1 &'
}

# target_up: start it, its load included
target_up() {
	comb -q --timeout 60 start "$cell" || return
	[[ $cell != load* ]] || target_load
}

# target_again: however it is. One that hangs cannot be asked.
target_again() {
	case $(cell_state "$cell") in
	panic | stopped)
		comb -q --timeout 60 restart "$cell" || return
		[[ $cell != load* ]] || target_load
		;;
	*) comb -q kill "$cell" && target_up ;;
	esac
}

# A fault-free time, from which the others' usual gaps are known: the cell is busy
# with all of its CPUs, then it is started again. One that was disturbed is looked at
# anew, twice at most.
fault_free() {
	local look

	for look in 1 2 3; do
		fault_free_look || return
		[[ $(printf '%s\n' "${looked[@]}" | sort -n | tail -n 1) -gt $gap_disturbed ]] || break
		[[ $look == 3 ]] || echo "disturbed: ${looked[*]} us"
	done
	usual_grows
}

# usual_grows: by what was seen last
usual_grows() {
	local kernel

	for kernel in "${kernels[@]}"; do
		# shellcheck disable=SC2004 # of an associative array
		[[ ${looked[$kernel]} -le ${usual[$kernel]} ]] || usual[$kernel]=${looked[$kernel]}
	done
}

# fault_free_look: sets looked, the longest gap of each
fault_free_look() {
	local from to kernel

	declare -gA looked=()
	from=$(now_ms)
	inside "$cell" 'for cpu in $(busybox seq $(busybox nproc)); do
			busybox timeout 2 busybox sh -c "while :; do :; done" & done; wait' || return
	target_again || return
	to=$(now_ms)
	within 20 gaps_reach "$to" || return
	for kernel in "${kernels[@]}"; do
		looked[$kernel]=$(gap "$kernel" "$from" "$to")
	done
}

# gaps_told FROM TO: and what is usual
gaps_told() {
	local kernel

	for kernel in "${kernels[@]}"; do
		printf '%s %s of %s us, ' "$kernel" "$(gap "$kernel" "$1" "$2")" "${usual[$kernel]}"
	done
}

# gap_ratio KIND FROM TO: the worst of all kernels that count
gap_ratio() {
	local kernel

	for kernel in "${kernels[@]}"; do
		[[ $1 != host || $kernel != host ]] || continue
		echo "$(gap "$kernel" "$2" "$3") ${usual[$kernel]}"
	done | awk '$1 / $2 > most { most = $1 / $2 } END { printf "%.1f", most }'
}

# reached WANT: the cell's state is one of those, apart by |, but not running alone
reached() {
	local state

	state=$(cell_state "$cell")
	[[ "|$1|" == *"|$state|"* && $state != running ]]
}

# outcome: how the cell is, in words
outcome() {
	comb --json ls "$cell" | jq -r --arg n "$cell" '.cells[] | select(.name == $n) |
		.state + (if .state == "running" then "" else ": " + (.reason // .health // "") end)' |
		tr '\t|' '  ' | cut -c 1-60
}

lives() {
	timeout 10 comb exec "$cell" -- busybox true </dev/null
}

# await WANT SECONDS: one of the states it names, other than running
await() {
	if [[ $1 == *"|"* ]]; then
		within "$2" reached "$1" >/dev/null
	else
		comb -q --timeout "$2" wait "$cell" --state "$1" 2>/dev/null
	fi
}

# see NAME WANT INJECTOR: what becomes of the cell, since $from
see() {
	# The command that injects may itself take half a minute on a busy machine.
	local proof=proof_${1//-/_} patience=60

	shift
	[[ $1 != *running* ]] || patience=5
	if [[ $1 == running ]]; then
		wait "$2" || wrong+="failed: $(tail -n 1 /tmp/fault.out); "
	elif await "$1" $patience; then
		# shellcheck disable=SC2034 # for the test
		detected=$(($(now_ms) - from))
	fi
	result=$(outcome)
	# A fault that could not be injected leaves a cell that runs, too.
	if [[ $1 == *"|"* ]]; then
		within 5 "$proof" "$cell" || wrong+="has not had it: $(tail -n 1 /tmp/fault.out); "
		[[ $result != running ]] || kill -0 "$2" 2>/dev/null || wait "$2" ||
			wrong+="failed: $(tail -n 1 /tmp/fault.out); "
	fi
	[[ "|$1|" == *"|${result%%:*}|"* ]] || wrong+="is $result; "
}
