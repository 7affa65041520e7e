import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, DoctorInput } from '@hawser/cli-kit';
import { homeOf } from './home-of.js';

/** Where keys stand in files of ours and of the tools whose tokens we use. */
const ownFiles = ['config.yaml', 'sessions.json'];
const keyInFile = /\b(?:api_key|apiKey|token|password|secret)["']?\s*[:=]\s*["']?([^\s"',}]+)/gi;
const secretVariable = /SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|CREDENTIAL/i;
/** Shorter ones are ordinary words, which would be taken out of every sentence. */
const shortest = 6;

/**
 * Takes out of all output what is known to be secret here, whatever its shape: what doctors say is pasted where
 * everybody reads it.
 */
export async function hideSecrets(
  out: Pick<Context['out'], 'hide'>,
  input: Pick<DoctorInput, 'environment' | 'folders'>,
): Promise<void> {
  const { environment, folders } = input;
  for (const [name, value = ''] of Object.entries(environment)) {
    if (secretVariable.test(name) && !/_(?:FILE|PATH|URL|URI|DIR)$/.test(name) && value.length >= shortest)
      out.hide(value);
  }
  for (const name of ownFiles) {
    const text = await readFile(join(folders.config, name), 'utf8').catch(() => '');
    for (const [, value = ''] of text.matchAll(keyInFile)) if (value.length >= shortest) out.hide(value);
  }
  const hfHome = environment['HF_HOME'] || join(homeOf(input), '.cache/huggingface');
  const token = (await readFile(environment['HF_TOKEN_PATH'] || join(hfHome, 'token'), 'utf8').catch(() => '')).trim();
  if (token.length >= shortest) out.hide(token);
}

/** An address without who calls it and without what proves it: the login and the values of its query. */
export function withoutLogins(text: string): string {
  return text
    .replaceAll(/(\bhttps?:\/\/)[^\s/@]+@/gi, '$1[redacted]@')
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi, '$1[redacted]@')
    .replaceAll(
      /([?&][\w.-]*(?:key|token|sig|signature|secret|password|auth|credential)[\w.-]*=)[^\s&#]+/gi,
      '$1[redacted]',
    );
}
