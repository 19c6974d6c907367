# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A private apt: other Debian suites than the machine's own, with lists, cache
# and sources under build/lab/apt. The machine's apt is read, never written.

LAB_SUITES="bookworm bookworm-security bookworm-backports
	bullseye bullseye-security trixie trixie-security trixie-backports sid"

# One "URI SUITE" line for each of the machine's sources. apt itself parses
# them, so that both source formats and every option in them are understood.
apt_machine_sources() {
	local lists

	lists=$(mktemp -d)
	mkdir -p "$lists/partial"
	apt-get update --print-uris -o Debug::NoLocking=1 \
		-o Dir::State::lists="$lists" 2>/dev/null |
		sed -n "s#^'\(.*\)/dists/\([^']*\)/InRelease'.*#\1 \2#p"
	rm -rf "$lists"
}

# Sets APT_MAIN and APT_SECURITY to the archive and its security archive.
apt_find_archives() {
	local uri suite codename sources

	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	sources=$(apt_machine_sources)
	APT_MAIN="" APT_SECURITY=""
	while read -r uri suite; do
		case $suite in
		"$codename") APT_MAIN=${APT_MAIN:-$uri} ;;
		*-security | */updates) APT_SECURITY=${APT_SECURITY:-$uri} ;;
		esac
	done <<<"$sources"
	if [ -z "$APT_MAIN" ]; then
		lab_die "apt has no source of the suite '$codename'" \
			"add the Debian main archive to /etc/apt/sources.list.d"
	fi
	APT_SECURITY=${APT_SECURITY:-${APT_MAIN%/}-security}
}

apt_write_sources() {
	local suite uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	local options="arch=amd64"

	if [ -e "$keyring" ]; then
		options+=" signed-by=$keyring"
	fi
	for suite in $LAB_SUITES; do
		uri=$APT_MAIN
		[[ $suite != *-security ]] || uri=$APT_SECURITY
		echo "deb [$options] $uri $suite main"
	done >"$LAB_APT/sources.list"
}

apt_write_config() {
	: >"$LAB_APT/status"
	cat >"$LAB_APT/apt.conf" <<-CONF
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		APT::Sandbox::User "root";
		APT::Get::List-Cleanup "false";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Install-Recommends "false";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Dir::Etc::sourcelist "$LAB_APT/sources.list";
		Dir::Etc::sourceparts "$LAB_APT/empty";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "$LAB_APT/empty";
		Dir::State "$LAB_APT/state";
		Dir::State::status "$LAB_APT/status";
		Dir::Cache "$LAB_APT/cache";
		Dir::Cache::pkgcache "pkgcache.bin";
		Dir::Cache::srcpkgcache "srcpkgcache.bin";
		Acquire::GzipIndexes "false";
	CONF
}

# apt_private PROGRAM ARGUMENT...: apt-get or a relative on the private state.
apt_private() {
	local program=$1

	shift
	"$program" -q -c "$LAB_APT/apt.conf" "$@"
}

# The list of one suite in plain text; fails if the suite was unreachable.
apt_cat_suite() {
	local file

	# shellcheck disable=SC2016 # a variable of apt's
	file=$(apt_private apt-get indextargets --format '$(FILENAME)' \
		'Created-By: Packages' "Release: $1" | head -n 1)
	[ -n "$file" ] && /usr/lib/apt/apt-helper cat-file "$file"
}

# The kernel packages of a suite as "PACKAGE VERSION DEPENDS" lines: reading
# these small tables is much faster than asking apt every time.
apt_index_suite() {
	apt_cat_suite "$1" | awk -F ': ' '
		/^Package: linux-/ { name = $2; version = depends = "" }
		/^Version: / { version = $2 }
		/^Depends: / { depends = $2; gsub(/ /, "", depends) }
		/^$/ && name != "" { print name, version, depends; name = "" }
	' >"$LAB_APT/kernels.$1"
}

apt_index_suites() {
	local suite

	for suite in $LAB_SUITES; do
		apt_index_suite "$suite" || rm -f "$LAB_APT/kernels.$suite"
	done
}

apt_fetch_lists() {
	# A suite that cannot be reached must not take the others with it.
	apt_private apt-get update >"$LAB_APT/update.log" 2>&1 || true
	apt_index_suites
	[ -n "$(ls "$LAB_APT"/kernels.* 2>/dev/null)" ]
}

# Why a suite is not there, in one line.
apt_why() {
	grep -E '^(E|W):' "$LAB_APT/update.log" 2>/dev/null |
		grep -F "$1" | head -n 1 | grep . ||
		echo "the suite $1 cannot be read"
}

# Lists are read once a day, or when apt_prepare is called with "again".
apt_prepare() {
	local stamp=$LAB_APT/stamp

	if [ "${1:-}" != again ] && [ -e "$stamp" ] &&
		[ -n "$(find "$stamp" -mmin -1440)" ]; then
		return 0
	fi
	mkdir -p "$LAB_APT/state/lists/partial" "$LAB_APT/cache/archives/partial" \
		"$LAB_APT/empty"
	apt_find_archives
	apt_write_sources
	apt_write_config
	lab_step "package lists" apt_fetch_lists ||
		lab_die "no package list could be read" \
			"read $LAB_APT/update.log"
	touch "$stamp"
}
