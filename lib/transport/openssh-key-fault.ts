import { DabookError } from '../errors.ts';
import { unpinned } from './judge-pinned.ts';
import type { Fault, OpensshEnd } from './openssh-fault.ts';
import { toTrust } from './to-trust.ts';

/** Why ssh did not trust the key of a host, or of a jump host before it. */
export function opensshKeyFault(
  { settings, said, shownBefore }: OpensshEnd,
  text: string,
  last: string,
): Fault {
  const { shown, pins, knownHostsFiles } = settings;
  const refused = (message: string, hints: readonly string[]): Fault => ({
    fault: new DabookError('unreachable', message, { hint: hints.join('\n') }),
    passing: false,
  });
  if (said.shown === undefined || said.type === undefined) {
    return refused(`the host key of a jump host on the way to ${shown} is not trusted: ${last}`, [
      'dabook trust -i <inventory> shows and collects the keys of jump hosts, too',
    ]);
  }
  const showed = `it showed ${said.shown}`;
  const by = /revoked by file (.*)/i.exec(text)?.[1];
  if (/revoked keys file/i.test(text))
    return refused(`${shown}: which host keys are revoked cannot be read, and so none is trusted: ${last}`, [
      'see RevokedHostKeys in the ssh configuration',
    ]);
  if (/revoked/i.test(text))
    return refused(
      `the host key of ${shown} is revoked: ${showed}, revoked by ${by ?? 'a line with @revoked'}`,
      ['do not connect: somebody else may hold this key'],
    );
  if (pins) return { fault: unpinned(shown, pins, [...shownBefore, said.shown], said.type), passing: false };
  const type = said.type.replace(/-cert-.*|@.*/, '');
  const offending = /^Offending (\S+) key in (.*)$/im.exec(text);
  if (/identification has changed/i.test(text))
    return refused(
      `the host key of ${shown} has changed: ${showed}; known is another ${offending?.[1] ?? 'one'} by ${offending?.[2] ?? knownHostsFiles[0]}`,
      toTrust(type, { isChanged: true }),
    );
  const why = said.lines.filter((line) => /certificate|principal/i.test(line)).map((line) => `; ${line}`);
  return refused(`the host key of ${shown} is not known: ${showed}${why.join('')}`, toTrust(type));
}
