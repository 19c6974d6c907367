# SPDX-License-Identifier: GPL-2.0-or-later
#
# make             user space, and the modules for the running kernel if its headers are there
# make demo        set up, then show the main job in a lab machine
# make check       set up, then run every test
# make check-unit  unit tests only
# make check-san   unit tests of programs with address and undefined behaviour sanitizers
# make check-valgrind   unit tests under valgrind
# make fuzz [T=NAME] [FUZZ_SECONDS=600]   a long run of each fuzz target, from where the last ended
# make check-lab T=NAME   one lab test
# make check-long  every lab test at full length: hours
# make soak        random operations and faults: SOAK_MINUTES (30), SEED
# make kernels-table, make reliability-table   parts of docs/, from the results of lab tests
# make man completions   in build/man and build/completions, from the program's own tables
# make install     DESTDIR= and prefix= as usual; install-programs leaves the modules out
# make uninstall   all of it, with the same DESTDIR=, prefix= and RELEASE=
# make deb         Debian packages, in build/deb

CC ?= gcc
prefix ?= /usr
unitdir ?= $(prefix)/lib/systemd/system
# make SAN=1 builds all of user space with sanitizers, in a place of its own
ifdef SAN
B := build/san
CFLAGS ?= -O1 -g
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
override LDFLAGS += $(SANITIZE)
else
B := build
CFLAGS ?= -O2 -g
STATIC := -static
endif
# make V=1 shows the commands
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' $(1) $@)
RELEASE ?= $(shell uname -r)
VERSION := $(shell cat VERSION)

PACKAGES := hwloc inih json-c libkmod libzstd liblzma ncurses uuid zlib
WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes
override CFLAGS += $(CPPFLAGS) -std=gnu17 $(WARNINGS) -Iinclude/uapi -Ilib -D_GNU_SOURCE \
	-DCOMB_VERSION='"$(VERSION)"' -MMD -MP $(SANITIZE)
LDLIBS = $(shell pkg-config --libs $(PACKAGES)) -lm

