# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# slurm_parts.sh - sourced by lab tests of Slurm and MPI
#
# Everything waits by deadlines that a busy machine keeps, too; nothing sleeps and hopes.

jobs_dir=/srv/jobs

# Outside the lab: compiling is slow in there.
build_mpi_sum() {
	# shellcheck disable=SC2154 # inside.sh sets it
	mkdir -p "$here/../../build/tests"
	mpicc -std=gnu17 -Wall -Wextra -O2 -o "$here/../../build/tests/mpi_sum" "$here/mpi_sum.c"
}

# A directory that all cells share, with the program
make_jobs_dir() {
	mkdir -p $jobs_dir
	cp "$here/../../build/tests/mpi_sum" $jobs_dir/
}

# There is no systemd here. Packages have made the users and munge's key.
start_munge() {
	install -d -o munge -g munge /run/munge && runuser -u munge -- munged &&
		munge -n | unmunge >/dev/null
}
start_slurmctld() {
	install -d -o slurm -g slurm /var/lib/slurm/slurmctld /var/log/slurm && slurmctld
}
# patient_slurm FILE: what a message may take on emulated CPUs (the default is 10 s)
patient_slurm() {
	echo 'MessageTimeout=100' >>"$1"
}
slurmctld_answers() {
	scontrol ping | grep -q 'is UP'
}

# nodes_are STATE NAME...: as sinfo has it
nodes_are() {
	_state=$1
	shift
	for _node; do
		sinfo -h -N -n "$_node" -o '%N %T %E' >/tmp/sinfo.out
		cat /tmp/sinfo.out
		grep -qE "^$_node $_state( |\$)" /tmp/sinfo.out || return 1
	done
}

# summed RANKS HOSTS FILE: mpi_sum has run there, in any order, and all sums were right
summed() {
	cat "$3"
	_hosts=$(sed -n "s/^ranks $1 wrong 0 hosts //p" "$3" | tr ' ' '\n' | sort | tr '\n' ' ')
	[ "$_hosts" = "$2 " ]
}
