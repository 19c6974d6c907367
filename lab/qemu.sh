# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A newer QEMU than the machine's, unpacked beside it: the packages and those
# libraries that the machine itself does not have.

LAB_QEMU_SUITE=bookworm-backports

qemu_fetch() {
	local debs=$LAB_QEMU/debs deb

	rm -rf "$LAB_QEMU"
	mkdir -p "$debs/partial" "$LAB_QEMU/root"
	# Against the machine's own list of packages: what is installed here
	# need not be fetched.
	apt_private apt-get -y --no-install-recommends --download-only \
		-o Dir::State::status=/var/lib/dpkg/status \
		-o Dir::Cache::archives="$debs" -o Debug::NoLocking=1 \
		install "qemu-system-x86/$LAB_QEMU_SUITE" \
		"qemu-system-common/$LAB_QEMU_SUITE" \
		"qemu-system-data/$LAB_QEMU_SUITE" || return 1
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$LAB_QEMU/root" || return 1
	done
	rm -rf "$debs"
	qemu_10 --version && touch "$LAB_QEMU/stamp"
}

qemu_prepare() {
	[ ! -e "$LAB_QEMU/stamp" ] || return 0
	apt_prepare
	lab_step "QEMU 10" qemu_fetch
}

# The environment and the first arguments of the newer QEMU, one a line.
qemu_10_words() {
	local root=$LAB_QEMU/root lib=$LAB_QEMU/root/usr/lib/x86_64-linux-gnu

	printf '%s\n' env "LD_LIBRARY_PATH=$lib:$root/lib/x86_64-linux-gnu" \
		"QEMU_MODULE_DIR=$lib/qemu" "$root/usr/bin/qemu-system-x86_64" \
		-L "$root/usr/share/qemu" -L "$root/usr/share/seabios"
}

qemu_10() {
	local words

	mapfile -t words < <(qemu_10_words)
	"${words[@]}" "$@"
}
