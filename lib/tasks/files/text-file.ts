import { DabookError } from '../../errors.ts';
import { type Ask, type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { reveal, Secret } from '../../secret.ts';
import { sh } from '../../sh.ts';
import { sha256Of } from '../../sha256.ts';
import { isKnown, type Later, unknown } from '../../unknown.ts';
import { absolutePath } from './absolute-path.ts';
import { shownText } from './file-source.ts';
import { type FileState, fileState, isUnknownThen } from './file-state.ts';
import { digestAsSecret } from './secret-digest.ts';

/** A path of a host, and the text of the file that is there. */
export interface TextFile extends Omit<FileState, 'content'> {
  /**
   * A file's text to the last byte: byte order mark, line ends and a missing final newline included. Where not
   * everybody may read the file it is a secret, and no enumerable property: neither a diff nor an event has
   * it, and the checksum tells whether it changed. Take it by {@link plainText}.
   */
  readonly text?: string | Secret;
}

/** Larger files are refused. Bytes. */
const largest = 4 * 1024 * 1024;

/**
 * The text of one file of a host, with its mode and owner; in check mode as earlier tasks of the check foresaw
 * it, be it `copyFile`. Unknown where only the apply can know it. A link is not followed.
 * @throws DabookError `refused` for a file that is not UTF-8 or larger than 4 MiB; `command` for one that the
 * user may not read
 * @example const file = await host.read(textFile('/opt/nexus/docker-compose/network.yml'))
 */
export function textFile(path: string): Fact<Later<TextFile>> {
  const place = absolutePath(path);
  const plain = fileState(place);
  return fact<Later<TextFile>>({
    key: ['text file', place],
    read: async (ask) => {
      if (!ask.foreseen(plain)) {
        const found = await asItIs(ask, place);
        return (await isUnknownThen(ask, place, found)) ? unknown(`text of ${place}`) : found;
      }
      const known: Later<FileState> = await ask.fact(plain);
      if (!isKnown(known)) return unknown(`text of ${place}`);
      const { content, ...foreseen } = known;
      if (foreseen.type !== 'file') return foreseen;
      if (content !== undefined) return carry(foreseen, place, content);
      // Only mode or owner were foreseen to change, or else a text that is not to be shown.
      const text = plainText(await asItIs(ask, place));
      if (text !== undefined && sha256Of(text) === foreseen.sha256) return carry(foreseen, place, text);
      return unknown(`text of ${place}`);
    },
  });
}

/** The text of a file, secret or not; `undefined` where there is no file. For what works on it, never for showing. */
export function plainText({ text }: TextFile): string | undefined {
  return text instanceof Secret ? reveal(text) : text;
}

/**
 * A file as it is, but for its text; a missing one with mode 0644. The same text gives the same state.
 * @param path what a secret text is called by
 */
export function withText(file: TextFile, path: string, text: string): TextFile {
  if (plainText(file) === text) return file;
  const { text: _before, ...kept } = file;
  return carry({ ...kept, type: 'file', mode: file.mode ?? '0644' }, path, text);
}

/** The same file as `fileState` would give it: for what check mode foresees. */
export function asFileState(file: TextFile): FileState {
  const { text, sha256, ...state } = file;
  const plain = plainText(file);
  if (plain === undefined) return state;
  return { ...state, sha256: sha256Of(plain), ...(typeof text === 'string' ? { content: text } : {}) };
}

function carry(file: Omit<TextFile, 'text'>, path: string, text: string): TextFile {
  const sha256 = sha256Of(text);
  const forEverybody = /[4-7]$/.test(file.mode ?? '');
  if (forEverybody && shownText(Buffer.from(text)) !== undefined) return { ...file, sha256, text };
  const label = `text of ${path}`;
  const state = { ...file, sha256: forEverybody ? sha256 : digestAsSecret(label, sha256) };
  // As an enumerable one, every line of it would be hidden from then on wherever it is told, however harmless.
  return Object.defineProperty(state, 'text', { value: new Secret(label, text) });
}

/** Two commands in one round trip: what is there, and its bytes behind a line with their number. */
async function asItIs(ask: Ask, path: string): Promise<TextFile> {
  const [state, { stdout }] = await Promise.all([
    fileState(path).read(ask),
    ask.sh(
      sh`f=${path}
[ -L "$f" ] || [ ! -f "$f" ] || [ ! -r "$f" ] || { wc -c <"$f"; head -c ${largest + 1} "$f"; }`,
      { ok: [0, 1] },
    ),
  ]);
  if (state.type !== 'file') return state;
  const lineEnd = stdout.indexOf('\n');
  const text = stdout.slice(lineEnd + 1);
  if (Number(stdout.slice(0, lineEnd)) > largest) {
    throw refuse(
      `${path} is larger than 4 MiB, too large to be edited as a text`,
      'is it the right file? copyFile can replace it as a whole',
    );
  }
  // The host's own checksum is of the bytes: a text that was decoded with losses has another.
  if (sha256Of(text) === state.sha256) return carry(state, path, text);
  if (text.includes('\uFFFD')) {
    throw refuse(`${path} is no text in UTF-8`, 'convert it first, for instance with iconv -t UTF-8');
  }
  throw new DabookError('command', `${ask.host}: ${path} changed while it was read`, { hint: 'run again' });
}
