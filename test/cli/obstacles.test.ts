import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Event } from '../../lib/events.ts';
import { outsideTap } from '../outside-tap.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nobody = 65534;

const playbook = `import { playbook } from 'dabook';
import { backup, copyFile, copyKeys, copyTree, fileAbsent, keyFiles, ownedTree, restore } from 'dabook/tasks';
import { readdirSync } from 'node:fs';
import { z } from 'zod';

export default playbook({ name: 'Files', groups: { all: z.looseObject({ job: z.string(), at: z.string() }) } },
  async ({ groups: { all }, play }) => {
    await play('Work', all, async (host) => {
      const { job, at } = host.vars;
      if (job === 'write') return host.run(copyFile({ content: 'x'.repeat(40_000), dest: at + '/note' }));
      if (job === 'mode') return host.run(copyFile({ content: 'here', dest: at + '/there', mode: '0600' }));
      if (job === 'give') return host.run(copyFile({ content: 'mine', dest: at + '/note', owner: 'root' }));
      if (job === 'tree') return host.run(copyTree({ src: new URL('from/', import.meta.url), dest: at + '/tree' }));
      if (job === 'into kept') return host.run(copyTree({ src: new URL('from/', import.meta.url), dest: at + '/kept' }));
      if (job === 'absent') return host.run(fileAbsent({ path: at + '/there' }));
      if (job === 'owned') return host.run(ownedTree({ dir: at, owner: 65534, group: 65534 }));
      if (job === 'back up') return host.run(backup({ to: 'backups', paths: [at + '/there'] }));
      if (job === 'restore') return host.run(restore({ archive: 'backups/' + readdirSync('backups')[0] }));
      if (job === 'mine') return host.run(copyFile({ content: 'mine', dest: at + '/there', owner: 65534, group: 65534 }));
      if (job === 'group') return host.run(copyFile({ content: 'mine', dest: at + '/mine', group: 100 }));
      if (job === 'new folder') {
        const from = await host.read(keyFiles({ dir: process.cwd() + '/from', match: 'text' }));
        return host.run(copyKeys({ from, dir: at + '/more/keys', parents: true }));
      }
      if (job === 'two') {
        await host.run(copyFile({ content: 'x'.repeat(600_000), dest: at + '/one' }));
        return host.run(copyFile({ content: 'x'.repeat(600_000), dest: at + '/two' }));
      }
      if (job === 'make room') {
        await host.run(fileAbsent({ path: at + '/zero' }));
        return host.run(copyFile({ content: 'x'.repeat(600_000), dest: at + '/two' }));
      }
      if (job === 'keys') {
        const from = await host.read(keyFiles({ dir: process.cwd() + '/from', match: 'text' }));
        return host.run(copyKeys({ from, dir: at }));
      }
      return host.run(copyFile({ content: 'a', dest: at + '/small' }));
    });
  });
`;

/** A folder of the user nobody's, and one beside it that is root's, with dabook where that user may read it. */
function place(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'dabook-obstacles-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  for (const name of ['bin', 'dist', 'package.json']) {
    cpSync(join(root, name), join(folder, 'dabook', name), { recursive: true });
  }
  for (const name of ['own', 'theirs', 'root', 'home', 'home/from']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'home/from/text'), 'y'.repeat(90_000));
  writeFileSync(join(folder, 'home/files.ts'), playbook);
  writeFileSync(join(folder, 'own/there'), 'here');
  for (const name of ['own', 'home']) chownSync(join(folder, name), nobody, nobody);
  const does = (wrap: readonly string[], job: string, at: string, ...more: readonly string[]) => {
    const hosts = `all: { hosts: { here: { ansible_connection: local, job: ${job}, at: ${join(folder, at)} } } }\n`;
    writeFileSync(join(folder, 'home/hosts.yml'), hosts);
    const args = ['run', 'files.ts', '-i', 'hosts.yml', '--no-type-check', '--no-lock', '--json', ...more];
    const bin = join(folder, 'dabook/bin/dabook.cjs');
    const [command, words] = outsideTap('env', [...wrap, process.execPath, bin, ...args]);
    const { stdout, status } = spawnSync(command, [...words], {
      cwd: join(folder, 'home'),
      env: {
        PATH: process.env.PATH,
        HOME: join(folder, wrap === asNobody ? 'home' : 'root'),
        DABOOK_RUNS: 'off',
      },
      encoding: 'utf8',
    });
    const events = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Event);
    const ended = events.flatMap((event) => (event.type === 'task.ended' ? [event] : []));
    return { status, ended: ended[0], last: ended.at(-1) };
  };
  return { folder, does };
}

