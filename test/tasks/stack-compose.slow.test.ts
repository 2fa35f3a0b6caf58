import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Ask, Fact } from '../../lib/fact.ts';
import { secret } from '../../lib/secret.ts';
import { fileState, textFile, withText } from '../../lib/tasks/files/index.ts';
import {
  type ComposeTextsArgs,
  composeConfig,
  composeFindings,
  readCompose,
  stackDeploy,
} from '../../lib/tasks/stack/index.ts';
import { mergeCommand, splitMerged } from '../../lib/tasks/stack/merge-command.ts';
import { isKnown, unknown } from '../../lib/unknown.ts';
import { canary } from '../canary/canary.ts';
import { askBy, askEngine } from './rig.ts';

const root = mkdtempSync(join(tmpdir(), 'dabook-stack-compose-'));
t.teardown(() => rmSync(root, { recursive: true }));
/** A folder of compose files with all that hangs on where they are. */
const dir = join(root, "it's here");
mkdirSync(join(dir, 'sub'), { recursive: true });
writeFileSync(join(root, 'above.env'), 'ABOVE=1\n');
writeFileSync(join(dir, 'own.env'), 'OWN=1\n');
const base = `version: "3.7"
services:
  a:
    image: x:1
    env_file: [own.env, ../above.env]
    volumes: ["./rel:/r"]
    configs: [c]
configs: {c: {file: ./c.txt}}
`;
const over = (hostname: string) => `version: "3.7"\nservices: {a: {hostname: ${hostname}}}\n`;
writeFileSync(join(dir, 'base.yml'), base);
writeFileSync(join(dir, 'over.yml'), over('as-it-is'));
writeFileSync(
  join(dir, 'sub/deep.yml'),
  base.replace('own.env', '../own.env').replace('../above', '../../above'),
);
const files = ['base.yml', 'over.yml'];

/** Programs of this machine, and the docker command with or without `stack config`. */
const bin = join(root, 'bin');
mkdirSync(bin);
writeFileSync(join(bin, 'docker'), `#!/bin/sh\necho "unknown shorthand flag: 'c' in -c" >&2\nexit 125\n`);
chmodSync(join(bin, 'docker'), 0o755);
const newDocker = spawnSync('docker', ['stack', 'config', '--help'], { encoding: 'utf8' }).stdout?.includes(
  'docker stack config',
);
const path = process.env.PATH ?? '';
const withoutConfig = `${bin}:${path}`;

const hasBusybox = spawnSync('sh', ['-c', 'busybox true']).status === 0;
const shells: Readonly<Record<string, readonly [string, ...string[]]>> = {
  sh: ['sh'],
  ...(hasBusybox ? { busybox: ['busybox', 'sh'] } : {}),
};

t.test('busybox as the shell', { skip: !hasBusybox && 'busybox is not installed' }, async (t) => {
  t.ok(shells.busybox);
});

async function merged(ask: Ask, args: ComposeTextsArgs) {
  const state = await ask.fact(composeConfig(args));
  if (!isKnown(state)) throw new Error('not known');
  return state;
}

/** Asks as `ask` does, in a check that foresaw states; what was asked is in `asked`. */
function foreseeing(ask: Ask, states: ReadonlyMap<string, unknown>) {
  const asked: string[] = [];
  const seeing: Ask = {
    ...ask,
    sh: (command, options) => {
      asked.push(command.text);
      return ask.sh(command, options);
    },
    fact: <S>(fact: Fact<S>): Promise<S> =>
      states.has(fact.key) ? Promise.resolve(states.get(fact.key) as S) : fact.read(seeing),
    foreseen: (fact) => states.has(fact.key),
  };
  return { ask: seeing, asked };
}

