import { DabookError } from '../../lib/errors.ts';
import type { Ask, Fact } from '../../lib/fact.ts';
import { type TextFile, textFile } from '../../lib/tasks/files/index.ts';

/** Asks of a host of which nothing but one file's text is known. */
export function askForeseeing(path: string, file: TextFile): Ask {
  const never = () => Promise.reject(new DabookError('bug', 'not asked here'));
  const { key } = textFile(path);
  const ask: Ask = {
    host: 'ha1',
    become: true,
    sh: never,
    docker: never,
    bulk: never,
    fact: <S>(fact: Fact<S>): Promise<S> => (fact.key === key ? Promise.resolve(file as S) : fact.read(ask)),
    foreseen: (fact) => fact.key === key,
  };
  return ask;
}
