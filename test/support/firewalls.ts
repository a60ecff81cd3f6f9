// Rule sets as the common firewalls write them, cut to what matters: a router that protects itself from its LAN.

/** OpenWrt, zone lan with input REJECT as guest networks have it, or ACCEPT. */
export const fw4 = (input: 'accept' | 'reject'): string => `table inet fw4 {
  chain handle_reject {
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain syn_flood {
    limit rate 25/second burst 50 packets return
    drop
  }
  chain accept_from_lan {
    iifname "lan0" counter accept
  }
  chain reject_from_lan {
    iifname "lan0" counter jump handle_reject
  }
  chain input_lan {
    udp dport 53 counter accept
    meta l4proto ipv6-icmp counter accept
    jump ${input}_from_lan
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state vmap { established : accept, related : accept }
    tcp flags & (fin | syn | rst | ack) == syn jump syn_flood
    iifname "lan0" jump input_lan
    jump handle_reject
  }
}
`;

/** firewalld with the LAN in a zone that lets SSH in. */
export const FIREWALLD = `table inet firewalld {
  chain filter_IN_internal_allow {
    tcp dport 22 accept
  }
  chain filter_IN_internal {
    jump filter_IN_internal_allow
    meta l4proto { icmp, ipv6-icmp } accept
  }
  chain filter_INPUT_ZONES {
    iifname "lan0" goto filter_IN_internal
  }
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    jump filter_INPUT_ZONES
    ct state invalid drop
    reject with icmpx admin-prohibited
  }
}
`;

/** ufw, whose rules are those of iptables-nft: "deny incoming" with a limit on what is logged. */
export const UFW = `table ip filter {
  chain ufw-not-local {
    fib daddr type local counter return
    fib daddr type multicast counter return
    limit rate 3/minute burst 10 packets counter log prefix "[UFW BLOCK]"
    counter drop
  }
  chain ufw-before-input {
    iifname "lo" counter accept
    ct state related,established counter accept
    counter jump ufw-not-local
  }
  chain INPUT {
    type filter hook input priority filter; policy drop;
    counter jump ufw-before-input
  }
}
`;

export const IPTABLES = `table ip filter {
  chain INPUT {
    type filter hook input priority filter; policy drop;
    ct state established,related counter accept
    iifname "lan0" ip saddr 192.168.1.0/24 tcp dport 22 counter accept
  }
}
`;

/** By hand, in /etc/nftables.conf. */
export const BY_HAND = `table inet filter {
  chain input {
    type filter hook input priority filter; policy accept;
    ct state established,related accept
    iif lo accept
    tcp dport { 22, 53 } accept
    reject with tcp reset
  }
}
`;

/** Lets in what another program has marked the connection of. */
export const BY_OTHERS = `table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lan0" ct mark 0x7 accept
  }
}
`;
