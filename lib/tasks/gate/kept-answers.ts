import { dirname } from 'node:path/posix';
import { type Document, parseDocument } from 'yaml';
import { isRecord } from '../../equal.ts';
import { messageOf } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import type { Answer, Question } from '../../form.ts';
import { readAnswer } from '../../read-answer.ts';
import { refuse } from '../../refuse.ts';
import { sh } from '../../sh.ts';
import type { Later } from '../../unknown.ts';
import { hasManyAliases, mostYamlAliases, tooDeepAt } from '../../yaml-nesting.ts';

/** What a file of a host keeps: answers by the names of their questions. */
export interface KeptAnswers {
  readonly answers: Readonly<Record<string, Later<Answer>>>;
}

/** What the command below says by its exit status. */
const status = { there: 0, noFile: 3, missing: 4, noFolder: 5 };

/**
 * The answers that a file of the host keeps; none where there is no file.
 * @param questions of which kind the answers to these are
 * @throws DabookError `refused` for a file that holds anything else, and where it could not be written either
 */
export function keptAnswers(path: string, questions: readonly Question[]): Fact<KeptAnswers> {
  return fact<KeptAnswers>({
    key: ['answers', path],
    read: async (ask) => {
      const found = await ask.sh(
        sh`if [ -f ${path} ] && [ ! -L ${path} ]; then cat ${path}
elif [ -e ${path} ] || [ -L ${path} ]; then exit ${status.noFile}
elif [ -d ${dirname(path)} ]; then exit ${status.missing}
else exit ${status.noFolder}; fi`,
        { ok: Object.values(status) },
      );
      switch (found.status) {
        case status.there:
          return { answers: typed(answersIn(found.stdout, path), questions) };
        case status.missing:
          return { answers: {} };
        case status.noFile:
          throw refuse(`${path} is no regular file`, 'give another path for the answers, or remove it');
        default:
          throw refuse(`the folder of ${path} does not exist`, 'make it first, or give another path');
      }
    },
  });
}

function answersIn(text: string, path: string): KeptAnswers['answers'] {
  if (tooDeepAt(text) !== undefined) throw notAnswers(path, 'it is nested too deeply to be read');
  if (hasManyAliases(text)) throw notAnswers(path, `it has more than ${mostYamlAliases} aliases`);
  const document = parseDocument(text, { prettyErrors: false });
  const [fault] = document.errors;
  if (fault !== undefined) throw notAnswers(path, fault.message);
  const answers = contentOf(document, path) ?? {};
  if (!isRecord(answers)) throw notAnswers(path, 'it is no mapping');
  const entries = Object.entries(answers).filter(([, answer]) => answer !== null);
  const odd = entries.find(([, answer]) => !isAnswer(answer));
  if (odd !== undefined)
    throw notAnswers(path, `"${odd[0]}" is neither a text nor a number nor true or false`);
  return Object.fromEntries(entries) as KeptAnswers['answers'];
}

/** An alias without its anchor is found here, and so are those that unfold without end. */
function contentOf(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw notAnswers(path, messageOf(error));
  }
}

/** Whoever edits the file may put quotes round a number: it is one all the same. */
function typed(answers: KeptAnswers['answers'], questions: readonly Question[]): KeptAnswers['answers'] {
  const kinds = new Map(questions.map(({ name, kind }) => [name, kind]));
  const entries = Object.entries(answers).map(([name, value]) => {
    const kind = kinds.get(name);
    const read = kind === undefined ? {} : readAnswer(kind, value);
    return [name, 'answer' in read && read.answer !== undefined ? read.answer : value] as const;
  });
  return Object.fromEntries(entries);
}

function isAnswer(value: unknown): value is Answer {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function notAnswers(path: string, why: string) {
  return refuse(
    `${path} does not hold answers: ${why}`,
    'correct the file, or remove it: what is not given is asked again',
  );
}
