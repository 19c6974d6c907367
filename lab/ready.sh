# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Everything one machine needs, made when missing and left alone when there.

# shellcheck source=lab/apt.sh
. "$LAB_SRC/apt.sh"
# shellcheck source=lab/kernels.sh
. "$LAB_SRC/kernels.sh"
# shellcheck source=lab/boot.sh
. "$LAB_SRC/boot.sh"
# shellcheck source=lab/root.sh
. "$LAB_SRC/root.sh"
# shellcheck source=lab/qemu.sh
. "$LAB_SRC/qemu.sh"

LAB_MODULES=$COMB_TOP/build/modules

# Comb's user space; make knows itself what is stale.
ready_programs() {
	[ -e "$COMB_TOP/Makefile" ] || return 0
	make -s -C "$COMB_TOP" user >&2 </dev/null
}

# ready_modules RELEASE: Comb's modules for a kernel, where modprobe and the
# initramfs builder of a cell find them.
ready_modules() {
	local release=$1 out=$LAB_MODULES/$1 target file changed=""

	"$COMB_TOP/scripts/build-modules" "$release" "$out" >&2 </dev/null ||
		return 1
	target=$LAB_KERNELS/$release/lib/modules/$release/updates
	mkdir -p "$target"
	for file in comb.ko comb_cell.ko; do
		if [ ! -e "$out/$file" ]; then
			[ ! -e "$target/$file" ] || changed=yes
			rm -f "$target/$file"
		elif ! cmp -s "$out/$file" "$target/$file"; then
			cp "$out/$file" "$target/$file.new" || return 1
			mv "$target/$file.new" "$target/$file"
			changed=yes
		fi
	done
	[ -z "$changed" ] || depmod -b "$LAB_KERNELS/$release" "$release"
}

# ready_kernel FLAVOUR: the kernel and what compiles modules for it.
ready_kernel() {
	local release root

	kernel_prepare "$1" || return 1
	release=$(kernel_release "$1")
	root=$(kernel_build_root "$release")
	[ "$root" = - ] || root_prepare "$root"
}

# ready_run NAME...: what a machine with kernel NAME needs, and Comb's modules
# for the other kernels named. BUILD says what of Comb is brought up to date.
ready_run() {
	local name release

	lab_lock prepare
	boot_programs || return 1
	[ "$QEMU_VERSION" = 7 ] || qemu_prepare || return 1
	for name in "$@"; do
		release=$(kernel_release "$name") || {
			ready_kernel "$name" || return 1
			release=$(kernel_release "$name")
		}
		boot_initramfs "$release" || return 1
		case $BUILD in
		all | modules) ready_modules "$release" || return 1 ;;
		esac
	done
	case $BUILD in
	all | programs) ready_programs ;;
	esac
}

# lab_ready NAME...: sets RELEASE to the release of the first.
lab_ready() {
	# In a subshell, so that the lock ends with it.
	(ready_run "$@" >&2) ||
		lab_die "the machine cannot be prepared" \
			"lab/prepare, or lab/run --build none for what is there"
	RELEASE=$(kernel_release "$1")
}
