import type { AwsSession } from './aws-call.js';
import { missingPermission } from './permissions.js';
import { verdict, type Verdict } from './verdict.js';

/** A managed node that could carry a tunnel. */
export interface Bastion {
  readonly id: string;
  readonly name?: string | undefined;
  readonly online: boolean;
}

/**
 * Lists the nodes that Session Manager reaches. None, or not to be allowed to ask, fails nothing: there are other ways to
 * a cluster.
 */
export async function checkBastions(
  find: (options: { readonly signal?: AbortSignal }) => Promise<readonly Bastion[]>,
  { timeoutMs, signal }: AwsSession,
): Promise<{ readonly found: Verdict; readonly bastion?: string }> {
  const late = AbortSignal.timeout(timeoutMs);
  let nodes: readonly Bastion[];
  try {
    nodes = await find({ signal: signal === undefined ? late : AbortSignal.any([signal, late]) });
  } catch (error) {
    signal?.throwIfAborted();
    const [message = ''] = (error as Error).message.split('\n');
    const missing = /denied|not authorized/i.test(message)
      ? missingPermission('ssm:DescribeInstanceInformation', '*')
      : undefined;
    const next = missing && `Ask for this statement: ${JSON.stringify(missing.statement)}`;
    return { found: verdict('bastions', 'warn', `managed nodes could not be listed: ${message}`, { missing, next }) };
  }
  const online = nodes.filter((node) => node.online);
  const [first] = online;
  const facts = { online: online.map(({ id, name }) => ({ id, name })) };
  if (first === undefined) {
    return { found: verdict('bastions', 'warn', 'Session Manager reaches no node here', { facts }) };
  }
  const named = online.slice(0, 5).map(({ id, name }) => (name === undefined ? id : `${name} (${id})`));
  const more = online.length > named.length ? ` and ${online.length - named.length} more` : '';
  return { found: verdict('bastions', 'pass', `${named.join(', ')}${more}`, { facts }), bastion: first.id };
}
