import type { Context, Result } from '@hawser/cli-kit';
import { type Complaint, distrustTunnels, trustTunnels } from '@hawser/tunnels/config';
import { CliError } from '../errors.js';
import { places } from './specs.js';

/** What `hawser net trust` came to. */
export interface TrustFacts {
  /** The file. */
  readonly path: string;
  readonly trusted: boolean;
  /** Of the bytes that are trusted. */
  readonly sha256?: string;
  /** What is allowed by it, beyond what every project may do. */
  readonly allows: readonly Complaint[];
}

/** Takes the project's file as it is, having shown what it asks for; or takes that back. */
export async function changeTrust(
  { remove, yes }: { readonly remove: boolean; readonly yes: boolean },
  { ask, out }: Pick<Context, 'ask' | 'out'>,
): Promise<Result<TrustFacts>> {
  if (remove) {
    const { path, was } = await distrustTunnels(places());
    return {
      data: { path, trusted: false, allows: [] },
      text: was ? `${path} is not trusted any more.` : `${path} was not trusted.`,
    };
  }
  const { path, sha256, allows } = await trustTunnels(places(), async (asked) => {
    for (const { file, line, column, message } of asked) out.say(`${file}:${line}:${column}: ${message}`);
    if (yes || asked.length === 0) return;
    if (!(await ask.confirm({ question: 'Allow all of this?', flag: '--yes' }))) {
      throw new CliError('HAWSER_NET_DECLINED', 'The file is not trusted.');
    }
  });
  const text =
    allows.length === 0 ? `${path} asks for nothing that needs your trust.` : `${path} is trusted as it is now.`;
  return { data: { path, trusted: true, sha256, allows }, text };
}