t.test(
  'texts that no file has yet, merged by docker',
  { skip: newDocker ? false : 'no docker stack config' },
  async (t) => {
    const before = readdirSync(tmpdir()).sort();
    for (const [name, shell] of Object.entries(shells)) {
      const ask = askBy(shell, path);
      const as = async (texts: Readonly<Record<string, string>>, named = files, from = dir) =>
        (await merged(ask, { dir: from, files: named, texts })).config.services.a;
      const plain = await as({});
      t.match(plain, { hostname: 'as-it-is', environment: { OWN: '1', ABOVE: '1' } }, `${name}: as it is`);
      t.strictSame(plain?.volumes, [{ type: 'bind', source: join(dir, 'rel'), target: '/r' }], name);

      const odd = base.replace('x:1', 'it\'s:2 # $HOME `id` "q" \\n %s é');
      t.strictSame(await as({ 'base.yml': odd }), { ...plain, image: "it's:2" }, `${name}: the base file's`);
      t.strictSame(
        await as({ 'over.yml': over('new') }),
        { ...plain, hostname: 'new' },
        `${name}: another's`,
      );
      t.strictSame(
        await as({ 'base.yml': base.replace('x:1', 'x:2'), 'over.yml': over('new') }),
        { ...plain, image: 'x:2', hostname: 'new' },
        `${name}: both`,
      );
      t.strictSame(
        await as({ 'new.yml': over('newest') }, [...files, 'new.yml']),
        { ...plain, hostname: 'newest' },
        `${name}: a file that is not there yet`,
      );
      const deep = base
        .replace('own.env', '../own.env')
        .replace('../above', '../../above')
        .replace('x:1', 'x:3');
      t.match(
        await as({ 'sub/deep.yml': deep, 'over.yml': over('far') }, ['sub/deep.yml', 'over.yml']),
        {
          image: 'x:3',
          hostname: 'far',
          environment: { OWN: '1', ABOVE: '1' },
          volumes: [{ source: join(dir, 'sub/rel') }],
        },
        `${name}: relative to the base file's folder`,
      );
      const absolute = files.map((file) => join(dir, file));
      t.match(
        await as({ [absolute[1] ?? '']: over('abs') }, absolute, '/'),
        { hostname: 'abs', image: 'x:1' },
        name,
      );
      const large = `${over('large')}# ${'x'.repeat(100_000)}\n`;
      t.match(await as({ 'over.yml': large }), { hostname: 'large' }, `${name}: more than a pipe holds`);
      const { sources } = await merged(ask, {
        dir,
        files,
        texts: { 'over.yml': 'services: {}\nversion: "3.7"' },
      });
      t.strictSame(
        sources,
        [
          { file: 'base.yml', text: base },
          { file: 'over.yml', text: 'services: {}\nversion: "3.7"' },
        ],
        'sources are what was merged',
      );
      await t.rejects(as({ 'over.yml': over('x').replace('hostname', 'hostnme') }), {
        code: 'refused',
        message: 'over.yml:2:16: services.a Additional property hostnme is not allowed',
      });
    }
    t.strictSame(
      readdirSync(tmpdir())
        .sort()
        .filter((name) => !before.includes(name) && name.startsWith('tmp.')),
      [],
      'nothing stays behind',
    );
    t.strictSame(readdirSync(dir).sort(), ['base.yml', 'over.yml', 'own.env', 'sub']);
  },
);

t.test('the same by an older docker', async (t) => {
  const ask = askBy(['sh'], withoutConfig);
  const texts = {
    'base.yml': base.replace(/ {4}env_file.*\n/, '').replace('x:1', 'x:2'),
    'over.yml': over('new'),
  };
  const { config } = await merged(ask, { dir, files, texts });
  t.match(config.services.a, {
    image: 'x:2',
    hostname: 'new',
    volumes: [{ source: join(dir, 'rel') }],
  });
  await t.rejects(merged(ask, { dir, files }), { code: 'refused', message: /env_file cannot be read here/ });
  await t.rejects(merged(ask, { dir, files, texts: { 'other.yml': '' } }), {
    code: 'playbook',
    message: 'a text is given for other.yml, which is not one of the files',
  });
});

t.test('texts are in no command, whoever merges them', async (t) => {
  const plain = base.replace(/ {4}env_file.*\n/, '');
  const hostname = canary('host name');
  const hush = over(hostname);
  const cases: Readonly<Record<string, ComposeTextsArgs['texts']>> = {
    'a text': { 'base.yml': plain, 'over.yml': hush },
    'a secret': { 'base.yml': plain, 'over.yml': secret('over.yml', hush) },
    'both secret': { 'base.yml': secret('base.yml', plain), 'over.yml': secret('over.yml', hush) },
  };
  for (const docker of newDocker ? [path, withoutConfig] : [withoutConfig]) {
    for (const [name, texts] of Object.entries(cases)) {
      const { ask, asked } = foreseeing(askBy(['sh'], docker), new Map());
      const { config } = await merged(ask, { dir, files, texts });
      t.match(config.services.a, { hostname }, `${name} is merged`);
      t.notMatch(asked.join('\n'), hostname, `${name} is in no command`);
    }
  }
  for (const shell of newDocker ? Object.values(shells) : []) {
    const { config } = await merged(askBy(shell, path), {
      dir,
      files,
      texts: { 'base.yml': secret('base.yml', base) },
    });
    t.match(config.services.a?.environment, { OWN: '1', ABOVE: '1' }, 'a secret text with an env_file');
  }
});

t.test('texts that no shell can hand to docker', async (t) => {
  const ask = askBy(['sh'], path);
  const plain = base.replace(/ {4}env_file.*\n/, '');
  const many = Array.from({ length: 8 }, (_, index) => `${index}.yml`);
  const texts = Object.fromEntries(many.map((file) => [file, over(`from-${file}`)]));
  const { config } = await merged(ask, {
    dir,
    files: ['base.yml', ...many],
    texts: { ...texts, 'base.yml': plain },
  });
  t.match(config.services.a, { hostname: 'from-7.yml', image: 'x:1' }, 'too many of them');
  const state = await ask.fact(composeConfig({ dir, files: ['base.yml', ...many], texts }));
  t.notOk(isKnown(state), 'what only docker can read is not known then');
  const odd = await merged(ask, {
    dir,
    files,
    texts: { 'base.yml': plain, 'over.yml': secret('over.yml', over('"a\0b"')) },
  });
  t.match(odd.config.services.a, { image: 'x:1' }, 'a NUL byte in one');
});

