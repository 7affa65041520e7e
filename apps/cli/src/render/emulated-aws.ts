import type { Style } from '@hawser/cli-kit';

/** What to do with a running AWS: its variables for a shell, and commands to try. */
export function renderAws(
  {
    endpoint,
    region,
    accountId,
    env,
  }: {
    readonly endpoint: string;
    readonly region: string;
    readonly accountId: string;
    readonly env: Readonly<Record<string, string>>;
  },
  style: Style,
): string {
  return [
    `${style.good('✓')} An AWS is up at ${style.link(endpoint)}: account ${accountId}, region ${region}.`,
    '',
    style.strong('In another terminal:'),
    ...Object.entries(env).map(([name, value]) => `  export ${name}='${value}'`),
    '',
    style.strong('Then try:'),
    '  hawser exec init --yes',
    '  aws sts get-caller-identity',
    '  aws cloudformation create-stack --stack-name demo --template-body file://template.yaml',
    '',
    style.faint('Ctrl-C ends it.'),
  ].join('\n');
}