LIB := $(patsubst %,$(B)/%.o,$(basename $(wildcard lib/*.c lib/*.S)))
CMD := $(patsubst %.c,$(B)/%.o,$(wildcard cmd/*.c))
KEEPER := $(patsubst %.c,$(B)/%.o,$(wildcard keeper/*.c))
INIT := $(patsubst %.c,$(B)/%.o,$(wildcard init/*.c))
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
EXAMPLES := $(patsubst %.c,$(B)/%,$(wildcard examples/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

all: user modules
user: $(B)/comb $(B)/comb-keeper $(B)/comb-init $(B)/comb-agent $(EXAMPLES)

$(B)/libcomb.a: $(LIB)
	$(call say,AR)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/comb: $(CMD) $(B)/libcomb.a
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Without its main(), for tests.
$(B)/libkeeper.a: $(filter-out %/main.o,$(KEEPER))
	$(call say,AR)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/comb-keeper: $(B)/keeper/main.o $(B)/libkeeper.a $(B)/libcomb.a
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# PID 1 of the default initramfs: nothing else is there, so it must be static. With
# sanitizers it cannot be, and only unit tests run it.
INIT_LIB := $(patsubst %,$(B)/lib/%.o,execwire execlink execstream treewire tree_send tree_take \
	snapshot_write process_signal procfile movable error netaddr)
$(B)/comb-init: $(INIT) $(INIT_LIB)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) $(STATIC) -o $@ $^

# The same program under its other name
$(B)/comb-agent: $(B)/comb-init
	$(Q)cp $< $@

# Programs of their own, which need nothing of Comb's and are not installed
$(B)/examples/%: examples/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $<

# Static rules: of two patterns make takes the one whose objects are there by chance.
UNIT_KEEPER := $(filter $(B)/tests/test_keeper_%,$(UNIT))

$(filter-out $(UNIT_KEEPER),$(UNIT)): $(B)/tests/%: tests/unit/%.c $(B)/libcomb.a
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -g -Itests/unit -o $@ $< $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) -lcmocka

# A test of a part of comb(1) that needs a module to run
$(B)/tests/test_record: $(B)/cmd/record.o
$(B)/tests/test_dumpfile: $(B)/cmd/dumpfile.o
$(B)/tests/test_cmd_keeper_end: $(B)/cmd/keeper_end.o $(B)/cmd/memory.o

$(B)/tests/test_lock: $(B)/cmd/lock.o
$(B)/tests/test_patience: $(B)/cmd/patience.o
$(B)/tests/test_user: $(B)/cmd/user.o $(B)/cmd/memory.o
$(B)/tests/test_console: $(addprefix $(B)/cmd/,terminal.o client.o host_end.o signal_block.o)
$(B)/tests/test_process: $(addprefix $(B)/cmd/,process.o process_filter.o users.o signal_names.o \
	suggest.o memory.o)
$(B)/tests/test_top: $(addprefix $(B)/cmd/,top_model.o top_header.o process.o process_filter.o users.o \
	memory.o)
$(B)/tests/test_kernels: $(addprefix $(B)/cmd/,kernels.o ask.o ask_cell.o patience.o talk.o json.o memory.o \
	gather.o host_end.o top_watch.o top_model.o process.o process_filter.o users.o) \
	$(filter-out %/main.o,$(INIT))
$(B)/tests/test_ask $(B)/tests/test_gather: $(addprefix $(B)/cmd/,ask.o gather.o host_end.o talk.o \
	json.o memory.o) $(filter-out %/main.o,$(INIT))
$(B)/tests/test_agent $(B)/tests/test_agent_tty $(B)/tests/test_cp $(B)/tests/test_job: \
	$(addprefix $(B)/cmd/,client.o host_end.o signal_block.o terminal.o) \
	$(filter-out %/main.o,$(INIT))

$(UNIT_KEEPER): $(B)/tests/%: tests/unit/%.c $(B)/libkeeper.a $(B)/libcomb.a
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -g -Itests/unit -o $@ $(filter %.c %.a,$^) $(LDLIBS) -lcmocka

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

$(B)/%.o: %.S
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# Fuzz targets link instrumented copies of everything but the main() functions.
FUZZ_FLAGS := -std=gnu17 -g -O1 -fno-sanitize-recover=all -Iinclude/uapi -Ilib \
	-D_GNU_SOURCE -DCOMB_VERSION='"$(VERSION)"' -MMD -MP
FUZZ_PARTS := $(patsubst %,$(B)/fuzz/%.o,$(filter-out %/main.c,$(wildcard $(addsuffix /*.[cS],\
	lib cmd init keeper))))

$(B)/fuzz/%.o: %
	@mkdir -p $(@D)
	$(call say,FUZZ)
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

# Files in different directories may have the same name: q, not r.
$(B)/fuzz/all.a: $(FUZZ_PARTS)
	$(call say,AR)
	$(Q)rm -f $@
	$(Q)$(AR) qcs $@ $^

$(FUZZ): $(B)/fuzz/%: tests/fuzz/%.c $(B)/fuzz/all.a
	$(call say,FUZZ)
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined -o $@ $(filter %.c %.a,$^) $(LDLIBS)

# The running kernel's modules, if it can have any (see scripts/build-modules).
modules:
	@if [ -d /lib/modules/$(RELEASE)/build ]; then \
		scripts/build-modules $(RELEASE) $(B)/modules/$(RELEASE); \
	else \
		echo "modules: no headers for $(RELEASE), skipped (install linux-headers-$(RELEASE))"; \
	fi

unit: $(UNIT)
fuzz-targets: $(FUZZ)
san:
	$(Q)$(MAKE) SAN=1 user unit

# The two commands, and their quick parts. Each installs what it misses.
demo:
	scripts/deps build lab
	$(MAKE) -j$(shell nproc) user
	demo/run

check:
	scripts/deps build lab check deb
	tests/run

# This make's flags are not for the kernels' makefiles.
lab-machines:
	env -u MAKEFLAGS -u MFLAGS lab/prepare

check-unit:
	scripts/deps build check
	$(MAKE) -j$(shell nproc) user unit
	tests/run unit

check-san:
	scripts/deps build check
	$(MAKE) -j$(shell nproc) san
	tests/run san $(T)

check-valgrind:
	scripts/deps build check
	$(MAKE) -j$(shell nproc) user unit
	tests/run valgrind $(T)

fuzz:
	scripts/deps build check
	$(MAKE) -j$(shell nproc) fuzz-targets
	FUZZ_SECONDS=$${FUZZ_SECONDS:-600} tests/run fuzz $(T)

check-lab:
	scripts/deps
	$(MAKE) user
	tests/run lab $(T)

# What check does at a smaller measure. See the first lines of each test.
check-long:
	scripts/deps build lab check cluster deb
	$(MAKE) -j$(shell nproc) lab-machines user
	LONG=1 PAIRS=all LOAD_SECONDS=60 RUNS=20 CYCLES=200 MATRIX=full tests/run lab

kernels-table:
	scripts/kernels-table >docs/kernels.md.new
	mv docs/kernels.md.new docs/kernels.md

reliability-table:
	scripts/reliability-table >docs/reliability.md.new
	mv docs/reliability.md.new docs/reliability.md

# 30 minutes of random operations and faults; not part of check
soak:
	scripts/deps
	$(MAKE) user
	tests/soak/soak

MAN := $(patsubst man/%.scd,$(B)/man/%,$(wildcard man/*.scd))
man: $(MAN)
include man/Makefile.inc

# Each file that is installed, but for the modules; what uninstall removes
BASH_COMPLETION := $(DESTDIR)$(prefix)/share/bash-completion/completions/comb
ZSH_COMPLETION := $(DESTDIR)$(prefix)/share/zsh/vendor-completions/_comb
FISH_COMPLETION := $(DESTDIR)$(prefix)/share/fish/vendor_completions.d/comb.fish
UNITS := $(wildcard systemd/*.service)
ENGINES := $(wildcard engines/*)
MODULES_DIR := $(DESTDIR)/lib/modules/$(RELEASE)/updates
man_target = $(DESTDIR)$(prefix)/share/man/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

install: install-programs install-modules

install-programs: user man completions
	install -D -m 755 $(B)/comb $(DESTDIR)$(prefix)/sbin/comb
	install -D -m 755 -t $(DESTDIR)$(prefix)/lib/comb \
		$(B)/comb-init $(B)/comb-agent $(B)/comb-keeper $(ENGINES)
	install -d $(DESTDIR)$(unitdir)
	for unit in $(notdir $(UNITS)); do \
		sed 's|/usr/|$(prefix)/|g' systemd/$$unit >$(DESTDIR)$(unitdir)/$$unit || exit; \
	done
	$(foreach page,$(MAN),install -D -m 644 $(page) $(call man_target,$(page)) &&) :
	install -D -m 644 $(B)/completions/comb.bash $(BASH_COMPLETION)
	install -D -m 644 $(B)/completions/_comb $(ZSH_COMPLETION)
	install -D -m 644 $(B)/completions/comb.fish $(FISH_COMPLETION)

install-modules: modules
	if [ -e $(B)/modules/$(RELEASE) ]; then \
		find $(B)/modules/$(RELEASE) -maxdepth 1 -name '*.ko' \
			-exec install -D -m 644 -t $(MODULES_DIR) {} + && \
		{ [ -n "$(DESTDIR)" ] || depmod $(RELEASE); }; \
	fi

# /etc/comb, /var/log/comb and /var/lib/comb stay: they are the user's.
uninstall:
	rm -f $(DESTDIR)$(prefix)/sbin/comb $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION) \
		$(UNITS:systemd/%=$(DESTDIR)$(unitdir)/%) $(foreach page,$(MAN),$(call man_target,$(page)))
	rm -rf $(DESTDIR)$(prefix)/lib/comb
	if [ -n "$$(find $(MODULES_DIR) -name comb.ko -o -name comb_cell.ko 2>/dev/null)" ]; then \
		rm -f $(MODULES_DIR)/comb.ko $(MODULES_DIR)/comb_cell.ko && \
		{ [ -n "$(DESTDIR)" ] || depmod $(RELEASE); }; \
	fi

deb:
	scripts/deps build deb
	scripts/build-deb

clean:
	rm -rf $(B)/*.a $(B)/comb $(B)/comb-keeper $(B)/comb-init $(B)/comb-agent $(B)/cmd $(B)/lib $(B)/keeper \
		$(B)/init $(B)/tests $(B)/examples \
		$(B)/fuzz $(B)/san $(B)/modules $(B)/man $(B)/completions $(B)/deb

-include $(wildcard $(B)/*/*.d $(B)/fuzz/*/*.d)

# Keep what a fuzz target or a test was linked from.
.SECONDARY:
.PHONY: all user modules unit san fuzz-targets demo check check-unit check-san check-valgrind fuzz \
	check-lab check-long lab-machines man install install-programs install-modules \
	uninstall deb clean kernels-table reliability-table soak
