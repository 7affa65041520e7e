/** Tells when a peer is dead. */
export interface Keepalive {
  /** Something arrived. */
  heard(): void;
  /** We read nothing ourselves now, so silence proves nothing. */
  suspend(): void;
  resume(): void;
  stop(): void;
}

/**
 * Pings at once and then every period; calls `dead` when a whole two periods pass in silence, so a
 * peer is given up two to three periods after its last sign of life.
 *
 * The original client pings every five minutes and never looks for the answer
 * (session-manager-plugin src/communicator/websocketchannel.go).
 */
export function startKeepalive(periodMs: number, ping: () => void, dead: () => void): Keepalive {
  let silentPeriods = 0;
  let suspended = false;
  const timer = setInterval(() => {
    if (suspended) return;
    if (silentPeriods >= 2) {
      clearInterval(timer);
      dead();
      return;
    }
    silentPeriods++;
    ping();
  }, periodMs);
  ping();
  return {
    heard() {
      silentPeriods = 0;
    },
    suspend() {
      suspended = true;
    },
    resume() {
      suspended = false;
      silentPeriods = 0;
    },
    stop: () => clearInterval(timer),
  };
}
