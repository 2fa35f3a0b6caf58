import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createOpensshTransport, type OpensshOptions } from '../../lib/transport/openssh.ts';
import type { Target } from '../../lib/transport/session.ts';
import { contract } from './contract.ts';
import { cannotRun, hostKey, makeKeys, startSshd } from './sshd.ts';

t.setTimeout(180_000);
if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const keys = makeKeys(t);
  const sshd = await startSshd(t, keys);
  const knownHosts = join(keys.dir, 'known_hosts');
  writeFileSync(knownHosts, `[127.0.0.1]:${sshd.port} ${hostKey(keys, 'ed25519')}\n`);
  const options = (more: Partial<OpensshOptions> = {}): OpensshOptions => ({
    home: keys.dir,
    user: 'root',
    env: process.env,
    configFile: '/dev/null',
    knownHostsFiles: [knownHosts],
    ...more,
  });
  const target = (more: Partial<Target> = {}): Target => ({
    name: 'ha1',
    connection: 'openssh',
    address: '127.0.0.1',
    port: sshd.port,
    user: 'root',
    privateKeyFile: keys.ed25519,
    ...more,
  });
  t.test('the contract', (t) => {
    const transport = createOpensshTransport(options());
    return contract(t, () => transport.connect(target()));
  });
}
