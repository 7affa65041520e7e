/** What a unit is made of. */
export interface UnitFacts {
  /** The folder in which it runs. */
  readonly project: string;
  readonly set: string;
  /** Our program, as its words. */
  readonly program: readonly string[];
  /** Where ssh and others are found. */
  readonly path: string;
}

/**
 * A user unit that keeps a set of tunnels open. `hawser net up --foreground` ends with an error when tunnels cannot be
 * opened, and is begun again; once they are open the supervisor reconnects by itself.
 *
 * @see systemd.service(5) and systemd.unit(5), "Specifiers" and "Quoting", for what is escaped
 */
export function systemdUnit({ project, set, program, path }: UnitFacts): string {
  const words = [...program, 'net', 'up', set, '--foreground', '--wait', 'bound'];
  // Of the two only a command line looks for variables.
  const command = words.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ');
  return `[Unit]
Description=hawser tunnels ${plain(set)} of ${plain(project)}
After=network-online.target

[Service]
Type=exec
WorkingDirectory=${plain(project)}
Environment=${quoted(`PATH=${path}`)}
ExecStart=${command}
Restart=on-failure
RestartSec=5
# What it stops is its own; a link's processes end with it.
KillMode=mixed
TimeoutStopSec=20

[Install]
WantedBy=default.target
`;
}

/** A word in quotes: quotes, backslashes and specifiers in it stand for themselves. */
function quoted(word: string): string {
  return `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}

/** A value outside of command lines, where only specifiers are looked for. */
function plain(text: string): string {
  return text.replaceAll('%', '%%').replaceAll('\n', ' ');
}
