/** A span of time in words: `120 ms`, `1.4 s`, `12 s`, `3 min 5 s`, `3 h 2 min`, `4 d 1 h`. */
export function spanText(ms: number): string {
  if (ms < 95) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9_950) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const both = (large: number, unit: string, small: number, lesser: string) =>
    small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${lesser}`;
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return both(minutes, 'min', seconds % 60, 's');
  return days === 0 ? both(hours, 'h', minutes % 60, 'min') : both(days, 'd', hours % 24, 'h');
}

const twoDigits = (value: number) => String(value).padStart(2, '0');

/** `22:01:03.123`, local time; as it stands where it is no time. */
export function clockText(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `2030-01-31`, local time. */
export function dayText(time: string | number): string {
  const date = new Date(time);
  return [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-');
}
