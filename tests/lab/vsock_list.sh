# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh

# vsock_list DIR: what vsock_peer.sh has written there as one line a case and side
vsock_list() {
	(cd "$1" && grep -H '^[0-9A-Z].*\.\.\.' ./*-serves.* | sed -e 's,^\./,,' \
		-e '/Control socket /d')
}
