import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vaultFile, vaultPassword, vaultValue } from '../../secrets/vault-fixtures.ts';
import { buffers, type Kind } from '../kind.ts';
import { jobFaults } from './job.ts';

/** Made for this test alone, with age-encryption; the text is `greeting: hi`. */
const identity = 'AGE-SECRET-KEY-1Q38DHLNAFQYAQCZHUF39P9MYZQ46FCSTX9VM4RDA42TKJEKFMS2SKY0MGX';
const sealed = `-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBRTmtaczNjUFlUTHVxSjYv
UW1SNVF4bUtGU3RXSGhCSEhWTDBMdWk3VlMwCkZmRDdqRnErbEszL0E3bHdwSmtx
Y1BmS292WFhHNXpMY3Fpa2hUVVhuQ0EKLS0tIHYvdmltSWViRXJsb1BBMWxDQ3ZB
SGo2TW5UYjFmeHNJZHM3Y3ByUnBUOU0KI/TXVl2fZ1GthLGDUNuiz8VGUviHd3H5
hg3lNY4hT2YJDu8CaprG9gj9S91M
-----END AGE ENCRYPTED FILE-----
`;

const indented = vaultValue.trim().replaceAll('\n', '\n    ');

/** Files that ansible-vault or age encrypted, and values that are. */
export const sealedFiles: Kind = {
  corpus: buffers(vaultFile, sealed),
  share: 5,
  async check(input, folder) {
    const isAge = input.includes('AGE') || input.length % 2 === 0;
    const file = isAge ? 'group_vars/web.yml.age' : 'group_vars/web.yml';
    prepare(folder, 'web: { hosts: { one: { greeting: hi } } }\n');
    writeFileSync(join(folder, file), input);
    return jobFaults(folder, options, { file, input });
  },
};

/** Values of a plain file that say where a secret is. */
export const secretValues: Kind = {
  corpus: buffers(
    `greeting: !vault |\n    ${indented}\nhttp_port: 80\n`,
    'greeting: !env GREETING\npaths: ["a"]\nother: !file ../secret.txt\n',
    'greeting: hi\nx: !exec printf secret\n',
  ),
  share: 5,
  async check(input, folder) {
    prepare(folder, 'web: { hosts: { one: { greeting: hi } } }\n');
    // Code that an input could have in it is not run: there is no program to be found.
    writeFileSync(join(folder, 'host.yml'), input.toString('latin1').replaceAll('!exec', '!env'), 'latin1');
    const args = ['-e', '@host.yml', ...options];
    return jobFaults(folder, args, { file: 'host.yml', input }, { GREETING: 'hello' });
  },
};

/** What opens them: the file of a vault password, or of identities. */
export const keyFiles: Kind = {
  corpus: buffers(`${vaultPassword}\n`, `# created: 2026\n${identity}\n`, sealed),
  share: 3,
  async check(input, folder) {
    prepare(folder, 'web: { hosts: { one: { greeting: hi } } }\n');
    const isAge = input.length % 2 === 0;
    const file = isAge ? 'identity' : 'password';
    writeFileSync(
      join(folder, isAge ? 'group_vars/web.yml.age' : 'group_vars/web.yml'),
      isAge ? sealed : vaultFile,
    );
    writeFileSync(join(folder, file), input, { mode: 0o600 });
    const faults = await jobFaults(folder, options, { file: 'group_vars/web.yml', input });
    // Of a file that holds a secret no line is told.
    return faults.filter((fault) => !fault.startsWith('the error names no line'));
  },
};

const options = ['-i', 'hosts.yml', '--vault-password-file', 'password', '--identity', 'identity'];

function prepare(folder: string, hosts: string): void {
  writeFileSync(join(folder, 'hosts.yml'), hosts);
  writeFileSync(join(folder, 'password'), `${vaultPassword}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'identity'), `${identity}\n`, { mode: 0o600 });
  mkdirSync(join(folder, 'group_vars'));
}
