# Builds the server. `make` is the hardened release binary; V= picks another variant:
#   release  -O2, LTO, hardened        debug  -Og          asan  ASan + UBSan
#   tsan     ThreadSanitizer           cov    gcov         fuzz  clang, libFuzzer + ASan
# `make V=asan unit` builds and runs the unit tests of a variant; `make check` runs the static guards.
# The panel is embedded when web/dist exists (npm run build); without it the binary serves the API only.

V ?= release
B := build/$(V)
G := build/gen
PQ_INCLUDE := $(shell pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)
NODE ?= tools/node/node_modules/.bin/node

CC := gcc
WARN := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
        -Wvla -Wformat=2 -Wundef -Wcast-qual -Wno-missing-field-initializers
HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE -D_GLIBCXX_ASSERTIONS
LINK_HARDEN := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack
ifneq ($(shell uname -m),aarch64)
HARDEN += -fcf-protection
endif

OPT_release := -O2 -g1 -flto=auto -D_FORTIFY_SOURCE=3
OPT_debug   := -Og -g3
OPT_asan    := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan    := -O1 -g1 -fsanitize=thread
OPT_cov     := -O0 -g3 --coverage
OPT_fuzz    := -O1 -g3 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ifeq ($(V),fuzz)
CC := clang
WARN += -Wno-unknown-warning-option -Wno-gnu-folding-constant -Wno-cast-qual
endif

CPPFLAGS := -D_GNU_SOURCE -Iserver -I. -I$(G) -I$(PQ_INCLUDE) -include base/banned.h
CFLAGS   := -std=gnu2x $(WARN) $(HARDEN) $(OPT_$(V)) -pthread
LDFLAGS  := $(LINK_HARDEN) $(OPT_$(V)) -pthread
LDLIBS   := -lcurl -ljansson -lsqlite3 -lpq -lsodium -ljwt -lmagic -lcrypt -lcrypto -lz -lm

