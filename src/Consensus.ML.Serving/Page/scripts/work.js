// Work that takes a while: how it is stopped, and what is said when it goes wrong.

import { useKey } from './api.js';
import { Busy, KeyDialog, Message } from './notices.js';
import { $ } from './page.js';

export class Work {
  // What runs, the newest last. Work of one kind stops earlier work of its kind; a prediction goes on while masks are read.
  #running = [];
  #busy = new Busy({ box: $('busy'), text: $('busy-text'), time: $('busy-time'), cancel: $('cancel'), stage: $('screen') });
  #dialog = new KeyDialog({ dialog: $('key-dialog'), form: $('key-form'), input: $('key'), note: $('key-note'), cancel: $('key-cancel') });

  /** What went wrong last. */
  message = new Message({ box: $('message'), text: $('message-text'), retry: $('retry'), dismiss: $('dismiss'), focus: $('view') });

  /**
   * Runs work; earlier work of the same kind is stopped.
   * @template T
   * @param {string} kind such as 'image'
   * @param {string} text what is being done, for people
   * @param {(signal: AbortSignal) => Promise<T>} action the work
   * @param {() => void} retry does it again, where that may help
   * @returns {Promise<T|null>} what it gives; null where it was stopped or went wrong, which is said
   */
  async run(kind, text, action, retry) {
    this.#end(this.#running.filter((one) => one.kind === kind));
    const mine = { kind, text, stopper: new AbortController(), begun: performance.now() };
    this.#running.push(mine);
    this.#show();
    try {
      const result = await this.withKey(() => action(mine.stopper.signal));

      // An answer that was read already when its work was stopped is not wanted any more.
      return this.#running.includes(mine) ? result : null;
    } catch (error) {
      if (this.#running.includes(mine)) {
        this.tell(error, retry);
      }
      return null;
    } finally {
      this.#running = this.#running.filter((one) => one !== mine);
      this.#show();
    }
  }

  /** Stops what runs, or takes the message away where nothing does. */
  stop() {
    if (this.#running.length > 0) {
      this.stopAll();
    } else if (this.message.isShown) {
      this.message.hide();
    }
  }

  /** Stops everything, without a word. */
  stopAll() {
    this.#end(this.#running);
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

  #end(work) {
    this.#running = this.#running.filter((one) => !work.includes(one));
    for (const one of work) {
      one.stopper.abort();
    }
    this.#show();
  }

  #show() {
    const newest = this.#running.at(-1);
    if (newest) {
      this.#busy.start(newest.text, newest.begun, () => this.#end([newest]));
    } else {
      this.#busy.stop();
    }
  }
}

/** Whether the same request may go well the next time. */
function mayHelp(error) {
  return error.kind === 'key' || error.status === 429 || error.status >= 500;
}
