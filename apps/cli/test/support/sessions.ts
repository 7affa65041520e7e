import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { Terminal } from '../../../../test/support/terminal.js';
import { gone, patient } from '../../../../test/support/patience.js';
import { bin, useHawser, type Hawser } from './hawser.js';

/** `hawser` with sessions of its own on this machine; the service it starts is ended with the tests of the file. */
export interface SessionsHome extends Hawser {
  /** A command in a real terminal. */
  terminal(args: readonly string[], env?: Readonly<Record<string, string>>): Terminal;
  /** What `--json` gives. */
  data<T>(args: readonly string[]): Promise<T>;
  /** Where the service of this machine is, and its process. */
  service(): { readonly url: string; readonly pid: number; readonly apiKey: string };
}

/** Makes a {@link SessionsHome} for the tests of one file. */
export function useSessions(): SessionsHome {
  const terminals: Terminal[] = [];
  const folder = (): string => join(hawser.home, '.local/share/hawser/sessions');
  const document = (): { readonly url: string; readonly pid: number } =>
    JSON.parse(readFileSync(join(folder(), 'door/service.json'), 'utf8')) as { url: string; pid: number };
  afterAll(async () => {
    for (const terminal of terminals) terminal.hangUp();
    const { pid } = document();
    if (pid === 0) return;
    process.kill(pid, 'SIGTERM');
    await patient(gone(pid), () => `The service of the tests, ${pid}, does not end.`);
  });
  // Its folder is taken away after what is registered above.
  const hawser = useHawser();
  return Object.assign(hawser, {
    terminal(args: readonly string[], env: Readonly<Record<string, string>> = {}): Terminal {
      const own = { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', HOME: hawser.home, TMPDIR: hawser.temp };
      const terminal = new Terminal(process.execPath, [bin, ...args], { env: { ...own, ...env }, cwd: hawser.home });
      terminals.push(terminal);
      return terminal;
    },
    async data<T>(args: readonly string[]): Promise<T> {
      const end = await hawser.run([...args, '--json']);
      const answer = end.json as { readonly ok: boolean; readonly data: T } | undefined;
      if (answer?.ok !== true) throw new Error(`${args.join(' ')} failed:\n${end.stdout}\n${end.stderr}`);
      return answer.data;
    },
    service: () => ({ ...document(), apiKey: readFileSync(join(folder(), 'api-key'), 'utf8').trim() }),
  });
}
