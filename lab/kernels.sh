# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Stock kernels from Debian packages, unpacked and never installed:
#
#   kernels/RELEASE/boot/vmlinuz-RELEASE, lib/modules/RELEASE   the kernel
#   kernels/FLAVOUR -> RELEASE                                  its short name
#   kernels/FLAVOUR.why                                         why there is none
#   headers/usr/src/linux-headers-RELEASE                       to build modules

LAB_HEADERS=$LAB/headers
LAB_DEBS=$LAB/debs

kernel_flavours() {
	sed '/^#/d; /^$/d' "$LAB_SRC/kernels" | cut -f 1
}

# kernel_field FLAVOUR N: column N of the table.
kernel_field() {
	awk -v flavour="$1" -v n="$2" '$1 == flavour { print $n }' \
		"$LAB_SRC/kernels"
}

# kernel_release NAME: the release behind a flavour or a release; fails if it
# is not unpacked.
kernel_release() {
	local dir

	dir=$(readlink -e "$LAB_KERNELS/$1") && [ -e "$dir/stamp" ] &&
		basename "$dir"
}

# kernel_build_root RELEASE: the root to compile in, "-" for this machine.
kernel_build_root() {
	cat "$LAB_KERNELS/$1/build-root"
}

# kernel_find PACKAGE PATTERN SUITE...: "PACKAGE VERSION DEPENDS SUITE" of the
# highest version.
kernel_find() {
	local package=$1 pattern=$2 suite name version depends best=""

	shift 2
	for suite in "$@"; do
		[ -e "$LAB_APT/kernels.$suite" ] || continue
		while read -r name version depends; do
			# shellcheck disable=SC2053 # a pattern is wanted
			if [[ $version == $pattern ]] && { [ -z "$best" ] ||
				dpkg --compare-versions "$version" gt "$best"; }; then
				best=$version
				FOUND="$name $version ${depends:--} $suite"
			fi
		done < <(grep "^$package " "$LAB_APT/kernels.$suite")
	done
	[ -n "$best" ] && echo "$FOUND"
}

# kernel_closure PACKAGE PATTERN SUITE...: PACKAGE and the kernel packages it
# depends on, one "PACKAGE=VERSION" a line. Everything else a kernel package
# depends on matters to an installed kernel only.
kernel_closure() {
	local package=$1 name version depends suite dependency wanted pattern

	shift
	read -r name version depends suite < <(kernel_find "$package" "$@") ||
		return 1
	echo "$name=$version"
	for dependency in ${depends//,/ }; do
		dependency=${dependency%%|*}
		wanted=${dependency%%(*}
		pattern=\*
		if [[ $dependency == *"(="* ]]; then
			pattern=${dependency##*(=}
			pattern=${pattern%)}
		fi
		case $wanted in
		linux-image-* | linux-base-* | linux-binary-* | \
			linux-modules-* | linux-headers-* | linux-kbuild-*)
			kernel_closure "$wanted" "$pattern" "${@:2}" || return 1
			;;
		esac
	done
}

# kernel_download PACKAGE=VERSION...: into LAB_DEBS, what is not there yet.
kernel_download() {
	local spec missing=()

	for spec in "$@"; do
		[ -n "$(kernel_deb "$spec")" ] || missing+=("$spec")
	done
	mkdir -p "$LAB_DEBS"
	[ ${#missing[@]} -eq 0 ] ||
		(cd "$LAB_DEBS" && apt_private apt-get download "${missing[@]}")
}

# kernel_deb PACKAGE=VERSION: the downloaded file, or nothing.
kernel_deb() {
	local version=${1#*=}

	# apt writes the colon of an epoch as %3a.
	find "$LAB_DEBS" -maxdepth 1 -name "${1%%=*}_${version//:/%3a}_*.deb" \
		2>/dev/null | head -n 1
}

# The kernel moved between packages and directories over the years; give every
# release the same layout.
kernel_normalise() {
	local dir=$1 release=$2 file

	if [ -d "$dir/usr/lib/modules" ]; then
		mkdir -p "$dir/lib"
		mv "$dir/usr/lib/modules" "$dir/lib/modules"
	fi
	mkdir -p "$dir/boot"
	for file in vmlinuz config System.map; do
		if [ ! -e "$dir/boot/$file-$release" ]; then
			cp "$dir/lib/modules/$release/$file" \
				"$dir/boot/$file-$release" || return 1
		fi
	done
	rm -rf "${dir:?}/usr"
	# These point to an installed kernel's headers.
	rm -f "$dir/lib/modules/$release/build" \
		"$dir/lib/modules/$release/source"
	depmod -b "$dir" "$release"
}

# kernel_unpack FLAVOUR RELEASE PACKAGE=VERSION...
kernel_unpack() {
	local flavour=$1 release=$2 spec new=$LAB_KERNELS/$2.new

	shift 2
	rm -rf "$new"
	mkdir -p "$new"
	for spec in "$@"; do
		case $spec in
		linux-headers-* | linux-kbuild-*) ;;
		*) dpkg-deb -x "$(kernel_deb "$spec")" "$new" || return 1 ;;
		esac
	done
	kernel_normalise "$new" "$release" || return 1
	kernel_field "$flavour" 5 >"$new/build-root"
	touch "$new/stamp"
	rm -rf "${LAB_KERNELS:?}/$release"
	mv "$new" "$LAB_KERNELS/$release"
}

# headers_unpack PACKAGE=VERSION...: one tree for all kernels, as the paths in
# the packages carry the version. Absolute paths are moved into the tree.
headers_unpack() {
	local spec deb done=$LAB_HEADERS/unpacked

	mkdir -p "$done"
	for spec in "$@"; do
		case $spec in
		linux-headers-* | linux-kbuild-*) ;;
		*) continue ;;
		esac
		[ ! -e "$done/$spec" ] || continue
		deb=$(kernel_deb "$spec")
		dpkg-deb -x "$deb" "$LAB_HEADERS" || return 1
		dpkg-deb -c "$deb" | sed -n 's,^-.* \./\(.*Makefile\)$,\1,p' |
			(cd "$LAB_HEADERS" && xargs -r grep -l -s '/usr/src/' |
				xargs -r sed -i "s#\([[:space:]=]\)/usr/\(src\|lib\)/linux-#\1$LAB_HEADERS/usr/\2/linux-#g")
		touch "$done/$spec"
	done
}

