import type { Service } from './service.js';

const mostWaitMs = 10_000;

/** Hears what the cluster says of runners until the service closes, and has each session looked at. */
export async function watchPods(service: Service): Promise<void> {
  const { ports, facts, metrics, closing } = service;
  let waitMs = 250;
  while (!closing.aborted) {
    try {
      const onAge = (ageMs: number): void => metrics.watchAgeSeconds.set(ageMs / 1000);
      facts.watchingSinceMs ??= service.nowMs();
      for await (const fact of ports.cluster.watch({ signal: closing, onAge })) {
        waitMs = 250;
        facts.note(fact, service.nowMs());
        service.touch(fact.session);
      }
    } catch (error) {
      // Whoever hears nothing must not take silence for an end.
      facts.watchingSinceMs = null;
      if (!closing.aborted) service.trouble(error, 'watching the cluster');
    }
    await ports.clock.wait(waitMs, closing);
    waitMs = Math.min(waitMs * 2, mostWaitMs);
  }
}
