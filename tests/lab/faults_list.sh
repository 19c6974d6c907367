# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# faults_list.sh - what can go wrong, for the lab test "faults" and for tests/soak
#
# A fault is a line of the table and a function fault_NAME, with _ for -, which is
# called with the cell on the host. It may return early, and need not return at all
# if the cell ends: it runs in the background. Its status counts where the cell lives
# on: then it must have succeeded. Where WANT is "running" or something else, a function
# proof_NAME tells whether the cell has had the fault: its state may be as if it had not.
#
# KIND	cell: in the cell; host: done to the host or to Comb, so that the host's own
#	timers are not compared
# CELLS	with which of the cells it makes sense: one two load
# WANT	states it may lead to, apart by |
# AFTER	keep: the cell is as good as before; restart: it needs that
#
# shellcheck disable=SC2016 # other shells expand what is quoted
# shellcheck disable=SC2034 # for those who source it
# shellcheck disable=SC2154 # faults_parts.sh sets work
FAULTS='
# NAME          KIND  CELLS         WANT           AFTER    TEXT
sysrq-c         cell  one,two,load  panic          restart  panic by sysrq-c
null-irq        cell  one,two,load  panic          restart  null pointer in an interrupt
bug             cell  one,two,load  running        restart  BUG() in a kernel thread
deadlock-one    cell  one,two,load  hung|running   restart  deadlock with interrupts off on one CPU
deadlock-all    cell  one,two,load  hung           restart  deadlock with interrupts off on all CPUs
stack           cell  one,two,load  panic|running  restart  stack overflow in a kernel thread
machine-check   cell  one,two,load  panic          restart  machine check, uncorrected (kernel 6.1 amd64)
storm           cell  one,two,load  running|hung   restart  IPI storm to its own CPUs
reboot          cell  one,two,load  stopped        restart  reboot -f
poweroff        cell  one,two,load  stopped        restart  poweroff -f
halt            cell  one,two,load  stopped        restart  halt -f
sysrq-b         cell  one,two,load  stopped        restart  sysrq-b
kexec           cell  one,two,load  stopped        restart  kexec -e of its own kernel
oom             cell  one,two,load  running        keep     out of memory in the cell
fork-bomb       cell  one,two,load  running|hung|panic  restart  fork bomb
cpu-unplug      cell  two,load      running        keep     a CPU of the cell taken offline and back
rmmod-cell      cell  one,two,load  running        restart  comb_cell unloaded in the cell
suspend         cell  one,two,load  running        keep     suspend and hibernation in the cell (refused)
rmmod-host      host  one,two,load  running        keep     comb unloaded or reloaded on the host (refused)
suspend-host    host  one,two,load  running        keep     suspend of the host (refused)
worker-kill     host  one,two,load  running        keep     SIGKILL to the keeper that works
keeper-kill     host  one,two,load  running        keep     SIGKILL to all of the keeper, then comb-keeper
keeper-stop     host  one,two,load  running        restart  SIGSTOP to all of the keeper
disk-server     host  load          running        keep     SIGKILL to the server of a disk
share-server    host  load          running        restart  SIGKILL to the server of a share
disk-full       host  one,two,load  panic          restart  no space for the log of a cell that panics
host-oom        host  one,two,load  running        keep     the host out of memory
host-cpu        host  one,two,load  running        keep     a CPU of the host taken offline and back
host-memory     host  one,two,load  running        keep     memory of the host taken offline and back
'

# fault_line NAME: its line of the table
fault_line() {
	awk -v name="$1" '$1 == name' <<<"$FAULTS"
}

# fault_names: all of them
fault_names() {
	awk 'NF && $1 !~ /^#/ { print $1 }' <<<"$FAULTS"
}

# inside CELL SCRIPT: a shell of the cell runs it. Hung cells keep the machine below busy:
# on a bad day it takes its time.
inside() {
	timeout -k 1 60 comb --timeout 40 exec "$1" -- busybox sh -c "$2" </dev/null
}

# module CELL FAULT: by the module of tests/lab/fault_cell
module() {
	inside "$1" "busybox insmod /fault_cell.ko fault=$2"
}

# sleeps: until the host takes its CPUs back
sysrq() {
	inside "$1" "echo $2 >/proc/sysrq-trigger; busybox sleep 1000"
}