ALL   := $(sort $(shell find server -name '*.c'))
TESTS := $(filter %_test.c,$(ALL))
LIB   := $(filter-out %_test.c server/app/main.c,$(ALL))
GEN   := $(G)/sql.c $(G)/migrations.c $(G)/panel.c
OBJ   := $(LIB:%.c=$(B)/%.o) $(GEN:build/%.c=$(B)/%.o) $(B)/gen/panel_bytes.o $(B)/server/base/common_passwords.o
TEST_BIN := $(TESTS:server/%.c=$(B)/test/%)
CONFORMANCE_SRC := $(sort $(wildcard tests/conformance/*.c))
FUZZ_SRC := $(sort $(wildcard fuzz/fuzz_*.c))

# Whatever is made appears whole: it is written under another name and moved, so that a compiler, a linker or a make that
# is killed leaves nothing that looks finished. What a recipe leaves beside that is deleted when it fails.
.DELETE_ON_ERROR:
COMPILE = $(CC) $(CPPFLAGS) $(CFLAGS) $(DUMP_$(V)) -MMD -MP -MT $@ -MF $@.d.new -c -o $@.new $< && \
          mv -f $@.d.new $(@:.o=.d) && mv -f $@.new $@
link = $(CC) $(LDFLAGS) -o $@.new $(1) && mv -f $@.new $@
DUMP_cov = -dumpdir $(@D)/ -dumpbase $(notdir $<) -dumpbase-ext .c

.PHONY: all binary lib tests unit conformance fuzzers replay check format clean bench-tools bench-db bench-jobs bench-net
all: binary
binary: $(B)/switchboard
lib: $(B)/libswitchboard.a
tests: $(TEST_BIN)
conformance: $(B)/switchboard-conformance

$(B)/switchboard: $(B)/server/app/main.o $(B)/libswitchboard.a
	$(call link,$< $(B)/libswitchboard.a $(LDLIBS))

$(B)/switchboard-conformance: $(CONFORMANCE_SRC:%.c=$(B)/%.o) $(B)/libswitchboard.a
	$(call link,$(CONFORMANCE_SRC:%.c=$(B)/%.o) $(B)/libswitchboard.a $(LDLIBS))

# LTO objects need gcc's own ar, which knows the plugin.
AR := $(if $(filter fuzz,$(V)),ar,gcc-ar)
$(B)/libswitchboard.a: $(OBJ)
	@rm -f $@.new
	$(AR) rcs $@.new $^ && mv -f $@.new $@

$(B)/test/%: $(B)/server/%.o $(B)/libswitchboard.a
	@mkdir -p $(@D)
	$(call link,$< $(B)/libswitchboard.a $(LDLIBS) -lcmocka)

$(B)/%.o: %.c | $(G)/sql.h
	@mkdir -p $(@D)
	$(COMPILE)

$(B)/gen/%.o: $(G)/%.c | $(G)/sql.h
	@mkdir -p $(@D)
	$(COMPILE)

$(B)/server/base/common_passwords.o: server/base/common_passwords.S server/base/common_passwords.txt
	@mkdir -p $(@D)
	$(if $(filter fuzz,$(V)),clang,gcc) -c -o $@ $<

$(B)/gen/panel_bytes.o: $(G)/panel_bytes.S
	@mkdir -p $(@D)
	$(if $(filter fuzz,$(V)),clang,gcc) -c -o $@.new $< && mv -f $@.new $@

# ---- generated ----
SQL_FILES := $(sort $(shell find server -path server/migrations -prune -o -name '*.sql' -print))
$(G)/sql.h $(G)/sql.c &: tools/sql.awk spec/fields.tbl $(SQL_FILES)
	@mkdir -p $(G)
	LC_ALL=C awk -f tools/sql.awk -v header=$(G)/sql.h.new -v source=$(G)/sql.c.new spec/fields.tbl $(SQL_FILES) /dev/null
	@cmp -s $(G)/sql.h.new $(G)/sql.h && rm $(G)/sql.h.new || mv $(G)/sql.h.new $(G)/sql.h
	@mv $(G)/sql.c.new $(G)/sql.c; touch -c $(G)/sql.h

$(G)/migrations.c: tools/migrations.awk $(sort $(wildcard server/migrations/*.sql))
	@mkdir -p $(G)
	LC_ALL=C awk -f tools/migrations.awk $(sort $(wildcard server/migrations/*.sql)) /dev/null > $@.new && mv $@.new $@

PANEL_INDEX := $(wildcard web/dist/index.html)
$(G)/panel.c $(G)/panel_bytes.S &: tools/embed-panel.mjs $(PANEL_INDEX)
	@mkdir -p $(G)
	@if [ -n "$(PANEL_INDEX)" ]; then "$(NODE)" tools/embed-panel.mjs web/dist $(G); \
	else cp tools/empty-panel.c $(G)/panel.c; printf '.section .note.GNU-stack,"",@progbits\n' > $(G)/panel_bytes.S; fi

# ---- tests ----
# Each test binary prints cmocka's TAP; tools/unit.sh sums them up. Order of building is by file, running is by name.
unit: tests
	@scripts/unit.sh $(TEST_BIN)

# ---- fuzzing: `make V=fuzz fuzzers` for libFuzzer; `make V=asan replay` runs the kept corpus without clang ----
fuzzers: $(FUZZ_SRC:fuzz/%.c=$(B)/fuzz/%)
$(B)/fuzz/%: fuzz/%.c $(B)/libswitchboard.a
	@mkdir -p $(@D)
	$(call link,$(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer $< $(B)/libswitchboard.a $(LDLIBS))
replay: $(FUZZ_SRC:fuzz/%.c=$(B)/replay/%)
$(B)/replay/%: fuzz/%.c fuzz/replay.c $(B)/libswitchboard.a
	@mkdir -p $(@D)
	$(call link,$(CPPFLAGS) $(CFLAGS) $< fuzz/replay.c $(B)/libswitchboard.a $(LDLIBS))

# ---- the database alone; under TEST_POSTGRES_FSYNC=on scripts/with-postgres.sh on PostgreSQL too ----
bench-db: $(B)/bench/db_bench
	$(B)/bench/db_bench
$(B)/bench/db_bench: $(B)/bench/db_bench.o $(filter $(B)/server/base/%.o $(B)/server/db/%.o,$(OBJ))
	@mkdir -p $(@D)
	$(call link,$^ $(LDLIBS))

# ---- the durable queue; on PostgreSQL too in the same way ----
bench-jobs: $(B)/bench/job_bench
	$(B)/bench/job_bench
$(B)/bench/job_bench: $(B)/bench/job_bench.o $(B)/libswitchboard.a
	@mkdir -p $(@D)
	$(call link,$^ $(LDLIBS))

check:
	scripts/check.sh

# Figures of the net core, with Node's http server as the baseline of the same run.
bench-net: $(B)/switchboard-conformance $(B)/net_bench
	$(B)/net_bench $(B)/switchboard-conformance $(if $(shell test -x "$(NODE)" && echo yes),"$(NODE)")
$(B)/net_bench: bench/net/net_bench.c bench/server.h
	@mkdir -p $(@D)
	$(call link,$(CPPFLAGS) $(CFLAGS) $<)

clean:
	rm -rf build

-include $(shell [ -d $(B) ] && find $(B) -name '*.d')
