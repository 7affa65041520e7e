/** What is wrong with a value, as ajv says it. */
export interface SchemaError {
  readonly instancePath: string;
  /** From `#` to the keyword that complains. */
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** A schema turned into a function. It leaves what it found on itself, as ajv does. */
export interface CompiledSchema {
  (value: unknown): boolean;
  readonly errors?: readonly SchemaError[] | null;
}
