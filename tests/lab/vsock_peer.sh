#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vsock_peer.sh - one side of the kernel's vsock suite
#
# usage: vsock_peer.sh host|guest ADDRESS CID PROGRAMS OUT
#
# Runs every program of the suite twice, as server and as client of the other
# side, which does the same in the same order. ADDRESS and CID are the other
# side's. What a run says goes to OUT/PROGRAM.SERVER-serves.SIDE.
side=$1 address=$2 cid=$3 programs=$4 out=$5

# A client that comes before its server has begun tries again.
client() {
	tries=0
	while :; do
		timeout 90 "$programs/$1" --mode=client --control-host="$address" \
			--control-port="$2" --peer-cid="$cid" >"$3" 2>&1
		if [ "$tries" -ge 100 ] || ! grep -q 'Control socket init' "$3"; then
			break
		fi
		tries=$((tries + 1))
		sleep 0.3
	done
}

port=1234
for program in vsock_test vsock_diag_test; do
	for server in host guest; do
		if [ "$side" = "$server" ]; then
			timeout 90 "$programs/$program" --mode=server --control-port=$port \
				--peer-cid="$cid" >"$out/$program.$server-serves.$side" 2>&1
		else
			client $program $port "$out/$program.$server-serves.$side"
		fi
		port=$((port + 1))
	done
done
