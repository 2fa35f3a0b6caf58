import type { YamlEdit } from 'dabook/tasks';
import type { ComposeTexts } from './compose-texts.ts';
import { composeFiles } from './installation.ts';
import { portEdits } from './port-edits.ts';
import type { Service } from './service.ts';
import type { ReadYaml } from './yaml-reader.ts';

type ComposeFile = (typeof composeFiles)[number];

/**
 * What the inventory says of a service, its image and its ports, as edits of one of the compose files: the one
 * that has the last word on it. What no file says of it goes where the product has it.
 * @throws DabookError `refused` for ports that cannot be edited
 */
export function statedEdits(
  { name, image, ports }: Service,
  texts: ComposeTexts,
  file: ComposeFile,
  read: ReadYaml,
): readonly YamlEdit[] {
  const at = (key: string) => ['services', name, key];
  const isIn = (key: string, usual: ComposeFile) =>
    (composeFiles.findLast((each) => read(texts[each], at(key)) !== undefined) ?? usual) === file;
  const edits: YamlEdit[] = [];
  if (image !== undefined && isIn('image', 'versiontag.yml')) edits.push({ at: at('image'), set: image });
  if (ports !== undefined && isIn('ports', 'network.yml')) {
    edits.push(...portEdits(read(texts[file], at('ports')), at('ports'), ports));
  }
  return edits;
}
