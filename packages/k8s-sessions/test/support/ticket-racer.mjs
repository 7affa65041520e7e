// Brings tickets to a store as one gateway of several would, each many times at once. Reads lines `{session, tickets}` and
// answers each with how many were let in: node ticket-racer.mjs ISSUER RACERS, the store's address in STORE_URL.
import { createInterface } from 'node:readline';
import { openStore } from '@hawser/k8s-sessions/store';
import { openTickets } from '@hawser/k8s-sessions/tickets';

const [, , issuer, racers] = process.argv;
const store = await openStore({ url: process.env.STORE_URL, maxConnections: 10 });
const tickets = openTickets({ store, issuer, nowMs: Date.now });
for await (const line of createInterface({ input: process.stdin })) {
  const { session, tickets: brought } = JSON.parse(line);
  const rounds = await Promise.all(
    brought.map(async (ticket) => {
      const all = await Promise.all(
        Array.from({ length: Number(racers) }, () => tickets.exchange({ ticket, session, userAgent: null })),
      );
      return { won: all.filter(({ ok }) => ok).length, why: [...new Set(all.flatMap(({ why }) => why ?? []))] };
    }),
  );
  process.stdout.write(`${JSON.stringify(rounds)}\n`);
}
await store.close();
