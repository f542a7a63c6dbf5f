// The parts of the page by their id. Scripts run once the page is read, so that all of them are there.

/** The element with an id. */
export const $ = (id) => document.getElementById(id);

/** Which map lies over the image: 'soft', 'uncertainty' or 'none'. */
export function overlay() {
  return document.querySelector('input[name=overlay]:checked').value;
}

/** Chooses the map over the image. */
export function chooseOverlay(kind) {
  document.querySelector(`input[name=overlay][value=${kind}]`).checked = true;
}
