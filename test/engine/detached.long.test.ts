import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { detachedScript } from '../../lib/detached-script.ts';
import { Command } from '../../lib/sh.ts';
import { sha256Of } from '../../lib/sha256.ts';

// They wait most of the time, each in a place of its own.
t.jobs = 3;

const shells = ['dash', 'bash', 'busybox'];
const uid = process.getuid?.() ?? 0;

interface Place {
  /** The folder that dabook's own is made in. */
  readonly base: string;
  readonly own: string;
  /** A file that a command may write to. */
  readonly log: string;
  /** Performs a step, as the resident shell does. */
  perform(command: string, stdin?: string): Performing;
}

interface Performing {
  readonly pid: number;
  readonly ended: Promise<{ status: number | null; stdout: string; stderr: string }>;
}

const names =
  'cat chmod cmp find grep head id kill ln mkdir mktemp rm rmdir seq setsid sleep stat tail tr'.split(' ');
/** Where the programs of this machine are; nothing is told of what is part of every shell. */
const paths = new Map(
  execFileSync('sh', [
    '-c',
    'for n; do printf "%s %s\\n" "$n" "$(command -v "$n")"; done',
    'sh',
    ...names,
    ...shells,
  ])
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [name: string, path: string])
    .filter(([, path]) => path.startsWith('/')),
);