const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
const isRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can be another user' };

t.test('check says what the user may not do, and the run does not do it', isRoot, async (t) => {
  const { does } = place(t);
  const cases: readonly (readonly [job: string, at: string, told: RegExp])[] = [
    ['write', 'theirs', /the user may not write to the folder .*\/theirs/],
    ['tree', 'theirs', /the user may not write to the folder .*\/theirs/],
    ['mode', 'own', /\/own\/there belongs to another user: mode and owner cannot be set/],
    ['give', 'own', /only root gives files to others: .*\/own to root/],
  ];
  for (const [job, at, told] of cases) {
    const checked = does(asNobody, job, at, '--check');
    t.equal(checked.status, 1, `${job} ${at}`);
    t.match(checked.ended, { status: 'failed', fault: { code: 'refused', message: told, hint: /as root/ } });
    const ran = does(asNobody, job, at);
    t.equal(ran.status, 1);
    t.match(ran.ended?.fault, { ...checked.ended?.fault }, 'the run says so in the same words');
    t.equal(does([], job, at, '--check').status, 0, 'root may');
  }
  t.equal(does(asNobody, 'write', 'own', '--check').status, 0);
  t.equal(does(asNobody, 'write', 'own').status, 0);
});

t.test('check says what the user may not do to what is there', isRoot, async (t) => {
  const { does, folder } = place(t);
  const at = (path: string) => join(folder, path);
  for (const name of ['sticky', 'own/kept', 'theirs/kept']) mkdirSync(at(name));
  chmodSync(at('sticky'), 0o1777);
  for (const name of ['theirs/there', 'sticky/there', 'theirs/kept/text', 'own/mine'])
    writeFileSync(at(name), 'mine');
  for (const name of ['theirs/kept', 'theirs/kept/text', 'own/mine']) chownSync(at(name), nobody, nobody);
  writeFileSync(at('sticky/there'), 'otherwise');
  t.equal(does(asNobody, 'back up', 'theirs').status, 0);
  writeFileSync(at('theirs/there'), 'otherwise');

  const cases: readonly (readonly [job: string, at: string, told: RegExp])[] = [
    ['absent', 'theirs', /the user may not write to the folder .*\/theirs$/],
    ['absent', 'sticky', /\/sticky\/there belongs to another user, and in its folder nobody replaces/],
    ['owned', 'own', /\/own(\/\w+)? belongs to another user: mode and owner cannot be set/],
    ['restore', 'theirs', /the user may not write to the folder .*\/theirs$/],
    ['into kept', 'own', /the user may not write to the folder .*\/own\/kept$/],
    ['mine', 'sticky', /\/sticky\/there belongs to another user/],
    ['group', 'own', /the user is not in the group 100, which .*\/own\/mine is to have/],
    ['new folder', 'theirs', /the user may not write to the folder .*\/theirs$/],
  ];
  for (const [job, at, told] of cases) {
    const checked = does(asNobody, job, at, '--check');
    t.match(checked.ended, { status: 'failed', fault: { message: told, hint: /as root/ } }, `${job} ${at}`);
    const ran = does(asNobody, job, at, '--yes');
    t.equal(ran.status, 1);
    t.match(ran.ended?.fault, { ...checked.ended?.fault }, 'the run says so in the same words');
  }
  const inGroup = [...asNobody.slice(0, -1), '--groups=100'];
  const fine: readonly (readonly [wrap: readonly string[], job: string, at: string])[] = [
    [asNobody, 'into kept', 'theirs'],
    [inGroup, 'group', 'own'],
    [asNobody, 'new folder', 'own'],
  ];
  for (const [wrap, job, at] of fine) {
    t.equal(does(wrap, job, at, '--check').status, 0, `${job} ${at}`);
    t.equal(does(wrap, job, at).status, 0);
  }
});

