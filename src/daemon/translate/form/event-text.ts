/** What of an event a reader is given: its data, or the bare JSON object that Google sends in the place of an event. */
export function eventText(event: { readonly raw: Buffer; data(): Buffer }): string {
  const data = event.data();
  if (data.length > 0) return data.toString('utf8');
  const bare = event.raw.toString('utf8').trim();
  return bare.startsWith('{') ? bare : '';
}
