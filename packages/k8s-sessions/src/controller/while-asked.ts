/**
 * A signal for as long as a request is under way and the service stays. `AbortSignal.any` would leave a few bytes at the
 * service's signal for every request there ever was (nodejs/node#54614); this leaves nothing once the request's own signal
 * is aborted, which `answerWith` does at the end of every answer.
 */
export function whileAsked(request: Request, closing: AbortSignal): AbortSignal {
  const link = new AbortController();
  const end = (): void => {
    request.signal.removeEventListener('abort', end);
    closing.removeEventListener('abort', end);
    link.abort();
  };
  if (request.signal.aborted || closing.aborted) link.abort();
  else {
    request.signal.addEventListener('abort', end);
    closing.addEventListener('abort', end);
  }
  return link.signal;
}