t.test('check says that a file is immutable', isRoot, async (t) => {
  const { does, folder } = place(t);
  const file = join(folder, 'own/there');
  const chattr = (flag: string) => spawnSync('sh', ['-c', `chattr ${flag} ${file}`]).status === 0;
  if (!chattr('+i')) return;
  t.teardown(() => chattr('-i'));
  for (const job of ['mine', 'mode', 'absent', 'owned']) {
    const checked = does([], job, 'own', '--check');
    t.match(checked.ended?.fault, { message: /\/own\/there is immutable/, hint: /chattr -i .*there/ }, job);
    t.same(does([], job, 'own', '--yes').ended?.fault, checked.ended?.fault);
  }
});

t.test('check says that a file system is read-only', isRoot, async (t) => {
  const { does, folder } = place(t);
  const own = join(folder, 'own');
  const script = `mount --bind ${own} ${own} && mount -o remount,ro,bind ${own} && exec "$@"`;
  const frozen = ['unshare', '-m', 'sh', '-c', script, 'sh'];
  for (const job of ['mode', 'small', 'absent']) {
    const checked = does(frozen, job, 'own', '--check');
    t.match(checked.ended?.fault, { message: `${own} is on a file system that is read-only` }, job);
    t.same(does(frozen, job, 'own', '--yes').ended?.fault, checked.ended?.fault, 'in the same words');
  }
});

t.test('check says that there is no room, and the run finds none', isRoot, async (t) => {
  const { does, folder } = place(t);
  mkdirSync(join(folder, 'full'));
  const full = join(folder, 'full');
  const on = (options: string, fill = 'true') => {
    const script = `mount -t tmpfs -o mode=755,${options} tmpfs ${full} && ${fill} && exec "$@"`;
    return ['unshare', '-m', 'sh', '-c', script, 'sh'];
  };
  const onFull = on('size=32k');
  for (const job of ['write', 'tree']) {
    const checked = does(onFull, job, 'full', '--check');
    t.equal(checked.status, 1);
    t.match(
      checked.ended?.fault?.message,
      /at .*full there is room for \d+ bytes, and \d+ are to be written/,
    );
    const ran = does(onFull, job, 'full');
    t.same([ran.status, ran.ended?.fault], [1, checked.ended?.fault], 'in the same words');
  }
  const cases: readonly (readonly [job: string, wrap: readonly string[], told: RegExp])[] = [
    ['keys', on('size=4k', `head -c 4096 /dev/zero >${full}/zero`), /at .*full there is no room/],
    ['small', on('nr_inodes=2', `touch ${full}/one`), /no more files have room at .*full: no inode is left/],
  ];
  for (const [job, wrap, told] of cases) {
    const checked = does(wrap, job, 'full', '--check');
    t.match(checked.ended?.fault?.message, told);
    t.same(does(wrap, job, 'full').ended?.fault, checked.ended?.fault, 'in the same words');
  }
  t.equal(does(onFull, 'small', 'full', '--check').status, 0);
  t.equal(does(onFull, 'small', 'full').status, 0);

  const onOne = on('size=1M', `head -c 900000 /dev/zero >${full}/zero`);
  const checked = does(onOne, 'make room', 'full', '--check');
  t.match(checked, {
    status: 0,
    last: {
      note: /^may not work: at .* there is room for \d+ bytes, and 600000 .*, unless what comes before/,
    },
  });
  t.equal(does(onOne, 'make room', 'full', '--yes').status, 0, 'as it turns out');
  const both = does(on('size=1M'), 'two', 'full', '--check');
  t.match(both, {
    status: 0,
    ended: { note: undefined },
    last: {
      note: /^may not work: at .* room for \d+ bytes, and 1200000 are to be written with what comes before$/,
    },
  });
  t.match(does(on('size=1M'), 'two', 'full').last, { status: 'failed', fault: { message: /room for/ } });
});
