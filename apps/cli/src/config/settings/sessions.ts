import { type Setting, setting } from '../setting.js';

/** The service of terminal sessions. Only the person says where it is: a key goes there. */
export const sessionsSettings: readonly Setting[] = [
  setting({
    name: 'sessions.url',
    summary: 'the address of the service',
    value: { kind: 'url' },
    variables: ['HAWSER_SESSIONS_URL'],
    flags: [{ flag: 'url', commands: ['sessions'] }],
    fills: false,
    project: false,
    user: { file: 'sessions.json', key: ['url'] },
    otherwise: 'a service of this machine',
  }),
  setting({
    name: 'sessions.api-key',
    summary: 'the key for it',
    variables: ['HAWSER_SESSIONS_API_KEY'],
    project: false,
    user: { file: 'sessions.json', key: ['api_key'] },
    otherwise: 'none; this machine makes its own',
    secret: true,
  }),
];
