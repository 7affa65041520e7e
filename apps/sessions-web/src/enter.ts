import { exchangeTicket } from '@hawser/k8s-sessions/client';
import { plainAddress, type Entry } from './entry.js';

/** How long to wait before a ticket is tried again that the service could not look at. */
const pauseMs = 2000;

/** What a refusal of the service carries. */
interface Refused {
  readonly code: string;
  readonly message: string;
}

/**
 * Exchanges the ticket of the address for the cookie that stands for this viewer, and takes it out of the address. Answers
 * how that was refused, if it was: whoever holds a cookie from before may go on all the same. While the service cannot be
 * asked the ticket is kept and tried again; `onWait` is told.
 */
export async function enter(entry: Entry, onWait: () => void): Promise<Refused | null> {
  if (entry.ticket === null) return null;
  for (;;) {
    const refused = await exchangeTicket({ url: location.origin, session: entry.session, ticket: entry.ticket }).then(
      () => null,
      (error: Refused) => error,
    );
    if (refused?.code !== 'HAWSER_SESSIONS_SERVICE_UNREACHABLE') {
      history.replaceState(null, '', plainAddress(entry));
      return refused;
    }
    onWait();
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
