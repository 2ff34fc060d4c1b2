# cyrkeep - console and backup engine for Cyrus IMAP
#
#   make                  build build/cyrkeep             V=1 shows full commands
#   make demo             the main job on a private, real Cyrus with sample mail
#   make test             every test                      T=name runs only those
#   make test-asan test-tsan test-valgrind                the same with sanitizers, or with Valgrind
#   make lint             layers, headers, format, static analysis
#   make bench            ratios against tar | zstd       make fuzz   libFuzzer targets
#   make install uninstall clean
#
# demo, test, lint, bench and fuzz install what they need (Debian, as root) and say so otherwise.
# Knobs: CC CFLAGS LDFLAGS PREFIX DESTDIR B (build dir) SAN=address,undefined WERROR=0 T= V=1

NAME    := cyrkeep
VERSION := 0.1

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
DATADIR    ?= $(PREFIX)/share/$(NAME)
COMPDIR    ?= $(PREFIX)/share/bash-completion/completions
UNITDIR    ?= $(PREFIX)/lib/systemd/system
PKG_CONFIG ?= pkg-config
CFLAGS     ?= -O2 -g
WERROR     ?= 1
B          ?= build
Q          := $(if $(filter 1,$(V)),,@)

PKGS_engine := libarchive libconfig libzstd zlib libcrypto libssl sqlite3 jansson gmime-3.0
PKGS_ui     := ncursesw libconfig jansson
PKGS_tests  := cmocka $(PKGS_engine) $(PKGS_ui)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
        -Wcast-qual -Wwrite-strings -Wformat=2 -Wno-format-nonliteral -Wundef -Wvla \
        -Wno-missing-field-initializers $(if $(filter 1,$(WERROR)),-Werror)
BASE := -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Iinclude \
        -DCK_VERSION='"$(VERSION)"' -DCK_DATADIR='"$(DATADIR)"'
SAFE := -fno-common -fstack-protector-strong \
        $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# As a shared library of its own beside ASan's, gcc's UBSan reports to stderr, whatever it is told.
SAN_LD := $(if $(findstring undefined,$(SAN)),$(if $(findstring clang,$(CC)),,-static-libubsan))
FLAGS = $(BASE) $(CPPFLAGS) $(WARN) $(SAFE) $(CFLAGS) -pthread

# The layers: who may include what (make lint proves it the other way round too).
INC_ui     := -Iui
INC_engine := -Iengine
INC_tests  := -Iengine -Iui -Itests