/** A place whose `sh` is this program, and all else too where it is busybox; without the programs of `without`. */
function placeWith(t: Test, program: string, without: readonly string[] = []): Place {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'dabook detached ')));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  mkdirSync(join(dir, 'base'));
  const sh = paths.get(program) ?? '';
  for (const name of names) {
    const found = paths.get(name);
    if (found !== undefined && !without.includes(name))
      symlinkSync(program === 'busybox' ? sh : found, join(bin, name));
  }
  symlinkSync(sh, join(bin, 'sh'));
  const base = join(dir, 'base');
  return {
    base,
    own: join(base, `.dabook.${uid}`),
    log: join(dir, 'log'),
    perform(command, stdin) {
      const text = detachedScript(new Command(command), base).text;
      const child = spawn(join(bin, 'sh'), ['-c', 'eval "$1"', 'sh', text], {
        env: { PATH: bin },
        cwd: dir,
        detached: true,
      });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
      child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
      child.stdin.on('error', () => {});
      child.stdin.end(stdin);
      const ended = new Promise<Awaited<Performing['ended']>>((resolve) =>
        child.once('close', (status) =>
          resolve({ status, stdout: `${Buffer.concat(out)}`, stderr: `${Buffer.concat(err)}` }),
        ),
      );
      return { pid: child.pid ?? 0, ended };
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Whether all of them wait for the one that runs. */
function haveFound(place: Place, command: string, all: readonly Performing[]): boolean {
  try {
    const status = join(place.own, folderOf(place, command), 'status');
    return all.every(({ pid }) => readlinkSync(`/proc/${pid}/fd/6`) === status);
  } catch {
    return false;
  }
}

const linesOf = (file: string) =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
/** Kills whoever waits, with all that is in its process group. */
const killed = async (t: Test, { pid, ended }: Performing) => {
  process.kill(-pid, 'SIGKILL');
  t.equal((await ended).status, null);
};
const claimOf = ({ own }: Place, command: string) => join(own, `${sha256Of(command)}.claim`);
const folderOf = (place: Place, command: string) =>
  readFileSync(claimOf(place, command), 'utf8').split(' ')[0] ?? '';
const runnerOf = (place: Place, command: string) =>
  Number(readFileSync(claimOf(place, command), 'utf8').split(' ')[1]);

for (const program of shells) {
  const skip = !paths.has(program) && 'not installed';
  t.test(`by ${program}`, { skip, buffered: true }, async (t) => {
    t.jobs = 5;
    const test = (title: string, work: (t: Test) => Promise<void>) => t.test(title, { buffered: true }, work);

    test('status, both outputs, stdin, and where it runs', async (t) => {
      const place = placeWith(t, program);
      const command =
        'cat; printf "%s %s|" "$0" $#; umask; pwd; set | grep "^__[a-z]*="; echo err >&2; exit 7';
      const done = await place.perform(`${command} # and no more`, 'in\n').ended;
      const where = join(place.base, '..');
      const umask = process.umask().toString(8).padStart(4, '0');
      t.match(done.stdout, `in\nsh 0|${umask}\n${where}\n`);
      t.same(done.stdout.split('\n').slice(3), [''], 'it sees none of the variables around it');
      t.equal(done.stderr, 'err\n');
      t.equal(done.status, 7);
      t.same(readdirSync(place.base), [], 'nothing stays behind');
      const fault = await place.perform('if then (').ended;
      t.not(fault.status, 0);
      t.not(fault.stderr, '');
      const document = await place.perform('cat <<EOF\nfirst\nEOF\necho last').ended;
      t.equal(document.stdout, 'first\nlast\n');
      const long = await place.perform('seq 1 30000; seq 1 30000 >&2').ended;
      t.equal(long.stdout.length, 64 * 1024);
      t.match([long.stdout, long.stderr], [/\n30000\n$/, /\n30000\n$/], 'the last of its output');
      t.same(readdirSync(place.base), []);
    });

    test('it goes on when whoever waits is killed, and is found again', async (t) => {
      const place = placeWith(t, program);
      const command = `echo begun >>'${place.log}'; until [ -e '${place.log}.go' ]; do sleep 0.1; done
echo out; echo err >&2; exit 3`;
      const first = place.perform(command, 'the same');
      await until(() => linesOf(place.log).length === 1);
      await killed(t, first);
      const file = join(place.own, folderOf(place, command));
      t.equal(lstatSync(place.own).mode & 0o777, 0o700);
      t.equal(lstatSync(join(file, 'stdin')).mode & 0o777, 0o600);
      t.equal(readFileSync(join(file, 'stdin'), 'utf8'), 'the same');
      const again = [place.perform(command, 'the same'), place.perform(command, 'the same')];
      await until(() => haveFound(place, command, again));
      writeFileSync(`${place.log}.go`, '');
      for (const { ended } of again) t.same(await ended, { status: 3, stdout: 'out\n', stderr: 'err\n' });
      t.same(linesOf(place.log), ['begun'], 'it ran once');
      t.same(readdirSync(place.base), [], 'nothing stays behind');
    });

    test('many that start at the same moment', async (t) => {
      const place = placeWith(t, program);
      const command = `echo begun >>'${place.log}'; until [ -e '${place.log}.go' ]; do sleep 0.1; done; echo done`;
      const all = Array.from({ length: 5 }, () => place.perform(command));
      await until(() => haveFound(place, command, all));
      writeFileSync(`${place.log}.go`, '');
      for (const { ended } of all) t.same(await ended, { status: 0, stdout: 'done\n', stderr: '' });
      t.same(readdirSync(place.base), []);
      t.same(linesOf(place.log), ['begun']);
    });

    test('another stdin is another step, and does not run beside it', async (t) => {
      const place = placeWith(t, program);
      const command = `x=$(cat); echo "$x begun" >>'${place.log}'; sleep 1; echo "$x ended" >>'${place.log}'; echo "$x"`;
      const all = await Promise.all(['a', 'b'].map((stdin) => place.perform(command, stdin).ended));
      t.same(
        all.map(({ stdout }) => stdout),
        ['a\n', 'b\n'],
      );
      const [one, two] = linesOf(place.log)[0] === 'a begun' ? ['a', 'b'] : ['b', 'a'];
      t.same(linesOf(place.log), [`${one} begun`, `${one} ended`, `${two} begun`, `${two} ended`]);
      t.same(readdirSync(place.base), []);
    });

    test('what has ended unheard is run anew', async (t) => {
      const place = placeWith(t, program);
      const go = `${place.log}.go`;
      const command = `echo begun >>'${place.log}'; until [ -e '${go}' ]; do sleep 0.1; done; exit 4`;
      const first = place.perform(command);
      await until(() => linesOf(place.log).length === 1);
      const runner = runnerOf(place, command);
      await killed(t, first);
      writeFileSync(go, '');
      await until(() => !existsSync(`/proc/${runner}`));
      t.equal((await place.perform(command).ended).status, 4);
      t.same(linesOf(place.log), ['begun', 'begun']);
      t.same(readdirSync(place.base), []);
    });

    test('what was killed before it could tell', async (t) => {
      const place = placeWith(t, program);
      const go = `${place.log}.go`;
      const command = `[ -e '${go}' ] || { : >'${go}'; sleep 60; }; echo fine`;
      for (const attached of [false, true]) {
        const first = place.perform(command);
        await until(() => existsSync(go));
        const runner = runnerOf(place, command);
        if (attached) await killed(t, first);
        const waiting = attached ? place.perform(command) : first;
        await until(() => haveFound(place, command, [waiting]));
        process.kill(-runner, 'SIGKILL');
        const { status, stderr } = await waiting.ended;
        t.match([status, stderr], [137, /something killed it/]);
        t.same(readdirSync(place.base), []);
        t.match(await place.perform(command).ended, { status: 0, stdout: 'fine\n' }, 'it is run anew');
        rmSync(go);
      }
    });

    test('a number that another process has now, and another boot', async (t) => {
      const place = placeWith(t, program);
      const command = `echo ran >>'${place.log}'`;
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      const start = readFileSync(`/proc/${process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
      const claims = [
        `run.x ${process.pid} 1 ${boot}`,
        `run.x ${process.pid} ${start} other`,
        // Its own folder was removed by somebody.
        `run.gone 999999999 1 ${boot}`,
      ];
      for (const claim of claims) {
        mkdirSync(join(place.own, 'run.x'), { recursive: true, mode: 0o700 });
        writeFileSync(claimOf(place, command), `${claim}\n`);
        writeFileSync(join(place.own, 'run.x', 'status'), '5\n');
        if (claim.startsWith('run.gone')) rmSync(join(place.own, 'run.x'), { recursive: true });
        t.match(await place.perform(command).ended, { status: 0, stderr: '' }, claim);
        t.same(readdirSync(place.base), []);
      }
      t.same(linesOf(place.log), ['ran', 'ran', 'ran']);
    });

    test('what a full disk left', async (t) => {
      const place = placeWith(t, program);
      const command = `echo ran >>'${place.log}'`;
      mkdirSync(place.own, { mode: 0o700 });
      writeFileSync(claimOf(place, command), '');
      const full = await place.perform(command).ended;
      t.match(full, { status: 1, stderr: /what is left of an earlier one: remove .*\.claim/ });
      t.notOk(existsSync(place.log));
    });

    test('what others left is removed, unless it runs', async (t) => {
      const place = placeWith(t, program);
      const other = `echo begun >>'${place.log}'; until [ -e '${place.log}.go' ]; do sleep 0.1; done; echo found`;
      const first = place.perform(other);
      await until(() => linesOf(place.log).length === 1);
      await killed(t, first);
      for (const name of ['run.999999999.1.abcdef', `run.${process.pid}.1.abcdef`]) {
        mkdirSync(join(place.own, name));
        writeFileSync(join(place.own, name, 'stdin'), 'half');
        execFileSync('touch', ['-d', '1 hour ago', join(place.own, name)]);
      }
      const claim = folderOf(place, other);
      execFileSync('touch', ['-d', '1 hour ago', join(place.own, claim)]);
      t.equal((await place.perform('echo mine').ended).stdout, 'mine\n');
      t.same(readdirSync(place.own).sort(), [basename(claimOf(place, other)), claim].sort());
      const again = place.perform(other);
      await until(() => haveFound(place, other, [again]));
      writeFileSync(`${place.log}.go`, '');
      t.equal((await again.ended).stdout, 'found\n');
      t.same(readdirSync(place.base), []);
    });

    test('a folder that others may enter is refused', async (t) => {
      const place = placeWith(t, program);
      const command = `echo ran >>'${place.log}'`;
      const refused = { status: 1, stderr: /is not a folder that only .* may enter/ };
      mkdirSync(place.own, { mode: 0o700 });
      chmodSync(place.own, 0o755);
      t.match(await place.perform(command).ended, refused, 'its mode');
      chmodSync(place.own, 0o700);
      if (uid === 0) {
        chownSync(place.own, 65534, 65534);
        t.match(await place.perform(command).ended, refused, 'its owner');
      }
      rmSync(place.own, { recursive: true });
      mkdirSync(`${place.log}.folder`, { mode: 0o700 });
      for (const to of [`${place.log}.folder`, '/no/such/folder']) {
        symlinkSync(to, place.own);
        t.match(await place.perform(command).ended, refused, `a link to ${to}`);
        rmSync(place.own);
      }
      writeFileSync(place.own, '');
      t.match(await place.perform(command).ended, refused, 'a file');
      t.notOk(existsSync(place.log));
    });

    test('a host without setsid', async (t) => {
      const place = placeWith(t, program, ['setsid']);
      const command = `echo begun >>'${place.log}'; until [ -e '${place.log}.go' ]; do sleep 0.1; done; exit 6`;
      const first = place.perform(command);
      await until(() => linesOf(place.log).length === 1);
      process.kill(-first.pid, 'SIGHUP');
      await first.ended;
      const again = place.perform(command);
      await until(() => haveFound(place, command, [again]));
      appendFileSync(`${place.log}.go`, '');
      t.equal((await again.ended).status, 6);
      t.same(linesOf(place.log), ['begun']);
      t.same(readdirSync(place.base), []);
    });
  });
}
