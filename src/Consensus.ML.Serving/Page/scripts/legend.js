// The legend of the map over the image: its colours, and what they mean.

import { drawLegend, SOFT_SCALE, UNCERTAINTY_SCALE } from './colors.js';
import { $, overlay } from './page.js';
import { scoreText } from './text.js';

/** Shows the legend of the chosen map. The uncertainty's scale ends at the largest one of the image. */
export function showLegend(maps) {
  const kind = overlay();
  $('legend').hidden = kind === 'none';
  $('opacity-text').textContent = `${$('opacity').value} %`;
  if (kind === 'soft') {
    drawLegend($('legend-scale'), SOFT_SCALE);
    write('0 %', '50 %', '100 %', 'Share of raters who would mark a pixel');
  } else if (kind === 'uncertainty') {
    const top = maps?.largestUncertainty;
    drawLegend($('legend-scale'), UNCERTAINTY_SCALE);
    write('0', maps ? scoreText(top / 2) : '', maps ? scoreText(top) : '', top === 0
      ? 'The sampled maps do not differ anywhere'
      : 'Standard deviation of the sampled maps; the scale ends at the largest');
  }
}

function write(low, middle, high, text) {
  $('legend-low').textContent = low;
  $('legend-middle').textContent = middle;
  $('legend-high').textContent = high;
  $('legend-text').textContent = text;
}
