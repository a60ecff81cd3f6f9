#!/bin/sh
# What stands for OpenWrt's /lib/functions/network.sh in tests: netifd knows what /tmp/l3-devices says.
# shellcheck shell=dash

network_get_device() {
	local found
	found="$(sed -n "s/^$2 //p" /tmp/l3-devices 2>/dev/null)"
	[ -n "$found" ] || return 1
	eval "$1=\$found"
}
