import { copyText } from './clipboard.js';
import { part, say } from './element.js';
import type { Service } from './entry.js';

/** Wires the dialog that makes links for others. */
export function openShare(service: Service): { show(atMs: number | null): void } {
  const dialog = part('share', HTMLDialogElement);
  const form = part('share-form', HTMLFormElement);
  const made = part('share-made');
  const link = part('share-link', HTMLInputElement);
  const trouble = part('share-trouble');
  const button = part('share-make', HTMLButtonElement);
  const copy = part('share-copy', HTMLButtonElement);
  let moment: number | null = null;

  const begin = (): void => {
    made.hidden = true;
    trouble.hidden = true;
    button.hidden = false;
    say(copy, 'Copy');
  };
  const makeLink = async (): Promise<void> => {
    const role = new FormData(form).get('role') === 'control' ? 'control' : 'view';
    button.disabled = true;
    try {
      const { terminalUrl, ticketExpiresAt } = await service.share({ role });
      const address = new URL(terminalUrl, location.href).href;
      link.value = moment === null ? address : `${address}&at=${Number((moment / 1000).toFixed(2))}`;
      const until = new Date(ticketExpiresAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
      say(part('share-note'), `Opens once, until ${until}. After that it stays open for whoever opened it.`);
      made.hidden = false;
      trouble.hidden = true;
      button.hidden = true;
      link.focus();
      link.select();
    } catch (error) {
      say(trouble, error instanceof Error ? error.message : String(error));
      trouble.hidden = false;
    } finally {
      button.disabled = false;
    }
  };
  form.addEventListener('submit', (event) => {
    if ((event.submitter as HTMLButtonElement | null)?.value !== 'make') return;
    event.preventDefault();
    void makeLink();
  });
  form.addEventListener('change', begin);
  copy.addEventListener('click', () => {
    copyText(link.value);
    say(copy, 'Copied');
  });
  return {
    show(atMs) {
      moment = atMs;
      begin();
      dialog.showModal();
    },
  };
}
