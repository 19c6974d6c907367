# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# inside.sh - sourced by lab tests
#
# A test is one script. in_lab LAB-OPTIONS re-runs it inside a lab machine, so
# what follows that line runs there, as root, beside the Comb under test.
# LOAD_SECONDS, for how long a test keeps a load up, RUNS and CYCLES, how often it does
# something, SEED, which makes chance come out the same, and a test's own FAULTS and AGENTS go
# along if they are set.
#
# Every check prints one line, "ok WHAT" or "not ok WHAT", on stdout; a failed
# one adds what it saw as "# ..." lines.

# shellcheck disable=SC2034 # for the tests
here=$(dirname "$(readlink -f "$0")")

in_lab() {
	if [ -z "${COMB_IN_LAB:-}" ]; then
		exec "$here/../../lab/run" "$@" -- \
			"COMB_IN_LAB=1 LOAD_SECONDS=${LOAD_SECONDS:-} RUNS=${RUNS:-} CYCLES=${CYCLES:-} \
			SEED=${SEED:-} FAULTS='${FAULTS:-}' AGENTS='${AGENTS:-}' exec sh '$here/$(basename "$0")'"
	fi
	# What the machine said while it booted is not about Comb.
	dmesg -C
}

# check WHAT COMMAND...: the command must succeed
check() {
	_what=$1 _out=${TMPDIR:-/tmp}/check.out
	shift
	if "$@" >"$_out" 2>&1; then
		echo "ok $_what"
	else
		_status=$?
		echo "not ok $_what"
		echo "# status $_status: $*"
		sed 's/^/# /' "$_out" | tail -n 20
		return 0
	fi
}

# within SECONDS COMMAND...: it succeeds at last; what it said last is shown if it does not
within() {
	_end=$(($(date +%s) + $1))
	shift
	until "$@" >/tmp/within.out 2>&1; do
		[ "$(date +%s)" -lt "$_end" ] || {
			cat /tmp/within.out
			return 1
		}
		sleep 0.2
	done
}

# moment SEED N MOST: the Nth of some random times, in seconds below MOST. awk takes seeds
# beyond 31 bits all for the same one, and its first numbers of similar seeds are similar.
moment() {
	awk -v s="$1" -v i="$2" -v most="$3" 'BEGIN {
		srand((s + i * 7919) % 2147483647)
		rand(); rand()
		printf "%.3f", rand() * most
	}'
}

# refused WHAT STATUS COMMAND...: the command must fail with STATUS and say so in
# exactly two lines, "comb: ..." and "try: ...", on stderr, nothing on stdout
refused() {
	_what=$1 _want=$2
	shift 2
	_status=0
	"$@" >/tmp/refused.out 2>/tmp/refused.err || _status=$?
	if [ "$_status" = "$_want" ] && [ ! -s /tmp/refused.out ] &&
	   [ "$(wc -l </tmp/refused.err)" = 2 ] &&
	   sed -n 1p /tmp/refused.err | grep -q '^comb: ' &&
	   sed -n 2p /tmp/refused.err | grep -q '^try: '; then
		echo "ok $_what"
	else
		echo "not ok $_what"
		echo "# status $_status, wanted $_want: $*"
		sed 's/^/# stdout: /' /tmp/refused.out | head -n 5
		sed 's/^/# stderr: /' /tmp/refused.err | head -n 5
	fi
}

# cell_state NAME: the state as `comb ls` tells it
cell_state() {
	comb --json ls "$1" | jq -r --arg n "$1" '.cells[] | select(.name == $n) | .state'
}

mem() {
	awk -v k="$1:" '$1 == k { print $2 }' /proc/meminfo
}

# Free memory in kB that no cache can blur. MemFree leaves out the free pages on
# the CPUs' own lists, and these come and go by several MiB on an idle machine. What
# the kernel keeps for each possible CPU only ever grows, with the first network card say.
mem_free() {
	sync
	for _i in 1 2 3; do
		echo 3 >/proc/sys/vm/drop_caches
		sleep 0.2
	done
	awk -v kb="$(($(getconf PAGESIZE) / 1024))" '
		FILENAME ~ /meminfo/ && ($1 == "MemFree:" || $1 == "Percpu:") { free += $2 }
		FILENAME ~ /zoneinfo/ && $1 == "count:" { lists += $2 }
		END { print free + lists * kb }' /proc/meminfo /proc/zoneinfo
}

# host_snapshot: remember what the host has; host_restored WHEN [KB]: it has that again,
# less 4096 kB at most. What cells' devices need stays loaded and is no loss.
host_snapshot() {
	modprobe -qa tun bridge vhost_net vhost_vsock || true
	snap_cpus=$(nproc)
	snap_online=$(cat /sys/devices/system/cpu/online)
	snap_present=$(cat /sys/devices/system/cpu/present)
	snap_total=$(mem MemTotal)
	snap_free=$(mem_free)
	cat /proc/meminfo >/tmp/snap_meminfo
}

host_restored() {
	_host=${1:-the host has everything again}
	check "$_host: nproc" test "$(nproc)" = "$snap_cpus"
	check "$_host: online CPUs" test "$(cat /sys/devices/system/cpu/online)" = "$snap_online"
	check "$_host: present CPUs" test "$(cat /sys/devices/system/cpu/present)" = "$snap_present"
	check "$_host: MemTotal" test "$(mem MemTotal)" = "$snap_total"
	_lost=$((snap_free - $(mem_free)))
	[ "$_lost" -lt "${2:-4096}" ] || diff /tmp/snap_meminfo /proc/meminfo | sed 's/^/# /'
	check "$_host: MemFree within $((${2:-4096} / 1024)) MiB (lost $_lost kB)" \
		test "$_lost" -lt "${2:-4096}"
}

# No warning, oops, lockdep or KASAN report, stuck CPU or lost page in the host's log.
host_log_clean() {
	dmesg >/tmp/host.log
	! grep -nE 'WARNING:|BUG:|Oops|KASAN|possible (circular|recursive) locking|rcu:.*(stall|detected)|soft lockup|hard LOCKUP|Bad page|refcount_t|general protection|Call Trace|page dumped|NMI received for unknown' /tmp/host.log
}
