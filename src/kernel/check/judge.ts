// From what is known of a kernel to findings: pure, so that every kernel can be judged on any machine.
import type { KernelConfig } from '../config-file.ts';
import { compareSeries, type KernelVersion } from '../kernel-version.ts';
import { KERNEL_MIN, type KernelNeed, NEEDS, OUT_OF_TREE, type Trial } from './needs.ts';
import type { OpenwrtOffer } from './openwrt-offer.ts';

/** `package` and `option`: it is not there yet, but OpenWrt has it. `unknown`: this machine does not tell. */
export type NeedState = 'built-in' | 'module' | 'works' | 'package' | 'option' | 'missing' | 'unknown';

export interface KernelFinding {
  /** `note`: nothing to worry about, and good to know. */
  readonly level: 'ok' | 'note' | 'warn' | 'fail';
  readonly subject: string;
  readonly state: NeedState;
  readonly message: string;
  /** What to do; undefined when all is well. */
  readonly hint?: string;
}

/** Undefined facts could not be found out. */
export interface KernelFacts {
  readonly version: KernelVersion | undefined;
  /** As the config or the system writes it. */
  readonly versionText: string;
  readonly config: KernelConfig | undefined;
  /** What could be tried, of the kernel that runs here. */
  readonly trials: Readonly<Partial<Record<Trial, boolean>>>;
  /** Modules that can be loaded or are built in; undefined where no list of them is found, or it is not the kernel here. */
  readonly modules: ReadonlySet<string> | undefined;
  /** What OpenWrt can add to this config. */
  readonly openwrt: OpenwrtOffer | undefined;
  readonly isRunning: boolean;
}

export function judgeKernel(facts: KernelFacts): KernelFinding[] {
  const states = new Map(NEEDS.map((need) => [need, stateOf(need, facts)]));
  const isThere = (subject: string): boolean => {
    const state = [...states].find(([need]) => need.subject === subject)?.[1];
    return state !== undefined && state !== 'missing';
  };
  const canTproxy = isThere('nft tproxy') && isThere('nft socket');
  const foreign = isOutOfTree(facts);
  return [
    judgeVersion(facts),
    ...[...states].map(([need, state]) => {
      if (need.subject === 'MPTCP' && foreign) return outOfTree();
      // One of the two ways to the relay there has to be.
      const isLastWay = need.subject === 'nft redirect, NAT' && !canTproxy;
      return judgeNeed(isLastWay ? { ...need, level: 'required' } : need, state, facts);
    }),
  ];
}

function judgeVersion({ version, versionText }: KernelFacts): KernelFinding {
  const about = { subject: 'kernel', state: 'built-in' as const };
  if (version === undefined) {
    return { ...about, level: 'note', state: 'unknown', message: 'this config does not tell its version' };
  }
  if (compareSeries(version.series, KERNEL_MIN) >= 0) return { ...about, level: 'ok', message: versionText };
  return {
    ...about,
    level: 'fail',
    message: `${versionText} is too old: its MPTCP has not what the relay needs, or there is none`,
    hint: `Use Linux ${KERNEL_MIN} or newer (Debian 12, OpenWrt 24.10).`,
  };
}

/** Only the others have these, and some of them are set whenever it is. */
const isOutOfTree = ({ config }: KernelFacts): boolean =>
  config?.get('MPTCP') === 'y' && OUT_OF_TREE.some((symbol) => config.has(symbol));

function outOfTree(): KernelFinding {
  return {
    level: 'fail',
    subject: 'MPTCP',
    state: 'missing',
    message: 'this is the out-of-tree MPTCP (v0.8x, v0.9x): other sockets, and version 0 on the wire',
    hint: `Use the MPTCP of mainline, Linux ${KERNEL_MIN} or newer; the two cannot bond with each other.`,
  };
}

function stateOf(need: KernelNeed, facts: KernelFacts): NeedState {
  const tried = need.trial === undefined ? undefined : facts.trials[need.trial];
  if (tried === true) return 'works';
  if (tried === false) return 'missing';
  const configured = facts.config && configuredState(need, facts.config);
  if (configured === 'module' && facts.modules) return modulesState(need, facts.modules, facts.config);
  if (configured !== undefined && configured !== 'missing') return configured;
  if (configured === undefined)
    return facts.modules ? modulesState(need, facts.modules, undefined) : 'unknown';
  const { openwrt } = facts;
  if (openwrt === undefined || need.openwrt === undefined || !openwrt.has(need.openwrt)) return 'missing';
  return 'package' in need.openwrt ? 'package' : 'option';
}

