import type { Style } from '@hawser/cli-kit';

/** What a service that has just begun tells whoever started it. */
export function renderServing(
  { endpoint, api_key }: { readonly endpoint: string; readonly api_key: string },
  style: Style,
): string {
  return [
    `${style.good('✓')} Executions of this machine are served at ${style.link(endpoint)}`,
    `  export HAWSER_EXEC_ENDPOINT=${endpoint}`,
    `  export HAWSER_EXEC_API_KEY=${api_key}`,
    style.faint('Ctrl-C ends it; executions go on without it.'),
  ].join('\n');
}
