const stately = 'https://stately.ai';
const lookMs = 1_000;

let close: (() => void) | undefined;

/**
 * Opens Stately's inspector in a window of its own and hands it the stream of the monitor, as the browser inspector of
 * `@statelyai/inspect` does: it asks for it when it is loaded. It learns no token, and connects to nothing of ours.
 */
export function openStately(): void {
  close?.();
  const inspector = open(`${stately}/inspect`, 'ncolony-inspector');
  if (inspector === null) return;
  let socket: WebSocket | undefined;
  const serve = ({ origin, source, data }: MessageEvent<unknown>) => {
    if (origin !== stately || source !== inspector || !isHello(data)) return;
    socket?.close();
    const stream = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`);
    socket = stream;
    stream.addEventListener('message', (message) => inspector.postMessage(JSON.parse(String(message.data)), stately));
    stream.addEventListener('close', () => {
      // What it shows is as it was at that moment.
      if (stream === socket) inspector.postMessage({ type: '@statelyai.disconnected' }, stately);
    });
  };
  addEventListener('message', serve);
  // Nobody is told that another window was closed.
  const look = setInterval(() => inspector.closed && close?.(), lookMs);
  close = () => {
    clearInterval(look);
    removeEventListener('message', serve);
    socket?.close();
    close = undefined;
  };
}

const isHello = (data: unknown) =>
  typeof data === 'object' && data !== null && 'type' in data && data.type === '@statelyai.connected';
