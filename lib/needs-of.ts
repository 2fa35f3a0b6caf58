import { stat } from 'node:fs/promises';
import { dirname } from 'node:path/posix';
import { distinctNeeds } from './distinct-needs.ts';
import { isRead, reveal } from './secret.ts';
import { sha256Of } from './sha256.ts';
import type { Content, Need, Step, TreeStep } from './step.ts';

/** What a step needs of the files of its host; none where it does not say. */
export async function needsOf(step: Step): Promise<readonly Need[]> {
  switch (step.kind) {
    case 'exec':
      return step.needs ?? [];
    case 'put':
      return ofFile(step, await sizeOf(step.content));
    case 'ask':
      return ofFile(step.keep, 0);
    case 'attributes': {
      const { path, owner, group } = step;
      // Both are done by a second name of the file, in a folder beside it.
      return [
        { kind: 'own', path, owner, group },
        { kind: 'write', path: dirname(path) },
      ];
    }
    case 'tree':
      return ofTree(step);
    default:
      return [];
  }
}

function ofFile({ path, owner, group }: Pick<Need, 'path' | 'owner' | 'group'>, size: number): Need[] {
  return [
    { kind: 'write', path: dirname(path), owner, group, size },
    { kind: 'replace', path },
  ];
}

/** New things come into folders that are there, be it with a new folder that they are in. */
function ofTree({ path, folders, files }: TreeStep): readonly Need[] {
  const added = new Set(folders.flatMap((folder) => (folder.isNew ? [folder.path] : [])));
  const placeOf = (below: string) => (below === '' ? path : `${path === '/' ? '' : path}/${below}`);
  const folderOf = (below: string): string => {
    if (below === '') return dirname(path);
    const folder = below.includes('/') ? dirname(below) : '';
    return added.has(folder) ? folderOf(folder) : placeOf(folder);
  };
  const written = distinctNeeds(
    [...folders.filter(({ isNew }) => isNew), ...files].map(
      (entry): Need => ({
        kind: 'write',
        path: folderOf(entry.path),
        owner: entry.owner,
        group: entry.group,
      }),
    ),
  );
  const size = files.reduce((sum, file) => sum + (file.isSent ? file.size : 0), 0);
  const changed = [...folders.filter(({ isNew }) => !isNew), ...files.filter(({ isSent }) => !isSent)];
  return [
    ...written.map((need, index) => ({ ...need, size: index === 0 ? size : 0 })),
    ...files.flatMap((file): Need[] => (file.isSent ? [{ kind: 'replace', path: placeOf(file.path) }] : [])),
    ...changed.map((entry): Need => {
      const { owner, group } = entry;
      return { kind: 'own', path: placeOf(entry.path), owner, group };
    }),
  ];
}

/** Bytes; at least as many as these where only another host knows them. */
async function sizeOf(content: Content): Promise<number> {
  switch (content.from) {
    case 'text':
      // One that only an apply can know is no text yet.
      return typeof content.text === 'string' ? Buffer.byteLength(content.text) : 0;
    case 'secret':
      return isRead(content.secret) ? Buffer.byteLength(reveal(content.secret)) : 0;
    case 'control':
      return (await stat(content.path)).size;
    case 'host':
      return content.sha256 === emptySha256 ? 0 : 1;
  }
}

const emptySha256 = sha256Of('');
