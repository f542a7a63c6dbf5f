// Files that are chosen or dropped.

/** A button that opens the browser's choice of files; the same file can be chosen twice. */
export function chooseBy(button, input, take) {
  button.addEventListener('click', () => input.click());
  listenToInput(input, take);
}

/** Tells which files were chosen. */
function listenToInput(input, take) {
  if (input.dataset.listens) {
    return;
  }
  input.dataset.listens = 'yes';
  input.addEventListener('change', () => {
    const files = [...input.files];
    input.value = '';
    if (files.length > 0) {
      take(sorted(files));
    }
  });
}

/**
 * Takes files that are dropped anywhere on the page: on the masks' place as masks, elsewhere as the image.
 * @param {HTMLElement} masksPlace where masks are dropped
 * @param {HTMLElement} sign shown over the image while files are dragged
 */
export function listenToDrops(masksPlace, sign, takeImage, takeMasks) {
  let depth = 0;
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  const isForMasks = (event) => masksPlace.contains(event.target);
  const mark = (event) => {
    sign.hidden = depth === 0 || isForMasks(event);
    masksPlace.classList.toggle('over', depth > 0 && isForMasks(event));
  };
  document.addEventListener('dragenter', (event) => {
    if (hasFiles(event)) {
      depth++;
      mark(event);
    }
  });
  document.addEventListener('dragover', (event) => {
    if (hasFiles(event)) {
      event.preventDefault();
      mark(event);
    }
  });
  document.addEventListener('dragleave', (event) => {
    if (hasFiles(event)) {
      depth = Math.max(0, depth - 1);
      mark(event);
    }
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) {
      return;
    }
    event.preventDefault();
    depth = 0;
    mark(event);
    const files = [...event.dataTransfer.files];
    if (files.length > 0) {
      (isForMasks(event) ? takeMasks : takeImage)(sorted(files));
    }
  });
}

/** In the order of their names, with numbers by their value: the order in which browsers give several files is none. */
function sorted(files) {
  const order = new Intl.Collator('en', { numeric: true });
  return files.sort((one, other) => order.compare(one.name, other.name));
}

/** Saves what the page made or fetched. */
export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A file's name without its ending. */
export function stem(name) {
  return name.replace(/(\.nii)?(\.gz)?$/i, '').replace(/\.(png|tiff?|jpe?g|bmp|gif)$/i, '') || 'image';
}
