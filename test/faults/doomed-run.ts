// A run in a process of its own that ends itself by SIGKILL at a given step. It is what the command line does, but
// for its views: the same journal, the same locks, the same way to the hosts.
import { readFile } from 'node:fs/promises';
import { connector } from '../../lib/cli/connector.ts';
import { keepJournal } from '../../lib/cli/keep-journal.ts';
import { isGone, lockHolder } from '../../lib/cli/lock-holder.ts';
import { readInventory } from '../../lib/cli/read-inventory.ts';
import { withCache } from '../../lib/cli/with-cache.ts';
import { readExtraVars } from '../../lib/inventory/extra-vars.ts';
import { createRunId } from '../../lib/journal/run-id.ts';
import { createImporter } from '../../lib/load/import-module.ts';
import { loadPlaybook } from '../../lib/load/load-playbook.ts';
import { run } from '../canary/run.ts';
import type { Doom } from './doomed.ts';

const {
  playbook: file,
  inventory: source,
  options,
  become,
  step,
  moment,
} = JSON.parse(process.argv[2] ?? '') as Doom;

const die = () => process.kill(process.pid, 'SIGKILL');

const outcome = await withCache(process, async (cache) => {
  const extraVars = await readExtraVars(options, '.', async (path) => ({
    text: await readFile(path, 'utf8'),
    folder: '.',
  }));
  const playbook = await loadPlaybook(file, await createImporter(cache.kept), process.cwd());
  const asked = { inventory: [source], playbook: file, extraVars: extraVars.vars, become };
  const inventory = await readInventory(process, asked, cache);
  const id = createRunId();
  const flags = { inventory: [source], forks: 50 };
  const journal = keepJournal(process, {
    run: id,
    playbook: { name: playbook.name, file },
    extraVars,
    flags,
  });
  let begun = 0;
  const ended = await run(playbook, inventory, {
    connect: connector(process, []),
    onEvent(event) {
      journal.handle(event);
      if ('fault' in event && event.fault) process.stderr.write(`${event.fault.message}\n`);
      if (event.type === 'step.started') begun = event.step;
      if (event.type === 'step.ended' && event.step === step && moment === 'after') die();
    },
    async beforeStep() {
      // It is called for the step that has just been told of.
      const mine = begun;
      await journal.synced();
      if (mine === step && moment === 'before') die();
    },
    extraVars,
    lock: { holder: lockHolder(process, id, playbook.name), isGone, timeout: 60 },
  });
  await journal.end();
  return ended;
});
process.exitCode = outcome.outcome === 'ok' ? 0 : 1;
