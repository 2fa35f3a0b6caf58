import { isScalar, Schema } from 'yaml';

const MAY_BE_NO_TEXT = /^[-+.~\dnNtTfF]/;
/** The library's own types of YAML's core schema. */
const TYPES = new Schema({ schema: 'core' }).tags.flatMap((tag) =>
  tag.default === true && 'test' in tag && tag.test !== undefined ? [{ ...tag, test: tag.test }] : [],
);

/**
 * What a word without quotes means, as the YAML library has it.
 * @example coreValue('0x1f') // 31
 * @example coreValue('yes') // 'yes'
 */
export function coreValue(word: string): unknown {
  const type = MAY_BE_NO_TEXT.test(word) && TYPES.find(({ test }) => test.test(word));
  if (!type) return word;
  const read = type.resolve(word, () => {}, {});
  return isScalar(read) ? read.value : read;
}
