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
	make -s -C "$COMB_TOP" all >&2 </dev/null
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

# Everything but the machine's own state, for the kernel named $1 and the
# cells' kernels named in the rest. Sets RELEASE.
lab_ready() {
	local name

	(
		lab_lock prepare
		boot_programs || exit 1
		for name in "$@"; do
			kernel_release "$name" >/dev/null || ready_kernel "$name" ||
				exit 1
			release=$(kernel_release "$name")
			boot_initramfs "$release" || exit 1
			[ -n "${LAB_NO_BUILD:-}" ] || ready_modules "$release" ||
				exit 1
		done
		[ -n "${LAB_NO_BUILD:-}" ] || ready_programs || exit 1
		[ "$QEMU_VERSION" = 7 ] || qemu_prepare >&2 || exit 1
	) || lab_die "the machine cannot be prepared" "lab/prepare"
	RELEASE=$(kernel_release "$1")
}
