/** A `Status` of the API, thrown where a request cannot be answered otherwise. */
export class ApiStatus extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: number, reason: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** As it is sent (meta/v1 Status). */
  toJSON(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      details: this.details,
      code: this.code,
    };
  }
}

export function badRequest(message: string): ApiStatus {
  return new ApiStatus(400, 'BadRequest', message);
}

export function unauthorized(): ApiStatus {
  return new ApiStatus(401, 'Unauthorized', 'Unauthorized');
}

export function notFound(resource: string, name: string): ApiStatus {
  return new ApiStatus(404, 'NotFound', `${resource} "${name}" not found`, { name, kind: resource });
}

/** No such path at all. */
export function noSuchResource(): ApiStatus {
  return new ApiStatus(404, 'NotFound', 'the server could not find the requested resource');
}

export function notAllowed(): ApiStatus {
  return new ApiStatus(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

export function expired(message: string): ApiStatus {
  return new ApiStatus(410, 'Expired', message);
}