# kernel_resolve FLAVOUR: sets SPECS (what to fetch) and RELEASE, or WHY.
kernel_resolve() {
	local flavour=$1 kind pattern suites image

	kind=$(kernel_field "$flavour" 2)
	pattern=$(kernel_field "$flavour" 3)
	IFS=, read -r -a suites < <(kernel_field "$flavour" 4)
	WHY="no linux-image-$kind $pattern in ${suites[*]}"
	if ! ls "${suites[@]/#/$LAB_APT/kernels.}" >/dev/null 2>&1; then
		WHY+=": $(apt_why "${suites[0]}")"
	fi
	mapfile -t SPECS < <(kernel_closure "linux-image-$kind" "$pattern" \
		"${suites[@]}"
		kernel_closure "linux-headers-$kind" "$pattern" "${suites[@]}")
	# The meta packages themselves hold nothing.
	mapfile -t SPECS < <(printf '%s\n' "${SPECS[@]}" | sort -u |
		grep -v -e "^linux-[a-z]*-$kind=")
	image=$(printf '%s\n' "${SPECS[@]}" | grep '^linux-image-[0-9]') ||
		return 1
	RELEASE=${image#linux-image-}
	RELEASE=${RELEASE%%=*}
}

kernel_fetch_step() {
	kernel_download "$@" || {
		# The archive may have moved on since the lists were read.
		apt_fetch_lists && kernel_download "$@"
	}
}

kernel_unpack_step() {
	kernel_unpack "$@" && headers_unpack "${@:3}"
}

# kernel_prepare FLAVOUR: succeeds at once if it is there.
kernel_prepare() {
	local flavour=$1 SPECS=() RELEASE="" WHY=""

	if kernel_release "$flavour" >/dev/null; then
		return 0
	fi
	mkdir -p "$LAB_KERNELS"
	apt_prepare
	if ! kernel_resolve "$flavour"; then
		echo "$WHY" >"$LAB_KERNELS/$flavour.why"
	elif ! lab_step "$flavour: fetch $RELEASE" kernel_fetch_step \
		"${SPECS[@]}"; then
		echo "the packages of $RELEASE cannot be fetched" \
			>"$LAB_KERNELS/$flavour.why"
	elif ! lab_step "$flavour: unpack $RELEASE" kernel_unpack_step \
		"$flavour" "$RELEASE" "${SPECS[@]}"; then
		echo "the packages of $RELEASE cannot be unpacked" \
			>"$LAB_KERNELS/$flavour.why"
	else
		ln -sfn "$RELEASE" "$LAB_KERNELS/$flavour"
		rm -f "$LAB_KERNELS/$flavour.why"
		return 0
	fi
	lab_say "$flavour: $(cat "$LAB_KERNELS/$flavour.why")"
	return 1
}
