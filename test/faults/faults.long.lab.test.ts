import t from 'tap';
import { createLab } from '../lab/create-lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { doomedRun } from './doomed.ts';
import { differences, endStateOf } from './end-state.ts';
import { haJob } from './ha-job.ts';
import { killSshd, startSshd } from './host-faults.ts';
import { interrupted, toInterrupt, triesOf } from './interrupts.ts';
import { notConverged } from './job.ts';
import { undisturbed } from './kill-points.ts';
import { leftoversOn } from './leftovers.ts';
import { createReport } from './report.ts';
import { startRun } from './started-run.ts';
import { pairs } from './two-runs.ts';

const skip = await skipWithoutLab();

// What `npm run test:faults` does at length, in short.
t.test('faults made on purpose', { skip }, async (t) => {
  const lab = await createLab({ hosts: 3 });
  t.teardown(() => lab.down());
  const job = await haJob(lab);
  const wanted = await undisturbed(job);
  t.same(wanted.faults, []);
  await job.reset();

  await t.test('killed again and again on the way, and a host without its sshd', async (t) => {
    const { playbook, options } = job;
    for (const [step, moment] of [
      [3, 'before'],
      [8, 'after'],
      [4, 'before'],
    ] as const) {
      const doom = { playbook, inventory: lab.inventoryFile, options, step, moment };
      const { end, stderr } = await doomedRun(doom, lab.dir);
      t.equal(end, 'SIGKILL', stderr);
    }
    let made: Promise<void> | undefined;
    const ended = await startRun({
      playbook,
      inventory: lab.inventoryFile,
      options,
      cwd: lab.dir,
      onEvent: (event) => {
        if (event.type === 'step.started' && event.host === 'ha2') {
          made ??= killSshd(lab).then(() => startSshd(lab));
        }
      },
    }).ended;
    await made;
    t.ok(made, 'its sshd was killed');
    t.equal(ended.end, 0, ended.stderr);
    t.ok(
      ended.events.some((event) => event.type === 'host.lost' && event.host === 'ha2'),
      'the loss was told',
    );
    t.same(await notConverged(job), []);
    t.same(differences(wanted.state, await endStateOf(lab)), []);
    t.same(await leftoversOn(lab), []);
  });

  await t.test('two runs at once', async (t) => {
    const lines: string[] = [];
    const report = createReport((line) => lines.push(line));
    await pairs(lab, report, { times: 4, managers: 'own swarms' });
    t.equal(report.failed, 0, lines.join('\n'));
    t.equal(report.passed, 5);
  });

  await t.test('Ctrl-C', async (t) => {
    const worker = await toInterrupt(lab);
    for (const each of triesOf(1, 6).filter((one) => one.job === 'mixed')) {
      const { faults, figures } = await interrupted(worker, each);
      t.same(faults, [], figures);
    }
  });
});
