import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { patiently, type Pause } from '../patience.js';
import { awsCode } from '../sdk-failure.js';

/** What GetLogEvents answered. */
export interface UpstreamPage {
  readonly events: readonly { readonly ts: number; readonly message: string }[];
  /** Where to go on. */
  readonly next: string | undefined;
  /** Nothing more for now: CloudWatch gave the token back that it was given, or the stream is not there yet. */
  readonly atEnd: boolean;
}

/** The logs of a group, asked as seldom as followers allow. */
export interface Upstream {
  /**
   * What follows a token (the beginning when missing). Followers of one place share one question; a place that had
   * nothing new is not asked again before its time has come. `undefined`: that time has not come, and `waitMs` was over.
   */
  page(
    stream: string,
    token: string | undefined,
    options: { readonly waitMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<UpstreamPage | undefined>;
}

/** How logs are asked for. */
export interface UpstreamOptions {
  readonly logGroup: string;
  readonly client: () => Promise<CloudWatchLogsClient>;
  readonly nowMs: () => number;
  readonly pause: Pause;
  /** Between questions that brought nothing: the first, and the longest. In milliseconds. */
  readonly pollMs: { readonly least: number; readonly most: number };
}

interface Place {
  asked?: Promise<UpstreamPage> | undefined;
  /** What followed, once something did: it never changes. */
  full?: UpstreamPage;
  idleMs: number;
  notBeforeMs: number;
}

/** Places that are remembered; the oldest are forgotten first. A page has 1 MB at most. */
const MOST_PLACES = 24;

/** One upstream for all followers of an instance of the service. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { logGroup, nowMs, pause, pollMs } = options;
  const places = new Map<string, Place>();

  const placeOf = (stream: string, token: string | undefined): Place => {
    const key = `${stream}\n${token ?? ''}`;
    const place = places.get(key) ?? { idleMs: 0, notBeforeMs: 0 };
    // Last used, last forgotten.
    places.delete(key);
    places.set(key, place);
    for (const oldest of places.keys()) {
      if (places.size <= MOST_PLACES) break;
      places.delete(oldest);
    }
    return place;
  };

  const ask = async (stream: string, token: string | undefined): Promise<UpstreamPage> => {
    const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    const client = await options.client();
    const command = new GetLogEventsCommand({
      logGroupName: logGroup,
      logStreamName: stream,
      startFromHead: true,
      ...(token !== undefined && { nextToken: token }),
    });
    try {
      const { events = [], nextForwardToken } = await patiently(() => client.send(command), pause);
      return {
        events: events.map(({ timestamp = 0, message = '' }) => ({ ts: timestamp, message })),
        next: nextForwardToken,
        atEnd: events.length === 0 && (nextForwardToken === undefined || nextForwardToken === token),
      };
    } catch (error) {
      if (awsCode(error) !== 'ResourceNotFoundException') throw error;
      return { events: [], next: token, atEnd: true };
    }
  };

  const askOnce = (place: Place, stream: string, token: string | undefined): Promise<UpstreamPage> =>
    (place.asked ??= ask(stream, token)
      .then((page) => {
        if (page.atEnd) {
          place.idleMs = Math.min(pollMs.most, place.idleMs === 0 ? pollMs.least : place.idleMs * 1.5);
          place.notBeforeMs = nowMs() + place.idleMs;
        } else {
          place.full = page;
        }
        return page;
      })
      .finally(() => {
        place.asked = undefined;
      }));

  return {
    page: async (stream, token, { waitMs, signal }) => {
      const place = placeOf(stream, token);
      if (place.full) return place.full;
      const early = place.notBeforeMs - nowMs();
      if (early > 0) {
        await pause(Math.min(early, waitMs), signal);
        if (early > waitMs) return undefined;
      }
      return askOnce(place, stream, token);
    },
  };
}
