# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Small Debian roots to run programs in that this machine's suite does not have:
#
#   roots/NAME           the root
#   roots/NAME.why       why there is none
#
# A root that is named like a suite compiles modules for kernels whose build
# tools need a newer C library and compiler; "fwts" has the firmware test suite, "crash" crash;
# "system" boots: it has systemd, and root's password is "comb".

LAB_ROOTS=$LAB/roots

root_suite() {
	case $1 in
	fwts) echo sid ;;
	crash) echo trixie ;;
	system) echo bookworm ;;
	*) echo "$1" ;;
	esac
}

root_packages() {
	case $1 in
	fwts) echo base-files,dash,fwts ;;
	crash) echo base-files,dash,crash ;;
	# Without udev systemd does not know of hvc0, and starts no getty there.
	system) echo systemd-sysv,udev,login ;;
	# What kbuild calls.
	*)
		echo base-files,bash,dash,coreutils,diffutils,findutils,gawk,grep,sed \
			gzip,xz-utils,make,gcc-14,libelf1t64,libssl3t64,perl-base
		;;
	esac
}

# Of mmdebstrap. Most roots are unpacked only, no package's scripts run.
root_options() {
	case $1 in
	system)
		# shellcheck disable=SC2016 # expanded by mmdebstrap's shell
		printf '%s\n' --variant=minbase --dpkgopt=force-unsafe-io \
			'--dpkgopt=path-exclude=/usr/share/doc/*' \
			'--dpkgopt=path-exclude=/usr/share/locale/*' \
			'--dpkgopt=path-exclude=/usr/share/man/*' \
			'--customize-hook=echo root:comb | chroot "$1" chpasswd'
		;;
	*) echo --variant=extract ;;
	esac
}

root_make() {
	local suite packages options dir=$LAB_ROOTS/$1 expired

	suite=$(root_suite "$1")
	packages=$(root_packages "$1")
	mapfile -t options < <(root_options "$1")
	# mmdebstrap's apt has no configuration but what it is given. What the
	# machine says about lists past their date holds for all its suites.
	expired=$(apt-config dump --format '%f "%v";%n' Acquire::Check-Valid-Until)
	[ -z "$expired" ] || options+=(--aptopt="$expired")
	rm -rf "$dir" "$dir.new"
	mkdir -p "$LAB_ROOTS"
	grep -E "^deb .* $suite(-security)? " "$LAB_APT/sources.list" |
		mmdebstrap --quiet --mode=root "${options[@]}" \
			--include="${packages// /,}" --skip=check/empty \
			"$suite" "$dir.new" &&
		{ [ ! -e "$dir.new/usr/bin/gawk" ] || ln -sf gawk "$dir.new/usr/bin/awk"; } &&
		mkdir -p "$dir.new/proc" "$dir.new/dev" &&
		mv "$dir.new" "$dir"
}

# root_prepare NAME
root_prepare() {
	local suite why=$LAB_ROOTS/$1.why

	[ ! -d "$LAB_ROOTS/$1" ] || return 0
	apt_prepare
	suite=$(root_suite "$1")
	mkdir -p "$LAB_ROOTS"
	if [ ! -e "$LAB_APT/kernels.$suite" ]; then
		apt_why "$suite" >"$why"
	elif ! lab_step "root $1" root_make "$1"; then
		echo "the packages of root $1 cannot be had from $suite" >"$why"
	else
		rm -f "$why"
		return 0
	fi
	lab_say "root $1: $(cat "$why")"
	return 1
}

# root_run NAME COMMAND...: with the project and the lab at their usual paths.
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
