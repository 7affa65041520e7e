import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Segment } from '../../src/log/types.js';
import { storedLog } from '../../src/store/stored-log.js';
import type { GrantRow, SessionRow, SessionStore, TicketRow } from '../../src/store/types.js';
import { sessionRow } from '../support/session-row.js';

const nowMs = 1_795_000_000_000;
const event = { actor: 'owner', kind: 'session.created' };

function segmentOf(n: number, more: Partial<Segment['head']> = {}): Segment {
  const head = {
    n,
    from: n * 100,
    to: n * 100 + 100,
    firstLine: n * 10,
    lines: 10,
    sha256: `${n}`.repeat(64),
    indexSha256: 'b'.repeat(64),
    chain: 'a'.repeat(64),
    startedAtMs: nowMs + n,
    ...more,
  };
  return { head, body: new Uint8Array([1, 0, 255, n]), index: new Uint8Array([7, 7]) };
}

function ticketOf(session: string, more: Partial<TicketRow> = {}): TicketRow {
  const row = { jti: randomUUID(), session, role: 'control', principal: 'owner', usedAt: null } as const;
  return { ...row, expiresAt: nowMs + 300_000, ...more };
}

function grantOf(session: string, more: Partial<GrantRow> = {}): GrantRow {
  const times = { createdAt: nowMs, lastSeen: nowMs, idleUntil: nowMs + 1_000, expiresAt: nowMs + 10_000 };
  const whose = { id: randomUUID(), tokenHash: randomUUID(), session, viewer: randomUUID() };
  return { ...whose, role: 'view', userAgent: 'Firefox', revokedAt: null, ...times, ...more };
}

