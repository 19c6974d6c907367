# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Small Debian roots to compile modules in, for kernels whose build tools need
# a newer C library and compiler than this machine has.

LAB_ROOTS=$LAB/roots

# What kbuild calls. The packages are unpacked only, their scripts do not run.
ROOT_PACKAGES=base-files,bash,dash,coreutils,diffutils,findutils,gawk,grep,sed
ROOT_PACKAGES+=,gzip,xz-utils,make,gcc-14,libelf1t64,libssl3t64,perl-base

root_make() {
	local suite=$1 dir=$LAB_ROOTS/$1

	rm -rf "$dir" "$dir.new"
	mkdir -p "$LAB_ROOTS"
	grep -E "^deb .* $suite(-security)? " "$LAB_APT/sources.list" |
		mmdebstrap --quiet --variant=extract --mode=root \
			--include="$ROOT_PACKAGES" --skip=check/empty \
			"$suite" "$dir.new" &&
		ln -sf gawk "$dir.new/usr/bin/awk" &&
		mkdir -p "$dir.new/proc" "$dir.new/dev" &&
		mv "$dir.new" "$dir"
}

# root_prepare SUITE
root_prepare() {
	[ ! -d "$LAB_ROOTS/$1" ] || return 0
	apt_prepare
	lab_step "$1: root to compile in" root_make "$1"
}

# root_run SUITE COMMAND...: with the project and the lab at their usual paths.
# The mounts are the command's own and vanish with it.
root_run() {
	local root=$LAB_ROOTS/$1

	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private -- sh -c '
		root=$1 top=$2 lab=$3
		shift 3
		mkdir -p "$root$top" "$root$lab" &&
		mount --bind "$top" "$root$top" &&
		mount --bind "$lab" "$root$lab" &&
		mount -t proc proc "$root/proc" &&
		mount --bind /dev "$root/dev" &&
		exec chroot "$root" "$@"' sh "$root" "$COMB_TOP" "$LAB" "$@"
}
