import { loadStyle, takesColour } from '@hawser/cli-kit/start';
import type { HelpLayout } from './render.js';

/** How help is laid out on this terminal, or where there is none. */
export async function layOut(): Promise<HelpLayout> {
  const style = await loadStyle(takesColour(process.stdout, process.env));
  return { bin: 'hawser', width: Math.min(process.stdout.columns ?? 80, 120), style };
}