function configuredState({ symbols }: KernelNeed, config: KernelConfig): 'built-in' | 'module' | 'missing' {
  const values = Object.keys(symbols).map((symbol) => config.get(symbol));
  if (values.every((value) => value === 'y')) return 'built-in';
  return values.every((value) => value === 'y' || value === 'm') ? 'module' : 'missing';
}

/** A config may say "as a module" where the module is not installed, as on OpenWrt without the package. */
function modulesState(
  { symbols }: KernelNeed,
  modules: ReadonlySet<string>,
  config: KernelConfig | undefined,
): NeedState {
  const needed = Object.entries(symbols).flatMap(([symbol, module]) =>
    module === undefined || config?.get(symbol) === 'y' ? [] : [module],
  );
  if (needed.length === 0) return 'unknown';
  return needed.every((module) => modules.has(module)) ? 'module' : 'missing';
}

function judgeNeed(need: KernelNeed, state: NeedState, facts: KernelFacts): KernelFinding {
  const { subject } = need;
  const symbols = missingSymbols(need, facts)
    .map((symbol) => `CONFIG_${symbol}`)
    .join(', ');
  switch (state) {
    case 'works':
      return { level: 'ok', subject, state, message: 'works' };
    case 'built-in':
      return { level: 'ok', subject, state, message: 'built in' };
    case 'module':
      return { level: 'ok', subject, state, message: 'as a module' };
    case 'unknown':
      return {
        level: 'note',
        subject,
        state,
        message: 'cannot be told here',
        hint: 'Run it as root, or give the config of this kernel with --config.',
      };
    case 'package':
    case 'option':
      return judgeOffer(need, state, symbols, facts.openwrt);
    case 'missing':
      return {
        level: { required: 'fail', wanted: 'warn', optional: 'note' }[need.level] as KernelFinding['level'],
        subject,
        state,
        message: `missing${symbols === '' ? '' : ` (${symbols})`}: ${need.without}`,
        hint: remedy(need, symbols, facts),
      };
  }
}

/** Not in the config, but OpenWrt adds it: all depends on whether it is selected. */
function judgeOffer(
  { subject, level, without, openwrt }: KernelNeed,
  state: 'package' | 'option',
  symbols: string,
  offer: OpenwrtOffer | undefined,
): KernelFinding {
  const name = openwrt === undefined ? '' : 'package' in openwrt ? openwrt.package : openwrt.option;
  const selected = openwrt && offer?.isSelected(openwrt);
  if (selected) return { level: 'ok', subject, state, message: `by ${name}, which is selected` };
  const kind = state === 'package' ? 'the package' : 'the option';
  const default_ = state === 'option' ? offer?.defaultOf(name) : undefined;
  const message = `not in the config (${symbols}); ${kind} ${name} adds it${default_ === undefined ? '' : `, default ${default_}`}`;
  const hint =
    state === 'package'
      ? `Select it (CONFIG_PACKAGE_${name}=y), or install it on the router.`
      : `Select it: CONFIG_${name}=y in the .config of the tree.`;
  if (selected === undefined) return { level: 'note', subject, state, message, hint };
  const missing = { required: 'fail', wanted: 'warn', optional: 'note' } as const;
  return {
    level: missing[level],
    subject,
    state,
    message: `${message}, but is not selected: ${without}`,
    hint,
  };
}

function missingSymbols({ symbols }: KernelNeed, { config, modules }: KernelFacts): string[] {
  return Object.entries(symbols).flatMap(([symbol, module]) => {
    const value = config?.get(symbol);
    const isInstalled = module === undefined || modules === undefined || modules.has(module);
    const isThere = value === 'y' || (value === 'm' && isInstalled) || (config === undefined && isInstalled);
    return isThere ? [] : [symbol];
  });
}

function remedy(
  { symbols, openwrt }: KernelNeed,
  missing: string,
  { isRunning, config }: KernelFacts,
): string {
  const names = Object.keys(symbols);
  const isAModule = isRunning && names.every((name) => ['y', 'm'].includes(config?.get(name) ?? ''));
  const modules = names.flatMap((name) => symbols[name] ?? []);
  const onOpenwrt =
    openwrt === undefined
      ? ''
      : 'package' in openwrt
        ? `; OpenWrt: ${openwrt.package}`
        : `; OpenWrt: CONFIG_${openwrt.option}=y`;
  if (isAModule && modules.length > 0) {
    return `Install the modules of this kernel and load them: modprobe -a ${modules.join(' ')}${onOpenwrt}.`;
  }
  const wanted = missing === '' ? names.map((name) => `CONFIG_${name}`).join(', ') : missing;
  return `Use a kernel with ${wanted}${onOpenwrt}.`;
}
