import { Flags } from '@oclif/core';

/** The spellings of env files; a test holds them against the library's own list. */
export const formats = [
  'portable',
  'posix',
  'dotenv',
  'docker',
  'json',
  'github',
  'systemd',
  'fish',
  'powershell',
] as const;

/** What an env file is for and what goes into it. */
export const envFlags = {
  target: Flags.string({
    char: 't',
    summary: 'Which environment: the file is .env.TARGET in the project’s root.',
    helpValue: 'TARGET',
    default: 'staging',
  }),
  'prefect-url': Flags.string({
    summary: 'Base address of Prefect’s API, which ends in /api. Default: live tunnel, context, Vault, port 4200.',
    helpValue: 'URL',
  }),
  'openlineage-url': Flags.string({
    summary: 'Origin of the OpenLineage server, without a path. Default: live tunnel, port 5000.',
    helpValue: 'URL',
  }),
  'allow-network': Flags.boolean({
    summary: 'Let programs look things up in the network: two feature lines say true.',
    allowNo: true,
  }),
  format: Flags.option({
    summary: 'How values are spelled. Default: as in the file that is there, else portable.',
    options: formats,
  })(),
  'with-secrets': Flags.boolean({ summary: 'Secrets too, in clear: what Vault holds, and addresses with a login.' }),
  'allow-offline': Flags.boolean({ summary: 'Take the port of a tunnel that nobody answers for.' }),
  explain: Flags.boolean({ summary: 'Say where each value is from, and what it was preferred to.' }),
};
