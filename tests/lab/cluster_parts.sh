# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# cluster_parts.sh - sourced by the lab tests of clusters
# shellcheck disable=SC2016 # other shells expand what is quoted

# on CELL COMMAND...
on() {
	_cell=$1
	shift
	comb exec "$_cell" -- "$@"
}

# answer CELL...: a cell runs a moment before its agent answers
answer() {
	for _cell in "$@"; do
		within 60 comb exec "$_cell" -- true || return
	done
}

# root_make DIR: a root with nothing but busybox and the test's own programs
root_make() {
	mkdir -p "$1/bin" "$1/etc" "$1/var/spool/own" "$1/work/sync" "$1/work/locks"
	mkdir -m 1777 "$1/tmp" "$1/var/tmp"
	cp /bin/busybox "$1/bin/"
	for _applet in $(busybox --list); do
		[ "$_applet" = busybox ] || ln -s busybox "$1/bin/$_applet"
	done
	# shellcheck disable=SC2154 # inside.sh sets it
	cc -O2 -Wall -Wextra -static -o "$1/bin/map" "$here/cluster_map.c" || exit 1
	cp "$here/cluster_cell.sh" "$1/"
	chmod 2750 "$1/var/spool/own"
	echo "nameserver 192.0.2.53" >"$1/etc/resolv.conf"
}

host_facts() {
	pgrep -a virtiofsd
	pgrep -a comb-keeper
	pgrep -a dnsmasq
	cat /proc/mounts /etc/hosts
	ip -br link | sort
	cat /sys/devices/system/cpu/online
	find /run/comb -mindepth 1 ! -name '*.lock' ! -name 'events*' ! -path '*/.network*'
}

host_before() {
	modprobe -a vhost_net vhost_vsock tun bridge
	mkdir -p /run/comb
	host_facts >/tmp/facts.before
}

# A keeper ends a moment after its cell.
host_is_as_before() {
	host_facts >/tmp/facts.after
	diff /tmp/facts.before /tmp/facts.after
}

# value_is CELL KEY VALUE FILE: what comb show says of it, and from where
value_is() {
	comb --json show "$1" | jq -e --arg k "$2" --arg v "$3" --arg f "/etc/comb/$4" '
		.cells[0].definition[] | select(.key == $k) | .value == $v and .where == $f'
}

# private_of CELL PATH: what `comb cluster private` says is behind it
private_of() {
	comb --json cluster private "${1%-*}" | jq -r --arg c "$1" --arg p "$2" \
		'.private[] | select(.cell == $c and .path == $p) | .from'
}

# same TEXT CELL COMMAND...: that is what it prints
same() {
	_want=$1
	shift
	on "$@" >/tmp/same.out || return
	[ "$(cat /tmp/same.out)" != "$_want" ] || return 0
	echo "not \"$_want\" but:"
	cat /tmp/same.out
	return 1
}

# everywhere COMMAND...: in one-1 to one-3 at the same time, their output in /tmp/out.CELL;
# "@" in a word becomes the cell's number
everywhere() {
	_pids=
	for _n in 1 2 3; do
		_n=$_n sh -c 'for _word; do
				shift
				set -- "$@" "$(printf %s "$_word" | sed "s/@/$_n/g")"
			done
			exec comb exec "one-$_n" -- "$@"' sh "$@" >"/tmp/out.one-$_n" 2>&1 &
		_pids="$_pids $!"
	done
	_failed=0
	for _pid in $_pids; do
		wait "$_pid" || _failed=1
	done
	return $_failed
}

# all_saw WHAT: each cell has seen it of each of the two others
all_saw() {
	for _n in 1 2 3; do
		for _writer in 1 2 3; do
			[ "$_n" = "$_writer" ] || grep -qx "saw $_writer $1" "/tmp/out.one-$_n" || {
				cat "/tmp/out.one-$_n"
				return 1
			}
		done
	done
}

# Lines that all append to one file: none is lost, none is torn.
appended() {
	for _n in 1 2 3; do
		[ "$(grep -cE "^cell $_n line [0-9]+ of fifty\$" /srv/one/work/lines)" = 50 ] ||
			return
	done
	[ "$(wc -l </srv/one/work/lines)" = 150 ]
}

# Of those who make the same directory, one has made it.
made_once() {
	[ "$(cat /srv/one/work/locks/*/who | wc -l)" = 20 ]
}

# facts: printed in a cell, a line each: name, host name, machine-id, resolver, marks
# shellcheck disable=SC2034 # for the test
facts='cat /etc/hostname; hostname; cat /etc/machine-id; sed -n 1p /etc/resolv.conf
	stat -c %a /var/spool/own
	for i in /run /tmp /var/tmp /var/lib/comb /var/spool/own; do cat $i/mark 2>/dev/null || echo none; done'

# facts_are CELL MARK...: of /run, /tmp, /var/tmp, /var/lib/comb, /var/spool/own
facts_are() {
	printf '%s\n' "$1" "$1" "$(private_of "$1" /etc/machine-id)" 'nameserver 10.86.0.1' 2750 \
		"$2" "$3" "$4" "$5" "$6" | diff - "/tmp/out.$1"
}
