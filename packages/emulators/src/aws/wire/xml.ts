/** Writes a value as the members of an XML element; lists as elements of `item` inside, as the Query protocols do. */
export function toXml(value: unknown, item: 'member' | 'item'): string {
  if (Array.isArray(value)) return value.map((one) => `<${item}>${toXml(one, item)}</${item}>`).join('');
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([, one]) => one !== undefined && one !== null)
      .map(([name, one]) => `<${name}>${toXml(one, item)}</${name}>`)
      .join('');
  }
  return escapeXml(String(value));
}

/** Text inside an element. A carriage return would be read as a line feed, and other control characters are not XML. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
    .replaceAll(/(?![\t\n])\p{Cc}/gu, '\uFFFD');
}
