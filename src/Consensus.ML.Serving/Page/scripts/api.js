// Talks to the server. Everything goes to the page's own address; the key, where there is one, stays in memory.

/** Why a request brought no answer. */
export class ApiError extends Error {
  /**
   * @param {'refused'|'key'|'unreachable'|'cancelled'} kind refused: the server said no, and why; key: it wants its API key;
   * unreachable: no answer came; cancelled: the user did not want it any more.
   */
  constructor(kind, message, status = 0) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

let key = null;

/** Sets the API key that is sent from now on. */
export function useKey(value) {
  key = value;
}

/** What the server is and allows: GET v1/model. */
export async function readModel(signal) {
  return (await send('v1/model', { signal })).json();
}

/** The values of an image, which the browser could not read itself: POST v1/images. */
export async function readImage(files, axis, signal) {
  return (await send(`v1/images${query({ axis })}`, { files, signal })).json();
}

/**
 * All maps of an image as numbers: POST v1/maps.
 * @param {string|null} structure null for a model that has one without a name
 * @param {boolean} hasRaters whether the model draws the masks of named raters
 */
export async function readMaps(files, axis, structure, hasRaters, signal) {
  const maps = hasRaters ? 'soft,levels,uncertainty,raters' : 'soft,levels,uncertainty';
  const path = `v1/maps${query({ maps, axis, structure })}`;
  return (await send(path, { files, accept: 'application/json', signal })).json();
}

/** One map as a file, with the name that the server gives it. */
export async function readMapFile(files, map, axis, structure, accept, signal) {
  const response = await send(`v1/maps${query({ maps: map, axis, structure })}`, { files, accept, signal });
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? map;
  return { name, blob: await response.blob() };
}

/** Whether the server answers and its model is loaded. */
export async function isReady() {
  try {
    return (await fetch('health/ready', { cache: 'no-store', signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}

function query(options) {
  const given = Object.entries(options).filter(([, value]) => value !== null && value !== undefined);
  return given.length > 0 ? `?${given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}` : '';
}

async function send(path, { files = null, accept = 'application/json', signal = undefined }) {
  const headers = { Accept: accept };
  if (key !== null) {
    headers['X-Api-Key'] = key;
  }
  let response;
  try {
    response = await fetch(path, {
      method: files ? 'POST' : 'GET', headers: typed(headers, files), body: bodyOf(files), cache: 'no-store', signal,
    });
    if (response.ok) {
      // The whole answer is awaited here, so that a connection that breaks later is told like one that never was.
      const body = await response.blob();
      return new Response(body, { status: response.status, headers: response.headers });
    }
  } catch (error) {
    throw await failure(error);
  }
  throw await refusal(response);
}

/** One file goes as it is. Several are the parts of a form, in their order: they are the channels of one image. */
function bodyOf(files) {
  if (!files || files.length === 1) {
    return files?.[0];
  }
  const form = new FormData();
  for (const file of files) {
    // Without its name, which may be a patient's.
    form.append('image', file, 'channel');
  }
  return form;
}

/** The browser itself says what a form is. For a single file it would guess by its name; the server looks at the content. */
function typed(headers, files) {
  return files?.length === 1 ? { ...headers, 'Content-Type': 'application/octet-stream' } : headers;
}

async function failure(error) {
  if (error.name === 'AbortError') {
    return new ApiError('cancelled', 'Cancelled.');
  }
  if (error.name === 'NotFoundError' || error.name === 'NotReadableError') {
    return new ApiError('refused', 'The file cannot be read any more. It may have been moved or changed: open it again.');
  }
  return await isReady()
    ? new ApiError('unreachable', 'The connection to the server broke off.')
    : new ApiError('unreachable', 'The server does not answer. It may have stopped, or the connection to it is lost.');
}

/** The server's refusals are ProblemDetails (RFC 9457): the field "detail" is meant for people. */
async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  const detail = problem.detail ?? problem.title ?? `The server answered with status ${response.status}.`;
  const wait = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  const message = Number.isFinite(wait) ? `${detail} Try again in ${wait} ${wait === 1 ? 'second' : 'seconds'}.` : detail;
  return new ApiError(response.status === 401 ? 'key' : 'refused', message, response.status);
}
