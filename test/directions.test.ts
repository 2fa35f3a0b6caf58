import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What task authors import: these know nothing of the engine. */
const words = [
  'answers-file',
  'at-end',
  'bulk',
  'checklist-lines',
  'counted',
  'cursor',
  'errors',
  'equal',
  'diff',
  'distinct-needs',
  'events',
  'fact',
  'file-stamp',
  'foreseen-anything',
  'form',
  'glob',
  'input-fault',
  'is-running',
  'json-line',
  'lock-name',
  'looks-secret',
  'ownership',
  'posix-quote',
  'private-folder',
  'read-answer',
  'read-bounded',
  'refuse',
  'secret',
  'secret-text',
  'secrets-in',
  'sh',
  'sha256',
  'shell-words',
  'show',
  'step',
  'strange-link',
  'task',
  'unknown',
  'visible',
  'without-traces',
  'yaml-nesting',
].map((name) => `lib/${name}.ts`);

/** Who may import what, first match first: path prefixes of lib/. */
const directions: readonly (readonly [from: string, mayImport: readonly string[]])[] = [
  ['lib/cli/', ['lib/']],
  [
    'lib/views/',
    [
      'lib/views/',
      'lib/events.ts',
      'lib/plan/kept-plan.ts',
      'lib/plan/plan-fault.ts',
      'lib/form.ts',
      'lib/checklist-lines.ts',
      'lib/counted.ts',
      'lib/json-line.ts',
      'lib/visible.ts',
    ],
  ],
  ['lib/tasks/', ['lib/tasks/', 'lib/compose/', 'lib/xml/', 'lib/yaml/', ...words]],
  ['lib/compose/', ['lib/compose/', ...words]],
  ['lib/xml/', ['lib/xml/', ...words]],
  ['lib/yaml/', ['lib/yaml/', ...words]],
  ['lib/plan/', ['lib/plan/', 'lib/consent.ts', ...words]],
  ['lib/journal/', ['lib/journal/', ...words]],
  ['lib/transport/', ['lib/transport/', ...words]],
  ['lib/lock/', ['lib/lock/', 'lib/transport/session.ts', ...words]],
  ['lib/secrets/', ['lib/secrets/', ...words]],
  [
    'lib/inventory/',
    [
      'lib/inventory/',
      'lib/secrets/',
      'lib/transport/session.ts',
      'lib/schema.ts',
      // What faults may not quote.
      'lib/known-texts.ts',
      'lib/redact.ts',
      'lib/secret-forms.ts',
      ...words,
    ],
  ],
  [
    'lib/load/',
    ['lib/load/', 'lib/playbook.ts', 'lib/where.ts', 'lib/index.ts', 'lib/tasks/index.ts', ...words],
  ],
  ...words.map((word) => [word, words] as const),
  // The engine: it reaches hosts and inventories through their types, and knows no view and no terminal.
  [
    'lib/',
    [
      ...readdirSync(join(root, 'lib'))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `lib/${name}`),
      'lib/transport/session.ts',
      'lib/lock/keeper.ts',
      'lib/lock/keeper-script.ts',
      'lib/lock/held-lock.ts',
      'lib/lock/lock-holder.ts',
      'lib/lock/locked-error.ts',
      'lib/lock/swarm-door.ts',
      'lib/lock/swarm-lock.ts',
      'lib/lock/lock-place.ts',
      'lib/inventory/inventory.ts',
      'lib/inventory/check-vars.ts',
      'lib/inventory/did-you-mean.ts',
    ],
  ],
];

const files = readdirSync(join(root, 'lib'), { recursive: true })
  .map((name) => `lib/${name}`)
  .filter((name) => name.endsWith('.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)];
  return found.map(([, path = '']) => normalize(join(dirname(file), path)));
}

t.test('imports go in one direction', async (t) => {
  const wrong = files.flatMap((file) => {
    const [, allowed] = directions.find(([from]) => file.startsWith(from)) ?? ['', []];
    return importsOf(file)
      .filter((target) => !allowed.some((prefix) => target.startsWith(prefix)))
      .map((target) => `${file} imports ${target}`);
  });
  t.same(wrong, []);
  t.ok(files.length > 50, 'it looked at something');
});

t.test('nothing in lib/ is imported in a circle', async (t) => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const target of valueImportsOf(file)) visit(target, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  t.same(circles, []);
});

/** Imports that exist at run time: types may refer to one another. */
function valueImportsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^(?:import|export) type [^;]*;/gm, '');
  return [...text.matchAll(/^(?:import|export) [^;]*?from '(\.[^']+)'/gm)].map(([, path = '']) =>
    normalize(join(dirname(file), path)),
  );
}

t.test('only the command line touches the process', async (t) => {
  const touching = files
    .filter((file) => !file.startsWith('lib/cli/'))
    .filter((file) => /\bprocess\.(env|stdout|stderr|stdin|exit)\b|\bconsole\./.test(code(file)));
  t.same(touching, []);
});

function code(file: string): string {
  return readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
