// Whether a root file system can run the router on this machine, and if not, what to do.
import { WanbondError } from '../../base/error.ts';
import { ARCHITECTURES, type Cpu } from '../../openwrt/architecture.ts';
import type { Program, RootFacts } from './root-facts.ts';

/** Where OpenWrt publishes root file systems for a CPU. */
const TARGETS: Readonly<Record<Cpu['npm'], string>> = { x64: 'x86/64', arm64: 'armsr/armv8' };
const packageWithNode = (cpu: Cpu): string =>
  `\`make openwrt ARCH=${architectureOf(cpu)} NODE=path/to/node\` puts one into a package, to be given with --package`;

/** @param nodeArch as `process.arch` @throws WanbondError `no-cpu` */
export function cpuOf(nodeArch: string): Cpu {
  const cpu = ARCHITECTURES.find((one) => one.cpu.npm === nodeArch)?.cpu;
  if (cpu) return cpu;
  throw refusal(
    'no-cpu',
    `there is no package for the CPU of this machine, ${nodeArch}`,
    'Run the lab on x86_64 or aarch64.',
  );
}

/**
 * The Node that will run the router.
 * @param rootfs what the operator gave @param cpu of this machine
 * @throws WanbondError `no-openwrt`, `wrong-cpu`, `no-shell`, `no-musl`, `no-program`, `no-node`, `bad-node`, `no-libnftables`
 */
export function judgeRoot(facts: RootFacts, rootfs: string, cpu: Cpu): Program {
  const { release, shell, node } = facts;
  if (!release) {
    throw refusal(
      'no-openwrt',
      `${rootfs} has no /etc/openwrt_release: it is no root file system of OpenWrt`,
      `Give the rootfs.tar.gz that OpenWrt publishes for target ${TARGETS[cpu.npm]}, or the folder into which it was unpacked.`,
    );
  }
  if (!shell) {
    throw refusal('no-shell', `${rootfs} has no /bin/sh`, 'Unpack the root file system as a whole, as root.');
  }
  if (shell.elf?.machine !== cpu.elfMachine) {
    throw refusal(
      'wrong-cpu',
      `${rootfs} is for ${release.arch ?? 'another CPU'}, and this machine is ${architectureOf(cpu)}`,
      `Give the root file system of target ${TARGETS[cpu.npm]}, or run the lab on a machine with that CPU.`,
    );
  }
  if (!facts.hasLoader(cpu.loader)) {
    throw refusal(
      'no-musl',
      `${rootfs} has no ${cpu.loader}, with which programs built for musl are started`,
      'Unpack the root file system as a whole, as root, with its links.',
    );
  }
  if (!facts.hasProgram) {
    throw refusal(
      'no-program',
      `${rootfs} has no wanbond, not even with the package over it`,
      'Give a package that `make openwrt` built.',
    );
  }
  if (!node) {
    throw refusal(
      'no-node',
      `${rootfs} has no Node, neither /usr/bin/node nor one of our package`,
      `Install the package node into it (OpenWrt 24.10), or ${packageWithNode(cpu)}.`,
    );
  }
  judgeNode(node, cpu, rootfs);
  if (facts.libnftables !== 'with-json') {
    const state = facts.libnftables === undefined ? 'has no libnftables' : 'has a libnftables without JSON';
    throw refusal('no-libnftables', `${rootfs} ${state}`, 'Install nftables-json into it.');
  }
  return node;
}

function judgeNode({ path, elf }: Program, cpu: Cpu, rootfs: string): void {
  const bad = (what: string): WanbondError =>
    refusal('bad-node', `${path} in ${rootfs} ${what}`, `Put another one there: ${packageWithNode(cpu)}.`);
  if (elf?.machine !== cpu.elfMachine) throw bad('is no program for its CPU');
  if (elf.interpreter === undefined) throw bad('is linked statically, so that it cannot load koffi');
  if (elf.interpreter !== cpu.loader) throw bad(`was not built for musl: it needs ${elf.interpreter}`);
}

const architectureOf = (cpu: Cpu): string | undefined => ARCHITECTURES.find((one) => one.cpu === cpu)?.name;

const refusal = (code: string, message: string, hint: string): WanbondError =>
  new WanbondError({ code, message, hint });
