/** What a service is made of. */
export interface ServiceFacts {
  readonly set: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly workingDirectory: string;
  /** Variables it is to have besides those the service manager gives. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A user unit of systemd. Restarted when it fails; not when it ends well, as it does when its last tunnel is closed.
 *
 * @see systemd.service(5) "Command lines" for quoting: double quotes, C escapes, `%` and `$` doubled
 */
export function systemdUnit({ set, command, workingDirectory, environment }: ServiceFacts): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${quoted(`${name}=${value}`, false)}`,
  );
  return `${[
    '[Unit]',
    `Description=Tunnels of the set ${set} (hawser)`,
    '',
    '[Service]',
    'Type=exec',
    `WorkingDirectory=${escapedPath(workingDirectory)}`,
    ...variables,
    `ExecStart=${command.map((word) => quoted(word, true)).join(' ')}`,
    'Restart=on-failure',
    'RestartSec=5',
    'UMask=0077',
    '',
    '[Install]',
    'WantedBy=default.target',
  ].join('\n')}\n`;
}

function quoted(word: string, isCommand: boolean): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return `"${isCommand ? escaped.replaceAll('$', '$$$$') : escaped}"`;
}

function escapedPath(path: string): string {
  return path.replaceAll('%', '%%');
}

/**
 * A launch agent of macOS.
 *
 * @see launchd.plist(5)
 */
export function launchdPlist(label: string, { command, workingDirectory, environment }: ServiceFacts): string {
  const text = (value: string): string => `<string>${xml(value)}</string>`;
  const variables = Object.entries(environment).map(([name, value]) => `    <key>${xml(name)}</key>${text(value)}`);
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    `  <key>Label</key>${text(label)}`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...command.map((word) => `    ${text(word)}`),
    '  </array>',
    `  <key>WorkingDirectory</key>${text(workingDirectory)}`,
    '  <key>EnvironmentVariables</key>',
    '  <dict>',
    ...variables,
    '  </dict>',
    '  <key>RunAtLoad</key><true/>',
    '  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>',
    '  <key>Umask</key><integer>63</integer>',
    '</dict>',
    '</plist>',
  ].join('\n')}\n`;
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
