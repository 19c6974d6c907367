# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What every lab script needs: paths, messages, locks. Sourced, never run.

COMB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LAB_SRC=$COMB_TOP/lab
LAB=${COMB_LAB:-$COMB_TOP/build/lab}
LAB_APT=$LAB/apt
LAB_KERNELS=$LAB/kernels
LAB_QEMU=$LAB/qemu
export COMB_TOP LAB_SRC LAB LAB_APT LAB_KERNELS LAB_QEMU

# Talk goes to stderr: stdout belongs to the command under test.
lab_say() {
	[ -n "${LAB_QUIET:-}" ] || echo "lab: $*" >&2
}

# lab_die WHAT HINT: what happened, what to do.
lab_die() {
	printf 'lab: %s\ntry: %s\n' "$1" "$2" >&2
	exit 125
}

# lab_step TEXT COMMAND...: run it silently and say how long it took; show
# its output only if it fails.
lab_step() {
	local text=$1 log status=0 start=$EPOCHREALTIME us

	shift
	mkdir -p "$LAB/log"
	log=$(mktemp "$LAB/log/step.XXXXXX")
	"$@" >"$log" 2>&1 </dev/null || status=$?
	us=$((${EPOCHREALTIME/[.,]/} - ${start/[.,]/}))
	if [ "$status" -eq 0 ]; then
		lab_say "$text: $((us / 1000000)).$((us / 100000 % 10)) s"
	else
		lab_say "$text: failed"
		tail -n 40 "$log" >&2
	fi
	rm -f "$log"
	return "$status"
}

# lab_lock NAME: held until the calling (sub)shell ends. Children that must
# outlive it have to close LAB_LOCK_FD.
lab_lock() {
	mkdir -p "$LAB"
	exec {LAB_LOCK_FD}>"$LAB/$1.lock"
	flock "$LAB_LOCK_FD"
}
