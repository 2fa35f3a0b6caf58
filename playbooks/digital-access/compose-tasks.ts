import type { Task } from 'dabook';
import { yamlFile } from 'dabook/tasks';
import type { CheckedCompose } from './check-compose.ts';
import { composeFiles } from './installation.ts';
import type { Site } from './site.ts';

/**
 * `docker-compose.yml` comes last: only while that lacks a service are its blocks taken from the files of another host.
 * So a run that ends between two files leaves what the next one needs to write the others.
 */
export const writingOrder = composeFiles.toReversed();

/** The tasks that complete the manager's compose files. */
export function composeTasks(
  { installation: { compose_dir } }: Pick<Site, 'installation'>,
  { edits, texts }: Pick<CheckedCompose, 'edits' | 'texts'>,
): readonly Task<unknown>[] {
  return writingOrder.map((file) =>
    yamlFile({
      path: `${compose_dir}/${file}`,
      // Looking for what is left to edit takes longer than seeing that nothing is.
      edits: (text) => (text === texts[file] ? [] : edits[file]),
    }),
  );
}
