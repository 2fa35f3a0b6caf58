import type { Host } from 'dabook';
import { plainText, textFile } from 'dabook/tasks';
import { composeFiles, type Installation } from './installation.ts';

/** The texts of the three compose files of a host, by name. */
export type ComposeTexts = Readonly<Record<(typeof composeFiles)[number], string>>;

/** A host's compose files; nothing where it has not all of them. Only reads. */
export async function composeTextsOf(
  host: Host,
  { compose_dir }: Pick<Installation, 'compose_dir'>,
): Promise<ComposeTexts | undefined> {
  const files = await Promise.all(composeFiles.map((file) => host.read(textFile(`${compose_dir}/${file}`))));
  const texts = files.map((file) => ('type' in file ? plainText(file) : undefined));
  if (texts.some((text) => text === undefined)) return undefined;
  return Object.fromEntries(
    composeFiles.map((file, index) => [file, texts[index]]),
  ) as unknown as ComposeTexts;
}
