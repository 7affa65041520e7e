/**
 * The same value with every text passed through `clean`. What comes from an API is told on only so.
 */
export function cleaned<T>(value: T, clean: (text: string) => string): T {
  const walk = (one: unknown): unknown => {
    if (typeof one === 'string') return clean(one);
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [clean(key), walk(inner)]));
  };
  return walk(value) as T;
}
