import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../command-line.ts';
import { buffers, type Kind } from '../kind.ts';
import { outputFaults, placeFaults } from '../told.ts';
import { jobFaults } from './job.ts';

const plain = `# hosts of the installation
all:
  vars:
    ansible_user: deploy
    greeting: "Welcome, \\"friend\\""
  children:
    web:
      hosts:
        web[01:03].example.org:
          http_port: 8080
        web9:
          ansible_host: 192.0.2.9
          ansible_port: 2222
          paths: [/srv/a, '/srv/b c']
      vars:
        http_port: 80
    db:
      hosts:
        db1:
          settings: &base { size: 10, tags: [a, b] }
        db2:
          settings:
            <<: *base
            size: 20
      children:
        backup:
          hosts: { db3: , db4: }
`;
const flow = `{"all": {"children": {"web": {"hosts": {"a": {"greeting": "hi", "http_port": 1}, "b": {"greeting": "x"}}}}, "vars": {"n": 1.5, "t": true, "z": null}}}\n`;
const folded = `---
web:
  hosts:
    one: {greeting: hi}
    two:
      greeting: |
        several
        lines
      motd: >-
        folded
        text
      ? complex
      : value
  vars:
    secret_key: !env SECRET
    from_file: !file secret.txt
    when: 2026-11-23
    octal: 0o17
    template: "{{ other }}"
`;
const vars = `greeting: Grüße
http_port: 8080
paths:
  - /srv/one
  - "/srv/two"
nested: &n {deep: {deeper: [1, 2, {x: y}]}}
again: *n
`;

/** The file that is given with -i: shown in three ways, and run. */
export const inventory: Kind = {
  corpus: buffers(plain, flow, folded),
  share: 22,
  async check(input, folder) {
    writeFileSync(join(folder, 'hosts.yml'), input);
    const ways = [['--list'], ['--graph'], ['--host', 'web9']];
    const way = ways[input.length % 3] ?? [];
    const shown = await commandLine(['inventory', '-i', 'hosts.yml', ...way], folder);
    const isUnknown = shown.stderr.includes('web9');
    return [
      ...outputFaults(shown, input.length),
      ...(shown.status === 2 && !isUnknown ? placeFaults(shown, 'hosts.yml', input) : []),
      ...(await jobFaults(folder, ['-i', 'hosts.yml'], { file: 'hosts.yml', input })),
    ];
  },
};

/** A file of variables beside a sound inventory. */
export const groupVars: Kind = {
  corpus: buffers(vars, '{"greeting": "hi", "paths": ["a"]}\n'),
  share: 8,
  async check(input, folder) {
    writeFileSync(join(folder, 'hosts.yml'), 'web: { hosts: { one: } }\n');
    mkdirSync(join(folder, 'group_vars'));
    writeFileSync(join(folder, 'group_vars/web.yml'), input);
    const faults = await jobFaults(folder, ['-i', 'hosts.yml'], { file: 'group_vars/web.yml', input });
    // What a variable lacks is told of the host, where no file gives it.
    return faults.filter((fault) => !(isLacking(fault) && !fault.includes('a host was reached')));
  },
};

/** A file that is given with -e @file. */
export const extraVars: Kind = {
  corpus: buffers(vars, '{"greeting": "hi", "version": "1.2"}\n', 'version: "1"\ngreeting: x\n'),
  share: 10,
  async check(input, folder) {
    writeFileSync(join(folder, 'hosts.yml'), 'web: { hosts: { one: { greeting: hi } } }\n');
    writeFileSync(join(folder, 'vars.yml'), input);
    return jobFaults(folder, ['-i', 'hosts.yml', '-e', '@vars.yml'], { file: 'vars.yml', input });
  },
};

function isLacking(fault: string): boolean {
  return /greeting.*(missing|required|expected)/i.test(fault);
}
