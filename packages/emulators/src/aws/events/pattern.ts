/**
 * Whether an event is what a pattern asks for: every member of the pattern is there, and has one of its values.
 *
 * @see EventBridge user guide "Creating Amazon EventBridge event patterns"; of the operators prefix, suffix, anything-but,
 * exists and equals-ignore-case
 */
export function matchesEvent(pattern: unknown, event: unknown): boolean {
  return Object.entries(pattern as Readonly<Record<string, unknown>>).every(([name, wanted]) => {
    const value = (event as Readonly<Record<string, unknown>> | undefined)?.[name];
    if (!Array.isArray(wanted)) return typeof value === 'object' && value !== null && matchesEvent(wanted, value);
    const values = Array.isArray(value) ? (value as readonly unknown[]) : [value];
    return wanted.some((one: unknown) => values.some((each) => admits(one, each)));
  });
}

/** Refuses operators that are not known here. @throws Error */
export function checkPattern(pattern: unknown): void {
  for (const wanted of Object.values(pattern as Readonly<Record<string, unknown>>)) {
    if (Array.isArray(wanted)) for (const one of wanted) admits(one, undefined);
    else checkPattern(wanted);
  }
}

function admits(wanted: unknown, value: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === value;
  const [[operator, argument] = []] = Object.entries(wanted);
  switch (operator) {
    case 'exists':
      return (value !== undefined) === argument;
    case 'prefix':
      return typeof value === 'string' && value.startsWith(String(argument));
    case 'suffix':
      return typeof value === 'string' && value.endsWith(String(argument));
    case 'equals-ignore-case':
      return typeof value === 'string' && value.toLowerCase() === String(argument).toLowerCase();
    case 'anything-but':
      return value !== undefined && ![argument].flat().includes(value);
    default:
      throw new Error(`The emulator does not know the event pattern ${JSON.stringify(wanted)}.`);
  }
}
