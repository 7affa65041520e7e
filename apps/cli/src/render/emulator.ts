import type { Style } from '@hawser/cli-kit';
import type { SsmEmulator } from '@hawser/emulators/ssm';

/** What to do with a running emulator: its variables for a shell, and commands to try. */
export function renderEmulator(
  { endpoint, env, targets }: Pick<SsmEmulator, 'endpoint' | 'env' | 'targets'>,
  style: Style,
): string {
  const target = targets.find(({ online }) => online !== false)?.id ?? 'TARGET';
  return [
    `${style.good('✓')} Session Manager is up at ${style.link(endpoint)} with ${targets.map(({ id }) => id).join(', ')}.`,
    '',
    style.strong('In another terminal:'),
    ...Object.entries(env).map(([name, value]) => `  export ${name}='${value}'`),
    '',
    style.strong('Then try:'),
    `  hawser ssm start ${target}`,
    `  hawser ssm run ${target} -- uname -a`,
    `  hawser ssm cp FILE ${target}:/tmp/`,
    `  aws ssm start-session --target ${target}`,
    '',
    style.faint('Ctrl-C ends it.'),
  ].join('\n');
}
