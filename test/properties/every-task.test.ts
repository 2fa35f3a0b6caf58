// `want(want(s)) = want(s)`, pure, and no step that would send an unknown: for every task of dabook.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import * as exported from '../../lib/tasks/index.ts';
import { fileLaws } from './every-file-task.ts';
import { otherLaws } from './every-other-task.ts';
import { swarmLaws } from './every-swarm-task.ts';
import { onFolders } from './folders/every-task-on-folders.ts';
import { stackOnModel } from './stack-on-model.ts';
import { swarmOnModel } from './swarm-on-model.ts';

const laws = { ...fileLaws, ...otherLaws, ...swarmLaws };

/** Facts, and functions that make or hold something: nothing is done by them. */
const noTasks = [
  ...[
    'account',
    'accountsById',
    'clock',
    'composeConfig',
    'composeFindings',
    'composeReview',
    'deployedStack',
  ],
  ...['fileState', 'gateAnswers', 'imagesReady', 'keyFiles', 'nodeSpec', 'nodes', 'portState', 'serviceLogs'],
  ...['serviceRestarts', 'serviceTasks', 'stackObjects', 'stackTasks', 'swarmHoldings', 'swarmMembership'],
  ...['textFile', 'xmlValues'],
  ...['blockOf', 'clocksAgree', 'editYaml', 'findNode', 'inSwarm', 'isSwarm', 'lintCompose', 'listBackups'],
  ...['plainText', 'portsOpen', 'readCompose', 'readComposeTexts', 'readYaml', 'renameKey', 'staleTwins'],
  ...['strippedImage', 'swarmOf', 'withText', 'xmlMatches'],
];

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Names of tasks in the sources: `task('labelNode', …`. */
function tasksIn(folder: string): readonly string[] {
  const files = readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [
      ...readFileSync(`${root}${folder}/${name}`, 'utf8').matchAll(/\btask(?:<[^(]*>)?\(\s*['"](\w+)['"]/g),
    ])
    .map(([, name = '']) => name)
    .sort();
}

t.test('every task has its properties', async (t) => {
  const tasks = tasksIn('lib/tasks');
  t.ok(tasks.length > 20, `${tasks.length} tasks`);
  // Some states can only be read: those of stacks from a model, those of trees and archives from a folder.
  const performed = { ...onFolders, ...swarmOnModel, ...stackOnModel };
  t.same([...new Set(Object.keys({ ...laws, ...performed }))].sort(), tasks, 'those that are defined');
  t.same(Object.keys(performed).sort(), tasks, 'each is performed, on a model or in a folder');
  t.same(
    Object.keys(exported).sort(),
    [...tasks, ...noTasks].sort(),
    'those that are exported, and what is no task',
  );
  t.same(tasksIn('playbooks'), [], 'the playbooks have none of their own');
});

t.test('each keeps the laws', async (t) => {
  for (const [name, law] of Object.entries(laws)) await law(t, name);
});
