// UCI files of a router and of a server, what becomes of one, and what is wrong with it.
import { ConfigError, formatProblem, type Problem } from '../config/problem.ts';
import { parseUciConfig, renderedToml } from './load-uci.ts';

export const FILE = '/etc/config/wanbond';
export const KEY = 'QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=';

export const ROUTER = `
config wanbond 'main'
	option enabled '1'
	option nat 'yes'

config lan
	list interfaces 'br-lan'
	list interfaces 'br-guest'

config server
	option address 'vps.example.net'
	option key_id '0x10'
	option key '${KEY}'

config wan 'dsl'
	option interface 'pppoe-wan'

config wan
	option name 'lte-1'
	option interface 'wwan0'
	option tier 'overflow'
	option rate_down '50mbit'
	option monthly_cap '50GB'
	option cap_day '17'

config relay
	option workers '2'

config socks

config socks_user 'alice'
	option password 'it'\\''s "1"'
`;

export const SERVER = `
config wanbond 'main'
	option role 'server'
	option id '1234'

config listen

config listen
	option transport 'socks5'
	option port '1080'

config listen_user
	option name 'bob b'
	option password '1'

config listen_user 'eve'
	option password '2'

config listen
	option transport 'intercept'
	list interfaces 'eth1'
	list ports '80'
	list ports '443'
	option preserve_source '1'
	list target_interfaces 'eth2'

config key 'home'
	option id '7'
	option key '${KEY}'
`;

export function toml(uci: string): string {
  return renderedToml(parseUciConfig(uci, FILE), FILE);
}

export function problemsOf(uci: string): readonly Problem[] {
  try {
    parseUciConfig(uci, FILE);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

export const told = (uci: string): string[] => problemsOf(uci).map((one) => formatProblem('F', one));
