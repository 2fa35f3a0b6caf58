import { type Fact, fact, sh } from 'dabook';

/**
 * SHA-256 of each file of a folder, in hexadecimal digits, by its name; links count as what they lead to.
 * Nothing of a folder that is not there.
 * @throws DabookError `command` where a file cannot be read
 */
export function folderDigests(dir: string): Fact<Readonly<Record<string, string>>> {
  return fact({
    key: ['folder digests', dir],
    read: async (ask) => {
      const { stdout } = await ask.sh(sh`[ -d ${dir} ] || exit 0
cd ${`${dir}/`} || exit
set --
for f in * .*; do [ ! -f "$f" ] || set -- "$@" "./$f"; done
[ $# -eq 0 ] || sha256sum "$@"`);
      const digests = stdout.split('\n').flatMap((line) => {
        // A name with a newline in it is escaped; the line begins with a backslash then.
        const [, escaped, sha256, name] = /^(\\?)([0-9a-f]{64}) [ *]\.\/(.+)$/.exec(line) ?? [];
        if (sha256 === undefined || name === undefined) return [];
        return [[escaped ? unescaped(name) : name, sha256] as const];
      });
      return Object.fromEntries(digests);
    },
  });
}

function unescaped(name: string): string {
  return name.replace(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter));
}
