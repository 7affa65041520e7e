import type { Style } from './style.js';

/** A column of a table: its heading, and what of a row stands in it. */
export interface Column<Row> {
  readonly heading: string;
  readonly value: (row: Row) => string;
}

const borders =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle';
const noBorders: Readonly<Record<string, string>> = Object.fromEntries(borders.split(' ').map((part) => [part, '']));

/** Lays rows out in columns without borders, as wide as their content. No rows: no lines, so say so yourself. */
export async function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  style: Style,
): Promise<string> {
  if (rows.length === 0) return '';
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: columns.map((column) => style.strong(column.heading)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: noBorders,
  });
  table.push(...rows.map((row) => columns.map((column) => column.value(row))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
