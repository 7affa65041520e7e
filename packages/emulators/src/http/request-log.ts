import { EmulatorError } from '../errors.js';

/** Requests as they were answered, and who waits for one. */
export interface RequestLog<Request> {
  readonly requests: readonly Request[];
  record(request: Request): void;
  /** Settles with the first request that matches, of those so far or to come; rejects when the log is closed. */
  requested(match: (request: Request) => boolean): Promise<Request>;
  close(): void;
}

/** Makes an empty log; `owner` is who is said to be closed, such as `The Hub`. */
export function createRequestLog<Request>(owner: string): RequestLog<Request> {
  const requests: Request[] = [];
  const waiting = new Set<{
    match(request: Request): boolean;
    found(request: Request): void;
    missed(): void;
  }>();
  return {
    requests,
    record: (request) => {
      requests.push(request);
      for (const one of waiting) if (one.match(request)) one.found(request);
    },
    requested: (match) => {
      const past = requests.find(match);
      if (past) return Promise.resolve(past);
      return new Promise((resolve, reject) => {
        const one = {
          match,
          found: (request: Request) => {
            waiting.delete(one);
            resolve(request);
          },
          missed: () =>
            reject(new EmulatorError('HAWSER_EMULATOR_CLOSED', `${owner} was closed before such a request came.`)),
        };
        waiting.add(one);
      });
    },
    close: () => {
      for (const one of waiting) one.missed();
    },
  };
}
