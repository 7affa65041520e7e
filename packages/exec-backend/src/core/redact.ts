/** What stands where a secret stood. */
export const mask = '***';

/** Values that are shorter are not masked: they would hide half of every log. */
const shortestMasked = 6;

/**
 * Makes a function that masks values in a line: as they are, in base64, and as parts of URLs. Of a value of several
 * lines each line that is long enough is masked by itself, because a log is read line by line. Base64 is found where the
 * value was encoded alone; inside a longer text its letters fall otherwise.
 */
export function createMask(values: Iterable<string>): (line: string) => string {
  const forms = new Set<string>();
  for (const value of values) {
    for (const part of [value, ...value.split(/\r?\n/)]) {
      if (part.length >= shortestMasked) for (const form of formsOf(part)) forms.add(form);
    }
  }
  if (forms.size === 0) return (line) => line;
  const longestFirst = [...forms].toSorted((left, right) => right.length - left.length);
  const pattern = new RegExp(
    longestFirst.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'),
    'g',
  );
  return (line) => line.replace(pattern, mask);
}

function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  // `echo` and here-documents put a newline behind what they encode.
  const withNewline = Buffer.from(`${value}\n`);
  return [
    value,
    ...[bytes, withNewline].flatMap((text) => [text.toString('base64'), text.toString('base64url')]),
    encodeURIComponent(value),
    new URLSearchParams([['', value]]).toString().slice(1),
    JSON.stringify(value).slice(1, -1),
  ];
}
