import { applyEdit } from './apply-edit.ts';
import type { Path, Plain } from './path.ts';

/** One change of a YAML text, at a path: keys of mappings, numbers (from 0) of list items. */
export type YamlEdit =
  /** This value is there. What is missing on the way is made, at the end of what holds it. */
  | { readonly at: Path; readonly set: Plain }
  /** This entry of a mapping is there, or else added as it is written: its key, and the lines below it. */
  | { readonly at: Path; readonly block: string }
  /** Nothing is there. */
  | { readonly at: Path; readonly remove: true };

/**
 * A YAML text with some changes, in order, and every other byte as it was: comments, blank lines, order,
 * quotes, indentation, anchors, line ends, a byte order mark, a missing line end of the last line. What is
 * new is written in the way of what is around it; what is so already changes nothing.
 * @throws DabookError `refused`, its message beginning with `line:column: `, for a text that is no YAML of
 * one document without a key that stands twice, a path that leads through a value or an alias, and an edit
 * that would change another place too
 * @example
 * editYaml(text, [
 *   { at: ['services', 'policy1', 'image'], set: 'registry.example/policy:2' },
 *   { at: ['services', 'policy2'], block: renameKey(policy1, 'policy2') },
 *   { at: ['services', 'old'], remove: true },
 * ])
 */
export function editYaml(text: string, edits: readonly YamlEdit[]): string {
  return edits.reduce((all, edit) => applyEdit(all, edit), text);
}
