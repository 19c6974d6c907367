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

# root_make DIR: a root with nothing but busybox
root_make() {
	mkdir -p "$1/bin" "$1/etc" "$1/var/spool/own" "$1/work"
	mkdir -m 1777 "$1/tmp" "$1/var/tmp"
	cp /bin/busybox "$1/bin/"
	for _applet in $(busybox --list); do
		[ "$_applet" = busybox ] || ln -s busybox "$1/bin/$_applet"
	done
	chmod 2750 "$1/var/spool/own"
	echo "nameserver 192.0.2.53" >"$1/etc/resolv.conf"
}

host_facts() {
	pgrep -a 'virtiofsd|qemu-storage|comb-keeper'
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

# ---- what one cell does and two others see, with no time in between; in /work of the root

# A file that the others have just read is written anew, of the same size.
rewritten() {
	for _i in 1 2 3 4 5; do
		on "$1" sh -c "echo $_i.$1 >/work/again" || return
		same "$_i.$1" "$2" cat /work/again && same "$_i.$1" "$3" cat /work/again || return
	done
}

# A name that the others have just opened gets another file.
replaced() {
	for _i in 1 2 3 4 5; do
		on "$1" sh -c "echo a longer text $_i >/work/new && mv /work/new /work/name" || return
		same "a longer text $_i" "$2" cat /work/name || return
		same "a longer text $_i" "$3" cat /work/name || return
	done
}

# Sizes and modes of files that the others have just looked at
attributes() {
	for _i in 600 64 4; do
		on "$1" sh -c "head -c $_i /dev/zero >/work/sized && chmod $_i /work/sized" || return
		same "$_i $_i" "$2" stat -c '%s %a' /work/sized || return
		same "$_i $_i" "$3" stat -c '%s %a' /work/sized || return
	done
}

# Files and directories come and go.
names() {
	on "$1" sh -c 'mkdir -p /work/tree/below && echo x >/work/tree/below/file' || return
	for _cell in "$2" "$3"; do
		same x "$_cell" cat /work/tree/below/file || return
	done
	on "$1" sh -c 'mv /work/tree/below /work/tree/other && rm /work/tree/other/file' || return
	for _cell in "$2" "$3"; do
		on "$_cell" sh -c 'test ! -e /work/tree/below && test -d /work/tree/other &&
			test ! -e /work/tree/other/file && test -z "$(ls /work/tree/other)"' || return
	done
	on "$2" sh -c 'rmdir /work/tree/other /work/tree' || return
	on "$1" sh -c 'test ! -e /work/tree && test -z "$(ls -d /work/tree 2>/dev/null)"'
}

# sums FROM TO: many sizes, written there and read here
sums() {
	on "$1" sh -c 'rm -rf /work/sums && mkdir /work/sums && cd /work/sums || exit
		for i in $(seq 12); do
			head -c $((i * i * i * 641)) /dev/urandom | tee $i | sha256sum | sed "s/-/$i/"
		done >all' || return
	on "$2" sh -c 'cd /work/sums && test "$(wc -l <all)" = 12 && sha256sum -c all >/dev/null'
}

# A file that is open and has been read to its end goes on where another cell appends.
followed() {
	on "$1" sh -c 'echo one >/work/log'
	on "$2" sh -c 'exec 3</work/log; cat <&3; echo seen >/work/seen
		until [ -e /work/more ]; do sleep 0.1; done; cat <&3' >/tmp/followed &
	_reader=$!
	within 30 on "$1" test -e /work/seen &&
		on "$1" sh -c 'echo two >>/work/log; : >/work/more' && wait $_reader &&
		[ "$(tr '\n' ' ' </tmp/followed)" = "one two " ]
}

# all_at_once COMMAND: in each of the three cells, with its name in $CELL
all_at_once() {
	_pids=
	for _cell in one-1 one-2 one-3; do
		comb exec "$_cell" --env "CELL=$_cell" -- sh -c "$1" &
		_pids="$_pids $!"
	done
	_failed=0
	for _pid in $_pids; do
		wait "$_pid" || _failed=1
	done
	return $_failed
}

# Lines that all append to one file: none is lost, none is torn.
appended() {
	on one-1 rm -f /work/lines
	all_at_once 'for i in $(seq 100); do
		echo "$CELL line $i of a hundred" >>/work/lines
	done' || return
	for _cell in one-1 one-2 one-3; do
		[ "$(grep -cE "^$_cell line [0-9]+ of a hundred\$" /srv/one/work/lines)" = 100 ] || return
	done
	[ "$(wc -l </srv/one/work/lines)" = 300 ]
}

# Of those who make the same directory, one has made it.
made_once() {
	on one-1 sh -c 'rm -rf /work/locks && mkdir /work/locks'
	all_at_once 'for i in $(seq 40); do
		! mkdir /work/locks/$i 2>/dev/null || echo $CELL >>/work/locks/$i/who
	done' || return
	[ "$(cat /srv/one/work/locks/*/who | wc -l)" = 40 ]
}
