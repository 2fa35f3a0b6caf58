import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventsSince, now, truthOf } from '../e2e/engine-truth.ts';
import { createLab } from '../lab/create-lab.ts';
import type { Lab } from '../lab/lab.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const started = performance.now();

/** Runs dabook as an operator does, in this terminal, from the lab's own folder. Gives its exit status. */
function dabook(lab: Lab, ...options: string[]): Promise<number> {
  const playbook = join(root, 'playbooks/ha.ts');
  const args = ['run', playbook, '-i', lab.inventoryFile, '--yes', '-e', 'stable_for=5', ...options];
  say(`$ dabook ${args.join(' ')}`);
  return new Promise((done, fail) => {
    // Nobody is asked: the run stops at the gate as it does where there is no terminal.
    const stdio = ['ignore', 'inherit', 'inherit'] as const;
    const child = spawn(process.execPath, [join(root, 'bin/dabook.cjs'), ...args], {
      cwd: lab.dir,
      stdio: [...stdio],
    });
    child.on('error', fail);
    child.on('close', (status) => done(status ?? 1));
  });
}

/** Runs dabook, and holds what the hosts' engines and files say after it against what they said before. */
async function unchangedBy(lab: Lab, what: string, ...options: string[]): Promise<void> {
  const before = await truthOf(lab);
  const since = await now(lab);
  const status = await dabook(lab, ...options);
  expect(status === 0, `${what} ended with status ${status}`);
  const events = await eventsSince(lab, since);
  expect(events.length === 0, `${what} changed something:\n${events.join('\n')}`);
  const after = await truthOf(lab);
  expect(
    lab.hosts.every(({ name }) => before[name] === after[name]),
    `${what} changed something`,
  );
  say(`${what}: no event in the engines, no file touched`);
}

/** As the administration page would have given them. */
const answers = `answers:
  policy1: 11
  authentication1: 12
  distribution1: 13
  access-point: 14
  done: true
`;

async function demo(lab: Lab): Promise<void> {
  await unchangedBy(lab, 'check mode', '--check');

  const stopped = await dabook(lab);
  expect(stopped === 3, `the run ended with status ${stopped}, and not at the gate`);

  say('What a person would do now in the administration page; its ids go into answers.yml');
  await writeFile(join(lab.dir, 'answers.yml'), answers);
  process.stdout.write(answers);
  const status = await dabook(lab, '-e', '@answers.yml');
  expect(status === 0, `the run ended with status ${status}`);

  const nodes = await show(lab, 'docker node ls');
  expect(nodes.match(/ Ready /g)?.length === lab.hosts.length, 'not every host is a ready node of the swarm');
  const tasks = await show(
    lab,
    "docker stack ps da --filter desired-state=running --format 'table {{.Name}}\t{{.Node}}\t{{.CurrentState}}'",
  );
  for (const { name, services } of lab.hosts) {
    for (const service of services) {
      const runsThere = new RegExp(`^da_${service}\\.1\\s+${name}\\s+Running`, 'm').test(tasks);
      expect(runsThere, `${service} does not run on ${name}`);
    }
  }

  await unchangedBy(lab, 'the second run');
}

async function show(lab: Lab, command: string): Promise<string> {
  say(`ha1 # ${command}`);
  const output = await lab.root(1, command).text();
  process.stdout.write(output);
  return output;
}

function say(line: string): void {
  console.log(`\n[${((performance.now() - started) / 1000).toFixed(0)} s] ${line}`);
}

function expect(held: boolean, otherwise: string): void {
  if (!held) throw new Error(otherwise);
}

let lab: Lab | undefined;
try {
  say('Three hosts, each a swarm of its own that runs its own installation');
  lab = await createLab({ hosts: 3, tell: say });
  await demo(lab);
  say('All of it held.');
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await lab?.down();
}
