// `wanbond check`: whether this host and these config files are fit for a router or a server. Changes nothing.
import { onStdout as pc } from '../colors.ts';
import { formatProblem } from '../../config/problem.ts';
import type { RouterConfig } from '../../config/router.ts';
import { knownServers, type NameAnswers, serverNames } from '../../wan/servers/known-servers.ts';
import { lookUpNames } from '../../wan/servers/look-up-names.ts';
import { type HostFeatures, probeHost } from '../../linux/features.ts';
import { type CheckedConfig, checkConfig } from './configs.ts';
import { findConflicts } from './conflicts/find.ts';
import { type Finding, warn } from './finding.ts';
import { findingLines, MARKS } from './finding-lines.ts';
import { hostFindings } from './host.ts';
import { needsOf } from './needs.ts';
import { routerFindings } from './router.ts';
import { serverFindings } from './server.ts';
import { tryServers } from './try-server.ts';

export interface CheckOptions {
  /** Config files; none checks the host alone. */
  readonly config: readonly string[];
  readonly json?: boolean;
  /** False: the servers of routers are not asked. `lenient`: what is wrong there may come right later, it only warns. */
  readonly network?: boolean | 'lenient';
  /** For tests: where the report goes, and the host it is about; neither its conflicts nor its servers are looked for. */
  readonly write?: (text: string) => void;
  readonly facts?: HostFeatures;
}

/** The exit code: 0 when nothing fails, 1 otherwise. */
export async function runCheck(options: CheckOptions): Promise<number> {
  const configs = options.config.map(checkConfig);
  const facts = options.facts ?? probeHost();
  const routers = configs.flatMap(({ router }) => router ?? []);
  const servers = configs.flatMap(({ server }) => server ?? []);
  const roles = configs.map(({ role }) => role);
  const names = await lookUpNames(options.network === false ? [] : routers.flatMap(serverNames));
  const findings = [
    ...hostFindings(facts, needsOf(roles, routers, servers, facts.memoryBytes)),
    ...routers.flatMap((config) => routerFindings(config, knownServers(config, names), facts)),
    ...(options.facts
      ? []
      : routers.flatMap((config) => findConflicts(config, knownServers(config, names), facts))),
    ...(options.facts ? [] : askServers(routers, names, options.network ?? true)),
    ...servers.flatMap((config) => serverFindings(config, facts)),
  ];
  const isOk =
    configs.every(({ problems }) => problems.length === 0) && findings.every(({ level }) => level !== 'fail');
  const write = options.write ?? ((text: string) => void process.stdout.write(text));
  write(options.json ? `${renderJson(isOk, configs, findings)}\n` : renderHuman(configs, findings));
  return isOk ? 0 : 1;
}

function askServers(
  routers: readonly RouterConfig[],
  names: NameAnswers,
  network: boolean | 'lenient',
): Finding[] {
  if (network === false) return [];
  const findings = routers.flatMap((config) => tryServers(config, knownServers(config, names)));
  if (network === true) return findings;
  return findings.map((one) => (one.level === 'fail' ? warn(one.subject, one.message, one.hint ?? '') : one));
}

function renderJson(isOk: boolean, configs: readonly CheckedConfig[], findings: readonly Finding[]): string {
  // Named one by one: the config itself holds keys.
  const files = configs.map(({ file, role, problems, warnings }) => ({
    file,
    role: role ?? null,
    problems,
    warnings,
  }));
  return JSON.stringify({ schema: 1, ok: isOk, configs: files, findings }, undefined, 2);
}

function renderHuman(configs: readonly CheckedConfig[], findings: readonly Finding[]): string {
  const lines: string[] = [];
  for (const { file, role, problems, warnings } of configs) {
    for (const problem of problems) lines.push(`${MARKS.fail}  ${formatProblem(file, problem)}`);
    for (const problem of warnings) lines.push(`${MARKS.warn}  ${formatProblem(file, problem)}`);
    if (problems.length === 0) lines.push(`${MARKS.ok}  ${file}: ${role} config`);
  }
  lines.push(...findingLines(findings));
  const bad = findings.filter(({ level }) => level === 'fail').length;
  const mistakes = configs.reduce((sum, { problems }) => sum + problems.length, 0);
  const total = bad + mistakes;
  lines.push('', total === 0 ? pc.green('Nothing fails.') : pc.red(`${total} to correct.`));
  return `${lines.join('\n')}\n`;
}
