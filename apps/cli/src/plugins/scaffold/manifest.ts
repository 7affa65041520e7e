/** What a plugin's files are made from. */
export interface PluginNames {
  /** Of the package. */
  readonly name: string;
  /** What it is called in the command line: of its command, or of its extension. */
  readonly word: string;
  /** Of Hawser, and of its library for plugins. */
  readonly version: string;
  readonly kitVersion: string;
}

/** The package.json of a plugin, with more in it. */
export function manifestOf({ name }: PluginNames, description: string, more: object): string {
  const manifest = {
    name,
    version: '0.1.0',
    description,
    type: 'module',
    scripts: { test: 'node --test' },
    engines: { node: '>=20.19' },
    ...more,
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** The README.md of a plugin. */
export function readmeOf(name: string, description: string, use: string): string {
  return `# ${name}

${description}

\`\`\`sh
hawser plugins install ${name}
${use}
\`\`\`

While you work on it: \`npm install\`, \`npm test\`, and \`hawser plugins link .\` to try it.
`;
}
