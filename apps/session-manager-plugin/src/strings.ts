/**
 * Everything the original plugin prints, byte for byte and all on stdout: callers parse it.
 *
 * @see session-manager-plugin src/sessionmanagerplugin/session/session.go, src/datachannel/streaming.go and
 * src/sessionmanagerplugin/session/portsession
 */
export const strings = {
  installed: '\nThe Session Manager plugin was installed successfully. Use the AWS CLI to start a session.\n\n',
  unknownOperation: (word: string): string =>
    `\nUnknown operation ${word}. \nUse session-manager-plugin --version to check the version.\n\n`,
  invalidOperation: 'Invalid Operation',
  cannotStart: (why: string): string => `Cannot perform start session: ${why}\n`,
  starting: (id: string): string => `\nStarting session with SessionId: ${id}\n`,
  /** `output` is what the service wrote when it closed the channel, often nothing. */
  ended: (id: string, output: string): string =>
    output === '' ? `\n\nExiting session with sessionId: ${id}.\n\n` : `\n\nSessionId: ${id} : ${output}\n\n`,
  timedOut: (id: string): string => `Session: ${id} timed out.\n`,
  terminateSignal: 'Terminate signal received, exiting.\n',
  portOpened: (port: number, id: string): string => `Port ${port} opened for sessionId ${id}.`,
  socketOpened: (path: string, id: string): string => `Unix socket ${path} opened for sessionId ${id}.`,
  /** Behind the line above, which has no newline of its own then. */
  waiting: '\nWaiting for connections...\n',
  acceptedMux: (id: string): string => `\nConnection accepted for session [${id}]\n`,
  acceptedBasic: (id: string): string => `Connection accepted for session ${id}.\n`,
  connectFailed: '\nConnection to destination port failed, check SSM Agent logs.\n',
  exitCode: (code: number): string => `EXIT_CODE: ${code}`,
  callerTooOld:
    'Installed version of CLI does not support Session Manager encryption feature. Please upgrade to the latest version of your CLI (e.g., AWS CLI).',
} as const;
