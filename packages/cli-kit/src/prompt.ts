import { CliKitError } from './errors.js';

/** What every question needs besides its words. */
export interface Question {
  readonly question: string;
  /** The flag that answers it, e.g. `--yes`: named when there is nobody to ask. */
  readonly flag: string;
}

/** Asks the person at the terminal. Where there is none each question is refused with `HAWSER_CLI_NOT_INTERACTIVE`. */
export interface Ask {
  /** Whether there is somebody to ask. */
  readonly interactive: boolean;
  confirm(question: Question & { readonly suggested?: boolean }): Promise<boolean>;
  text(question: Question & { readonly suggested?: string }): Promise<string>;
  /** Typed without being shown. */
  secret(question: Question): Promise<string>;
  choose<T>(
    question: Question & { readonly choices: readonly { readonly name: string; readonly value: T }[] },
  ): Promise<T>;
}

/**
 * Makes the questions of one command. They are asked on stderr, so that stdout stays data, and given up when `signal`
 * aborts.
 */
export function createAsk({
  interactive,
  signal,
}: {
  readonly interactive: boolean;
  readonly signal: AbortSignal;
}): Ask {
  const context = { signal, output: process.stderr };
  const refuseUnlessInteractive = ({ question, flag }: Question): void => {
    if (interactive) return;
    throw new CliKitError('HAWSER_CLI_NOT_INTERACTIVE', `Nobody is here to answer '${question}'.`, {
      hint: `Answer it with ${flag}, or run it in a terminal.`,
      details: { flag },
    });
  };
  return {
    interactive,
    confirm: async (question) => {
      refuseUnlessInteractive(question);
      const { default: confirm } = await import('@inquirer/confirm');
      return confirm({ message: question.question, default: question.suggested ?? false }, context);
    },
    text: async (question) => {
      refuseUnlessInteractive(question);
      const { default: input } = await import('@inquirer/input');
      const suggested = question.suggested === undefined ? {} : { default: question.suggested };
      return input({ message: question.question, ...suggested }, context);
    },
    secret: async (question) => {
      refuseUnlessInteractive(question);
      const { default: password } = await import('@inquirer/password');
      return password({ message: question.question }, context);
    },
    choose: async (question) => {
      refuseUnlessInteractive(question);
      const { default: select } = await import('@inquirer/select');
      return select({ message: question.question, choices: question.choices }, context);
    },
  };
}
