// The button that switches between light, dark, and the system's own colours.

const NAMES = { auto: 'Auto', light: 'Light', dark: 'Dark' };
const ORDER = ['auto', 'light', 'dark'];

function current() {
  return document.documentElement.dataset.theme ?? 'auto';
}

function show(button) {
  const theme = current();
  button.lastElementChild.textContent = NAMES[theme];
  button.setAttribute('aria-label', `Colours: ${NAMES[theme]}`);
  button.title = 'Light colours, dark ones, or as the system has them (T)';
}

/** Takes over the button, and returns what switches to the next choice. */
export function startAppearance(button) {
  const next = () => {
    const theme = ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length];
    if (theme === 'auto') {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = theme;
    }
    try {
      localStorage.setItem('consensus-theme', theme);
    } catch {
      // The choice then holds until the page is closed.
    }
    show(button);
  };
  button.addEventListener('click', next);
  show(button);
  return next;
}
