import { open } from 'node:fs/promises';
import type { DoctorCheck } from '@hawser/cli-kit';
import { findOnPath } from '../../wiring/find-on-path.js';
import { saidBy } from '../said-by.js';

/** Which session-manager-plugin the AWS CLI would start: ours, the official one, or none. */
export const sessionManagerPlugin: DoctorCheck = {
  id: 'session-manager-plugin',
  title: 'session-manager-plugin',
  topic: 'ssm',
  neededFor: 'aws ssm start-session and aws ecs execute-command',
  look: async (input) => {
    const path = await findOnPath('session-manager-plugin', input.environment);
    if (path === undefined) {
      if ((await findOnPath('aws', input.environment)) === undefined) {
        return { state: 'skip', found: 'not on PATH, and neither is the AWS CLI, which would need it' };
      }
      return {
        state: 'warn',
        found: 'not on PATH; hawser needs none, but the AWS CLI does',
        next: 'npm install --global @hawser/session-manager-plugin',
      };
    }
    const kind = (await isScript(path)) ? 'hawser' : 'official';
    const said = await saidBy(path, ['--version'], input);
    const version = said !== undefined && /^\d+(?:\.\d+){0,3}$/.test(said) ? said : undefined;
    return {
      state: version === undefined ? 'warn' : 'ok',
      found: `${kind === 'hawser' ? 'ours' : 'the official one'}${version === undefined ? '' : `, version ${version}`}, ${path}`,
      ...(version === undefined ? { next: `${path} --version says no version: install it again.` } : {}),
      facts: { path, kind, ...(version === undefined ? {} : { version }) },
    };
  },
};

/** Ours is a script, or a script that starts one; the official one is a compiled program on every system. */
async function isScript(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && (buffer.toString('latin1') === '#!' || /\.cmd$/i.test(path));
  } finally {
    await file.close();
  }
}
