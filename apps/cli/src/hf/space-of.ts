import { type Hub, findEnvironment } from '@hawser/hf-push';

/** `namespace/name` of the Space a command works on: what is written so, else a name in the own namespace. */
export async function spaceOf(hub: Hub, text: string): Promise<string> {
  if (/^[^./\\][^/\\]*\/[^/\\]+$/.test(text)) return text;
  const name = isEnvironmentPath(text) ? findEnvironment({ from: process.cwd(), environment: text }).name : text;
  return `${(await hub.whoAmI()).name}/${name}`;
}

function isEnvironmentPath(text: string): boolean {
  return /[/\\]/.test(text) || text === '.' || text === '..';
}
