// `wanbond server`
import type { Command } from 'commander';
import { diffServerConfigs } from '../config/diff-server.ts';
import { loadServerConfig } from '../config/load.ts';
import { startServer } from '../server/daemon.ts';
import { roleCommand } from './run-role.ts';

export const serverCommand = (): Command =>
  roleCommand(
    'server',
    'be the far end for routers (in the foreground)',
    { load: loadServerConfig, diff: diffServerConfigs },
    startServer,
  );
