import { agentNeedsNoKeepAlive, agentSpeaksMux, compareVersions, isNewer } from '@hawser/ssm-channel/codec';

/** Clients older than this cannot multiplex: see agent/session/plugins/port/port.go. */
const firstMuxClient = '1.1.70';
/** Clients up to this version expect smux to keep the connection alive. */
const lastKeepAliveClient = '1.2.331.0';
/** Clients up to this version print standard error and exit codes as if they were output. */
const lastJoinedOutputClient = '1.2.295.0';
/** Agents from this one on put a random challenge into the encryption context. */
const firstChallengingAgent = '3.3.808.0';
/** Agents after this one know `separateOutputStream`. */
const lastJoinedOutputAgent = '3.1.1511.0';
/** Agents from this one on refuse their own loopback by name, and the credential endpoints of containers. */
const firstStrictAgent = '3.3.4851.0';

/** Whether a port session of type LocalPortForwarding is multiplexed. */
export function multiplexes(agentVersion: string, clientVersion: string): boolean {
  return agentSpeaksMux(agentVersion) && compareVersions(clientVersion, firstMuxClient) >= 0;
}

/** Whether the agent's end of smux sends keep-alives and gives up on silence. */
export function keepsMuxAlive(agentVersion: string, clientVersion: string): boolean {
  return !agentNeedsNoKeepAlive(agentVersion) || compareVersions(clientVersion, lastKeepAliveClient) <= 0;
}

/** Whether an agent sends the two outputs of a command apart. */
export function separatesOutput(agentVersion: string): boolean {
  return isNewer(agentVersion, lastJoinedOutputAgent);
}

/** Whether the agent asks the client's user to update. */
export function asksForUpdate(clientVersion: string): boolean {
  return compareVersions(clientVersion, lastJoinedOutputClient) <= 0;
}

/** Whether an agent sends a random challenge with its request for encryption. */
export function challenges(agentVersion: string): boolean {
  return compareVersions(agentVersion, firstChallengingAgent) >= 0;
}

/** Whether an agent refuses loopback and container credentials as destinations. */
export function refusesLoopback(agentVersion: string): boolean {
  return compareVersions(agentVersion, firstStrictAgent) >= 0;
}
