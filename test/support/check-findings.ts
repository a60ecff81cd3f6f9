// What `wanbond check` finds on a lab's router, as data.
import { builtProgram } from '../../src/base/package-files.ts';
import type { Finding } from '../../src/cli/check/finding.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { mergeConfig, routerConfig } from '../../src/lab/program-config.ts';
import type { ConfigTable } from '../../src/config/toml-writer.ts';

export interface CheckRun {
  readonly overrides?: ConfigTable;
  /** Which families of the server the config names; both by default. */
  readonly families?: readonly (4 | 6)[];
  readonly network?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeArguments?: readonly string[];
  /** Run as this user, without capabilities. */
  readonly userId?: number;
}

export interface Checked {
  readonly code: number | undefined;
  readonly findings: readonly Finding[];
}

/** Runs it on the router, with a config of the lab's WANs. */
export async function check(lab: Lab, run: CheckRun = {}): Promise<Checked> {
  const base = routerConfig({
    wans: lab.wans,
    serverFamilies: run.families ?? [4, 6],
    stateDir: lab.files.stateDir('router'),
    dataDir: lab.files.dataDir,
    key: lab.files.key,
    transport: 'convert',
  });
  const file = lab.files.write('router', mergeConfig(base, run.overrides ?? {}), run.userId);
  const id = String(run.userId);
  const asUser =
    run.userId === undefined
      ? []
      : ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups', '--bounding-set=-all'];
  const env = Object.entries(run.env ?? {}).map(([name, value]) => `${name}=${value}`);
  const { stdout, stderr, code } = await lab.hosts.router.exec([
    'env',
    ...env,
    ...asUser,
    process.execPath,
    ...(run.nodeArguments ?? []),
    builtProgram('main'),
    'check',
    '-c',
    file,
    '--json',
    ...(run.network === false ? ['--no-network'] : []),
  ]);
  try {
    return { code, findings: (JSON.parse(stdout) as { findings: Finding[] }).findings };
  } catch (cause) {
    throw new Error(`wanbond check printed no JSON: ${stdout}${stderr}`, { cause });
  }
}

/** `level subject: message` of what is about one of `subjects` (all of it by default), hints left out. */
export function linesOf({ findings }: Checked, ...subjects: RegExp[]): string[] {
  return findings
    .filter(({ subject }) => subjects.length === 0 || subjects.some((one) => one.test(subject)))
    .map(({ level, subject, message }) => `${level} ${subject}: ${message}`);
}

/** The advice that belongs to the message that matches. @throws Error when there is none */
export function adviceFor({ findings }: Checked, message: RegExp): string {
  const found = findings.find((one) => message.test(one.message));
  if (!found?.hint) throw new Error(`no advice for ${message} in ${JSON.stringify(findings, undefined, 1)}`);
  return found.hint;
}