t.test('what earlier tasks of a check would write', async (t) => {
  const host = askBy(['sh'], withoutConfig);
  const plain = base.replace(/ {4}env_file.*\n/, '');
  const [first, second] = files.map((file) => join(dir, file)) as [string, string];
  const edited = (text: string, mode = '0644') =>
    withText({ type: 'file', mode, owner: 'root', group: 'root', parent: { exists: true } }, second, text);
  const states = new Map<string, unknown>([
    [textFile(first).key, edited(plain)],
    [textFile(second).key, edited(over('foreseen'), '0600')],
  ]);
  const read = async () => {
    const compose = await readCompose(foreseeing(host, states).ask, files, dir);
    return isKnown(compose) ? compose.config.services.a?.hostname : 'not known';
  };
  t.equal(await read(), 'foreseen', 'edits, secret or not');
  states.delete(textFile(second).key);
  t.equal(await read(), 'as-it-is', 'the other file as it is');
  states.set(fileState(second).key, { type: 'file', content: over('copied'), mode: '0644' });
  t.equal(await read(), 'copied', 'a copy');
  states.set(textFile(second).key, unknown('text'));
  t.equal(await read(), 'not known', 'a text that only the apply knows');

  const { docker } = askEngine({ '/info': { Swarm: {} } });
  const { ask } = foreseeing({ ...host, docker }, states);
  const deploy = stackDeploy({ name: 's', dir, files });
  t.notOk(isKnown(await deploy.fact.read(ask)), 'a deploy of it is skipped');
});

t.test('all that is wrong with files of a host, at once', async (t) => {
  for (const docker of [path, withoutConfig]) {
    const ask = askBy(['sh'], docker);
    const read = async (texts: Readonly<Record<string, string>>) => {
      const findings = await ask.fact(
        composeFindings({ dir, files, texts, nodes: [{ name: 'n', labels: { a: '1' } }] }),
      );
      return isKnown(findings)
        ? findings.map(({ severity, place, message }) => `${severity} ${place ?? '-'} ${message}`)
        : [];
    };
    const plain = base.replace(/ {4}env_file.*\n/, '');
    t.strictSame(await read({ 'base.yml': plain }), []);
    t.strictSame(
      await read({
        'base.yml': plain.replace('x:1', 'http://x:1'),
        'over.yml': 'version: "3.8"\nservices: {b: {imag: x}, a: {}}\n',
      }),
      [
        'warning base.yml:4:5 image http://x:1 of service a is not valid: an image has no http:// before its name',
        'fault over.yml:1:1 the compose files have different versions: base.yml has 3.7, over.yml has 3.8',
        'fault over.yml:2:12 service b is in none of the files before, which define a: it would run on any node',
        'fault over.yml:2:12 service b has no image in base.yml, over.yml',
        'fault over.yml:2:16 services.b.imag is not allowed in a stack',
      ],
    );
    t.strictSame(
      await read({
        'base.yml': plain.replace('x:1', 'x:1\n    deploy: {placement: {constraints: [node.labels.b == 1]}}'),
      }),
      ['fault base.yml:5:40 no node can run service a: no node has the label b (node.labels.b == 1)'],
    );
    t.match(
      await read({ 'base.yml': plain.replace('x:1', 'x:1\n    ports: [nonsense]') }),
      [/^fault base\.yml:\d:\d+ services\.a.*(nonsense|format)/],
      'what the lint does not know is told in the words of the merge',
    );
  }
});

t.test('a file that is no UTF-8 is named, and garbles no other', async (t) => {
  const odd = mkdtempSync(join(root, 'odd '));
  const latin = Buffer.from(`${over('x')}# zw\xf6lf\n`, 'latin1');
  writeFileSync(join(odd, 'latin.yml'), latin);
  const mark = '\uFEFF';
  writeFileSync(
    join(odd, 'base.yml'),
    `${mark}version: "3.7"\nservices: {a: {image: "x:1"}}\n# \uFFFD\n#--- 0\n# . - é`,
  );
  for (const [name, shell] of Object.entries(shells)) {
    const ask = askBy(shell, withoutConfig);
    const named = { dir: odd, files: ['base.yml', 'latin.yml'] };
    const message = 'the compose file latin.yml is no text in UTF-8';
    await t.rejects(merged(ask, named), { code: 'refused', message, hint: /iconv/ }, name);
    t.match(await ask.fact(composeFindings(named)), [{ severity: 'fault', message }], name);
    const { sources } = await merged(ask, { ...named, files: ['base.yml'] });
    t.equal(sources[0]?.text, readFileSync(join(odd, 'base.yml'), 'utf8'), `${name}: to the last byte`);
    const merge = { files: ['latin.yml', 'none.yml', 'base.yml'], dir: odd, texts: {}, byDocker: false };
    const { stdout } = await ask.sh(mergeCommand(merge).command);
    const [, none, base] = splitMerged(stdout, merge).sources;
    t.strictSame([none?.text, base?.text], [undefined, sources[0]?.text], `${name}: whatever is beside it`);
  }
});
