// Logs once per change what a WAN's path does to MPTCP, and what to do about it.
import type { Log } from '../../base/log.ts';
import {
  ASK_PROVIDER,
  ASK_SERVER,
  mptcpTrouble,
  type MptcpSurvival,
} from '../../wan/tries/mptcp-survival.ts';
import type { PathMeasurement } from '../../wan/probe/probe-path.ts';

export class MptcpNews {
  private readonly log: Log;
  /** By WAN and server: the last trouble that was told. */
  private readonly told = new Map<string, string | undefined>();

  constructor(log: Log) {
    this.log = log;
  }

  tell(measurements: readonly PathMeasurement[]): void {
    for (const { wan, server, mptcp } of measurements) {
      // A new path, tried soon: what it will show may be no news.
      if (mptcp === undefined) continue;
      const key = `${wan} ${server}`;
      const trouble = mptcpTrouble(mptcp);
      if (this.told.get(key) === trouble) continue;
      this.told.set(key, trouble);
      if (trouble === undefined) this.log.info({ wan, server }, 'MPTCP is kept on this path again');
      else this.log.warn({ wan, server }, `${trouble}; ${whatToDo(mptcp)}`);
    }
  }
}

function whatToDo({ capable, join }: MptcpSurvival): string {
  if (capable === 'kept') return join === 'refused' ? ASK_SERVER : ASK_PROVIDER;
  return `${ASK_PROVIDER}, or whether the server has MPTCP (\`wanbond check\` there)`;
}
