/** What a person can type while the emulator of the tour is up. */
export function tryIt(env: Readonly<Record<string, string>>, target: string): string {
  const exports = Object.entries(env).map(([name, value]) => `  export ${name}='${value}'`);
  return [
    'The emulator stays up until you press Ctrl-C. In another terminal of this folder:',
    '',
    ...exports,
    '',
    '  npx hawser ssm list',
    `  npx hawser ssm start ${target}                          a shell; ~. on a fresh line leaves it`,
    `  npx hawser ssm run ${target} -- uname -a`,
    `  npx hawser ssm forward ${target} --remote-port 22 --local-port 0`,
    `  npx hawser ssm cp README.md ${target}:/tmp/`,
  ].join('\n');
}
