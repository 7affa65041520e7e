/** A stored token: `hf_token`, and for tokens of a login in the browser `refresh_token` and `expires_at`. */
export type Section = Readonly<Record<string, string>>;

/**
 * Reads an INI file as Python's configparser does without interpolation: `[name]`, `key = value` or `key: value`, keys in
 * lower case, comments on lines of their own, indented lines continue a value. What makes no sense is left out.
 */
export function parseIni(text: string): Map<string, Section> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  let key: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const name = /^\[(.+)\]\s*$/.exec(line)?.[1];
    if (name !== undefined) {
      section = sections.get(name) ?? (Object.create(null) as Record<string, string>);
      sections.set(name, section);
      key = undefined;
      continue;
    }
    if (!section) continue;
    if (/^\s/.test(line) && key !== undefined) section[key] += `\n${line.trim()}`;
    else {
      const [, left, right] = /^\s*([^=:]+?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
      key = left?.toLowerCase();
      if (key !== undefined) section[key] = right ?? '';
    }
  }
  return sections;
}

/** Writes it as configparser does, sections sorted by name. */
export function formatIni(sections: ReadonlyMap<string, Section>): string {
  return [...sections]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, section]) => {
      const lines = Object.entries(section).map(([key, value]) => `${key} = ${value.replaceAll('\n', '\n\t')}\n`);
      return `[${name}]\n${lines.join('')}\n`;
    })
    .join('');
}
