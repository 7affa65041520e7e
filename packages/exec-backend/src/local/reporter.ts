import type { JobPayload, JobReport } from '@hawser/exec-client/contract';
import type { JobChannel } from '../backend.js';
import { ExecBackendError } from '../errors.js';

/** How often, and for how long, the end is told again to a store that cannot take it. */
const AGAIN_MS = 1_000;
const INSIST_MS = 24 * 3_600_000;

/** Tells the service what happens, in the order in which it does, without keeping the run waiting. */
export class Reporter {
  readonly #job: JobChannel;
  readonly #payload: JobPayload;
  readonly #makeRoom: () => void;
  #told: Promise<void> = Promise.resolve();
  #isTold = false;

  /** @param makeRoom - called when the store cannot take the end: the disk may be full of what the run left */
  constructor(job: JobChannel, payload: JobPayload, makeRoom: () => void) {
    this.#job = job;
    this.#payload = payload;
    this.#makeRoom = makeRoom;
  }

  /** Whether the end arrived. */
  get isTold(): boolean {
    return this.#isTold;
  }

  tell(report: Omit<JobReport, 'token' | 'attempt'>): void {
    const whole = { ...report, token: this.#payload.report_token, attempt: this.#payload.attempt };
    const isEnd = report.event === 'ended' || report.event === 'failed';
    this.#told = this.#told.then(() => (isEnd ? this.#insist(whole) : this.#tell(whole).then(() => undefined)));
  }

  /** Resolves when everything was told, or cannot be. */
  finished(): Promise<void> {
    return this.#told;
  }

  async #insist(report: JobReport): Promise<void> {
    for (let waited = 0; waited < INSIST_MS; waited += AGAIN_MS) {
      const answer = await this.#tell(report);
      this.#isTold = answer === 'told';
      if (answer !== 'again') return;
      this.#makeRoom();
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async #tell(report: JobReport): Promise<'told' | 'again' | 'refused'> {
    try {
      await this.#job.report(this.#payload.execution_id, report);
      return 'told';
    } catch (error) {
      // Every other refusal is for good: the execution is over, or of another attempt.
      return error instanceof ExecBackendError && error.code === 'HAWSER_EXEC_BACKEND_STORE_FAILED'
        ? 'again'
        : 'refused';
    }
  }
}
