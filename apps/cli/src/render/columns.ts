import type { Column, Style } from '@hawser/cli-kit';

/** A column whose words may have a colour. */
export interface ColouredColumn<Row> extends Column<Row> {
  readonly paint?: (word: string, row: Row) => string;
}

/** Rows below headings, in columns as wide as their words. Costs nothing to load, which a library of tables would. */
export function renderColumns<Row>(
  rows: readonly Row[],
  columns: readonly ColouredColumn<Row>[],
  style: Style,
): string {
  const widths = columns.map(({ heading, value }) => Math.max(heading.length, ...rows.map((row) => value(row).length)));
  const padding = (word: string, index: number): string => ' '.repeat((widths[index] ?? 0) - word.length + 2);
  const line = (words: readonly string[], paint: (word: string, index: number) => string): string =>
    words
      .map((word, index) => paint(word, index) + (index === words.length - 1 ? '' : padding(word, index)))
      .join('')
      .trimEnd();
  const headings = line(
    columns.map(({ heading }) => heading),
    (word) => style.strong(word),
  );
  const body = rows.map((row) =>
    line(
      columns.map(({ value }) => value(row)),
      (word, index) => columns[index]?.paint?.(word, row) ?? word,
    ),
  );
  return [headings, ...body].join('\n');
}
