// Keys. Those of one letter work everywhere but where text is typed, and can be turned off (WCAG 2.1.4).

const PAN = 40;
const ZOOM = 1.25;

/** Whether what has the focus uses the key itself: text, lists of choices, an open dialog. */
function isTaken(target) {
  return target.closest('dialog[open]') !== null
    || target.matches('select, textarea, input:not([type=range], [type=checkbox], [type=radio])');
}

/**
 * Listens to keys.
 * @param {HTMLElement} view the canvas, which takes the arrows while it has the focus
 * @param {() => boolean} areLettersOn whether keys of one letter work
 * @param {Record<string, () => void>} letters what they do, by the key's name in lower case
 * @param {{pan: (x: number, y: number) => void, zoom: (factor: number) => void, slice: (steps: number) => void,
 * end: (isLast: boolean) => void, escape: () => void, window: (brightness: number, contrast: number) => void}} actions the others
 */
export function listenToKeys(view, areLettersOn, letters, actions) {
  const onView = {
    ArrowLeft: () => actions.pan(PAN, 0),
    ArrowRight: () => actions.pan(-PAN, 0),
    ArrowUp: () => actions.pan(0, PAN),
    ArrowDown: () => actions.pan(0, -PAN),
    Home: () => actions.end(false),
    End: () => actions.end(true),
    '+': () => actions.zoom(ZOOM),
    '=': () => actions.zoom(ZOOM),
    '-': () => actions.zoom(1 / ZOOM),
  };
  const everywhere = {
    '+': onView['+'],
    '-': onView['-'],
    b: () => actions.window(0.03, 0),
    B: () => actions.window(-0.03, 0),
    c: () => actions.window(0, 0.1),
    C: () => actions.window(0, -0.1),
  };

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTaken(event.target)) {
      return;
    }
    const isOnView = event.target === view;
    const isOnSlider = event.target.matches('input[type=range]');
    const action = event.key === 'Escape' ? actions.escape
      : event.key === 'PageUp' && !isOnSlider ? () => actions.slice(-1)
        : event.key === 'PageDown' && !isOnSlider ? () => actions.slice(1)
          : isOnView && onView[event.key] ? onView[event.key]
            : areLettersOn() && event.key.length === 1 ? everywhere[event.key] ?? letters[event.key.toLowerCase()]
              : undefined;
    if (action) {
      event.preventDefault();
      action();
    }
  });
}
