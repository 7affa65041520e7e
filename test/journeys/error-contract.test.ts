import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { membersOf, root } from '../support/workspace.js';

interface Row {
  readonly code: string;
  readonly exitCode: number;
  readonly hint: string;
}

type ErrorClass = new (code: string, message: string) => Error & Row;

/** Two copies of a library may meet in one process, where `instanceof` lies: what is shared is the shape. */
describe.each(librariesWithErrors())('errors of $name', ({ doors, rows }) => {
  test.each(rows)('$code has the shape that every program can read', async ({ code, exitCode, hint }) => {
    const errors = (await classes(doors)).flatMap((Class) => made(Class, code));
    expect(errors).toHaveLength(1);
    const [error] = errors;
    expect(error).toMatchObject({ code, exitCode, hint, message: 'what happened to what' });
    expect(Object.hasOwn(error ?? {}, 'name')).toBe(false);
    expect(error?.name).toMatch(/^[A-Z]\w+Error$/);
    expect(String(error)).toBe(`${error?.name}: what happened to what`);
  });
});

/** The error a class makes of a code, if it is a class with codes and this one is in its table. */
function made(Class: ErrorClass, code: string): (Error & Row)[] {
  try {
    const error = new Class(code, 'what happened to what');
    return error.code === code ? [error] : [];
  } catch {
    return [];
  }
}

async function classes(doors: readonly string[]): Promise<ErrorClass[]> {
  const found = new Set<ErrorClass>();
  for (const door of doors) {
    for (const value of Object.values((await import(door)) as Record<string, unknown>)) {
      if (typeof value === 'function' && value.prototype instanceof Error) found.add(value as ErrorClass);
    }
  }
  return [...found];
}

/** Packages with a section in the reference of errors, which `npm run check` holds to their tables. */
function librariesWithErrors(): { name: string; doors: readonly string[]; rows: Row[] }[] {
  const sections = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8').split('\n## ');
  return membersOf('packages').flatMap(({ name, doors }) => {
    const section = sections.find((text) => text.startsWith(`${name}\n`)) ?? '';
    const rows = [...section.matchAll(/^\| \[`(\w+)`\]\([^)]*\) \| (\d) \| (.*) \|$/gm)].map(
      ([, code = '', exitCode, hint = '']) => ({
        code,
        exitCode: Number(exitCode),
        hint: hint.replaceAll('\\|', '|'),
      }),
    );
    return rows.length > 0 ? [{ name, doors, rows }] : [];
  });
}