# logged CELL PATTERN: its kernel has said so since it was started
logged() {
	comb logs "$1" | grep -Eq "$2"
}

fault_sysrq_c() { sysrq "$1" c; }
fault_sysrq_b() { sysrq "$1" b; }
fault_null_irq() { module "$1" null-irq; }
fault_bug() { module "$1" bug; }
fault_deadlock_one() { module "$1" deadlock-one; }
fault_deadlock_all() { module "$1" deadlock-all; }
fault_stack() { module "$1" stack; }
# What fault_cell.ko says before it does it
proof_deadlock_one() { logged "$1" 'fault_cell: deadlock-one'; }
proof_storm() { logged "$1" 'fault_cell: storm'; }
proof_stack() { logged "$1" 'fault_cell: stack' && logged "$1" 'stack guard page|stack overflow'; }
fault_machine_check() { module "$1" machine-check; }
fault_storm() { module "$1" storm; }
fault_reboot() { inside "$1" 'busybox reboot -f'; }
fault_poweroff() { inside "$1" 'busybox poweroff -f'; }
fault_halt() { inside "$1" 'busybox halt -f'; }

fault_kexec() {
	comb cp "/boot/vmlinuz-$(uname -r)" "$1:/tmp/vmlinuz"
	inside "$1" 'kexec -l /tmp/vmlinuz --reuse-cmdline && kexec -e'
}

# What eats is what dies, not comb-init.
fault_oom() {
	inside "$1" 'busybox tail /dev/zero; test $? = 137'
}

# Any process may be what is killed or not to be had, the one that asks for it too.
fault_fork_bomb() {
	inside "$1" 'echo "fault: fork bomb" >/dev/kmsg
		bomb() { bomb | bomb & }; bomb; busybox sleep 3' || true
}
proof_fork_bomb() { logged "$1" 'fault: fork bomb'; }

fault_cpu_unplug() {
	inside "$1" 'cd /sys/devices/system/cpu/cpu1 &&
		for i in 1 2 3; do echo 0 >online && busybox sleep 0.2 && echo 1 >online || exit; done
		test $(busybox nproc) = 2'
}

# The connection of comb exec ends with the module.
fault_rmmod_cell() {
	inside "$1" 'busybox setsid busybox sh -c "busybox sleep 0.3; busybox rmmod comb_cell" &'
	for _ in {1..50}; do
		[[ $(cell_fact "$1" agent) != false ]] || return 0
		sleep 0.2
	done
	return 1
}

# Why also counts: "no such state" would be no refusal.
fault_suspend() {
	inside "$1" 'for state in $(busybox cat /sys/power/state); do
			case $state in mem) busybox cat /sys/power/mem_sleep ;; esac
			! echo $state >/sys/power/state || exit 1
		done 2>/tmp/refusals
		busybox cat /tmp/refusals /sys/power/state
		busybox grep -q "not supported" /tmp/refusals'
}

fault_rmmod_host() {
	! rmmod comb && ! modprobe -r comb && [[ -d /sys/module/comb ]]
}

fault_suspend_host() {
	! echo freeze >/sys/power/state && dmesg | grep -q 'no suspend while there are cells'
}

keeper_pids() {
	local supervisor

	supervisor=$(cat "/run/comb/$1/keeper.pid")
	# The parent first: it would start new ones.
	echo "$supervisor $(pgrep -P "$supervisor" -f comb-keeper | tr '\n' ' ')"
}

# worker_of CELL [OLD]: the process that serves its devices, if it is not that one
worker_of() {
	local worker

	worker=$(pgrep -P "$(cat "/run/comb/$1/keeper.pid")" -x comb-keeper/w) &&
		[[ $worker != "${2:-}" ]] && echo "$worker"
}

fault_worker_kill() {
	local old

	old=$(worker_of "$1")
	kill -9 "$old"
	for _ in {1..100}; do
		! worker_of "$1" "$old" || return 0
		sleep 0.1
	done
	return 1
}

# As a service manager does it.
fault_keeper_kill() {
	# shellcheck disable=SC2046 # a word each
	kill -9 $(keeper_pids "$1")
	sleep 0.5
	/usr/lib/comb/comb-keeper "$1" </dev/null >/dev/null
}

