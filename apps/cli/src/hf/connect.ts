import { homedir } from 'node:os';
import { CliKitError, type Context } from '@hawser/cli-kit';
import { type FoundToken, type Hub, discoverToken, loginByDevice, openHub, saveToken } from '@hawser/hf-push';

/** What the flags of a command say of the Hub. */
export interface HubSettings {
  readonly 'endpoint-url'?: string | undefined;
  readonly quiet: boolean;
}

type Talk = Pick<Context, 'out' | 'signal'>;
type Conversation = Pick<Context, 'out' | 'signal' | 'ask'>;

/** The Hub of the flags and the environment, with the token the official tools would use, if there is one. */
export async function connect(
  settings: HubSettings,
  { out, signal }: Talk,
): Promise<{ readonly hub: Hub; readonly found: FoundToken | undefined }> {
  const found = await discoverToken({ env: process.env, home: homedir(), signal, ...endpointOf(settings) });
  if (found) out.hide(found.token);
  return { hub: open(settings, found?.token, signal), found };
}

/** As {@link connect}, but undefined where nobody is logged in, which is said: only what is here can be told then. */
export async function connectToLook(settings: HubSettings, context: Talk): Promise<Hub | undefined> {
  const { hub, found } = await connect(settings, context);
  if (found) return hub;
  await context.out.warn('Nobody is logged in: the Space is not looked at.');
  return undefined;
}

/** As {@link connect}, but where nobody is logged in, a person at a terminal is offered to do so. */
export async function connectAsSomebody(
  settings: HubSettings,
  context: Conversation,
): Promise<{ readonly hub: Hub; readonly token: string | undefined }> {
  const { hub, found } = await connect(settings, context);
  if (found || !context.ask.interactive) return { hub, token: found?.token };
  const token = await login(settings, context);
  return { hub: open(settings, token, context.signal), token };
}

async function login(settings: HubSettings, context: Conversation): Promise<string> {
  const way = await context.ask.choose({
    question: 'Nobody is logged in to Hugging Face. How do you want to log in?',
    flag: 'HF_TOKEN in the environment',
    choices: [
      { name: 'With a code, in a browser', value: 'device' },
      { name: 'With a token that has write permission, from huggingface.co/settings/tokens', value: 'token' },
    ],
  });
  if (way === 'device') return await loginInBrowser(settings, context);
  const token = await context.ask.secret({ question: 'Token:', flag: 'HF_TOKEN in the environment' });
  await loginWithToken(settings, token, context);
  return token.trim();
}

/**
 * Logs in by a code that is typed into a browser, on this machine or another, and keeps the token where the official
 * tools look for it.
 *
 * @throws CliKitError HAWSER_CLI_NOT_INTERACTIVE where nobody could type it.
 */
export async function loginInBrowser(settings: HubSettings, { out, signal, ask }: Conversation): Promise<string> {
  if (!ask.interactive)
    throw new CliKitError('HAWSER_CLI_NOT_INTERACTIVE', 'Nobody is here to type a code into a browser.', {
      hint: 'Set HF_TOKEN to a token with write permission from huggingface.co/settings/tokens, or give one to hawser hf login --token-stdin.',
    });
  // Without the code there is no login, so that even the quiet say it.
  const say = (text: string): void => (settings.quiet ? out.data(text) : out.say(text));
  const made = await loginByDevice({
    env: process.env,
    signal,
    ...endpointOf(settings),
    onCode: ({ userCode, url, completeUrl }) => {
      // The code is for the person's eyes.
      out.show(userCode);
      say(`Open ${url} and type ${userCode}`);
      if (completeUrl !== url) say(`or open ${completeUrl}`);
    },
  });
  out.hide(made.token);
  await saveToken(made, { env: process.env, home: homedir() });
  return made.token;
}

/** Logs in with a token that the Hub knows, and keeps it where the official tools look for it; answers whose it is. */
export async function loginWithToken(
  settings: HubSettings,
  pasted: string,
  { out, signal }: Talk,
): Promise<{ readonly name: string }> {
  const token = pasted.trim();
  out.hide(token);
  const { name } = await open(settings, token, signal).whoAmI();
  await saveToken({ token }, { env: process.env, home: homedir() });
  return { name };
}

/** A Hub with that token, which nobody is asked for. */
export function open(settings: HubSettings, token: string | undefined, signal: AbortSignal): Hub {
  return openHub({
    env: process.env,
    signal,
    ...endpointOf(settings),
    ...(token === undefined ? {} : { token }),
  });
}

function endpointOf(settings: HubSettings): { readonly endpoint?: string } {
  const endpoint = settings['endpoint-url'];
  return endpoint === undefined ? {} : { endpoint };
}
