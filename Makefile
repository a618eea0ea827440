# SPDX-License-Identifier: GPL-2.0-only OR MIT
# One makefile for all of it. `make help` lists what a person would type.

B ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
VERSION := 0.1.0
O := $(B)/obj
A := $(B)/asan

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-unused-parameter -Wno-sign-compare
WARN += $(if $(CI)$(WERROR),-Werror)
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu11 $(WARN) -fno-strict-aliasing -fstack-protector-strong -D_GNU_SOURCE -DVGPU_VERSION='"$(VERSION)"' -I. $(CFLAGS)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FREESTANDING := -ffreestanding -mgeneral-regs-only

# Sources are found, not listed: a file belongs to the program whose folder it is in.
sources = $(sort $(wildcard $(1)))
SIM_ENGINE := $(call sources,sim/engine/*.c)
SIM_SERVER := $(call sources,sim/*.c)
CORE := $(call sources,kmod/core/*.c)
LIB := $(call sources,lib/*.c)
AGENT := $(call sources,vgpud-agent/*.c)
TOP := $(call sources,vgpuctl/top*.c)
TOP_PURE := $(filter-out $(addprefix vgpuctl/top,.c _live.c _client.c _curses.c),$(TOP))
CTL := $(filter-out $(TOP),$(call sources,vgpuctl/*.c))
GUEST_LIB := $(call sources,tests/guest/lib/*.c)
GUEST := $(call sources,tests/guest/*.c)
UNIT := $(call sources,tests/unit/*.c)
UNIT_LIB := $(call sources,tests/unit/harness/*.c)
BENCH := $(call sources,tests/bench/*.c)
BENCH_SCHED := $(call sources,tests/bench/sched/*.c)
PROTO := $(call sources,tests/protocol/*.c)
PROTO_LIB := $(call sources,tests/protocol/client/*.c)

pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)
LIB_PKGS := json-c yaml-0.1
AGENT_PKGS := json-c yaml-0.1 libsystemd libudev libvirt sqlite3 libxml-2.0 libmicrohttpd
CTL_PKGS := json-c yaml-0.1 smartcols libsystemd
TOP_PKGS := json-c ncursesw
LAZY_FLAGS = $(call pkg,--cflags,$(sort $(LIB_PKGS) $(AGENT_PKGS) $(CTL_PKGS) $(TOP_PKGS)))

PROGRAMS := $(B)/gen75-sim $(if $(AGENT),$(B)/vgpud) $(if $(CTL),$(B)/vgpuctl) $(if $(TOP),$(B)/vgpu-top)
ASAN_PROGRAMS := $(PROGRAMS:$(B)/%=$(A)/%)
UNIT_TESTS := $(UNIT:tests/unit/%.c=$(A)/tests/%)
PROTO_TESTS := $(PROTO:tests/protocol/%.c=$(A)/tests/proto_%)
GUEST_PROGRAMS := $(GUEST:tests/guest/%.c=$(B)/guest/%)
LAB_PROGRAMS := $(B)/lab/agent
CLI_PROGRAMS := $(B)/cli/terminal
BENCH_PROGRAMS := $(B)/bench/core $(B)/bench/sched

all: $(PROGRAMS) $(GUEST_PROGRAMS) ## build every user-space program

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# Say what is made in a word; V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' $(1) $@)

# --- objects, plain and with sanitizers ---------------------------------------------------------------------------------

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c -o $@ $<

$(A)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -O1 $(SANITIZE) $(EXTRA_CFLAGS) -MMD -MP -c -o $@ $<

# The shells' scripts are in vgpuctl as they are.
$(O)/vgpuctl/complete.o $(A)/obj/vgpuctl/complete.o: $(call sources,completion/*)

$(O)/kmod/core/%.o $(A)/obj/kmod/core/%.o: EXTRA_CFLAGS = $(FREESTANDING)
$(O)/lib/%.o $(A)/obj/lib/%.o: EXTRA_CFLAGS = $(LAZY_FLAGS)
$(O)/vgpud-agent/%.o $(A)/obj/vgpud-agent/%.o: EXTRA_CFLAGS = $(LAZY_FLAGS)
$(O)/vgpuctl/%.o $(A)/obj/vgpuctl/%.o: EXTRA_CFLAGS = $(LAZY_FLAGS)
$(A)/obj/tests/unit/%.o: EXTRA_CFLAGS = $(LAZY_FLAGS)

objs = $(1:%.c=$(2)/%.o)

# $(1): output folder, $(2): object folder, $(3): link flags
define programs
$(1)/libgen75.a: $(call objs,$(SIM_ENGINE),$(2))
$(1)/libvgpucore.a: $(call objs,$(CORE),$(2))
$(1)/libvgpu.a: $(call objs,$(LIB),$(2))
$(1)/lib%.a:
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR)
	$$(Q)$(AR) rcs $$@ $$^
$(1)/gen75-sim: $(call objs,$(SIM_SERVER),$(2)) $(1)/libgen75.a
	$$(call say,LD)
	$$(Q)$(CC) $(3) $(LDFLAGS) -o $$@ $$^
$(1)/vgpud: $(call objs,$(AGENT),$(2)) $(1)/libvgpu.a
	$$(call say,LD)
	$$(Q)$(CC) $(3) $(LDFLAGS) -o $$@ $$^ $$(call pkg,--libs,$(AGENT_PKGS)) -lpthread
$(1)/vgpuctl: $(call objs,$(CTL),$(2)) $(1)/libvgpu.a
	$$(call say,LD)
	$$(Q)$(CC) $(3) $(LDFLAGS) -o $$@ $$^ $$(call pkg,--libs,$(CTL_PKGS))
$(1)/vgpu-top: $(call objs,$(TOP),$(2)) $(1)/libvgpu.a
	$$(call say,LD)
	$$(Q)$(CC) $(3) $(LDFLAGS) -o $$@ $$^ $$(call pkg,--libs,$(TOP_PKGS))
endef
$(eval $(call programs,$(B),$(O),))
$(eval $(call programs,$(A),$(A)/obj,$(SANITIZE)))

# A unit test is named for what it tests: sim_*, core_* (which runs on the simulator's engine), lib_*, agent_*, ctl_*, top_* (vgpu-top
# without terminal and agent).
UNIT_OBJS := $(call objs,$(UNIT_LIB),$(A)/obj)
$(A)/tests/proto_%: $(A)/obj/tests/protocol/%.o $(call objs,$(PROTO_LIB),$(A)/obj)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka
$(A)/tests/lib_%: $(A)/obj/tests/unit/lib_%.o $(A)/libvgpu.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka $(call pkg,--libs,$(LIB_PKGS))
$(A)/tests/agent_%: $(A)/obj/tests/unit/agent_%.o $(call objs,$(filter-out vgpud-agent/main.c,$(AGENT)),$(A)/obj) $(A)/libvgpu.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka $(call pkg,--libs,$(AGENT_PKGS)) -lpthread
$(A)/tests/ctl_%: $(A)/obj/tests/unit/ctl_%.o $(call objs,$(filter-out vgpuctl/main.c,$(CTL)),$(A)/obj) $(A)/libvgpu.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka $(call pkg,--libs,$(CTL_PKGS))
$(A)/tests/top_%: $(A)/obj/tests/unit/top_%.o $(call objs,$(TOP_PURE),$(A)/obj) $(A)/libvgpu.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka $(call pkg,--libs,$(LIB_PKGS))
$(A)/tests/%: $(A)/obj/tests/unit/%.o $(UNIT_OBJS) $(A)/libvgpucore.a $(A)/libgen75.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lcmocka

# Programs that run inside guests: static, so that an initrd needs nothing else.
$(B)/guest/%: $(O)/tests/guest/%.o $(call objs,$(GUEST_LIB),$(O))
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) -static $(LDFLAGS) -o $@ $^
$(O)/tests/guest/%.o: EXTRA_CFLAGS = -I/usr/include/libdrm
guest: $(GUEST_PROGRAMS)

$(B)/lab/agent: $(call sources,tests/lab/agent*.c) tests/lab/agent.h
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) -static -o $@ $(filter %.c,$^)

# The core alone, as fast as it is: no sanitizers.
$(B)/bench/core: $(call objs,$(BENCH) tests/guest/lib/cmd.c,$(O)) $(B)/libvgpucore.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

$(B)/bench/sched: $(call objs,$(BENCH_SCHED),$(O)) $(B)/libvgpucore.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lm

# A terminal for the tests of vgpu-top.
$(B)/cli/terminal: $(O)/tests/cli/terminal.o
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(call pkg,--libs,vterm) -lutil

.SECONDARY:
.DELETE_ON_ERROR:

# --- the kernel module ----------------------------------------------------------------------------------------------------

KDIR ?= /lib/modules/$(shell uname -r)/build
kmod: ## build vgpu.ko against the kernel in KDIR=
	$(MAKE) -C $(KDIR) M=$(CURDIR)/kmod modules

# --- tests ----------------------------------------------------------------------------------------------------------------

export VGPU_BUILD := $(abspath $(B))
LINT := $(call sources,tests/lint/*.sh)
CLI := $(call sources,tests/cli/*.bats) tests/cli/coverage.sh
LAB := $(call sources,tests/lab/*.bats)

test-programs: all $(ASAN_PROGRAMS) $(UNIT_TESTS) $(PROTO_TESTS) $(LAB_PROGRAMS) $(CLI_PROGRAMS) $(BENCH_PROGRAMS)

unit: test-programs ## unit and protocol tests, with sanitizers
	@tests/run $(UNIT_TESTS) $(PROTO_TESTS)

lint: ## format, static analysis, shell, documentation, the core's boundaries
	@tests/run $(LINT)

check-fast: test-programs ## all that needs neither root nor the lab
	@tests/run $(LINT) $(UNIT_TESTS) $(PROTO_TESTS) $(CLI)

# Said before anything is built or installed.
root_only = $(if $(filter 0,$(shell id -u)),,$(error the lab needs root: sudo make $@))

check: ## everything: the above, then real kernels, libvirt and guests in the lab (root)
	$(root_only)@tests/deps
	@tests/lab/lab fetch promtool || echo "going on without promtool: the tests that want it are skipped" >&2
	@$(MAKE) --no-print-directory -j$(shell nproc) test-programs
	@tests/run $(LINT) $(UNIT_TESTS) $(PROTO_TESTS) $(CLI) $(LAB)

demo: ## two guests sharing one GPU, shown from start to end (root)
	$(root_only)@tests/deps
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(LAB_PROGRAMS)
	@tests/lab/demo

bench: ## speed and costs against the bare GPU: a table, and build/bench.json (root)
	$(root_only)@tests/deps
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(LAB_PROGRAMS) $(CLI_PROGRAMS) $(BENCH_PROGRAMS)
	@tests/bench/run

bench-sched: $(B)/bench/sched ## the scheduler on simulated engines, beside two older ones; build/bench-sched.json
	@$(B)/bench/sched --json $(B)/bench-sched.json

bench-3d: ## OpenArena natively, on a vGPU, and on two at once; downloads 450 MB (root)
	$(root_only)@tests/deps
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(LAB_PROGRAMS)
	@tests/bench/3d

deps: ## install the Debian packages that building and testing need (root)
	@tests/deps

format: ## clang-format the C sources in place
	git ls-files '*.c' '*.h' | xargs clang-format -i

# --- installation -----------------------------------------------------------------------------------------------------------

# systemd and its kind also read below /usr/local; a package's files go where the distribution says.
PREFIX ?= /usr/local
dir_of = $(or $(if $(filter /usr,$(PREFIX)),$(call pkg,--variable=$(1),$(2))),$(PREFIX)/$(3))
UNITDIR ?= $(call dir_of,systemdsystemunitdir,systemd,lib/systemd/system)
SYSUSERSDIR ?= $(call dir_of,sysusersdir,systemd,lib/sysusers.d)
TMPFILESDIR ?= $(call dir_of,tmpfilesdir,systemd,lib/tmpfiles.d)
UDEVDIR ?= $(call dir_of,udevdir,udev,lib/udev)
BASHDIR ?= $(call dir_of,completionsdir,bash-completion,share/bash-completion/completions)
FISHDIR ?= $(call dir_of,completionsdir,fish,share/fish/vendor_completions.d)
# Debian's zsh looks for packages' files elsewhere than zsh's own.
ZSHDIR ?= $(PREFIX)/share/zsh/$(if $(wildcard $(filter /usr,$(PREFIX))/share/zsh/vendor-completions),vendor-completions,site-functions)
DKMSDIR ?= /usr/src/vgpu-$(VERSION)

UNITS := vgpud.service vgpud.socket vgpud-ro.socket vgpu.target
# FROM=TO; programs, and files. These two lists are what is installed, and what is removed.
INSTALL_PROGRAMS = $(foreach p,vgpuctl vgpu-top gen75-sim,$(B)/$p=$(PREFIX)/bin/$p) $(B)/vgpud=$(PREFIX)/sbin/vgpud
INSTALL_FILES = $(foreach u,$(UNITS),$(B)/systemd/$u=$(UNITDIR)/$u) \
	vgpud-agent/systemd/vgpu.sysusers=$(SYSUSERSDIR)/vgpu.conf vgpud-agent/systemd/vgpu.tmpfiles=$(TMPFILESDIR)/vgpu.conf \
	vgpud-agent/systemd/90-vgpu.rules=$(UDEVDIR)/rules.d/90-vgpu.rules \
	$(foreach p,vgpuctl vgpu-top,completion/vgpuctl.bash=$(BASHDIR)/$p completion/vgpuctl.fish=$(FISHDIR)/$p.fish) \
	completion/vgpuctl.zsh=$(ZSHDIR)/_vgpuctl \
	$(foreach f,$(wildcard policy/*),$f=$(PREFIX)/share/vgpu/$f) \
	$(foreach f,$(wildcard examples/host/*),$f=$(PREFIX)/share/vgpu/$(f:examples/%=%)) \
	$(foreach f,$(wildcard man/*.[1-8]),$f=$(PREFIX)/share/man/man$(subst .,,$(suffix $f))/$(notdir $f))
from = $(word 1,$(subst =, ,$(1)))
to = $(DESTDIR)$(word 2,$(subst =, ,$(1)))
define newline


endef

# PREFIX may be another one than last time.
.PHONY: $(B)/systemd/vgpud.service
$(B)/systemd/vgpud.service: vgpud-agent/systemd/vgpud.service.in
	@mkdir -p $(@D)
	@sed 's|@PREFIX@|$(PREFIX)|' $< >$@
$(B)/systemd/%: vgpud-agent/systemd/%
	@mkdir -p $(@D)
	@cp $< $@

install: all $(UNITS:%=$(B)/systemd/%) ## programs, units, udev rule, policy, man pages, completion below DESTDIR/PREFIX
	$(foreach f,$(INSTALL_PROGRAMS),$(Q)install -D -m 755 $(call from,$f) $(call to,$f)$(newline)	)
	$(foreach f,$(INSTALL_FILES),$(Q)install -D -m 644 $(call from,$f) $(call to,$f)$(newline)	)

uninstall: ## remove what install has put there, with the same variables
	$(Q)rm -f $(foreach f,$(INSTALL_PROGRAMS) $(INSTALL_FILES),$(call to,$f))
	$(Q)rmdir $(addprefix $(DESTDIR)$(PREFIX)/share/vgpu,/policy /host /) 2>/dev/null || :

install-dkms: ## the module's sources for DKMS into DESTDIR/usr/src; then: dkms install vgpu/VERSION
	$(Q)rm -rf $(DESTDIR)$(DKMSDIR)
	$(Q)cd kmod && find . -name '*.h' -o -name '*.c' ! -name '*.mod.c' -o -name Kbuild | while read -r f; do \
		install -D -m 644 "$$f" $(DESTDIR)$(abspath $(DKMSDIR))/"$$f" || exit; done
	$(Q)sed 's|@VERSION@|$(VERSION)|' kmod/dkms.conf.in >$(DESTDIR)$(DKMSDIR)/dkms.conf

uninstall-dkms: ## remove them again, after: dkms remove vgpu/VERSION --all
	$(Q)rm -rf $(DESTDIR)$(DKMSDIR)

clean: ## remove what was built
	rm -rf $(B)

.PHONY: all help guest kmod test-programs unit lint check-fast check demo bench bench-sched bench-3d deps format \
	install uninstall install-dkms uninstall-dkms clean
-include $(shell find $(B) -name '*.d' 2>/dev/null)
