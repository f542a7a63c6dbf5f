// What the page says about its work: that it is busy, that something failed, and that a server is back.

import { isReady } from './api.js';

const FIRST_LOOK = 1000;
const LAST_LOOK = 15_000;

/** The line that says what is being done, how long already, and how to stop it. */
export class Busy {
  #parts;
  #timer = null;

  /** @param {{box: HTMLElement, text: HTMLElement, time: HTMLElement, cancel: HTMLButtonElement, stage: HTMLElement}} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Shows what is being done since when; `cancel` is called when the user stops it. */
  start(text, begun, cancel) {
    const { box, text: line, time, cancel: button, stage } = this.#parts;
    clearInterval(this.#timer);
    line.textContent = text;
    const tick = () => {
      const seconds = Math.floor((performance.now() - begun) / 1000);
      time.textContent = seconds > 0 ? `${seconds} s` : '';
    };
    tick();
    this.#timer = setInterval(tick, 1000);
    button.onclick = cancel;
    box.hidden = false;
    stage.setAttribute('aria-busy', 'true');
  }

  stop() {
    clearInterval(this.#timer);
    this.#parts.box.hidden = true;
    this.#parts.text.textContent = '';
    this.#parts.stage.removeAttribute('aria-busy');
  }
}

/** The box that says what went wrong. */
export class Message {
  #parts;
  #looking = null;

  /** @param {{box: HTMLElement, text: HTMLElement, retry: HTMLButtonElement, dismiss: HTMLButtonElement, focus: HTMLElement}} parts */
  constructor(parts) {
    this.#parts = parts;
    parts.dismiss.addEventListener('click', () => {
      this.hide();
      parts.focus.focus();
    });
  }

  get isShown() {
    return !this.#parts.box.hidden;
  }

  /** Shows a text; with `retry`, a button that tries again. */
  show(text, retry = null) {
    this.#stopLooking();
    this.#write(text, retry, false);
  }

  /** Says that the server does not answer, and looks until it does. */
  showLost(text, retry) {
    this.#stopLooking();
    this.#write(text, retry, false);
    const looking = { isOver: false };
    this.#looking = looking;
    const look = async (wait) => {
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (looking.isOver) {
        return;
      }
      if (await isReady()) {
        if (!looking.isOver) {
          this.#write('The server answers again.', retry, true);
        }
        return;
      }
      look(Math.min(LAST_LOOK, 1.5 * wait));
    };
    look(FIRST_LOOK);
  }

  hide() {
    this.#stopLooking();
    this.#parts.box.hidden = true;
    this.#parts.text.textContent = '';
  }

  #write(text, retry, isGood) {
    const { box, text: line, retry: button } = this.#parts;
    box.hidden = false;
    box.classList.toggle('good', isGood);
    line.textContent = text;
    button.hidden = retry === null;
    button.onclick = () => {
      this.hide();
      retry();
    };
  }

  #stopLooking() {
    if (this.#looking) {
      this.#looking.isOver = true;
      this.#looking = null;
    }
  }
}

/** Asks for the API key. The dialog is seen only where a server wants one. */
export class KeyDialog {
  #parts;

  /**
   * @param {{dialog: HTMLDialogElement, form: HTMLFormElement, input: HTMLInputElement, note: HTMLElement,
   * cancel: HTMLButtonElement}} parts
   */
  constructor(parts) {
    this.#parts = parts;
    parts.cancel.addEventListener('click', () => parts.dialog.close(''));
  }

  /** The key that the user types; null where they do not. */
  ask(isSecond) {
    const { dialog, form, input, note } = this.#parts;
    if (isSecond) {
      note.textContent = 'The server did not accept this key. Check it and try again.';
    }
    input.value = '';
    return new Promise((resolve) => {
      let key = null;
      form.onsubmit = () => {
        key = input.value.trim();
      };
      dialog.onclose = () => {
        input.value = '';
        resolve(key || null);
      };
      dialog.showModal();
      input.focus();
    });
  }
}
