// Work that takes a while: one at a time, with a way to stop it, and with words for what went wrong.

import { useKey } from './api.js';
import { Busy, KeyDialog, Message } from './notices.js';
import { $ } from './page.js';

export class Work {
  #current = null;
  #busy = new Busy({ box: $('busy'), text: $('busy-text'), time: $('busy-time'), cancel: $('cancel'), stage: $('screen') });
  #dialog = new KeyDialog({ dialog: $('key-dialog'), form: $('key-form'), input: $('key'), note: $('key-note'), cancel: $('key-cancel') });

  /** What went wrong last. */
  message = new Message({ box: $('message'), text: $('message-text'), retry: $('retry'), dismiss: $('dismiss'), focus: $('view') });

  /**
   * Runs work; earlier work is stopped.
   * @template T
   * @param {string} text what is being done
   * @param {(signal: AbortSignal) => Promise<T>} action the work
   * @param {() => void} retry does it again, where that may help
   * @returns {Promise<T|null>} what it gives; null where it was stopped or went wrong, which is said
   */
  async run(text, action, retry) {
    this.#current?.abort();
    const mine = new AbortController();
    this.#current = mine;
    this.#busy.start(text, () => mine.abort());
    try {
      return await this.withKey(() => action(mine.signal));
    } catch (error) {
      if (this.#current === mine) {
        this.tell(error, retry);
      }
      return null;
    } finally {
      if (this.#current === mine) {
        this.#current = null;
        this.#busy.stop();
      }
    }
  }

  /** Stops what runs, or takes the message away where nothing does. */
  stop() {
    if (this.#current) {
      this.#current.abort();
    } else if (this.message.isShown) {
      this.message.hide();
    }
  }

  /** Says what went wrong. Trying again helps where the server was busy or away. */
  tell(error, retry) {
    if (error.kind === 'unreachable') {
      this.message.showLost(error.message, retry);
    } else if (error.kind !== 'cancelled') {
      this.message.show(error.message, mayHelp(error) ? retry : null);
    }
  }

  /** Asks for the key where the server wants one, until it is right or the user gives up. */
  async withKey(action) {
    for (let isSecond = false; ; isSecond = true) {
      try {
        return await action();
      } catch (error) {
        const key = error.kind === 'key' ? await this.#dialog.ask(isSecond) : null;
        if (key === null) {
          throw error;
        }
        useKey(key);
      }
    }
  }
}

/** Whether the same request may go well the next time. */
function mayHelp(error) {
  return error.kind === 'key' || error.status === 429 || error.status >= 500;
}
