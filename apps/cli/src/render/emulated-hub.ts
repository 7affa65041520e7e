import type { Style } from '@hawser/cli-kit';

/** What to do with a running Hub: its variables for a shell, and commands to try. */
export function renderHub(
  {
    endpoint,
    account: { name, orgs },
    env,
  }: {
    readonly endpoint: string;
    readonly account: { readonly name: string; readonly orgs: readonly string[] };
    readonly env: Readonly<Record<string, string>>;
  },
  style: Style,
): string {
  return [
    `${style.good('✓')} A Hugging Face Hub is up at ${style.link(endpoint)}, for ${[name, ...orgs].join(', ')}.`,
    '',
    style.strong('In another terminal:'),
    ...Object.entries(env).map(([variable, value]) => `  export ${variable}='${value}'`),
    '',
    style.strong('Then try:'),
    `  hf repos create ${name}/demo --type space --space-sdk docker`,
    `  hf upload ${name}/demo . --repo-type space`,
    `  git clone ${endpoint}/spaces/${name}/demo`,
    '',
    style.faint('Ctrl-C ends it.'),
  ].join('\n');
}
