import { $, type Shell } from 'zx/core';

/**
 * One word of a POSIX shell command. zx's own quoting is bash's (`$'…'`), which dash takes literally.
 * @throws TypeError for a text with a NUL, which no argument can hold
 */
export function quote(text: string): string {
  if (text.includes('\0')) throw new TypeError('a shell word cannot hold a NUL character');
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What every program of the lab sees: nothing of the caller's environment gets into a host. */
export const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

/** zx for the lab: `/bin/sh`, POSIX quoting, a fixed environment, nothing printed. */
export const sh: Shell = $({
  shell: '/bin/sh',
  prefix: '',
  quote,
  env: environment,
  quiet: true,
  verbose: false,
});
