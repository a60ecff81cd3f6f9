# The commands of this repository. `make lab` proves the bonding, `make test` is everything CI runs.
SHELL := /bin/bash
# `make bench` measures beside others (CASES=relay,setup METHODS=... ROUNDS=5 as wanted).
.PHONY: lab bench openwrt test test-alone test-packages bench-packages unit build programs lint format clean

DEBIAN_PACKAGES := nftables iproute2 procps
BENCH_PACKAGES := haproxy microsocks mptcpize redsocks shadowsocks-libev systemd v2ray
# What the tests run beside our own programs, one a line.
TEST_PACKAGES := $(BENCH_PACKAGES) \
  bind9-dnsutils \
  busybox \
  caddy \
  chromium \
  curl \
  dante-server \
  debootstrap \
  dnsmasq-base \
  gcc \
  git \
  iptables \
  iputils-ping \
  musl \
  openssl \
  patch \
  qemu-user-static \
  shellcheck \
  systemd-container \
  wireguard-go \
  wireguard-tools
LAB := --wan 50mbit --wan 50mbit

lab: build
	node dist/main.js lab $(LAB)

bench: build bench-packages .make/bench/bench.js
	node .make/bench/bench.js $(if $(CASES),--cases $(CASES)) $(if $(METHODS),--methods $(METHODS)) $(if $(ROUNDS),--rounds $(ROUNDS))

# Packages for OpenWrt; NODE=path/to/node puts that Node into them, ARCH=x86_64 makes only those.
openwrt: build .make/openwrt/build.js
	node .make/openwrt/build.js $(call given,ARCH,--arch) $(call given,NODE,--node) $(call given,OUT,--out)

# npm has a NODE of its own in the environment of what it runs: what counts is said to make.
given = $(if $(filter command,$(origin $(1))),$(2) $($(1)))

test: lint build test-packages
	npx vitest run || $(MAKE) --no-print-directory test-alone

# Labs that failed beside others, on two cores, get the machine to themselves once; what fails then has failed.
test-alone:
	@[ -s .make/failed-labs ]
	npx vitest run --project lab --project measure --maxWorkers 1 $$(cat .make/failed-labs)

unit: node_modules/.package-lock.json
	npx vitest run --project unit

lint: node_modules/.package-lock.json
	npm run --silent lint

format: node_modules/.package-lock.json
	npm run --silent format

build: .make/debian dist/main.js

dist/main.js: node_modules/.package-lock.json rolldown.config.ts $(shell find src -name '*.ts' -not -name '*.test.ts' 2>/dev/null)
	npm run --silent build
	chmod +x dist/main.js

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund

# What lab tests run; vitest makes it before them.
programs: dist/main.js .make/peers/script-peer.js .make/bench/bench.js .make/openwrt/build.js

.make/peers/script-peer.js: dist/main.js test/rolldown.config.ts $(wildcard test/peers/*.mjs)
	npx rolldown -c test/rolldown.config.ts

.make/bench/bench.js: dist/main.js $(shell find bench -name '*.ts' -not -name '*.test.ts' 2>/dev/null)
	npx rolldown -c bench/rolldown.config.ts

.make/openwrt/build.js: dist/main.js packaging/openwrt/rolldown.config.ts $(shell find packaging/openwrt/build -name '*.ts' -not -name '*.test.ts' 2>/dev/null)
	npx rolldown -c packaging/openwrt/rolldown.config.ts

# Debian packages are installed only where a program is missing, so that a second run needs no network.
.make/debian:
	@if ! command -v nft >/dev/null || ! command -v ip >/dev/null || ! command -v sysctl >/dev/null || ! ls /usr/lib/*/libnftables.so.1 >/dev/null 2>&1; then \
	  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(DEBIAN_PACKAGES); fi
	@mkdir -p .make && touch $@

# The services that some of these packages start would hold ports of the machine.
bench-packages: PACKAGES := $(BENCH_PACKAGES)
test-packages: PACKAGES := $(TEST_PACKAGES)
test-packages bench-packages:
	@missing=$$(for package in $(PACKAGES); do \
	  [ "$$(dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null)" = installed ] || echo $$package; done); \
	if [ -n "$$missing" ]; then apt-get update && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing || exit 1; \
	  [ -d /run/systemd/system ] || exit 0; \
	  for package in $$missing; do case $$package in \
	    dante-server) systemctl disable --now danted.service;; \
	    caddy|haproxy|redsocks|shadowsocks-libev|v2ray) systemctl disable --now $$package.service;; esac; done; fi

clean:
	rm -rf dist node_modules .make
