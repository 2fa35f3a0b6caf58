import { type Fact, fact } from '../../fact.ts';
import { reveal, Secret } from '../../secret.ts';
import { sha256Of } from '../../sha256.ts';
import type { Later } from '../../unknown.ts';
import { type Compose, type ComposeTextsArgs, readComposeTexts } from './read-compose.ts';

/**
 * Compose files of a host as a deploy would work from them: merged, everything in its long form; with `texts`,
 * as they would merge if some files had these texts. So edits are looked at before any file is replaced. Unknown
 * in check mode while the text of a file is.
 * @throws DabookError `refused` for a fault in the files, with its place; see `composeFindings` for all at once
 * @example
 * const { config } = await host.read(composeConfig({ dir, files, texts: { 'network.yml': edited } }))
 * const ports = config.services.policy1?.ports
 */
export function composeConfig(args: ComposeTextsArgs): Fact<Later<Compose>> {
  return fact({ key: ['compose config', ...composeKey(args)], read: (ask) => readComposeTexts(ask, args) });
}

/** What tells one set of compose texts from another. */
export function composeKey({ dir = '', files, texts = {} }: ComposeTextsArgs): readonly string[] {
  const given = Object.entries(texts).map(
    ([file, text]) => `${file}=${sha256Of(text instanceof Secret ? reveal(text) : text)}`,
  );
  return [dir, ...files, ...given.sort()];
}