# Sources are found by name; a new module needs no edit here.
ENGINE  := $(sort $(wildcard engine/*/*.c))
UI      := $(sort $(filter-out ui/main.c,$(wildcard ui/*.c ui/*/*.c)))
TEST    := $(sort $(wildcard tests/unit/test_*.c))
FUZZ    := $(sort $(wildcard tests/fuzz/fuzz_*.c))
BENCH   := $(sort $(wildcard tests/bench/bench_*.c))
SUPPORT := $(sort $(wildcard tests/support/*.c))
TOOLS   := $(sort $(wildcard tests/tools/*.c))
SOURCES := $(ENGINE) $(UI) ui/main.c $(TEST) $(FUZZ) $(BENCH) $(SUPPORT) $(TOOLS)
HEADERS := $(sort $(wildcard include/cyrkeep/*.h engine/*/*.h ui/*.h ui/*/*.h tests/*/*.h))

objs = $(patsubst %.c,$(B)/%.o,$(1))
bins = $(patsubst %.c,$(B)/%,$(1))
libs = $(shell $(PKG_CONFIG) --libs $(1))
area = $(firstword $(subst /, ,$(1)))

all: $(B)/$(NAME)

$(B)/libengine.a:  $(call objs,$(ENGINE))
$(B)/libui.a:      $(call objs,$(UI))
$(B)/libsupport.a: $(call objs,$(SUPPORT))
$(B)/lib%.a:
	@echo '  AR    $@'
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/$(NAME): $(B)/ui/main.o $(B)/libui.a $(B)/libengine.a
	@echo '  LD    $@'
	$(Q)$(CC) $(FLAGS) $(SAN_LD) $(LDFLAGS) $^ -o $@ $(call libs,$(PKGS_ui) $(PKGS_engine))

$(call bins,$(TEST) $(BENCH) $(TOOLS)): %: %.o $(B)/libsupport.a $(B)/libui.a $(B)/libengine.a
	@echo '  LD    $@'
	$(Q)$(CC) $(FLAGS) $(SAN_LD) $(LDFLAGS) $^ -o $@ $(call libs,$(PKGS_tests))

# A fuzz target replays its corpus when it is linked with the replay driver; make fuzz takes libFuzzer.
FUZZER := $(findstring fuzzer,$(SAN))
$(call bins,$(FUZZ)): %: %.o $(if $(FUZZER),,$(B)/tests/fuzz/replay.o) $(B)/libsupport.a $(B)/libui.a $(B)/libengine.a
	@echo '  LD    $@'
	$(Q)$(CC) $(FLAGS) $(if $(FUZZER),-fsanitize=fuzzer) $(SAN_LD) $(LDFLAGS) $^ -o $@ $(call libs,$(PKGS_tests))

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo '  CC    $<'
	$(Q)$(CC) $(FLAGS) $(INC_$(call area,$<)) \
	    $(shell $(PKG_CONFIG) --cflags $(PKGS_$(call area,$<))) -MMD -MP -c $< -o $@

# Changed flags rebuild everything; unchanged flags rebuild nothing.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo "$(CC) $(subst ",,$(FLAGS)) $(LDFLAGS)" | cmp -s - $@ || \
	 echo "$(CC) $(subst ",,$(FLAGS)) $(LDFLAGS)" >$@

-include $(patsubst %.c,$(B)/%.d,$(SOURCES) tests/fuzz/replay.c)

tests: all $(call bins,$(TEST) $(FUZZ) $(TOOLS))

deps:
	$(Q)tests/deps

test: deps
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)B=$(B) T='$(T)' tests/run

test-asan:
	$(Q)$(MAKE) --no-print-directory test B=$(B)/asan SAN=address,undefined CFLAGS='-O1 -g'

test-tsan: export TSAN_OPTIONS := suppressions=$(CURDIR)/tests/tsan.supp
test-tsan:
	$(Q)$(MAKE) --no-print-directory test B=$(B)/tsan SAN=thread CFLAGS='-O1 -g' T='$(or $(T),unit/ e2e/)' \
	    UNIT_LIMIT=1200

test-valgrind: export UNDER := valgrind -q --vgdb=no --error-exitcode=9 --leak-check=full --suppressions=$(CURDIR)/tests/valgrind.supp \
    --main-stacksize=1048576 --trace-children=yes --trace-children-skip=/usr/*,/bin/*,/sbin/*
test-valgrind: deps
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)B=$(B) UNIT_LIMIT=1200 SESSION_LIMIT=3600 T='$(or $(T),unit/ test_cli)' tests/run

demo: deps
	$(Q)$(MAKE) --no-print-directory all $(call bins,$(TOOLS))
	$(Q)B=$(B) tests/demo

bench: deps
	$(Q)$(MAKE) --no-print-directory all $(call bins,$(BENCH) $(TOOLS))
	$(Q)B=$(B) tests/bench/run

fuzz: deps
	$(Q)$(MAKE) --no-print-directory fuzzers B=$(B)/fuzz CC=clang SAN=fuzzer-no-link,address,undefined CFLAGS='-O1 -g'
	$(Q)B=$(B)/fuzz T='$(T)' tests/fuzz/run

fuzzers: $(call bins,$(FUZZ))

# Layers, self-contained headers, format, static analysis.
lint: deps
	$(Q)B=$(B) CC='$(CC)' tests/lint $(SOURCES) -- $(HEADERS)

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(DATADIR)/themes $(DESTDIR)$(DATADIR)/recipes \
	    $(DESTDIR)$(COMPDIR) $(DESTDIR)$(UNITDIR)
	install -m 755 $(B)/$(NAME) $(DESTDIR)$(BINDIR)/$(NAME)
	install -m 644 themes/*.conf $(DESTDIR)$(DATADIR)/themes/
	install -m 644 engine/recipes/*.conf $(DESTDIR)$(DATADIR)/recipes/
	install -m 644 ui/completion.bash $(DESTDIR)$(COMPDIR)/$(NAME)
	sed 's|@BINDIR@|$(BINDIR)|' engine/recipes/cyrkeep-unwind.service \
	    >$(DESTDIR)$(UNITDIR)/cyrkeep-unwind.service

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/$(NAME) $(DESTDIR)$(COMPDIR)/$(NAME) $(DESTDIR)$(UNITDIR)/cyrkeep-unwind.service
	rm -rf $(DESTDIR)$(DATADIR)
	rm -f $(DESTDIR)$(COMPDIR)/$(NAME)

clean:
	rm -rf $(B)

FORCE:
.PHONY: all tests deps test test-asan test-tsan test-valgrind demo bench fuzz fuzzers lint install uninstall clean FORCE
.SECONDARY:
