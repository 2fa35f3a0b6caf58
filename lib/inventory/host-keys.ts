import { createHash } from 'node:crypto';
import { Secret } from '../secret.ts';
import type { HostKeyPin } from '../transport/session.ts';
import type { Findings } from './findings.ts';
import type { LayeredVars } from './layer-vars.ts';
import { type Place, positionOf } from './place.ts';
import { firstUnread, type Tree, WRITE_THE_VALUE, whyNotAsItStands } from './tree.ts';

/** The variable that pins the host keys of a host: one, or a list of them. */
export const hostKeyVar = 'hostKey';

const EXPECTED =
  'write each as known_hosts has it, without names: ssh-ed25519 AAAA…\nor as its fingerprint: SHA256:…';

/** How many fields a public key of each type has, its type included. */
const TYPES: ReadonlyMap<string, number> = new Map([
  ['ssh-ed25519', 2],
  ['ssh-rsa', 3],
  ['ecdsa-sha2-nistp256', 3],
  ['ecdsa-sha2-nistp384', 3],
  ['ecdsa-sha2-nistp521', 3],
  ['sk-ssh-ed25519@openssh.com', 3],
  ['sk-ecdsa-sha2-nistp256@openssh.com', 4],
]);

/**
 * The host keys that the variables of a host pin; undefined where they pin none. One that cannot be read is a fault,
 * and so is an empty list: whether it would mean any key or no key, nobody should have to guess.
 */
export function readHostKeys(vars: LayeredVars, findings: Findings): readonly HostKeyPin[] | undefined {
  const tree = vars.entry(hostKeyVar)?.tree;
  if (tree === undefined || tree.value === null) return undefined;
  const items = tree.kind === 'list' ? tree.items : [tree];
  if (items.length === 0) {
    findings.fault(`${hostKeyVar} is an empty list: no key could ever match`, tree.place, EXPECTED);
    return undefined;
  }
  const pins = items.map((item) => pinOf(item, findings));
  return pins.every((pin) => pin !== undefined) ? pins : undefined;
}

function pinOf(tree: Tree, findings: Findings): HostKeyPin | undefined {
  const fault = (why: string, hint: string = EXPECTED) => {
    findings.fault(`${hostKeyVar} ${why}`, tree.place, hint);
    return undefined;
  };
  if (tree.templated) return fault(`${whyNotAsItStands(firstUnread(tree)?.value)}`, WRITE_THE_VALUE);
  if (tree.value instanceof Secret)
    return fault(
      'takes no secret: a host shows its key to everybody',
      'write the key itself, in a file that is not encrypted',
    );
  if (typeof tree.value !== 'string') return fault('is no host key');
  const text = tree.value.trim();
  const place = shownPlace(tree.place);
  if (/^SHA256:/i.test(text)) {
    const hash = /^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(text)?.[1];
    if (hash === undefined)
      return fault(`${JSON.stringify(text)} is no fingerprint: 43 characters follow SHA256:`);
    return { fingerprint: `SHA256:${hash}`, place };
  }
  const [type = '', key = ''] = text.split(/[ \t]+/);
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  if (/[\r\n]/.test(text)) return fault('has several lines in one value', 'give a list, one key each');
  if (type.startsWith('@'))
    return fault(`takes no marker, and has ${type}`, `${type} belongs into known_hosts`);
  if (/^ssh-dss/.test(type)) return fault('names a key of the type ssh-dss, which is not safe any more');
  const fields = TYPES.get(type);
  if (fields === undefined) return fault(`${shown} does not begin with a type of host keys, or SHA256:`);
  const blob = Buffer.from(key, 'base64');
  const bare = key.replace(/=+$/, '');
  if (bare === '' || blob.toString('base64').replace(/=+$/, '') !== bare || !isKey(blob, type, fields))
    return fault(`${shown} is no whole ${type} key`);
  const hash = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { type, key: bare, fingerprint: `SHA256:${hash}`, place };
}

/** Whether a blob is as many fields, to its last byte, the first of them its type. */
function isKey(blob: Buffer, type: string, fields: number): boolean {
  const found: Buffer[] = [];
  let at = 0;
  while (at + 4 <= blob.length) {
    const length = blob.readUInt32BE(at);
    found.push(blob.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  const isWhole = at === blob.length && found.length === fields && found.every(({ length }) => length > 0);
  const isEd25519 = type.includes('ed25519');
  return isWhole && found[0]?.toString('latin1') === type && (!isEd25519 || found[1]?.length === 32);
}

function shownPlace(place: Place): string {
  const { file, line } = positionOf(place);
  return `${file}:${line}`;
}
