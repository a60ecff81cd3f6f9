// Connects to a name that has two addresses, as browsers do (RFC 8305): the preferred one first, the other one when that
// fails or takes too long. Arguments: port, preferred address, other address. Prints what the server said.
import { connect } from 'node:net';

const [port, ...addresses] = process.argv.slice(2);
const startMs = performance.now();
const socket = connect({
  host: 'dual.test',
  port: Number(port),
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: 250,
  lookup: (_host, _options, callback) =>
    callback(
      undefined,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    ),
});
const finish = (outcome) => {
  process.stdout.write(JSON.stringify({ ...outcome, totalMs: performance.now() - startMs }));
  process.exit(0);
};
socket.once('data', (data) => finish({ remote: socket.remoteAddress, peer: data.toString().trim() }));
socket.once('error', (error) => finish({ error: error.code }));
