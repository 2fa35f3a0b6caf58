import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '../../../lib/errors.ts';
import { editKnownHosts } from '../../../lib/transport/edit-known-hosts.ts';
import { readKnownHosts } from '../../../lib/transport/known-hosts.ts';
import { createSshConfig } from '../../../lib/transport/ssh-config.ts';
import { likenessOf } from '../../../lib/transport/ssh-config-likeness.ts';
import { buffers, type Kind } from '../kind.ts';

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIE4bYqE5Jx6Gk5a0kTfV9wXJ4b3uYxw0v2cQpXoZ1aBc';
const names = ['web1', '[web1]:2222', 'a'.repeat(60), '__proto__', 'constructor'];

/** A known_hosts file: read, asked for names, and written to. */
export const knownHosts: Kind = {
  corpus: buffers(
    `# mine\nweb1,192.0.2.1 ssh-ed25519 ${key} me@here\n[web1]:2222 ssh-ed25519 ${key}\n*.example.org,!bad.example.org ssh-ed25519 ${key}\n`,
    `|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-ed25519 ${key}\n@revoked * ssh-ed25519 ${key}\n@cert-authority *.x ssh-ed25519 ${key}\n`,
    `${'*a'.repeat(12)}b ssh-ed25519 ${key}\n?eb* ssh-ed25519 ${key}\n`,
  ),
  share: 5,
  async check(input, folder) {
    const file = join(folder, 'known_hosts');
    writeFileSync(file, input);
    const faults: string[] = [];
    const known = await readKnownHosts([file]);
    const lines = input.toString().split('\n');
    for (const name of names) {
      for (const found of [...known.keysOf(name), ...known.linesOf(name, Buffer.from(key, 'base64'))]) {
        if (!lines[found.line - 1]?.includes(found.key))
          faults.push(`a key that is not in line ${found.line}`);
      }
    }
    const add = { name: 'new1', type: 'ssh-ed25519', blob: Buffer.from(key, 'base64') };
    await editKnownHosts(file, [add]);
    const after = readFileSync(file);
    if (!after.subarray(0, input.length).equals(input)) faults.push('other lines have changed');
    const again = await readKnownHosts([file]);
    if (again.keysOf('new1').length === 0) faults.push('what was written is not read');
    return faults;
  },
};

/** A configuration of ssh: what it says is asked of the ssh program. */
export const sshConfigs: Kind = {
  corpus: buffers(
    'Host web*\n  HostName 192.0.2.7\n  Port 2222\n  User deploy\n  IdentityFile ~/.ssh/%h\nHost *\n  ConnectTimeout 5\n  UserKnownHostsFile /dev/null ~/.ssh/known\n',
    'Host jump\n  ProxyJump a@b:22,c\nHost = "quoted name"\n\tHostName=x\nHost a*a*a*a*a*a*a*a*a*a*a*a*b\n  Port 1\n',
  ),
  share: 3,
  async check(input, folder) {
    const configFile = join(folder, 'config');
    writeFileSync(configFile, input);
    const faults: string[] = [];
    likenessOf([input.toString()])('a'.repeat(60), []);
    const ask = createSshConfig({ home: folder, configFile });
    for (const host of ['web1', 'jump']) {
      try {
        await ask(host, undefined, undefined);
      } catch (error) {
        const isNamed = messageOf(error).includes(configFile);
        if (codeOf(error) !== 'unreachable' || !isNamed)
          faults.push(`${codeOf(error)}: ${messageOf(error).slice(0, 300)}`);
      }
    }
    return faults;
  },
};
