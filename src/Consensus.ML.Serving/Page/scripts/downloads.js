// Downloads: a map as the server writes it, and what is in view as a picture.

import { readMapFile } from './api.js';
import { save, stem } from './files.js';
import { $, overlay } from './page.js';
import { areaText, levelText, scoreText } from './text.js';

const FORMS = { nifti: 'application/gzip', png: 'image/png' };
const DISCLAIMER = 'Not a medical device. For research only.';

/** Offers the maps that there are. */
export function offerMaps(maps) {
  const option = $('download-raters');
  option.hidden = option.disabled = maps.raters.length === 0;
  if (option.disabled && option.selected) {
    $('download-map').value = 'soft';
  }
}

/** Says which forms the chosen map can have, and why not the others. */
export function showForms({ image, maps }) {
  const kind = $('download-map').value;
  const isOneMap = kind === 'levels' ? maps.levels === 1 : kind !== 'raters' || maps.raters.length === 1;
  const isOneSlice = image.slices === 1;
  $('download-png').disabled = !isOneMap || !isOneSlice;
  $('download-note').textContent = !isOneSlice ? 'A PNG holds one slice: a volume comes as NIfTI.'
    : !isOneMap ? `A PNG holds one map: the ${kind === 'levels' ? 'levels' : 'masks of raters'} come as NIfTI.`
      : 'In a PNG, 65535 stands for 1.';
}

/** Fetches a map as a file. The server predicts it again, with the same seed and so to the same values. */
export async function downloadMap(form, { image, maps }, work) {
  const map = $('download-map').value;
  work.message.hide();
  const file = await work.run(
    'download', 'Preparing the file…',
    (signal) => readMapFile(image.files, map, image.axis, maps.structure, FORMS[form], signal),
    () => downloadMap(form, { image, maps }, work));
  if (file) {
    save(file.blob, [stem(image.files[0].name), maps.structure, file.name].filter(Boolean).join('-'));
  }
}

/**
 * Saves what is in view, with lines that say what it shows.
 * @param {number} level the chosen level
 * @param {string[]} raters the named raters whose predicted contours are shown
 */
export function downloadView(viewer, { image, maps, slice }, level, raters) {
  const lines = [
    [image.name, maps?.structure, image.slices > 1 ? `slice ${slice + 1} of ${image.slices}` : ''].filter(Boolean).join(', '),
  ];
  if (maps) {
    const parts = [];
    if ($('level-shown').checked) {
      const area = areaText(maps.areas[level - 1].pixelsOfSlices[slice], maps.geometry.spacing);
      parts.push(`Level ${level} of ${maps.levels}: ${levelText(level, maps.levels).toLowerCase()}, ${area}`);
    }
    if (overlay() !== 'none') {
      parts.push(overlay() === 'soft'
        ? 'Soft map from 0 (dark) to 1 (light)'
        : `Uncertainty from 0 to ${scoreText(maps.largestUncertainty)}`);
    }
    if (raters.length > 0) {
      parts.push(`Thin contours: what ${raters.join(', ')} would draw`);
    }
    lines.push(...parts);
  }
  lines.push(`${maps ? 'Predicted by Consensus.ML. ' : ''}${DISCLAIMER}`);
  viewer.copy(lines).toBlob((blob) => save(blob, `${stem(image.files[0].name)}-view.png`), 'image/png');
}
