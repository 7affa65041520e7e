import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';

/** @type {import('@hawser/cli-kit').TunnelProvider} */
export const extension = {
  schema: {
    type: 'object',
    required: ['proxy'],
    properties: { proxy: { type: 'string', pattern: '^[A-Za-z0-9.-]+:[0-9]{1,5}$' } },
    additionalProperties: false,
  },
  describe: ({ proxy }) => `Connects through the proxy at ${String(proxy)}.`,
  async open(settings, { signal, onDebug }) {
    const [host = '', port = ''] = String(settings['proxy']).split(':');
    // There is no link to keep: each connection goes through the proxy by itself. Look whether it is there at all.
    const knock = connect({ host, port: Number(port), signal });
    await once(knock, 'connect');
    knock.destroy();
    onDebug(`the proxy at ${host}:${port} answers`);

    /** @type {Set<import('node:stream').Duplex>} */
    const connections = new Set();
    /** @type {(why: undefined) => void} */
    let end;
    const ended = new Promise((resolve) => (end = resolve));
    return {
      ended,
      async dial(target, options) {
        if ('path' in target) throw new Error('a proxy reaches no unix socket');
        const asked = request({ host, port, method: 'CONNECT', path: `${target.host}:${target.port}`, ...options });
        asked.end();
        const [{ statusCode }, socket, head] = await once(asked, 'connect');
        if (statusCode !== 200) {
          socket.destroy();
          throw new Error(`the proxy answered ${statusCode} for ${target.host}:${target.port}`);
        }
        if (head.length > 0) socket.unshift(head);
        connections.add(socket);
        socket.once('close', () => connections.delete(socket));
        return socket;
      },
      async close() {
        for (const connection of connections) connection.destroy();
        end(undefined);
      },
    };
  },
};
