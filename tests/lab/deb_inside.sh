# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# deb_inside.sh - the part of the lab test "deb" that runs on the Debian under test
#
#   sh deb_inside.sh first|second
#
# /lab has inside.sh and the packages: old and new.
# shellcheck source=inside.sh
. /lab/inside.sh

state_of() {
	comb ls "$1" | awk -v name="$1" '$1 == name { print $2 }'
}

# Of the cell "web"
boot_of_web() {
	comb exec web -- cat /proc/sys/kernel/random/boot_id
}

another_boot_of_web() {
	[ "$(state_of web)" = running ] && _boot=$(boot_of_web) && [ "$_boot" != "$1" ]
}

keeper_of_web() {
	systemctl show --property MainPID --value comb@web
}

# What the host has and what Comb might leave changed
host_facts() {
	nproc
	cat /sys/devices/system/cpu/online
	cat /etc/hosts
	cut -d : -f 1 /etc/passwd | grep -vx dnsmasq
}

files() {
	find / -xdev -path /tmp -prune -o -path /var/log/journal -prune -o -print | sort
}

# What is there now, was not at the beginning, and belongs to no package. dpkg, DKMS and
# systemd may keep things for themselves, but nothing that is called comb.
files_left() {
	files | comm -13 /lab/files.before - >/tmp/new
	# Some packages still name what is in /usr/lib by way of the link /lib.
	sed 's,^/\(lib\|bin\|sbin\)/,/usr&,' /var/lib/dpkg/info/*.list | sort -u |
		comm -23 /tmp/new - |
		awk '/comb/ || !/^\/var\/(tmp|cache|log|lib\/(dpkg|apt|systemd|dkms\/mok))/'
}

first() {
	files >/lab/files.before
	host_facts >/lab/facts.before
	mem MemTotal >/lab/total.before

	check "apt installs them with what they need" apt-get -q -y install /lab/old/comb*.deb
	check "dkms has built both modules for this kernel" sh -c '
		for module in comb comb_cell; do
			modinfo -k "$(uname -r)" -n $module | grep "/updates/dkms/" || exit
		done'
	# The disk has no manual pages: its dpkg leaves them out.
	check "manual pages are in the package" sh -c '
		for page in man1/comb.1 man5/comb.cell.5 man8/comb-keeper.8; do
			dpkg -L comb | grep -x "/usr/share/man/$page.gz" || exit
		done'
	check "completions are there" ls /usr/share/bash-completion/completions/comb \
		/usr/share/zsh/vendor-completions/_comb /usr/share/fish/vendor_completions.d/comb.fish
	check "comb check is content" comb check
	# An emulated CPU promises nothing about its TSC; the disk's apt source is without CRIU and
	# all that it needs.
	check "and warns of nothing that a machine can mend" \
		sh -c '! comb check | grep -E "^(warn|fail)" | grep -vE " (tsc|criu) "'
	check "a cell is defined" comb --quiet create web --ncpus 1 --memory 384M --root host \
		--on-panic restart
	check "systemctl enable --now" systemctl enable --now comb@web
	check "it runs" test "$(state_of web)" = running
	check "balance is off" sh -c '! systemctl is-enabled comb-balance && ! systemctl is-active comb-balance'
	check "until it is wanted" sh -c 'systemctl enable --now comb-balance && systemctl is-active comb-balance'

	boot=$(boot_of_web)
	keeper=$(keeper_of_web)
	check "a newer version is installed" apt-get -q -y install /lab/new/comb*.deb
	check "of these packages, and nothing else of their names" sh -c '
		[ "$(dpkg-query -W "comb*" | grep -c "+1$")" = "$(ls /lab/new | wc -l)" ] &&
		[ "$(ls -d /usr/src/comb-* | wc -l)" = 1 ] &&
		[ "$(dkms status comb | wc -l)" = 1 ] && dkms status comb | grep ": installed" &&
		{ ! ls /lab/new | grep comb-dkms || dkms status comb | grep "+1"; }'
	check "the cell has not noticed" test "$(boot_of_web)" = "$boot"
	check "nor has its keeper" test "$(keeper_of_web):$(cat /run/comb/web/keeper.pid)" \
		= "$keeper:$keeper"
	echo "$boot" >/lab/boot_of_web
	check "its memory can be dumped" sh -c '
		mkdir -p /var/lib/comb/dumps && comb --quiet dump web /var/lib/comb/dumps/web'
}

second() {
	check "after a reboot the cell comes up by itself" sh -c '
		for i in $(seq 60); do
			! systemctl is-active comb@web || exit 0
			sleep 1
		done
		exit 1'
	check "it runs" test "$(state_of web)" = running
	check "it has booted, too" sh -c '[ -n "$1" ] && [ -s /lab/boot_of_web ] && [ "$1" != "$(cat /lab/boot_of_web)" ]' \
		sh "$(boot_of_web)"

	boot=$(boot_of_web)
	comb sysrq web c
	check "after a panic it is back" within 120 another_boot_of_web "$boot"
	check "and still systemd's, which knows its keeper" sh -c '
		systemctl is-active comb@web && [ "$(cat /run/comb/web/keeper.pid)" = "$1" ]' \
		sh "$(keeper_of_web)"

	comb --quiet create bare --ncpus 1 --memory 192M --devices no
	check "a cell that systemd knows nothing of" comb --quiet start bare
	check "purge" apt-get -q -y purge comb comb-dkms
	check "no module" sh -c '! grep "^comb" /proc/modules'
	check "no unit" sh -c '! systemctl list-units --all --no-legend --plain "comb*" | grep . &&
		! systemctl list-unit-files --no-legend "comb*" | grep .'
	check "no process" sh -c '! pgrep -a "^(comb|dnsmasq|virtiofsd)"'
	check "no network" sh -c '! ip -br link | grep -i comb && ! nft list tables | grep comb'
	check "no file" sh -c '[ -z "$1" ] || { echo "$1"; exit 1; }' sh "$(files_left)"
	check "nothing in /run" sh -c '! ls -d /run/comb /run/systemd/*/*comb* 2>/dev/null'
	host_facts >/lab/facts.after
	check "CPUs, hosts and users are as before" diff /lab/facts.before /lab/facts.after
	# Two boots are not the same to the page; the smallest cell has 192 MiB.
	check "RAM is as before" awk -v now="$(mem MemTotal)" '{
		print "MemTotal " $1 " and " now " kB"
		exit now < $1 - 1024 || now > $1 + 1024 }' /lab/total.before
	check "the host's log is clean" host_log_clean
}

"$1"
