import type { Duplex } from 'node:stream';
import type { Requests } from '../http/requests.js';
import type { ForwardPlace } from '../types.js';
import { ChannelConnection } from './channels.js';
import { openSpdyConnection } from './spdy.js';
import { openWebsocket } from './websocket.js';

/** Best first; servers since 1.31 speak the first, which knows half-closed connections, older ones the last. */
const protocols = ['SPDY/3.1+portforward.k8s.io', 'v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

/** One connection to a port of a pod. */
export async function connect(
  requests: Requests,
  place: ForwardPlace,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  const pod = `/api/v1/namespaces/${encodeURIComponent(place.namespace)}/pods/${encodeURIComponent(place.pod)}`;
  const path = `${pod}/portforward?ports=${place.port}`;
  const { websocket, protocol } = await openWebsocket(requests, { path, protocols, signal });
  if (protocol === protocols[0]) return openSpdyConnection(websocket, place.port);
  return new ChannelConnection(websocket, protocol === 'v5.channel.k8s.io');
}
