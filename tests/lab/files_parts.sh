# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# files_parts.sh - sourced by the lab test "files"
# shellcheck disable=SC2016 # other shells expand what is quoted

# A name that has what lists and quotes are made of.
odd='/tmp/an "odd", na=me \ #1'

# on CELL COMMAND...
on() {
	_cell=$1
	shift
	comb exec "$_cell" -- "$@"
}

host_facts() {
	pgrep virtiofsd
	pgrep qemu-storage
	pgrep comb-keeper
	cat /proc/mounts /etc/hosts
	ip -br link | sort
	nproc
	cat /sys/devices/system/cpu/online
	find /run/comb -mindepth 1 ! -name '*.lock' ! -name 'events*' ! -path '*/.network*'
}

host_before() {
	modprobe -a vhost_net tun bridge
	mkdir -p /run/comb
	host_facts >/tmp/facts.before
}

# A keeper ends a moment after its cell.
host_is_as_before() {
	host_facts >/tmp/facts.after
	diff /tmp/facts.before /tmp/facts.after
}
host_after() {
	check "processes, mounts, network and CPUs are as before" within 5 host_is_as_before
}

# The servers of a cell: each leads a process group.
servers() {
	for _record in "/run/comb/$1"/*.backend; do
		od -An -td4 -j4 -N4 "$_record" | tr -d ' '
	done
}

# nothing_left CELL: no directory, and none of the processes in /tmp/servers
nothing_left() {
	! ls -la "/run/comb/$1" || return 1
	while read -r _server; do
		! pgrep -a -g "$_server" || return 1
	done </tmp/servers
}

# ---- a project of several files ----

project_make() {
	mkdir -p "$1"
	printf 'int add(int a, int b);\n' >"$1/add.h"
	printf '#include "add.h"\nint add(int a, int b)\n{\n\treturn a + b;\n}\n' >"$1/add.c"
	cat >"$1/main.c" <<-'C'
		#include <stdio.h>
		#include <stdlib.h>
		#include "add.h"

		int main(int argc, char *argv[])
		{
			int sum = 0;

			while (--argc)
				sum = add(sum, atoi(argv[argc]));
			printf("%d\n", sum);
			return 0;
		}
	C
	printf 'sum: main.o add.o\n\t$(CC) -o $@ $^\nmain.o add.o: add.h\n' >"$1/Makefile"
	project_facts "$1" >/tmp/project
}

project_facts() {
	find "$1" /srv -maxdepth 1 -printf '%p %m %s %T@ %C@\n' | sort
	sha256sum "$1"/*
}

project_unchanged() {
	project_facts "$1" | diff /tmp/project -
}

# ---- shares ----

share_make() {
	mkdir -p /tmp/share "$odd" /tmp/kept
	echo kept >/tmp/kept/file
}

# write_files CELL DIR: files of many sizes; the sums are of what went into the pipe
write_files() {
	on "$1" sh -c '
		mkdir "$1" && cd "$1" || exit
		for i in $(seq 10); do
			head -c $((i * i * 4099)) /dev/urandom | tee $i.new | sha256sum |
				sed "s/-/$i/" >>sums
			mv $i.new $i
		done
		echo done >>sums.done' sh "$2/$1"
}

files_arrived() {
	grep -qx 'done' "/tmp/share/$1/sums.done" && [ "$(wc -l <"/tmp/share/$1/sums")" = 10 ] &&
		(cd "/tmp/share/$1" && sha256sum --quiet -c sums)
}

# ---- disks ----

disks_make() {
	truncate -s 192M /tmp/raw.img
	truncate -s 1M /tmp/kept.img /tmp/b.img
	qemu-img create -q -f qcow2 /tmp/new.qcow2 192M
}

# fio_begin CELL SECONDS: $fio is its process
fio_begin() {
	on "$1" sh -c '
		end=$(($(date +%s) + $1)) rounds=0
		while [ $rounds = 0 ] || [ $(date +%s) -lt $end ]; do
			fio --randseed=$rounds --size=12M --bsrange=4k-64k --rw=randwrite \
				--direct=1 --ioengine=libaio --iodepth=16 --fsync=32 --verify=crc32c \
				--verify_fatal=1 --do_verify=1 --group_reporting --minimal \
				--name=raw --directory=/tmp/raw \
				--name=qcow2 --directory=/tmp/qcow2 || exit
			rounds=$((rounds + 1))
		done
		echo "$rounds rounds of fio"
		echo "fio: done"' sh "$2" >/tmp/fio.out 2>&1 &
	# shellcheck disable=SC2034 # for the test
	fio=$!
}

server_of() {
	pgrep -f "^[^ ]*qemu-storage-daemon .*/$1"
}

another_server() {
	_now=$(server_of "$1") && [ "$_now" != "$2" ]
}

server_killed() {
	_old=$(server_of "$1") && kill -9 "$_old" && within 20 another_server "$1" "$_old"
}

# keeper_kill CELL: all of it, at once
keeper_kill() {
	_supervisor=$(cat "/run/comb/$1/keeper.pid")
	# shellcheck disable=SC2046 # a word each
	kill -9 "$_supervisor" $(pgrep -P "$_supervisor")
}

image_is_whole() {
	e2fsck -fn "$1" || return
	debugfs -R "dump /keep /tmp/keep" "$1" && debugfs -R "dump /sum /tmp/sum" "$1" &&
		sha256sum </tmp/keep | cmp - /tmp/sum
}

raw_is_whole() {
	image_is_whole /tmp/raw.img
}

qcow2_is_whole() {
	# 3: clusters that are not used; they are all that a server's death may cost.
	qemu-img check /tmp/new.qcow2 || [ $? = 3 ] || return 1
	qemu-img convert -O raw /tmp/new.qcow2 /tmp/flat.img &&
		image_is_whole /tmp/flat.img
}

kept_is_kept() {
	truncate -s 1M /tmp/zeroes && cmp /tmp/zeroes /tmp/kept.img
}

# ---- a root ----

root_make() {
	mkdir -p /tmp/tree/bin /tmp/tree/etc
	cp /bin/busybox /tmp/tree/bin/
	for _applet in sh cat grep true; do
		ln -s busybox "/tmp/tree/bin/$_applet"
	done
	echo tree >/tmp/tree/etc/mark
	truncate -s 32M /tmp/tree.img
	mke2fs -q -t ext4 -d /tmp/tree /tmp/tree.img
}
