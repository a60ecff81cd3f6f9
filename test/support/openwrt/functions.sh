#!/bin/sh
# What stands for OpenWrt's /lib/functions.sh in tests: as much of it as our scripts use, and how packages come and go.
# shellcheck shell=dash

# A UCI file is a shell script of these, as long as it has single quotes.
config_load() {
	UCI_SECTIONS=""
	UCI_COUNT=0
	# As uci does, of a quote that is never closed.
	sh -n "/etc/config/$1" 2>/dev/null || return
	# shellcheck source=/dev/null
	. "/etc/config/$1"
}

config() {
	UCI_COUNT=$((UCI_COUNT + 1))
	UCI_CURRENT="${2:-anonymous$UCI_COUNT}"
	UCI_SECTIONS="$UCI_SECTIONS $1:$UCI_CURRENT"
}

option() {
	eval "UCI_${UCI_CURRENT}_$1=\$2"
}

list() {
	eval "UCI_${UCI_CURRENT}_$1=\"\${UCI_${UCI_CURRENT}_$1:+\$UCI_${UCI_CURRENT}_$1 }\$2\""
}

config_get() {
	eval "$1=\"\${UCI_$2_$3:-\$4}\""
}

config_get_bool() {
	config_get "$@"
	eval "case \"\$$1\" in 1 | on | true | yes | enabled) $1=1 ;; *) $1=0 ;; esac"
}

config_foreach() {
	local callback="$1" type="$2" section
	shift 2
	for section in $UCI_SECTIONS; do
		[ "${section%%:*}" != "$type" ] || "$callback" "${section#*:}" "$@"
	done
}

# shellcheck disable=SC2154 # Whoever calls it sets pkgname.
default_postinst() {
	(cd /etc/uci-defaults && for script in *"-$pkgname"; do
		# shellcheck source=/dev/null
		[ ! -f "$script" ] || { (. "./$script") && rm -f "$script"; }
	done)
	"/etc/init.d/$pkgname" enable
	"/etc/init.d/$pkgname" start
}

default_prerm() {
	[ "$PKG_UPGRADE" = 1 ] || "/etc/init.d/$pkgname" disable
	"/etc/init.d/$pkgname" stop
	return 0
}
