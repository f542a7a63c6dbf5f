// The model card: what the server says of its model.

import { countText, scoreText } from './text.js';

const KINDS = { consensus: 'Diffusion of consensus maps', unet: 'U-Net, one pass' };

/** The lines of the card: names and values. */
export function cardLines(model) {
  const { sampling, training } = model;
  const named = model.structures.filter((one) => one.name);
  const raters = [...new Set(model.structures.flatMap((one) => one.raters))];
  const lines = [
    ['Kind', model.members > 1 ? `${KINDS[model.kind] ?? model.kind}, ${model.members} members` : KINDS[model.kind] ?? model.kind],
    ['Size', `${model.height}×${model.width} pixels`],
    ['Channels', String(model.channels)],
    named.length > 0
      ? ['Structures', named.map((one) => `${one.name} (${one.levels} ${one.levels === 1 ? 'level' : 'levels'})`).join(', ')]
      : ['Levels', `${model.levels} (raters of a training case)`],
    ...(raters.length > 0 ? [['Named raters', raters.join(', ')]] : []),
    ['Trained values', countText(model.parameters)],
    ['Slices', model.volumeAxes.length > 0 ? `along axis ${model.volumeAxes.join(', ')} of a volume` : 'single images'],
  ];
  if (training) {
    lines.push(['Training', `${countText(training.bestStep)} of ${countText(training.steps)} steps, ${training.trainingCases} cases`]);
    if (training.bestValidationScore !== null && training.bestValidationScore !== undefined) {
      lines.push(['Soft Dice', `${scoreText(training.bestValidationScore)} on ${training.validationCases} cases set aside`]);
    }
  }
  const steps = sampling.steps === 1 ? '1 step' : sampling.steps ? `${sampling.steps} steps` : 'all steps';
  lines.push(
    ['Sampling', model.kind === 'unet'
      ? `${sampling.generations} generations${sampling.mirror ? ', mirrored views' : ''}`
      : `${sampling.generations} generations of ${steps}, ${sampling.sampler}${sampling.mirror ? ', mirrored views' : ''}`],
    ['Precision', sampling.precision],
    ['Library', `Consensus.ML ${model.version}`],
  );
  return lines;
}

/** Writes the card. */
export function showCard(list, note, model) {
  list.replaceChildren(...cardLines(model).flatMap(([name, value]) => [item('dt', name), item('dd', value)]));
  note.hidden = true;
}

function item(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