fault_keeper_stop() {
	keeper_pids "$1" >/tmp/stopped
	# shellcheck disable=SC2046 # a word each
	kill -STOP $(cat /tmp/stopped)
	sleep 2
}
# They end with the cell that was theirs; the watcher is waited for.
after_keeper_stop() {
	within 5 eval '! ps -o pid,stat,comm -p "$(xargs </tmp/stopped)"'
}

# server_killed CELL RECORD: its back end; another one must come, and be ready. Of a
# record (keeper/backend.h) magic, process and progress are read; 2 is BACKEND_READY.
server_killed() {
	local record=/run/comb/$1/$2 old pid progress

	read -r _ old _ < <(od -An -td4 -N12 "$record")
	kill -9 -- "-$old" || return
	for _ in {1..100}; do
		read -r _ pid progress < <(od -An -td4 -N12 "$record")
		[[ $pid == "$old" || $progress != 2 ]] || ! kill -0 "$pid" || return 0
		sleep 0.1
	done
	return 1
}

# Past the cell's page cache, which needs no server.
fault_disk_server() {
	server_killed "$1" disk0.backend &&
		inside "$1" 'busybox timeout 20 busybox dd if=/dev/vda of=/dev/null bs=64k count=16 iflag=direct'
}

# The share gives errors until the cell starts again (docs/files.md); then it must work.
fault_share_server() { server_killed "$1" fs0.backend; }
after_share_server() {
	inside "$1" 'busybox date >/srv/again && busybox sync' && [[ -s $work/share/again ]]
}

fault_disk_full() {
	mkdir -p /var/log/comb
	mount -t tmpfs -o size=16k tmpfs /var/log/comb
	! dd if=/dev/zero of=/var/log/comb/full bs=4k 2>/dev/null || return
	sysrq "$1" c
}
# after_NAME CELL: back to normal when the cell has been started again
after_disk_full() {
	ls -l /var/log/comb
	umount /var/log/comb
}

# Page cache goes first, so that all of the host has to be read again. In small pieces: one
# that is larger than what is free is refused.
fault_host_oom() {
	local status=0

	python3 -c 'eaten = [b"x" * (1 << 20) for _ in iter(int, 1)]' || status=$?
	[[ $status == 137 ]] && dmesg | grep -q 'Out of memory: Killed process .* (python3)'
}

fault_host_cpu() {
	local last lent

	# The last one that the host has; there may be no other than the boot CPU.
	last=$(grep -o '[0-9]*$' /sys/devices/system/cpu/online)
	for _ in 1 2 3; do
		[[ $last != 0 ]] || break
		echo 0 >"/sys/devices/system/cpu/cpu$last/online" || return
		sleep 0.3
		echo 1 >"/sys/devices/system/cpu/cpu$last/online" || return
	done
	lent=$(comb --json show "$1" | jq -r '[.. | .cpus? // empty | arrays][0][0]')
	# The host must not be able to take it: that would INIT it under the cell.
	! echo 1 >"/sys/devices/system/cpu/cpu$lent/online"
}

# Every block that has RAM of the cell stays; of the others some may go.
fault_host_memory() {
	local size block first last taken=0

	size=$((0x$(cat /sys/devices/system/memory/block_size_bytes)))
	while IFS=- read -r first last; do
		for ((block = first / size; block <= last / size; block++)); do
			! timeout 5 sh -c "echo offline >/sys/devices/system/memory/memory$block/state" ||
				return
		done
	done <"/sys/devices/virtual/misc/comb/cells/$1/ranges"
	for block in /sys/devices/system/memory/memory*; do
		[[ $taken -lt 2 ]] || break
		[[ $(cat "$block/state") == online ]] || continue
		timeout 3 sh -c "echo offline >$block/state" || continue
		sleep 0.2
		echo online >"$block/state" || return
		taken=$((taken + 1))
	done
	echo "$taken blocks taken offline and back"
	[[ $taken -gt 0 ]]
}

# log_expected NAME: what that fault has the host's kernel say and is no damage
log_expected() {
	case $1 in
	# The stack of whoever asked for memory in vain
	host-oom) echo 'Call Trace:' ;;
	# Each page that keeps a block from going
	host-memory) echo 'page dumped because: (migration failure|unmovable page)' ;;
	*) echo '^$' ;;
	esac
}

# log_clean_after NAME: host_log_clean but for that
log_clean_after() {
	host_log_clean >/tmp/dirty || ! grep -vE "$(log_expected "$1")" /tmp/dirty
}
