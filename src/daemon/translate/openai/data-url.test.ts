import { describe, expect, test } from 'vitest';
import { dataUrl, fileName, readFileData, readMediaUrl } from './data-url.ts';

describe('media', () => {
  test.each([
    ['https://x.test/a.png', { kind: 'url', url: 'https://x.test/a.png' }],
    ['data:image/png;base64,AAAA', { kind: 'base64', mediaType: 'image/png', data: 'AAAA' }],
    ['DATA:image/png;name=x;BASE64,AAAA', { kind: 'base64', mediaType: 'image/png', data: 'AAAA' }],
    ['data:;base64,AAAA', { kind: 'base64', mediaType: 'application/octet-stream', data: 'AAAA' }],
    ['data:text/plain,hello', { kind: 'url', url: 'data:text/plain,hello' }],
  ])('at %s', (url, source) => {
    expect(readMediaUrl(url)).toEqual(source);
  });

  test('of a bare file is what its name says', () => {
    const typeOf = (name: string | null) => readFileData('AAAA', name);
    expect(typeOf('a.PDF')).toEqual({ kind: 'base64', mediaType: 'application/pdf', data: 'AAAA' });
    expect(typeOf(null)).toMatchObject({ mediaType: 'application/pdf' });
    expect(typeOf('notes.txt')).toMatchObject({ mediaType: 'text/plain' });
    expect(typeOf('a.exe')).toMatchObject({ mediaType: 'application/octet-stream' });
    expect(readFileData(dataUrl('text/csv', 'QQ=='), 'a.pdf')).toMatchObject({ mediaType: 'text/csv', data: 'QQ==' });
  });

  test('without a name gets one', () => {
    expect([fileName('application/pdf'), fileName('text/plain'), fileName('x/y')]).toEqual([
      'file.pdf',
      'file.txt',
      'file.bin',
    ]);
  });
});
