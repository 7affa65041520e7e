import type { Out } from '@hawser/cli-kit';
import type { ManagedNode } from '@hawser/ssm-channel/aws';

/** Managed nodes as a table. */
export async function renderNodes(nodes: readonly ManagedNode[], out: Out): Promise<string> {
  if (nodes.length === 0) return 'Session Manager knows no managed node in this account and region.';
  const style = await out.style();
  return out.table(nodes, [
    { heading: 'ID', value: ({ id }) => id },
    { heading: 'NAME', value: ({ name, computerName }) => name ?? computerName ?? '' },
    { heading: 'STATE', value: ({ online, pingStatus }) => (online ? style.good('online') : style.warn(pingStatus)) },
    { heading: 'PLATFORM', value: ({ platformName, platform }) => platformName ?? platform ?? '' },
    { heading: 'ADDRESS', value: ({ ip }) => ip ?? '' },
    { heading: 'AGENT', value: ({ agentVersion }) => agentVersion ?? '' },
  ]);
}
