import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createLab } from '../lab/create-lab.ts';
import type { Lab } from '../lab/lab.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const started = performance.now();

/** Runs dabook as an operator does, its output passed on. Gives exit status and output. */
function dabook(lab: Lab, ...options: string[]): Promise<{ status: number; output: string }> {
  const args = ['run', 'playbooks/ha.ts', '-i', lab.inventoryFile, '-e', 'resolve_image=never', ...options];
  say(`$ dabook ${args.join(' ')}`);
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['bin/dabook.js', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      process.stdout.write(chunk);
    });
    child.on('error', fail);
    child.on('close', (status) => done({ status: status ?? 1, output }));
  });
}

async function demo(lab: Lab): Promise<void> {
  const before = await servicesOf(lab);
  const check = await dabook(lab, '--check');
  expect(check.status === 0, `check mode ended with status ${check.status}`);
  expect((await servicesOf(lab)) === before, 'check mode changed something');

  const run = await dabook(lab);
  expect(run.status === 0, `the run ended with status ${run.status}`);

  const nodes = await show(lab, 'docker node ls');
  expect(nodes.match(/ Ready /g)?.length === lab.hosts.length, 'not every host is a ready node of the swarm');
  const tasks = await show(
    lab,
    "docker stack ps da --filter desired-state=running --format 'table {{.Name}}\t{{.Node}}\t{{.CurrentState}}'",
  );
  for (const { name, services } of lab.hosts) {
    for (const service of services) {
      expect(
        new RegExp(`^da_${service}\\.1\\s+${name}\\s+Running`, 'm').test(tasks),
        `${service} does not run on ${name}`,
      );
    }
  }

  const again = await dabook(lab, '--json');
  expect(again.status === 0, `the second run ended with status ${again.status}`);
  const ended = again.output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .at(-1);
  const changed = Object.values<{ changed: number }>(ended.hosts).map((counts) => counts.changed);
  expect(
    ended.type === 'run.ended' && changed.every((count) => count === 0),
    'the second run changed something',
  );
  say(`the second run: ${changed.length} hosts, 0 changed`);
}

/** What runs on each host, as its own engine says. */
async function servicesOf(lab: Lab): Promise<string> {
  const each = lab.hosts.map((_, index) =>
    lab
      .root(
        index + 1,
        "docker info -f '{{.Swarm.NodeID}}'; docker node ls -q; docker service ls; docker ps -q",
      )
      .text(),
  );
  return (await Promise.all(each)).join('\n');
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
