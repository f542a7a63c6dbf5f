// Starts the page: makes its parts, and connects buttons, keys and files with them.

import { startAppearance } from './appearance.js';
import { showCard } from './card.js';
import { Contours } from './contours.js';
import { downloadMap, downloadView, showForms } from './downloads.js';
import { DrawnRaters } from './drawn.js';
import { chooseBy, listenToDrops } from './files.js';
import { Grey } from './grey.js';
import { listenToKeys } from './keys.js';
import { Levels } from './levels.js';
import { Opening } from './opening.js';
import { $ } from './page.js';
import { listenToPointer } from './pointer.js';
import { Scene } from './scene.js';
import { Viewer } from './viewer.js';
import { Work } from './work.js';

const ZOOM = 1.25;

const scene = new Scene();
const show = () => scene.show();
const viewer = new Viewer($('view'));
const levels = new Levels(
  { box: $('levels'), text: $('level-text'), slider: $('level'), list: $('level-list'), volume: $('level-volume') }, show);
const contours = new Contours({
  table: $('raters'), rows: $('rater-rows'), foot: $('rater-all'), note: $('raters-note'), toggle: $('masks-all'), shown: $('masks-shown'),
}, show);
const grey = new Grey({
  box: $('window'), centre: $('centre'), width: $('width'), centreText: $('centre-text'), widthText: $('width-text'),
  automatic: $('window-auto'), full: $('window-full'),
}, show);
const drawn = new DrawnRaters({ section: $('drawn'), rows: $('drawn-rows'), all: $('drawn-all'), none: $('drawn-none') }, show);
scene.connect(viewer, levels, contours, drawn, grey);
const work = new Work();
const opening = new Opening(scene, contours, work, (model) => {
  showCard($('card'), $('card-note'), model);
  scene.setAxes(model.volumeAxes);
});
const openImage = (files, axis) => opening.openImage(files, axis);
const addMasks = (files) => opening.addMasks(files);

// ---- Files ----

chooseBy($('open'), $('image-file'), openImage);
chooseBy($('open-empty'), $('image-file'), openImage);
chooseBy($('masks-open'), $('mask-file'), addMasks);
listenToDrops($('masks'), $('drop'), openImage, addMasks);

// ---- Buttons, sliders and choices ----

const click = (id, action) => $(id).addEventListener('click', action);
click('zoom-in', () => viewer.zoom(ZOOM));
click('zoom-out', () => viewer.zoom(1 / ZOOM));
click('fit', () => scene.reset());
click('rotate', () => viewer.rotate());
click('mirror', () => viewer.mirror());
$('slice').addEventListener('input', () => scene.goTo(Number($('slice').value) - 1));
$('level-shown').addEventListener('change', show);
$('opacity').addEventListener('input', show);
$('channel').addEventListener('change', () => {
  show();
  scene.readOut(null);
});
$('axis').addEventListener('change', () => openImage(scene.image.files, $('axis').value === '' ? null : Number($('axis').value)));
$('structure').addEventListener('change', () => opening.changeStructure());
for (const choice of document.querySelectorAll('input[name=overlay]')) {
  choice.addEventListener('change', show);
}
$('download-map').addEventListener('change', () => showForms(scene));
click('download-nifti', () => downloadMap('nifti', scene, work));
click('download-png', () => downloadMap('png', scene, work));
click('download-view', () => downloadView(viewer, scene, levels.level, drawn.names));

const nextAppearance = startAppearance($('theme'));
const openHelp = () => $('help').showModal();
click('help-open', openHelp);
click('help-close', () => $('help').close());

// ---- Mouse, fingers and keys on the image ----

listenToPointer($('view'), viewer, {
  slice: (steps) => scene.goTo(scene.slice + steps),
  window: (x, y) => grey.move(-y / 400, -x / 300),
  hover: (place) => scene.readOut(place),
});

/** A key that moves the image: the middle is read out from now on. */
function byKey(action) {
  if (scene.image) {
    action();
    viewer.hasCross = document.activeElement === $('view');
    scene.readOut(null);
  }
}

function toggle(box) {
  box.checked = !box.checked;
  show();
}

function moveLevel(by) {
  levels.level += by;
  show();
}

listenToKeys($('view'), () => $('keys-on').checked, {
  o: () => $('image-file').click(),
  r: () => viewer.rotate(),
  f: () => viewer.mirror(),
  0: () => scene.reset(),
  '[': () => moveLevel(-1),
  ']': () => moveLevel(1),
  l: () => toggle($('level-shown')),
  s: () => scene.toggleOverlay('soft'),
  u: () => scene.toggleOverlay('uncertainty'),
  m: () => toggle($('masks-shown')),
  t: nextAppearance,
  '?': openHelp,
}, {
  pan: (x, y) => byKey(() => viewer.pan(x, y)),
  zoom: (factor) => byKey(() => viewer.zoom(factor)),
  slice: (steps) => byKey(() => scene.goTo(scene.slice + steps)),
  end: (isLast) => byKey(() => scene.goTo(isLast ? scene.image.slices - 1 : 0)),
  window: (brightness, contrast) => scene.image && grey.move(brightness, contrast),
  escape: () => work.stop(),
});

// ---- The server ----

async function greet() {
  try {
    await work.withKey(() => opening.meet());
    work.message.hide();
  } catch (error) {
    work.tell(error, greet);
  }
}

show();
greet();
