# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Disks to boot from, each a Debian that could be a host of Comb's but for Comb: systemd,
# one of the lab's kernels with its headers, a compiler. Offline: what Comb's packages
# depend on is in /srv/debs, which is its apt's only source.
#
#   disks/RELEASE.img        the disk
#   disks/RELEASE.why        why there is none

LAB_DISKS=$LAB/disks

# Packages that are there from the start: those that have the most files, or bring the
# most others, take long to install in emulation.
DISK_INSTALLED="apt-utils dbus gcc make patch dpkg-dev kmod iproute2 procps qemu-system-common"
# What else dependencies of comb and comb-dkms may be met with
DISK_OFFERED="dkms nftables dnsmasq-base libhwloc15 libinih1 libjson-c5
	libkmod2 liblzma5 libncurses6 libzstd1 zlib1g busybox-static"

# disk_apt DIR ARGUMENT...: apt-get for the system in DIR, with bookworm only, from outside:
# DIR has no network of its own
disk_apt() {
	local dir=$1

	shift
	grep -E '^deb .* bookworm(-security)? ' "$LAB_APT/sources.list" >"$dir/srv/sources.list"
	apt_private apt-get -y -o Dir::Etc::sourcelist="$dir/srv/sources.list" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o Dir::State::status="$dir/var/lib/dpkg/status" \
		-o Dir::Cache::archives="$dir/srv/debs" -o Debug::NoLocking=1 "$@"
}

# disk_inside DIR COMMAND...
disk_inside() {
	local dir=$1

	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private -- sh -c '
		mount -t proc proc "$1/proc" && mount -t sysfs sysfs "$1/sys" &&
		export DEBIAN_FRONTEND=noninteractive INITRD=No LC_ALL=C.UTF-8 &&
		exec chroot "$@"' sh "$dir" "$@"
}

# The packages in DIR/srv/debs as apt's only source
disk_repository() {
	(cd "$1/srv/debs" && rm -rf partial lock &&
		apt-ftparchive packages . >Packages) || return 1
	rm -f "$1/etc/apt/sources.list" "$1/srv/sources.list"
	echo 'deb [trusted=yes] file:/srv/debs ./' >"$1/etc/apt/sources.list"
	disk_inside "$1" apt-get -q update
}

# disk_fill RELEASE DIR
disk_fill() {
	local release=$1 dir=$2 installed

	read -r -d '' -a installed <<<"$DISK_INSTALLED linux-image-$release linux-headers-$release" ||
		true
	mkdir -p "$dir/srv/debs/partial"
	# shellcheck disable=SC2086 # a list
	disk_apt "$dir" --no-install-recommends --download-only install "${installed[@]}" \
		$DISK_OFFERED || return 1
	disk_repository "$dir" || return 1
	disk_inside "$dir" apt-get -q -y --no-install-recommends -o DPkg::Options::=--force-unsafe-io \
		install "${installed[@]}" || return 1
	disk_forget_installed "$dir" || return 1
	echo lab-disk >"$dir/etc/hostname"
	# Otherwise systemd takes each boot for the first one, and sets all up anew.
	disk_inside "$dir" systemd-machine-id-setup
}

# The fewer packages apt knows the faster it is.
disk_forget_installed() {
	local deb

	for deb in "$1"/srv/debs/*.deb; do
		[ "$(dpkg-query --admindir="$1/var/lib/dpkg" -W -f '${db:Status-Status}' \
			"$(dpkg-deb -f "$deb" Package)" 2>/dev/null)" != installed ] || rm "$deb"
	done
	disk_repository "$1"
}

disk_make() {
	local release=$1 dir=$LAB_DISKS/$1.tree

	rm -rf "$dir"
	mkdir -p "$LAB_DISKS"
	cp -a "$LAB_ROOTS/system" "$dir" && disk_fill "$release" "$dir" || return 1
	rm -f "$LAB_DISKS/$release.new"
	truncate -s 4G "$LAB_DISKS/$release.new"
	mke2fs -q -F -t ext4 -d "$dir" "$LAB_DISKS/$release.new" || return 1
	rm -rf "$dir"
	mv "$LAB_DISKS/$release.new" "$LAB_DISKS/$release.img"
}

# disk_prepare RELEASE: a kernel of the lab's from bookworm. The disk is shared: who
# writes puts a qcow2 over it.
disk_prepare() {
	local why=$LAB_DISKS/$1.why

	[ ! "$LAB_DISKS/$1.img" -nt "$LAB_SRC/disk.sh" ] || return 0
	mkdir -p "$LAB_DISKS"
	apt_prepare
	if ! root_prepare system; then
		cp "$LAB_ROOTS/system.why" "$why"
	elif ! lab_step "disk $1" disk_make "$1"; then
		echo "the packages of disk $1 cannot be had from bookworm" >"$why"
	else
		rm -f "$why"
		return 0
	fi
	lab_say "disk $1: $(cat "$why")"
	return 1
}
