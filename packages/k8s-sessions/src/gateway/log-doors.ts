import type { LogSource } from '../log/types.js';

export async function historyLines(
  source: LogSource,
  range: { readonly from: number; readonly to: number },
): Promise<{ readonly firstLine: number; readonly lines: readonly string[]; readonly total: number }> {
  return { firstLine: range.from, lines: [], total: (await source.info()).lines };
}

export function logRoutes(source: LogSource): (request: Request) => Promise<Response> {
  return async () => Response.json(await source.info());
}
