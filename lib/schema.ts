import { isRecord } from './equal.ts';

/**
 * A schema of any library that speaks Standard Schema (zod, valibot, arktype …): the part of its
 * interface that dabook uses.
 */
export interface Schema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema gives for good input. */
export type OutputOf<S> = S extends Schema<infer Output> ? Output : never;

/** Whether a value is a schema. Those of some libraries are functions. */
export function isSchema(value: unknown): value is Schema {
  if (value === null || !['object', 'function'].includes(typeof value)) return false;
  const standard: unknown = (value as Partial<Schema>)['~standard'];
  return isRecord(standard) && typeof standard.validate === 'function';
}