/** What every store keeps, whatever is below it. `open` gives one with the schema in place and nothing in it. */
export function holdStore(name: string, open: () => Promise<SessionStore>): void {
  describe(`the store on ${name}`, () => {
    let store: SessionStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store?.close());

    async function made(wanted: Partial<SessionRow> = {}): Promise<SessionRow> {
      const session = sessionRow(wanted);
      await store.createSession({ session, payload: new Uint8Array([9]), payloadExpiresAt: nowMs + 1_000, event });
      return session;
    }

    describe('a session', () => {
      test('comes back as it was written, with its payload and first event', async () => {
        const session = sessionRow({
          argv: ['a', 'b c', ''],
          command: null,
          source: { url: 'https://example.com/a.zip', checksumSha256: 'c'.repeat(64) },
          labels: { team: 'a', 'odd "key"': "odd 'value'" },
          exitOnJob: false,
          detail: 'Grüße, 端末, 🙂',
        });
        const payload = new Uint8Array([0, 1, 2, 255]);
        const input = { session, payload, payloadExpiresAt: nowMs + 1_000, event };
        expect(await store.createSession(input)).toEqual({ outcome: 'created' });
        expect(await store.session(session.id)).toEqual(session);
        expect(await store.payload(session.id)).toEqual(payload);
        expect(await store.events(session.id, 0, 10)).toEqual([
          { id: 1, at: new Date(session.createdAt).toISOString(), ...event, data: {} },
        ]);
        await store.dropPayload(session.id);
        expect(await store.payload(session.id)).toBeUndefined();
        expect(await store.session('nobody')).toBeUndefined();
        await expect(store.createSession(input)).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_BAD_INPUT' });
      });

      test('keeps every value it can have', async () => {
        const { id, createdAt, owner } = await made();
        const patch = {
          state: 'exited',
          reason: 'nonzero',
          exit: { reason: 'nonzero', code: 5, signal: null, offset: 2 ** 40, digest: 'd'.repeat(64) },
          sourceRevision: 'f'.repeat(40),
          attempt: 2,
          runnerEpoch: 'e1',
          runnerSecretHash: 'h',
          dialKey: 'k',
          jobName: 'job',
          podName: 'pod',
          podUid: 'uid',
          address: '10.0.0.7',
          port: 7681,
          image: 'sha256:0',
          stopRequested: { reason: 'cancelled', graceMs: 10_000 },
          logHead: 2 ** 40,
          logLines: 100_000,
          logChain: 'a'.repeat(64),
          viewers: 3,
          keyboard: [{ viewer: 'v', fromMs: 1, toMs: 2, bytes: 3, sha256: 'x' }],
          receipt: { payload: 'cA==', payloadType: 't', signatures: [{ keyid: 'k', sig: 'cw==' }] },
          startedAt: nowMs + 1,
          exitedAt: nowMs + 2,
          deadlineAt: nowMs + 3,
          retainUntil: nowMs + 4,
          beatAt: nowMs + 5,
        } as const;
        const written = await store.updateSession(id, {}, patch);
        expect(written).toEqual(sessionRow({ id, createdAt, owner, ...patch, version: 2 }));
        expect(await store.session(id)).toEqual(written);
      });

      test('keeps what no text may hold as a mark, wherever it stands', async () => {
        const { id } = await made({ labels: { a: 'x\0y\uD800z', b: '\\u0000' } });
        const row = await store.updateSession(id, {}, { detail: 'p\0q\uDC00' });
        expect(row).toMatchObject({ detail: 'p\uFFFDq\uFFFD', labels: { a: 'x\uFFFDy\uFFFDz', b: '\\u0000' } });
        expect(await store.session('\0')).toBeUndefined();
      });

      test('is made once for an idempotency key, by whoever of many comes first', async () => {
        const create = async (key: string, requestHash: string, more: Partial<SessionRow> = {}) => {
          const session = sessionRow({ owner: 'idem', ...more });
          const idempotency = { key, requestHash, expiresAt: nowMs + 1_000 };
          const payload = new Uint8Array([1]);
          const answer = await store.createSession({ session, payload, payloadExpiresAt: nowMs, event, idempotency });
          return { id: session.id, answer };
        };
        const all = await Promise.all(Array.from({ length: 8 }, () => create('k', 'h')));
        const winners = all.filter(({ answer }) => answer.outcome === 'created');
        expect(winners).toHaveLength(1);
        for (const { id, answer } of all.filter((one) => one !== winners[0])) {
          expect(answer).toMatchObject({ outcome: 'existing', session: { id: winners[0]?.id } });
          expect(await store.session(id)).toBeUndefined();
        }
        expect(await create('k', 'other')).toMatchObject({ answer: { outcome: 'mismatch' } });
        expect(await create('k', 'h', { owner: 'another' })).toMatchObject({ answer: { outcome: 'created' } });
        expect(await create('k', 'other', { createdAt: nowMs + 1_000 })).toMatchObject({
          answer: { outcome: 'created' },
        });
      });

      test('is written only where its guard holds, and counts its versions', async () => {
        const { id } = await made();
        const to = (guard: Parameters<SessionStore['updateSession']>[1]) =>
          store.updateSession(
            id,
            guard,
            { state: 'queued' },
            { actor: 'controller', kind: 'session.queued', data: { n: 1 } },
          );
        expect(await to({ from: ['running'] })).toBeUndefined();
        expect(await to({ version: 7 })).toBeUndefined();
        expect(await to({ attempt: 2 })).toBeUndefined();
        expect(await to({ runnerEpoch: 'e' })).toBeUndefined();
        expect(await store.events(id, 1, 10)).toEqual([]);
        expect(await to({ from: ['requested', 'queued'], version: 1, attempt: 1, runnerEpoch: null })).toMatchObject({
          state: 'queued',
          version: 2,
        });
        expect(await store.events(id, 1, 10)).toMatchObject([{ id: 2, kind: 'session.queued', data: { n: 1 } }]);
        expect(await store.updateSession('nobody', {}, { state: 'queued' })).toBeUndefined();
      });

      test('is claimed by one of many runners', async () => {
        const { id } = await made({ state: 'starting' });
        const claims = await Promise.all(
          Array.from({ length: 20 }, (_, n) =>
            store.updateSession(id, { attempt: 1, runnerEpoch: null }, { runnerEpoch: `e${n}` }),
          ),
        );
        expect(claims.filter(Boolean)).toHaveLength(1);
        expect(await store.session(id)).toMatchObject({ runnerEpoch: claims.find(Boolean)?.runnerEpoch, version: 2 });
      });

      test('numbers its events without a gap, however many write at once', async () => {
        const { id } = await made();
        await Promise.all(
          Array.from({ length: 20 }, (_, n) =>
            n % 2 === 0
              ? store.addEvent(id, nowMs, { actor: 'a', kind: 'viewer.joined' })
              : store.updateSession(id, {}, { viewers: n }, { actor: 'a', kind: 'viewers' }),
          ),
        );
        const ids = (await store.events(id, 0, 100)).map((one) => one.id);
        expect(ids).toEqual(Array.from({ length: 21 }, (_, n) => n + 1));
        expect(await store.events(id, 19, 1)).toMatchObject([{ id: 20 }]);
        await expect(store.addEvent('nobody', nowMs, event)).rejects.toMatchObject({
          code: 'HAWSER_SESSIONS_NOT_FOUND',
        });
      });
    });

    describe('sessions', () => {
      test('are listed newest first, page by page, by owner, state and labels, and counted', async () => {
        const owner = randomUUID();
        const sessions = [];
        // Several of one millisecond: the id decides between them, and no page may lose one.
        for (let n = 0; n < 7; n += 1)
          sessions.push(
            await made({
              owner,
              createdAt: nowMs + Math.floor(n / 3),
              state: n % 2 === 0 ? 'running' : 'exited',
              labels: n < 4 ? { team: 'red', n: `${n}` } : { team: 'blue' },
            }),
          );
        const pages: SessionRow[] = [];
        for (;;) {
          const last = pages.at(-1);
          const page = await store.listSessions({ owner, limit: 2, ...(last && { after: last }) });
          pages.push(...page);
          if (page.length < 2) break;
        }
        expect(pages.map(({ id }) => id).toSorted()).toEqual(sessions.map(({ id }) => id).toSorted());
        expect(pages.map(({ createdAt }) => createdAt)).toEqual(
          sessions.map(({ createdAt }) => createdAt).toSorted((a, b) => b - a),
        );
        const ids = async (query: object) => (await store.listSessions({ owner, limit: 50, ...query })).length;
        expect(await ids({ states: ['running'] })).toBe(4);
        expect(await ids({ labels: { team: 'red' } })).toBe(4);
        expect(await ids({ labels: { team: 'red', n: '2' } })).toBe(1);
        expect(await ids({ labels: { team: 'red', n: '5' } })).toBe(0);
        expect(await store.countSessions({ owner, states: ['running', 'exited'] })).toBe(7);
        expect(await store.countSessions({ owner, states: ['queued'] })).toBe(0);
        expect(await store.countSessions({ states: ['running'] })).toBeGreaterThanOrEqual(4);
      });

      test('are leased to one reconciler at a time, and shown to whoever may work on them', async () => {
        const { id } = await made({ createdAt: 1 });
        const shown = async (owner: string, atMs: number) =>
          (await store.workable(owner, atMs, 1_000)).some((row) => row.id === id);
        expect(await shown('a', nowMs)).toBe(true);
        const racers = await Promise.all(
          Array.from({ length: 10 }, (_, n) => store.leaseSession(id, `r${n}`, nowMs, nowMs + 10)),
        );
        expect(racers.filter(Boolean)).toHaveLength(1);
        const holder = `r${racers.indexOf(true)}`;
        expect(await store.leaseSession(id, holder, nowMs + 1, nowMs + 20)).toBe(true);
        expect(await store.leaseSession(id, 'b', nowMs + 19, nowMs + 30)).toBe(false);
        expect(await shown('b', nowMs + 19)).toBe(false);
        expect(await shown(holder, nowMs + 19)).toBe(true);
        expect(await shown('b', nowMs + 20)).toBe(true);
        expect(await store.leaseSession(id, 'b', nowMs + 20, nowMs + 30)).toBe(true);
        expect((await store.session(id))?.version).toBe(1);
        await store.updateSession(id, {}, { state: 'archived', retainUntil: nowMs + 50 });
        expect(await shown('b', nowMs + 49)).toBe(false);
        expect(await shown('b', nowMs + 50)).toBe(true);
        await store.updateSession(id, {}, { state: 'expired' });
        expect(await shown('b', nowMs + 50)).toBe(false);
      });

      test('come round to all, however few are taken at a time', async () => {
        const ids = [await made({ createdAt: 2 }), await made({ createdAt: 3 })].map(({ id }) => id);
        const seen = new Set<string>();
        for (let turn = 0; turn < 200 && !ids.every((id) => seen.has(id)); turn += 1)
          for (const { id } of await store.workable('turns', nowMs + 100, 1)) {
            seen.add(id);
            await store.leaseSession(id, 'turns', nowMs + 100, nowMs + 200 + turn);
          }
        expect(ids.every((id) => seen.has(id))).toBe(true);
      });

      test('tell whoever waits that they changed', async () => {
        const { id } = await made();
        const far = { timeoutMs: 600_000 };
        const one = store.changed(id, far);
        const any = store.changed(undefined, far);
        const stop = new AbortController();
        let woken = false;
        const other = store.changed(randomUUID(), { ...far, signal: stop.signal }).then(() => (woken = true));
        await store.updateSession(id, {}, { viewers: 1 });
        await Promise.all([one, any]);
        stop.abort();
        await other;
        expect(woken).toBe(true);
        await store.changed(id, { timeoutMs: 1 });
        await store.changed(id, { ...far, signal: AbortSignal.abort() });
      });
    });

    describe('a ticket', () => {
      test('is used once, by one of many', async () => {
        const session = randomUUID();
        const ticket = ticketOf(session);
        await store.addTicket(ticket);
        const all = await Promise.all(
          Array.from({ length: 20 }, () => store.consumeTicket(ticket.jti, session, nowMs, 'someone')),
        );
        expect(all.filter(({ ok }) => ok)).toEqual([{ ok: true, ticket: { ...ticket, usedAt: nowMs } }]);
        expect(all.filter((one) => !one.ok && one.why === 'used')).toHaveLength(19);
      });

      test('is refused with the reason when it is another session’s, past its time, or nobody’s', async () => {
        const session = randomUUID();
        const ticket = ticketOf(session);
        await store.addTicket(ticket);
        expect(await store.consumeTicket(ticket.jti, randomUUID(), nowMs, 'x')).toEqual({ ok: false, why: 'unknown' });
        expect(await store.consumeTicket(randomUUID(), session, nowMs, 'x')).toEqual({ ok: false, why: 'unknown' });
        expect(await store.consumeTicket(ticket.jti, session, ticket.expiresAt, 'x')).toMatchObject({ why: 'expired' });
        expect(await store.consumeTicket(ticket.jti, session, ticket.expiresAt - 1, 'x')).toMatchObject({ ok: true });
      });
    });

    test('what is given for a ticket comes with it, or neither', async () => {
      const { id } = await made();
      const ticket = ticketOf(id);
      const grant = grantOf(id);
      await store.addTicket(ticket);
      const given = { grant, event: { actor: 'owner', kind: 'ticket.exchanged' } };
      // A grant of that hash is there already: the ticket is as good as before.
      await store.addGrant({ ...grant, id: randomUUID() });
      await expect(store.consumeTicket(ticket.jti, id, nowMs, 'x', given)).rejects.toMatchObject({
        code: 'HAWSER_SESSIONS_BAD_INPUT',
      });
      const other = { ...given, grant: grantOf(id) };
      expect(await store.consumeTicket(ticket.jti, id, nowMs, 'x', other)).toMatchObject({ ok: true });
      expect(await store.consumeTicket(ticket.jti, id, nowMs, 'x', given)).toMatchObject({ why: 'used' });
      expect(await store.listGrants(id)).toHaveLength(2);
      expect(await store.events(id, 1, 10)).toMatchObject([{ id: 2, kind: 'ticket.exchanged' }]);
    });

    describe('a grant', () => {
      test('is found by its hash while it stands, and using it keeps it', async () => {
        const grant = grantOf(randomUUID());
        await store.addGrant(grant);
        expect(await store.grant(grant.tokenHash, nowMs + 500, nowMs + 1_500)).toEqual({
          ...grant,
          lastSeen: nowMs + 500,
          idleUntil: nowMs + 1_500,
        });
        // A moment later nothing is written: whoever comes again and again costs a look.
        expect(await store.grant(grant.tokenHash, nowMs + 505, nowMs + 1_505)).toMatchObject({
          lastSeen: nowMs + 500,
          idleUntil: nowMs + 1_500,
        });
        expect(await store.grant('nobody', nowMs, nowMs)).toBeUndefined();
        // Past its idle time it is told as it was: being asked for does not bring it back.
        expect(await store.grant(grant.tokenHash, nowMs + 1_500, nowMs + 9_000)).toMatchObject({
          idleUntil: nowMs + 1_500,
        });
        await expect(store.addGrant(grant)).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_BAD_INPUT' });
      });

      test('is listed, revoked once, and its viewer told', async () => {
        const session = randomUUID();
        const [one, two] = [grantOf(session), grantOf(session, { createdAt: nowMs + 1, userAgent: null })];
        await store.addGrant(one);
        await store.addGrant(two);
        expect(await store.listGrants(session)).toEqual([one, two]);
        expect(await store.revokedViewers(session)).toEqual([]);
        expect(await store.revokeGrant(randomUUID(), one.id, nowMs)).toBe(false);
        expect(await store.revokeGrant(session, one.id, nowMs + 5)).toBe(true);
        expect(await store.revokeGrant(session, one.id, nowMs + 6)).toBe(false);
        expect(await store.grant(one.tokenHash, nowMs + 6, nowMs + 900)).toEqual({ ...one, revokedAt: nowMs + 5 });
        expect(await store.revokedViewers(session)).toEqual([one.viewer]);
      });
    });

    test('principals and signing keys are put, put again, listed and dropped', async () => {
      const principal = {
        keyId: 'k1',
        name: 'ci',
        hash: '$2b$',
        scopes: ['create'],
        quota: { running: 5 },
        createdAtMs: nowMs,
      };
      await store.putPrincipal(principal);
      expect(await store.principal('k1')).toEqual(principal);
      const later = { ...principal, expiresAtMs: nowMs + 1, lastUsedAtMs: nowMs, revokedAtMs: nowMs, replacedBy: 'k2' };
      await store.putPrincipal(later);
      expect(await store.listPrincipals()).toEqual([later]);
      await store.putPrincipal(principal);
      expect(await store.listPrincipals()).toEqual([principal]);
      expect(await store.principal('k9')).toBeUndefined();

      const key = {
        kid: 'a',
        use: 'ticket',
        publicJwk: { kty: 'RSA' },
        status: 'next',
        notBefore: nowMs,
        notAfter: null,
      } as const;
      await store.putSigningKey(key);
      await store.putSigningKey({ ...key, status: 'current', notAfter: nowMs + 1 });
      await store.putSigningKey({ ...key, kid: 'b', use: 'receipt', notBefore: 1 });
      expect((await store.signingKeys()).map(({ kid, status }) => [kid, status])).toEqual([
        ['b', 'next'],
        ['a', 'current'],
      ]);
      await store.dropSigningKey('b');
      expect(await store.signingKeys()).toEqual([{ ...key, status: 'current', notAfter: nowMs + 1 }]);
    });

    test('a bucket counts every one of many at once, and tells the window before', async () => {
      const counts = await Promise.all(Array.from({ length: 30 }, () => store.countRate('key', nowMs, 60_000)));
      expect(counts.map(({ current }) => current).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 30 }, (_, n) => n + 1),
      );
      expect(await store.countRate('key', nowMs + 60_000, 60_000)).toEqual({ current: 1, previous: 30 });
      expect(await store.countRate('other', nowMs, 60_000)).toEqual({ current: 1, previous: 0 });
    });

    describe('a log', () => {
      test('is kept piece by piece: again is no error, other bytes are', async () => {
        const { id } = await made();
        expect(await store.putSegment(id, segmentOf(0))).toBe('stored');
        expect(await store.putSegment(id, segmentOf(1))).toBe('stored');
        expect(await store.putSegment(id, segmentOf(0))).toBe('same');
        expect(await store.putSegment(id, segmentOf(0, { sha256: 'f'.repeat(64) }))).toBe('conflict');
        expect(await store.putSegment(id, segmentOf(0, { chain: 'f'.repeat(64) }))).toBe('conflict');
        expect(await store.segmentHeads(id)).toEqual([segmentOf(0).head, segmentOf(1).head]);
        expect(await store.segment(id, 1)).toEqual(segmentOf(1));
        expect(await store.segment(id, 2)).toBeUndefined();
        expect(await store.storedBytes(id)).toBe(12);
        expect(await store.storedBytes()).toBeGreaterThanOrEqual(12);
        expect(await store.storedBytes('nobody')).toBe(0);
      });

      test('may lose the bytes of its middle, which is told', async () => {
        const { id } = await made();
        for (let n = 0; n < 4; n += 1) await store.putSegment(id, segmentOf(n));
        for (const n of [1, 2]) {
          const dropped = { ...segmentOf(n, { dropped: true }), body: new Uint8Array(), index: new Uint8Array() };
          expect(await store.putSegment(id, dropped)).toBe('stored');
          expect(await store.putSegment(id, segmentOf(n))).toBe('same');
        }
        expect(await store.segment(id, 1)).toMatchObject({ head: { dropped: true }, body: new Uint8Array() });
        expect(await store.logInfo(id)).toMatchObject({
          first: 300,
          head: 400,
          lines: 40,
          gap: { from: 100, to: 300 },
        });
      });

      test('has keyframes, found at or before an offset', async () => {
        const { id } = await made();
        const frame = (offset: number) => {
          return { offset, size: { cols: 80, rows: 24 }, atMs: nowMs, data: new Uint8Array([offset % 256, 0]) };
        };
        for (const offset of [100, 300, 200, 200]) await store.putKeyframe(id, frame(offset));
        expect(await store.keyframe(id, 99)).toBeUndefined();
        expect(await store.keyframe(id, 100)).toEqual(frame(100));
        expect(await store.keyframe(id, 299)).toEqual(frame(200));
        expect(await store.keyframe(id, 2 ** 40)).toEqual(frame(300));
      });

      test('can be read while it grows, until it is over', async () => {
        const { id } = await made();
        const log = storedLog(store, id);
        const { signal } = new AbortController();
        expect(await log.info()).toEqual({
          epoch: '',
          first: 0,
          head: 0,
          lines: 0,
          closed: false,
          digest: null,
          gap: null,
        });
        const grown = log.grown(0, { signal });
        await store.putSegment(id, segmentOf(0));
        await grown;
        await log.grown(50, { signal });
        expect(await log.segments()).toEqual([segmentOf(0).head]);
        expect(await log.segment(0)).toEqual(segmentOf(0));
        expect(await log.keyframe(100)).toBeUndefined();
        const over = log.grown(100, { signal });
        const exit = { reason: 'ok', code: 0, signal: null, offset: 100, digest: 'd'.repeat(64) } as const;
        await store.updateSession(id, {}, { state: 'exited', runnerEpoch: 'e', exit });
        await over;
        expect(await log.info()).toMatchObject({ epoch: 'e', head: 100, closed: true, digest: 'd'.repeat(64) });
        await log.grown(100, { signal: AbortSignal.abort() });
        await expect(storedLog(store, 'nobody').info()).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_NOT_FOUND' });
      });
    });

    test('what is past its time goes, in batches, and nothing else', async () => {
      const past = await made({ state: 'expired' });
      const kept = await made({ state: 'archived' });
      for (const { id } of [past, kept]) {
        for (let n = 0; n < 3; n += 1) await store.putSegment(id, segmentOf(n));
        await store.putKeyframe(id, { offset: 0, size: { cols: 1, rows: 1 }, atMs: 1, data: new Uint8Array([1]) });
      }
      const late = nowMs + 200_000;
      const grants = [
        grantOf(kept.id, { idleUntil: late, expiresAt: late + 1 }),
        grantOf(kept.id, { idleUntil: late + 1, expiresAt: late + 1 }),
      ];
      for (const grant of grants) await store.addGrant(grant);
      const [used, fresh] = [ticketOf(kept.id, { expiresAt: late }), ticketOf(kept.id, { expiresAt: late + 1 })];
      for (const ticket of [used, fresh]) await store.addTicket(ticket);
      expect(await store.prune(late, 2)).toMatchObject({ segments: 2, keyframes: 1, payloads: 2 });
      for (;;) {
        const counts = await store.prune(late, 2);
        for (const count of Object.values(counts)) expect(count).toBeLessThanOrEqual(2);
        if (Object.values(counts).every((count) => count === 0)) break;
      }
      expect(await store.segmentHeads(past.id)).toEqual([]);
      expect(await store.keyframe(past.id, 1)).toBeUndefined();
      expect(await store.session(past.id)).toBeDefined();
      expect(await store.events(past.id, 0, 10)).toHaveLength(1);
      expect(await store.segmentHeads(kept.id)).toHaveLength(3);
      expect(await store.listGrants(kept.id)).toEqual([grants[1]]);
      expect(await store.consumeTicket(used.jti, kept.id, nowMs, 'x')).toEqual({ ok: false, why: 'unknown' });
      expect(await store.consumeTicket(fresh.jti, kept.id, nowMs, 'x')).toMatchObject({ ok: true });
    });

    test('a named lease has one holder', async () => {
      const racers = await Promise.all(
        Array.from({ length: 8 }, (_, n) => store.leaseName('reaper', `r${n}`, nowMs, nowMs + 10)),
      );
      expect(racers.filter(Boolean)).toHaveLength(1);
      const holder = `r${racers.indexOf(true)}`;
      expect(await store.leaseName('reaper', holder, nowMs + 5, nowMs + 20)).toBe(true);
      expect(await store.leaseName('reaper', 'b', nowMs + 19, nowMs + 30)).toBe(false);
      expect(await store.leaseName('reaper', 'b', nowMs + 20, nowMs + 30)).toBe(true);
    });

    test('tells its schema, and answers', async () => {
      await store.ping();
      const schema = await store.schema();
      expect(schema.current).toBe(true);
      expect(schema.version).toMatch(/^\d{14}-/);
    });
  });
}
