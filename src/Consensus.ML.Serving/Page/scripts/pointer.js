// Mouse, pen and fingers on the canvas: drag to move, two fingers to zoom, the right button for the window, the wheel.

const ZOOM_SPEED = 0.0015;
const LINE_HEIGHT = 16;
const WHEEL_FOR_A_SLICE = 60;

/**
 * Listens on a canvas.
 * @param {HTMLCanvasElement} canvas the canvas
 * @param {import('./viewer.js').Viewer} viewer what is moved
 * @param {object} tell who is told
 * @param {(steps: number) => void} tell.slice go so many slices on
 * @param {(x: number, y: number) => void} tell.window the right button was dragged so far
 * @param {(place: {x: number, y: number}|null) => void} tell.hover where the pointer is; null for nowhere
 */
export function listenToPointer(canvas, viewer, tell) {
  const down = new Map();
  let wheel = 0;

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button === 1) {
      return;
    }
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { ...place(event), isWindow: event.button === 2 });
    viewer.hasCross = false;
  });

  canvas.addEventListener('pointermove', (event) => {
    const now = place(event);
    const before = down.get(event.pointerId);
    if (!before) {
      viewer.hasCross = false;
      tell.hover(now);
      return;
    }
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (before.isWindow) {
      tell.window(now.x - before.x, now.y - before.y);
    } else if (other) {
      pinch(other, before, now);
    } else {
      viewer.pan(now.x - before.x, now.y - before.y);
    }
    down.set(event.pointerId, { ...now, isWindow: before.isWindow });
    tell.hover(now);
  });

  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) {
    canvas.addEventListener(end, (event) => down.delete(event.pointerId));
  }

  canvas.addEventListener('pointerleave', () => tell.hover(null));
  canvas.addEventListener('contextmenu', (event) => event.preventDefault());
  canvas.addEventListener('dblclick', () => viewer.reset());
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();

    // Browsers turn the wheel sideways while Shift is held.
    const delta = (event.deltaY || event.deltaX) * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_HEIGHT : 1);
    if (event.shiftKey) {
      wheel += delta;
      const steps = Math.trunc(wheel / WHEEL_FOR_A_SLICE);
      wheel -= steps * WHEEL_FOR_A_SLICE;
      if (steps !== 0) {
        tell.slice(steps);
      }
      return;
    }

    // The touchpad's pinch comes as a wheel with Ctrl, in much smaller steps.
    const { x, y } = place(event);
    viewer.zoom(Math.exp(-delta * ZOOM_SPEED * (event.ctrlKey ? 6 : 1)), x, y);
    tell.hover({ x, y });
  }, { passive: false });

  /** Two fingers: what is between them stays between them. */
  function pinch(fixed, before, now) {
    const distance = (one) => Math.hypot(one.x - fixed.x, one.y - fixed.y) || 1;
    const middle = (one) => ({ x: (one.x + fixed.x) / 2, y: (one.y + fixed.y) / 2 });
    const [from, to] = [middle(before), middle(now)];
    viewer.pan(to.x - from.x, to.y - from.y);
    viewer.zoom(distance(now) / distance(before), to.x, to.y);
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}
