# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# cluster_cell.sh N CELLS - what each cell of the lab test "cluster" runs, as its N-th
#
# In turn each cell writes in /work of the root that all share, while the others keep looking at
# the old state, so that whatever a kernel could remember it remembers. When the writer says
# that it is done they look once more: the new state must be there at once. Cells wait for
# each other by files. A line "saw WRITER WHAT" is printed for each thing seen as it should be.

me=$1 cells=$2
cd /work || exit

say() {
	: >"sync/$1"
}

await() {
	until [ -e "sync/$1" ]; do
		sleep 0.05
	done
}

await_all() {
	for _cell in $(seq "$cells"); do
		await "$1.$_cell"
	done
}

# ---- what there is before, and what the writer makes of it

before() {
	echo "old text" >again
	echo short >name
	head -c 10 /dev/zero >sized
	chmod 600 sized
	mkdir -p tree/below
	echo one >log
	echo gone >removed
}

after() {
	echo "new text" >again
	echo "a longer text" >new && mv new name
	head -c 67 /dev/zero >>sized
	chmod 604 sized
	mkdir tree/made && echo inside >tree/made/file && mv tree/below tree/moved
	echo two >>log
	rm removed
	/bin/map map "by $me through a mapping"
	mkdir sums
	for _i in $(seq 10); do
		head -c $((_i * _i * _i * 641)) /dev/urandom >"sums/$_i"
	done
	(cd sums && sha256sum [0-9]* >all)
}

look() {
	cat again name removed log >/dev/null 2>&1
	stat -c '%s %a' sized >/dev/null
	ls -R tree >/dev/null
}

# saw WRITER WHAT COMMAND...: the command must succeed
saw() {
	_what="$1 $2"
	shift 2
	if "$@"; then
		echo "saw $_what"
	else
		echo "missed $_what"
	fi
}

check_all() {
	# First what would be gone soon if it were only remembered.
	_again=$(cat again) _name=$(cat name) _sized=$(stat -c '%s %a' sized)
	saw "$1" rewritten [ "$_again" = "new text" ]
	saw "$1" replaced [ "$_name" = "a longer text" ]
	saw "$1" attributes [ "$_sized" = "77 604" ]
	saw "$1" removed [ ! -e removed ]
	saw "$1" renamed [ ! -e tree/below -a -d tree/moved ]
	# shellcheck disable=SC2012 # plain names
	saw "$1" listed [ "$(ls tree | tr '\n' ' ')" = "made moved " ]
	saw "$1" made [ "$(cat tree/made/file)" = inside ]
	saw "$1" followed [ "$(cat <&3)" = two ]
	saw "$1" mapped [ "$(cat map)" = "by $1 through a mapping" ]
	# shellcheck disable=SC2016 # for the inner shell
	saw "$1" sums sh -c 'cd sums && test "$(wc -l <all)" = 10 && sha256sum -c all >/dev/null'
}

write_turn() {
	rm -rf again name sized tree log removed map sums
	before
	say "looking.$me.$me"
	await_all "looking.$me"
	after
	say "after.$me"
}

read_turn() {
	await "looking.$1.$1"
	exec 3<log
	cat <&3 >/dev/null
	look
	say "looking.$1.$me"
	until [ -e "sync/after.$1" ]; do
		look
	done
	check_all "$1"
	exec 3<&-
}

turn() {
	if [ "$1" = "$me" ]; then
		write_turn
	else
		read_turn "$1"
	fi
	say "checked.$1.$me"
	await_all "checked.$1"
}

# ---- all at once, in the same place

contend() {
	say "contend.$me"
	await_all contend
	for _i in $(seq 50); do
		echo "cell $me line $_i of fifty" >>lines
	done
	for _i in $(seq 20); do
		! mkdir "locks/$_i" 2>/dev/null || echo "$me" >>"locks/$_i/who"
	done
	say "done.$me"
	await_all "done"
}

for writer in $(seq "$cells"); do
	turn "$writer"
done
contend
