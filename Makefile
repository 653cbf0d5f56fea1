# netwright: measure, judge and tune a Linux host's network. `make help` lists the targets.
#
# Honours DESTDIR PREFIX SBINDIR MANDIR DATADIR UNITDIR RULESDIR TUNEDDIR CC CFLAGS CPPFLAGS LDFLAGS, V=1 (show commands) and
# DEV=1 (warnings are errors). CFLAGS of the caller are appended after ours.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PREFIX  ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR  ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share
# systemd looks below /usr and /usr/local; for another prefix, say where.
UNITDIR ?= $(PREFIX)/lib/systemd/system
# udev likewise.
RULESDIR ?= $(PREFIX)/lib/udev/rules.d
# Whatever the prefix: TuneD looks nowhere else for profiles that packages install.
TUNEDDIR ?= /usr/lib/tuned
ifeq ($(origin CC),default)
CC := gcc
endif
FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 60
VERSION      := $(shell git describe --tags --always --dirty 2>/dev/null | sed -n 's/^v\([0-9]\)/\1/p')
ifeq ($(VERSION),)
VERSION := 0.1.0
endif

Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-7s %s\n')
B := build

# --- sources ------------------------------------------------------------------------------------

SRCS     := $(sort $(wildcard src/*/*.c))
HEADERS  := $(sort $(wildcard src/*/*.h))
BOOKS    := $(sort $(wildcard profiles/rules/*.conf))
PROFILES := $(sort $(wildcard profiles/*.conf))
UNIT     := $(sort $(wildcard tests/unit/*.c))
FUZZERS  := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
SYSTEM   := $(sort $(wildcard tests/system/test_*.sh))
MANUALS  := $(sort $(wildcard man/*.[578]))
UNITS    := $(sort $(wildcard dist/*.service.in))
# The units of the boot, with the target that wants each; the daemon is the administrator's to enable.
WANTED   := multi-user.target.wants/netwright-restore.service sysinit.target.wants/netwright-recover.service
GENERATED_MANUALS := $(patsubst %.in,%,$(sort $(wildcard man/*.in)))
# of `make lab`: all when empty
SCENARIOS ?=
SHELLS   := $(shell git ls-files '*.sh' .ci/run 2>/dev/null)

EMBEDDED := rulebooks.o profiles.o
OBJS     := $(SRCS:%.c=$B/obj/%.o) $(EMBEDDED:%=$B/obj/%)
SAN_OBJS := $(SRCS:%.c=$B/san/%.o) $(EMBEDDED:%=$B/san/%)
FUZZ_OBJS := $(SRCS:%.c=$B/fuzz/%.o) $(EMBEDDED:%=$B/fuzz/%)

LIBRARIES := libnl-3.0 libnl-genl-3.0 libconfig jansson zlib sqlite3
# Looked up when a recipe runs, not when this file is read: `deps` may install them first.
LIB_CFLAGS = $(shell pkg-config --cflags $(LIBRARIES))
LIB_LIBS   = $(shell pkg-config --libs $(LIBRARIES))

# --- flags: what this compiler accepts is probed once, into build/flags.mk -----------------------

WANTED_WARNINGS := -Wall -Wextra -Wpedantic -Wformat=2 -Wconversion -Wsign-conversion \
	-Wimplicit-fallthrough -Wshadow -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings -Wnull-dereference \
	-Wdouble-promotion -Wswitch-enum -Wtrampolines -Wbidi-chars=any -Wlogical-op \
	-Wduplicated-cond -Wduplicated-branches -Wjump-misses-init -Warith-conversion \
	-Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types \
	-Werror=int-conversion
WANTED_HARDENING := -fstack-clash-protection -fstack-protector-strong -fcf-protection=full \
	-mbranch-protection=standard -fno-common -fno-delete-null-pointer-checks \
	-fno-strict-overflow -fno-strict-aliasing -ftrivial-auto-var-init=zero \
	-fstrict-flex-arrays=3 -fzero-init-padding-bits=all
WANTED_LINKING := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,nodlopen \
	-Wl,-z,separate-code -Wl,--as-needed -Wl,--no-copy-dt-needed-entries

NEEDS_FLAGS := $(filter-out clean help deps check-deps lint-deps uninstall format layers,$(or $(MAKECMDGOALS),all))
ifneq ($(NEEDS_FLAGS),)
-include $B/flags.mk
endif

$B/flags.mk: Makefile
	$(say) PROBE '$(CC)'
	$(Q)mkdir -p $(@D)
	$(Q)probe() { name=$$1; shift; printf '%s :=' "$$name"; for flag; do \
	    if $(CC) -Werror $$flag $$mode -o $B/probe.out $B/probe.c 2>/dev/null; \
	    then printf ' %s' "$$flag"; fi; done; echo; }; \
	  echo 'int main(void) { return 0; }' > $B/probe.c; \
	  { mode=-c; probe WARNINGS $(WANTED_WARNINGS); probe HARDENING $(WANTED_HARDENING); \
	    mode=-fPIE; probe LINKING $(WANTED_LINKING); } > $@; \
	  rm -f $B/probe.c $B/probe.out

BASE_FLAGS = -std=c17 -D_GNU_SOURCE -Isrc -DNETWRIGHT_VERSION='"$(VERSION)"' $(WARNINGS) \
	$(if $(DEV),-Werror) -ffile-prefix-map=$(CURDIR)=. $(LIB_CFLAGS) -MMD -MP
OPT_FLAGS  = -O2 -g -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 $(HARDENING)
SAN_FLAGS  = -O1 -g -U_FORTIFY_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
FUZZ_FLAGS = -std=c17 -D_GNU_SOURCE -Isrc -O1 -g -fno-omit-frame-pointer $(LIB_CFLAGS) -MMD -MP \
	-fsanitize=address,undefined -fno-sanitize-recover=all

# --- the program --------------------------------------------------------------------------------

all: $B/netwright ## build the program (build/netwright)

$B/netwright: $(OBJS) $B/obj/src/main.o
	$(say) LINK $@
	$(Q)$(CC) $(OPT_FLAGS) $(CFLAGS) $(LINKING) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) -lm

$B/obj/%.o: %.c $B/flags.mk | deps
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_FLAGS) $(OPT_FLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$B/san/%.o: %.c $B/flags.mk | deps
	$(say) CC-SAN $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_FLAGS) $(SAN_FLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$B/fuzz/%.o: %.c | deps
	$(say) CC-FUZZ $<
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

# Files of profiles/, embedded as they are: embed KIND HEADER FILE... writes the table embedded_KINDs.
embed = { echo '\#include "$2"'; n=0; \
  for file in $3; do n=$$((n + 1)); \
    printf '__asm__(".section .rodata\\n$1_%d: .incbin \\"%s\\"\\n$1_%d_end: .byte 0\\n.previous\\n");\n' \
      $$n $$file $$n; \
    printf 'extern const char $1_%d[];\nextern const char $1_%d_end[];\n' $$n $$n; \
  done; n=0; echo 'const struct embedded_$1 embedded_$1s[] = {'; \
  for file in $3; do n=$$((n + 1)); \
    printf '\t{ "%s", $1_%d, $1_%d_end },\n' $${file\#profiles/} $$n $$n; \
  done; echo '};'; \
  echo "const size_t embedded_$1_count = $(words $3);"; } > $@

$B/rulebooks.c: $(BOOKS) Makefile
	$(say) EMBED $@
	$(Q)mkdir -p $(@D)
	$(Q)$(call embed,rulebook,rules/embedded.h,$(BOOKS))
$B/profiles.c: $(PROFILES) Makefile
	$(say) EMBED $@
	$(Q)mkdir -p $(@D)
	$(Q)$(call embed,profile,profiles/embedded.h,$(PROFILES))

$(EMBEDDED:%=$B/obj/%): $B/obj/%.o: $B/%.c $(BOOKS) $(PROFILES)
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_FLAGS) $(OPT_FLAGS) -c -o $@ $<
$(EMBEDDED:%=$B/san/%): $B/san/%.o: $B/%.c $(BOOKS) $(PROFILES)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_FLAGS) $(SAN_FLAGS) -c -o $@ $<
$(EMBEDDED:%=$B/fuzz/%): $B/fuzz/%.o: $B/%.c $(BOOKS) $(PROFILES)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -c -o $@ $<

audit: all ## install what is missing, build, and audit this machine
	$(Q)$B/netwright audit

# --- what a machine needs -----------------------------------------------------------------------

deps: ## install what the build needs (Debian; as root)
	$(Q)sh dist/deps.sh build
check-deps: ## install what the tests need
	$(Q)sh dist/deps.sh build check
lint-deps: ## install what the linters need
	$(Q)sh dist/deps.sh build check lint

# --- tests --------------------------------------------------------------------------------------

check: check-deps ## install what the tests need and run them all (as root)
	$(Q)$(MAKE) --no-print-directory check-programs
	$(Q)bash tests/run.sh $B

check-unit: check-deps ## unit tests and fuzz corpora only, under ASan and UBSan
	$(Q)$(MAKE) --no-print-directory check-programs
	$(Q)bash tests/run.sh $B unit

check-system: check-deps ## system tests in network namespaces only (as root)
	$(Q)$(MAKE) --no-print-directory check-programs
	$(Q)bash tests/run.sh $B system

check-programs: all $B/unit-tests $B/man/generate $B/netwright-san $(FUZZERS:%=$B/corpus_%) $B/tests/wanem \
	$B/tests/traffic $B/tests/walk_tunables

CHECK_CFLAGS = $(shell pkg-config --cflags check)
CHECK_LIBS   = $(shell pkg-config --libs check)

$B/suites.h: $(UNIT) Makefile
	$(Q)mkdir -p $(@D)
	$(Q)for test in $(patsubst tests/unit/%.c,%,$(filter tests/unit/test_%,$(UNIT))); do \
	  echo "SUITE($${test}_suite)"; done > $@

$B/san/tests/unit/main.o: $B/suites.h
$B/san/tests/unit/%.o: BASE_FLAGS += $(CHECK_CFLAGS) -I$B -Itests/unit
$B/unit-tests: $(SAN_OBJS) $(UNIT:%.c=$B/san/%.o)
	$(say) LINK $@
	$(Q)$(CC) $(SAN_FLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) $(CHECK_LIBS) -lm

$B/netwright-san: $(SAN_OBJS) $B/san/src/main.o
	$(say) LINK $@
	$(Q)$(CC) $(SAN_FLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) -lm

$B/tests/walk_tunables: $(SAN_OBJS) $B/san/tests/system/walk_tunables.o
	$(say) LINK $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SAN_FLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) -lm

# A fuzz target with a plain main(): runs its corpus once, without clang.
$B/corpus_%: $(SAN_OBJS) $B/san/tests/fuzz/%.o $B/san/tests/fuzz/corpus_main.o
	$(say) LINK $@
	$(Q)$(CC) $(SAN_FLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) -lm
.PRECIOUS: $B/san/tests/fuzz/%.o $B/fuzz/tests/fuzz/%.o

LAB_BUILD = $(CC) -std=c17 -D_GNU_SOURCE -O2 -g $(WARNINGS) $(if $(DEV),-Werror) $(HARDENING) -fPIE $(LINKING) \
	-pthread -o $@ $(filter %.c,$^)
LAB_COMMON := tests/lab/lab_tool.c $(wildcard tests/lab/*.h) $B/flags.mk
$B/tests/wanem: $(wildcard tests/lab/wanem*.c) $(LAB_COMMON)
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(LAB_BUILD)
$B/tests/traffic: $(wildcard tests/lab/traffic*.c) $(LAB_COMMON)
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(LAB_BUILD)

recordings: check-deps ## make the recordings of tests/data anew, from the provoked situations
	$(Q)$(MAKE) --no-print-directory check-programs
	$(Q)NETWRIGHT_RECORD_DIR=$(CURDIR)/tests/data bash tests/run.sh $B system

lab: check-deps ## the scenario matrix: before, netwright, TuneD, the best by hand (as root; hours, resumable)
	$(Q)$(MAKE) --no-print-directory all $B/tests/wanem $B/tests/traffic
	$(Q)bash tests/lab/matrix.sh $B/lab $(SCENARIOS)

lab-quick: check-deps ## five scenarios of it, short and side by side (as root; 10 minutes)
	$(Q)$(MAKE) --no-print-directory all $B/tests/wanem $B/tests/traffic
	$(Q)LAB_QUICK=1 LAB_JOBS=5 bash tests/lab/matrix.sh $B/lab/quick $(SCENARIOS)

lab-false-keeps: check-deps ## how often 200 live trials keep a change that does nothing (as root; 10 minutes)
	$(Q)$(MAKE) --no-print-directory all $B/tests/wanem $B/tests/traffic
	$(Q)bash tests/lab/false_keeps.sh

lab-soak: check-deps ## the daemon at sixty times its pace: does anything grow? (as root; 10 minutes)
	$(Q)$(MAKE) --no-print-directory all $B/tests/wanem $B/tests/traffic
	$(Q)bash tests/lab/soak.sh

fuzz: lint-deps ## fuzz every target for FUZZ_SECONDS (60) each, with clang's libFuzzer
	$(Q)$(MAKE) --no-print-directory $(FUZZERS:%=$B/%)
	$(Q)for target in $(FUZZERS); do \
	  mkdir -p $B/found/$$target; echo "== $$target"; \
	  dict=tests/fuzz/$$target.dict; \
	  $B/$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
	    -print_final_stats=1 $$(test -f $$dict && echo -dict=$$dict) \
	    -artifact_prefix=$B/found/$$target- $B/found/$$target tests/fuzz/corpus/$$target || exit 1; \
	done

$B/fuzz_%: $(FUZZ_OBJS) $B/fuzz/tests/fuzz/fuzz_%.o
	$(say) LINK $@
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(LIB_LIBS) -lm

bench: check-deps ## ratios measured beside the floor and the peer, in one run (as root)
	$(Q)$(MAKE) --no-print-directory $B/tests/traffic $B/tests/bench_dump $B/tests/bench_run all
	$(Q)bash tests/bench/run.sh $B

$B/tests/bench_dump: $(OBJS) $B/obj/tests/bench/bench_dump.o
	$(say) LINK $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OPT_FLAGS) $(CFLAGS) $(LINKING) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) -lm

$B/tests/bench_run: tests/bench/bench_run.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_FLAGS) $(OPT_FLAGS) $(CFLAGS) $(LINKING) -o $@ $<

# --- the manual pages of the tables --------------------------------------------------------------

$B/man/generate: $(OBJS) $B/obj/man/generate.o
	$(say) LINK $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OPT_FLAGS) $(CFLAGS) $(LINKING) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) -lm

man: $B/man/generate ## make the manual pages of the tables anew (rules, metrics, tunables)
	$(Q)for page in $(GENERATED_MANUALS); do \
	  $B/man/generate $$page.in >$B/$$page && mv $B/$$page $$page || exit 1; done

# --- the profiles as TuneD's ---------------------------------------------------------------------

TUNED_PROFILES := $(PROFILES:profiles/%.conf=netwright-%)

tuned-profiles: all ## make tuned-profiles/ anew from profiles/
	$(Q)for profile in $(PROFILES); do \
	  name=$${profile#profiles/}; name=$${name%.conf}; dir=tuned-profiles/netwright-$$name; \
	  mkdir -p $$dir && $B/netwright profile export $$name >$B/tuned.conf 2>$B/tuned.err || \
	    { cat $B/tuned.err; exit 1; }; \
	  mv $B/tuned.conf $$dir/tuned.conf && ln -sfn ../value $$dir/value || exit 1; done

# --- looking after the tree ---------------------------------------------------------------------

lint: lint-deps layers ## cppcheck, clang-tidy, shellcheck, formatting, layers, house rules
	$(Q)$(MAKE) --no-print-directory DEV=1 $B/flags.mk $B/rulebooks.c $B/profiles.c
	$(Q)bash tests/lint/lint.sh

layers: ## fail on an include that goes against the layers
	$(Q)bash tests/lint/layers.sh

format: ## rewrite the sources with clang-format
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

install: all ## install the program, its manual, the rule books, the profiles and the units of systemd
	install -D -m 0755 $B/netwright $(DESTDIR)$(SBINDIR)/netwright
	for page in $(MANUALS); do \
	  install -D -m 0644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; done
	for book in $(BOOKS); do \
	  install -D -m 0644 $$book $(DESTDIR)$(DATADIR)/netwright/rules/$${book##*/}; done
	for profile in $(PROFILES); do \
	  install -D -m 0644 $$profile $(DESTDIR)$(DATADIR)/netwright/profiles/$${profile##*/}; done
	for unit in $(UNITS); do name=$$(basename $$unit .in); \
	  sed 's|@SBINDIR@|$(SBINDIR)|g' $$unit >$B/$$name && \
	  install -D -m 0644 $B/$$name $(DESTDIR)$(UNITDIR)/$$name || exit 1; done
	for want in $(WANTED); do \
	  install -d -m 0755 $(DESTDIR)$(UNITDIR)/$${want%/*} && \
	  ln -sfn ../$${want##*/} $(DESTDIR)$(UNITDIR)/$$want || exit 1; done
	install -D -m 0644 dist/90-netwright.rules $(DESTDIR)$(RULESDIR)/90-netwright.rules
	for name in $(TUNED_PROFILES); do dir=$(DESTDIR)$(TUNEDDIR)/profiles/$$name; \
	  install -D -m 0644 tuned-profiles/$$name/tuned.conf $$dir/tuned.conf && \
	  install -m 0755 tuned-profiles/value $$dir/value && \
	  ln -sfn profiles/$$name $(DESTDIR)$(TUNEDDIR)/$$name || exit 1; done

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(SBINDIR)/netwright
	for page in $(MANUALS); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; done
	rm -rf $(DESTDIR)$(DATADIR)/netwright
	for unit in $(UNITS); do rm -f $(DESTDIR)$(UNITDIR)/$$(basename $$unit .in); done
	for want in $(WANTED); do rm -f $(DESTDIR)$(UNITDIR)/$$want; done
	rm -f $(DESTDIR)$(RULESDIR)/90-netwright.rules
	for name in $(TUNED_PROFILES); do \
	  rm -rf $(DESTDIR)$(TUNEDDIR)/profiles/$$name $(DESTDIR)$(TUNEDDIR)/$$name; done

clean: ## remove everything that was built
	rm -rf $B

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "  %-14s %s\n", $$1, $$2 }'

.SECONDARY:
.PHONY: all audit deps check-deps lint-deps check check-unit check-system check-programs recordings lab lab-quick lab-false-keeps lab-soak \
	fuzz bench man tuned-profiles lint layers format install uninstall clean help

-include $(shell find $B -name '*.d' 2>/dev/null)
