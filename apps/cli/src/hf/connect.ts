import { homedir } from 'node:os';
import type { Context } from '@hawser/cli-kit';
import {
  type FoundToken,
  type Hub,
  type OnEvent,
  discoverToken,
  loginByDevice,
  openHub,
  saveToken,
} from '@hawser/hf-push';

/** What the flags of a command say of the Hub. */
export interface HubSettings {
  readonly 'endpoint-url'?: string | undefined;
}

/** The Hub of the flags and the environment, with the token the official tools would use, if there is one. */
export async function connect(
  settings: HubSettings,
  { out, signal }: Pick<Context, 'out' | 'signal'>,
  onEvent?: OnEvent,
): Promise<{ readonly hub: Hub; readonly found: FoundToken | undefined }> {
  const endpoint = settings['endpoint-url'];
  const found = await discoverToken({
    env: process.env,
    home: homedir(),
    signal,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  if (found) out.hide(found.token);
  return { hub: open(settings, found?.token, signal, onEvent), found };
}

/** As {@link connect}, but where nobody is logged in, a person at a terminal is offered to do so. */
export async function connectAsSomebody(
  settings: HubSettings,
  context: Pick<Context, 'out' | 'signal' | 'ask'>,
  onEvent?: OnEvent,
): Promise<Hub> {
  const { hub, found } = await connect(settings, context, onEvent);
  if (found || !context.ask.interactive) return hub;
  const token = await login(settings, context);
  return open(settings, token, context.signal, onEvent);
}

/** Gets a token from the person at the terminal and keeps it where the official tools look for it. */
export async function login(
  settings: HubSettings,
  { out, signal, ask }: Pick<Context, 'out' | 'signal' | 'ask'>,
): Promise<string> {
  const way = await ask.choose({
    question: 'Nobody is logged in to Hugging Face. How do you want to log in?',
    flag: 'HF_TOKEN in the environment',
    choices: [
      { name: 'With a code, in a browser', value: 'device' },
      { name: 'With a token that has write permission', value: 'token' },
    ],
  });
  if (way === 'device') return await loginInBrowser(settings, { out, signal });
  const token = (await ask.secret({ question: 'Token:', flag: 'HF_TOKEN in the environment' })).trim();
  out.hide(token);
  await open(settings, token, signal).whoAmI();
  await saveToken({ token }, { env: process.env, home: homedir() });
  return token;
}

/** Logs in by a code that is typed into a browser, on this machine or another. */
export async function loginInBrowser(
  settings: HubSettings,
  { out, signal }: Pick<Context, 'out' | 'signal'>,
): Promise<string> {
  const endpoint = settings['endpoint-url'];
  const made = await loginByDevice({
    env: process.env,
    signal,
    ...(endpoint === undefined ? {} : { endpoint }),
    onCode: ({ userCode, url, completeUrl }) => {
      // The code is for the person's eyes.
      out.show(userCode);
      out.say(`Open ${url} and type ${userCode}, or open ${completeUrl}`);
    },
  });
  out.hide(made.token);
  await saveToken(made, { env: process.env, home: homedir() });
  return made.token;
}

/** A Hub with that token, which nobody is asked for. */
export function open(settings: HubSettings, token: string | undefined, signal: AbortSignal, onEvent?: OnEvent): Hub {
  const endpoint = settings['endpoint-url'];
  return openHub({
    env: process.env,
    signal,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(token === undefined ? {} : { token }),
    ...(onEvent ? { onEvent } : {}),
  });
}
