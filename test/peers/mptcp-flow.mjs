// One MPTCP connection to ourselves on the port of its argument: opened, and closed after a moment.
import { setTimeout as delay } from 'node:timers/promises';
import { parseAddress } from '../../src/base/address.ts';
import { close } from '../../src/linux/libc.ts';
import { openListener, startConnect } from '../../src/linux/sockets.ts';

const at = { address: parseAddress('127.0.0.1'), port: Number(process.argv[2]) };
const none = { congestion: undefined, from: undefined, device: undefined };
const listener = openListener({ at, mptcp: true, transparent: false, backlog: 1, ...none });
const flow = startConnect({ to: at, mptcp: true, ...none });
await delay(200);
close(flow);
close(listener);
