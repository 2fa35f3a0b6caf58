import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Ask } from '../../lib/fact.ts';
import { type Command, docker, exec, type Need, put, type Step, sh } from '../../lib/index.ts';
import { tree } from '../../lib/step.ts';
import { foreseeImpossible, refuseImpossible } from '../../lib/step-obstacles.ts';
import { realShell } from '../transport/real-shell.ts';

/** A host that says this to the needs that it is asked of, one line each. */
function askThat(...answers: readonly string[]) {
  const asked: string[][] = [];
  const ask = {
    become: false,
    sh: async (_command: unknown, { stdin = '' } = {}) => {
      const lines = stdin.split('\n');
      const needs = Array.from({ length: (lines.length - 1) / 5 }, (_, index) =>
        lines.slice(index * 5, index * 5 + 5),
      );
      asked.push(...needs);
      return { status: 0, stdout: answers.map((line) => `${line}\n`).join(''), stderr: '' };
    },
  };
  return { ask: ask as unknown as Ask, asked };
}

const write = put('/data/new', { content: { from: 'text', text: 'x'.repeat(600) }, mode: '0644' });
const denied = ['denied /data', 'missing /data/new'];
const room = (bytes: number, is = 'missing', device = 64) => [
  `room ${bytes} 1 9 9 ${device}`,
  `${is} /data/new`,
];

/** What a check says of each of these, in turn. */
async function check(...steps: readonly (readonly [step: Step, ...answers: readonly string[]])[]) {
  const foreseen = new Map<string, unknown>();
  const told: unknown[] = [];
  for (const [step, ...answers] of steps) {
    told.push(
      await foreseeImpossible([step], askThat(...answers).ask, foreseen).then(
        ({ doubts }) => doubts,
        ({ message }) => `refused: ${message}`,
      ),
    );
  }
  return told;
}

const open = exec(sh`chown me /data`);
const remove = exec(sh`rm /data/old`, {
  needs: [
    { kind: 'write', path: '/data' },
    { kind: 'replace', path: '/data/old' },
  ],
});
const removes = ['fine /data', 'there /data/old'];
const mayNotWrite = 'the user may not write to the folder /data';
const noRoom = 'at /data there is room for 500 bytes, and 600 are to be written';
const unless = ', unless what comes before changes that';

t.test('what is sure to fail is refused; not where something before may change it', async (t) => {
  t.same(await check([write, ...denied]), [`refused: ${mayNotWrite}`]);
  t.same(await check([open], [write, ...denied]), [[], [`${mayNotWrite}${unless}`]]);
  t.same(await check([remove, ...removes], [write, ...denied]), [[], `refused: ${mayNotWrite}`]);

  t.same(await check([write, ...room(500)]), [`refused: ${noRoom}`]);
  for (const before of [[open], [remove, ...removes]] as const)
    t.same(await check(before, [write, ...room(500)]), [[], [`${noRoom}${unless}`]]);
  t.same(await check([write, ...room(600, 'there')], [write, ...room(500)]), [[], [`${noRoom}${unless}`]]);
  t.same(await check([write, ...room(600, 'there', 65)], [write, ...room(500)]), [[], `refused: ${noRoom}`]);
  const call = { title: 'remove it' };
  const ended = docker('DELETE', '/services/x', call);
  t.same(await check([ended], [write, ...room(500)]), [[], [`${noRoom}${unless}`]]);
  t.same(await check([docker('POST', '/x', call)], [write, ...room(500)]), [[], `refused: ${noRoom}`]);
  await t.rejects(refuseImpossible(write, askThat(...room(500)).ask), { code: 'refused', message: noRoom });
});

t.test('files that have room alone and not together', async (t) => {
  const together = 'at /data there is room for 1000 bytes, and 1200 are to be written with what comes before';
  t.same(await check([write, ...room(1000)], [write, ...room(1000)]), [[], [together]]);
  t.same(await check([write, ...room(1000)], [write, ...room(1000, 'missing', 65)]), [[], []]);
  t.same(await check([write, ...room(1200)], [write, ...room(1200)]), [[], []]);
});

t.test('what a tree needs: the folders that something comes into, and no other', async (t) => {
  const folder = { owner: '7' };
  const file = { mode: '0644', sha256: '', size: 5, mtime: 0 };
  const { ask, asked } = askThat();
  const step = tree('/top/site', {
    from: '/from',
    folders: [
      { path: 'new', isNew: true, ...folder },
      { path: 'new/deep', isNew: true, ...folder },
      { path: 'kept', isNew: false, ...folder },
    ],
    files: [
      { ...file, path: 'new/deep/a', isSent: true },
      { ...file, path: 'b', isSent: true },
      { ...file, path: 'kept/c', isSent: false },
    ],
  });
  await refuseImpossible(step, ask);
  t.same(asked, [
    ['write', '/top/site', '7', '', 'room'],
    ['write', '/top/site', '', '', 'room'],
    ['write', '/top/site/kept', '', '', 'room'],
    ['replace', '/top/site/new/deep/a', '', '', ''],
    ['replace', '/top/site/b', '', '', ''],
    ['own', '/top/site/kept', '7', '', ''],
    ['own', '/top/site/kept/c', '', '', ''],
  ]);
  const all = askThat();
  await refuseImpossible(
    tree('/top/site', { from: '/', folders: [{ path: '', isNew: true }], files: [] }),
    all.ask,
  );
  t.same(all.asked, [['write', '/top', '', '', 'room']], 'the folder above gets the one that is new');
  const line = askThat();
  await refuseImpossible(exec(sh`x`, { needs: [{ kind: 'own', path: '/a\nb' }] }), line.ask);
  t.same(line.asked, [], 'what has no place in a line is not asked');
});

t.test('where a folder is that a link leads to', async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dabook-leads-')));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  mkdirSync(at('there/deep'), { recursive: true });
  mkdirSync(at('with\nline'));
  symlinkSync('there', at('link'));
  symlinkSync('with\nline', at('lines'));
  const ask = {
    become: false,
    sh: async ({ text }: Command, { stdin = '' } = {}) => {
      const { stdout } = await realShell(text, Buffer.from(stdin));
      return { stdout: String(stdout) };
    },
  } as unknown as Ask;
  const leads = async (...needs: readonly Need[]) =>
    (await foreseeImpossible([exec(sh`x`, { needs })], ask, new Map())).leads;
  const need = (kind: Need['kind'], name: string): Need => ({ kind, path: at(name) });

  t.same(await leads(need('write', 'there'), need('replace', 'there/file'), need('make', 'there/a/b')), []);
  t.same(await leads(need('write', 'link/deep')), [`${at('link/deep')} leads to ${at('there/deep')}`]);
  t.same(await leads(need('make', 'link/a/b')), [`${at('link/a/b')} leads to ${at('there/a/b')}`]);
  const once = [`${at('link')} leads to ${at('there')}`];
  t.same(await leads(need('make', 'link'), need('replace', 'link/f'), need('own', 'link/deep')), once);
  t.same(await leads(need('own', 'there'), need('write', 'link'), need('own', 'there/deep')), once);
  t.same(await leads(need('write', 'lines'), need('write', 'link')), once, 'no line is told in two');
  t.same(await leads(need('replace', 'link')), [], 'a link that is replaced itself leads nowhere');
});
