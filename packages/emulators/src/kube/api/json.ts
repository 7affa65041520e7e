import { badRequest } from './status.js';

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest('the object provided is unrecognized: it is not JSON');
  }
}
