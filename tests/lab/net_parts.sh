# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# net_parts.sh - sourced by the lab tests of the network

# on WHERE COMMAND...: in a cell, or on the host
on() {
	_where=$1
	shift
	if [ "$_where" = host ]; then
		"$@"
	else
		comb exec "$_where" -- "$@"
	fi
}

# What a network of cells may change on the host, as text; /etc/hosts to the byte.
network_snapshot() {
	md5sum /etc/hosts
	ip -br link | sort
	# The kernel gives addresses of IPv6 to whatever has carrier.
	ip -4 -br address | sort
	ip route
	sysctl net.ipv4.ip_forward
	grep . /proc/sys/net/ipv4/conf/*/forwarding
	nft list ruleset
	for _process in comb dnsmasq virtiofsd vhost qemu; do
		pgrep -l "^$_process"
	done
	# Locks are for good, so that nobody ever holds one that has been replaced.
	find /run/comb ! -type d ! -name '*lock' ! -name 'events*' 2>/dev/null
}

# network_is_as BEFORE: all of that is as it was
network_is_as() {
	network_snapshot >/tmp/network.after
	diff "$1" /tmp/network.after
}

# network_given_back BEFORE: it is, once the keepers have ended
network_given_back() {
	within 30 sh -c '! pgrep comb-keeper'
	check "the network is given back" network_is_as "$1"
}

# The world behind a default route: a namespace with a web server that tells who asks.
outside_begin() {
	ip link add up0 type veth peer name up1
	ip address add 192.0.2.1/24 dev up0
	ip link set up0 up
	ip netns add outside
	ip link set up1 netns outside
	ip -n outside address add 192.0.2.2/24 dev up1
	ip -n outside link set up1 up
	ip route add default via 192.0.2.2
	mkdir -p /tmp/outside/cgi-bin
	# shellcheck disable=SC2016 # for the server to expand
	printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n$REMOTE_ADDR\\n"\n' \
		>/tmp/outside/cgi-bin/who
	chmod +x /tmp/outside/cgi-bin/who
	ip netns exec outside busybox httpd -p 192.0.2.2:80 -h /tmp/outside
	within 10 sh -c 'ip -br link show up0 | grep -q " UP "'
	# Its own address for IPv6 comes a moment later.
	within 10 sh -c '! ip -6 address show dev up0 | grep -q tentative'
}

# pinged FROM TO COUNT [SIZE]: so many echoes, and none is lost however long it takes.
# Not ping, which waits for the last ones no longer than twice what the slowest took.
pinged() {
	on "$1" fping -q -M -p 10 -t 20000 -c "$3" -b "${4:-56}" "$2" >"/tmp/ping.$1.$2" 2>&1
	cat "/tmp/ping.$1.$2"
	no_echo_lost "$1" "$2" "$3"
}
no_echo_lost() {
	grep -q "xmt/rcv/%loss = $3/$3/0%" "/tmp/ping.$1.$2"
}

# whole_frames FROM TO MTU: five frames of just that size, there and back, in one piece.
# One echo at a time: ping waits for the only one as long as it is told, and fping
# refuses the largest sizes.
whole_frames() {
	for _frame in 1 2 3 4 5; do
		on "$1" ping -n -q -c 1 -W 20 -M do -s $(($3 - 28)) "$2" || return
	done
}

# iperf FROM TO PORT SECONDS [PREFIX...]: TCP both ways at once into a file
iperf() {
	_from=$1 _to=$2 _port=$3 _seconds=$4
	shift 4
	on "$_from" "$@" iperf3 -J --bidir -c "$_to" -p "$_port" -t "$_seconds" \
		>"/tmp/iperf.$_from.$_to.$_port" 2>&1
}

# iperf_figures FILE: kilobytes there and back, retransmitted segments
iperf_figures() {
	jq -r '.end | "\(.sum_received.bytes / 1e3 | floor) kB there, " +
		"\(.sum_received_bidir_reverse.bytes / 1e3 | floor) kB back, " +
		"\((.sum_sent.retransmits // 0) + (.sum_sent_bidir_reverse.retransmits // 0)) " +
		"segments again"' "$1"
}

# iperf_moved FROM TO PORT: it ran to its end, and moved data both ways; how much of
# each is the choice of a process that is always busy
iperf_moved() {
	jq -e '.end.sum_received.bytes > 100000 and
	       .end.sum_received_bidir_reverse.bytes > 100000' "/tmp/iperf.$1.$2.$3" ||
		{ tail -n 5 "/tmp/iperf.$1.$2.$3"; return 1; }
}

# Counters of frames lost on the host's interfaces of the network and in CELL...
losses() {
	for _device in /sys/class/net/combbr0 /sys/class/net/comb-*; do
		(cd "$_device/statistics" && grep . ./*_dropped ./*_errors | sed "s,^.,${_device##*/},")
	done
	for _cell; do
		comb exec "$_cell" -- sh -c 'cd /sys/class/net/eth0/statistics &&
			grep . ./*_dropped ./*_errors' | sed "s,^.,$_cell,"
	done
}

# frames_apart CELL: how many frames either side's interface has sent that the other
# has not received. The few from before the cell's driver came stay apart for good.
frames_apart() {
	_id=$(getent ahostsv4 "$1" | sed -n '1s/.*\.\([0-9]*\) .*/\1/p')
	_device=/sys/class/net/comb-$((_id - 1))/statistics
	_host=$(cat "$_device/tx_packets" "$_device/rx_packets")
	while :; do
		# shellcheck disable=SC2016 # for the cell to expand
		_cell=$(comb exec "$1" -- sh -c 'cd /sys/class/net/eth0/statistics &&
			cat rx_packets tx_packets')
		_again=$(cat "$_device/tx_packets" "$_device/rx_packets")
		# A frame that came between the two readings is neither here nor there.
		[ "$_again" != "$_host" ] || break
		_host=$_again
	done
	# shellcheck disable=SC2086 # four words
	echo $_host $_cell | awk '{ print $1 - $3, $2 - $4 }'
}

# frames_arrived CELL APART: no more than that
frames_arrived() {
	_apart=$(frames_apart "$1")
	echo "$_apart, was $2"
	[ "$_apart" = "$2" ]
}
