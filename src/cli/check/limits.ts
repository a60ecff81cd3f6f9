// Limits of the host that cost speed or flows when they are low: buffers, open files, pipes.
import { formatSize } from '../../base/units.ts';
import {
  CAP_NET_ADMIN,
  CAP_SYS_ADMIN,
  CAP_SYS_RESOURCE,
  type HostFeatures,
  hasCapability,
} from '../../linux/features.ts';
import { type Finding, ok, warn } from './finding.ts';
import type { Needs } from './needs.ts';

// A flow has one socket on each side; pipes come on top only for bulk flows.
const FILES_PER_FLOW = 2;
// Ours: listeners, epoll, workers, log, and a first stock of pipes.
const FILES_BESIDES = 1024;
const PAGE_BYTES = 4096;
const PIPES_PER_FLOW = 2;

export function limitFindings(facts: HostFeatures, needs: Needs): Finding[] {
  return [buffers(facts, needs), openFiles(facts, needs), pipes(facts, needs)];
}

function buffers(facts: HostFeatures, { bufferMaxBytes, bufferLeastBytes }: Needs): Finding {
  const { tcpRmemMaxBytes: read, tcpWmemMaxBytes: write } = facts;
  if (read === undefined || write === undefined) {
    return warn('TCP buffers', 'net.ipv4.tcp_rmem cannot be read', 'Check that /proc/sys is there.');
  }
  const is = `up to ${formatSize(read)} receiving, ${formatSize(write)} sending`;
  if (read >= bufferMaxBytes && write >= bufferMaxBytes) return ok('TCP buffers', is);
  const goal = formatSize(bufferMaxBytes);
  if (hasCapability(facts.capabilities, CAP_NET_ADMIN)) {
    return ok('TCP buffers', `${is}; will be raised to ${goal} at start`);
  }
  if (read >= bufferLeastBytes && write >= bufferLeastBytes) {
    return ok('TCP buffers', `${is}: enough but for WANs that are long and fat, which may use ${goal}`);
  }
  const hint = `Raise the third value of net.ipv4.tcp_rmem and net.ipv4.tcp_wmem to ${bufferMaxBytes}.`;
  return warn('TCP buffers', `${is}: less than ${goal}`, hint);
}

function openFiles({ openFilesMax }: HostFeatures, { maxFlows }: Needs): Finding {
  if (openFilesMax === undefined) {
    return warn('open files', 'the limit cannot be read', 'Check that /proc is there.');
  }
  const wanted = maxFlows * FILES_PER_FLOW + FILES_BESIDES;
  if (openFilesMax >= wanted) return ok('open files', String(openFilesMax));
  const flows = Math.max(0, Math.floor((openFilesMax - FILES_BESIDES) / FILES_PER_FLOW));
  const hint = `Raise it to ${wanted} (LimitNOFILE= of systemd, ulimit -Hn), or lower relay.max-flows.`;
  return warn('open files', `${openFilesMax}: enough for ${flows} flows of ${maxFlows}`, hint);
}

function pipes(facts: HostFeatures, { pipeSizeBytes }: Needs): Finding {
  const isUnlimited =
    hasCapability(facts.capabilities, CAP_SYS_RESOURCE) || hasCapability(facts.capabilities, CAP_SYS_ADMIN);
  if (isUnlimited) return ok('pipes', 'no limit for this process');
  const { pipeMaxSizeBytes: max, pipeUserPagesSoft: pages } = facts;
  if (max !== undefined && pipeSizeBytes > max) {
    const hint = `Set fs.pipe-max-size to ${pipeSizeBytes}, or relay.pipe-size to "${formatSize(max)}".`;
    return warn('pipes', `${formatSize(pipeSizeBytes)} each is more than this user may have`, hint);
  }
  if (pages === undefined || pages === 0) return ok('pipes', 'no limit');
  const flows = Math.floor((pages * PAGE_BYTES) / (pipeSizeBytes * PIPES_PER_FLOW));
  const hint = 'Raise fs.pipe-user-pages-soft (0 is no limit), or lower relay.pipe-size.';
  return warn('pipes', `enough for ${flows} bulk flows at once; more are moved the slower way`, hint);
}
