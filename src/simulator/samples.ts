/** Small files of every kind, for a phone that sends one without choosing. The voice note is a second of silence. */
export const samples = {
  image: {
    contentType: 'image/jpeg',
    bytes: base64(
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wAARCABIAGADASIAAhEBAxEB/8QAGQABAAMBAQAAAAAAAAAAAAAAAAIEBQED/8QAKBAAAgIBAgQGAwEAAAAAAAAAAAECAxEEMRITImEhMkFCcYEFIzNR/8QAGAEBAAMBAAAAAAAAAAAAAAAAAAIDBAH/xAAeEQACAgIDAQEAAAAAAAAAAAAAAQIDESESIjETQf/aAAwDAQACEQMRAD8A8AASIA5JqKy3hHSFlfNhw/6Dp2MozWYvKJHppdA649ct/HCLS09S9ufllLuiiarbKJGUowWZPCNB6ep+3HwyrqtA7I9EtvHxCuiw62jyi1JZTyjpCuvlQ4c5wTLiAAAOAAAAt6Wnhipy3e3YrUx47Yx9Mmi2ksvZGe+bXVF1cf0hZZGtZk/orS1c2+lJI8rJuybk/oiShSktnJWN+HvHVzT6kmizXZGxZi/ozyVc3XNSX2J0prQjY16WdVSpRc47rfuVDTTTWVszOujwWyj3I0Tz1Z2yP6RABoKQQt4uXLg83oTABz8ZzOb+zPbJo3fxn8FGqXBbGXc0Wk016MyXakmaK9xaMwErIOubiyJqTzsoABKuDsmooN42PS9T/GHwZ35Pmc39ee+DUSSSXojOtlx2yl3MtO5Nl9mopHlVxcuPH5vUmAazOAAAC5prlKKhLdbdymQss5UOLfBCcFNYZKMuLNSyuNixJfZWlpJLyyTXc89Jr3ZHrjt4ZRaWoqfux8ozL6V6Rd0l6eMdJJ+aSS7FmuuNaxFfZB6ipe7Pwirq9e649Ed/DLD+lmmFwj4e+puUYuEd3v2KhCuzmw4sYyTNMIKCwimUuTAAJkQAAAcklJYaygADkYxgsRWESAABGUYzWJLKAAOxSisJYR0AAAAA/9k=',
    ),
  },
  audio: {
    contentType: 'audio/ogg',
    bytes: base64(
      'T2dnUwACAAAAAAAAAAABAAAAAAAAAByf9dkBE09wdXNIZWFkAQE4AYC7AAAAAABPZ2dTAAAAAAAAAAAAAAEAAAABAAAAh1hgGgEQT3B1c1RhZ3MAAAAAAAAAAE9nZ1MABIC7AAAAAAAAAQAAAAIAAADpVDPGMgMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD+P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/+',
    ),
  },
  video: {
    contentType: 'video/mp4',
    bytes: base64('AAAAGGZ0eXBpc29tAAACAGlzb21tcDQxAAAACG1kYXQ='),
  },
  document: {
    contentType: 'application/pdf',
    bytes: Buffer.from(
      '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
        '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
    ),
  },
  sticker: {
    contentType: 'image/webp',
    bytes: base64(
      'UklGRoICAABXRUJQVlA4WAoAAAAQAAAALwAALwAAQUxQSIIBAAANkEPbtrFXO7atX1Wcr45t27Y7PNu2bdt2adu2rQ/3nvHSR8QEoBdWZ3mrVCrcvXv38sY7/ISCNEuIqlQq76z3W9ac5uI7RAeFful51/tdZaYaLoChXu6gY4MfsokfB8aG1Z2de1i0pIC9zcqVS5VN1QNPg4V3BvxS0GgIzv0ez5MXXAju01ccl+M5DfyN1rTdlzEPFJ1G1kpFmpBAwpdDEsNBdGh/sUJQDXXcJJJJBpkiRrF04vb+EwK67qpTABIJIXMTAIGScBqAKyXb19RcHwOwJffZlNBnAHjsSuhx73BaIHT6n12JhHb9c9rRk8zDp/9gfwyZrRDdlUhml9gqnyAiJ56KoXsUkb6Q3GUWQWI3ZJZOdCLwvEvO/bY1Rty+ZUP28dVTuNVD4Sy9Bk6jobjx3UJjDl/LwHDFnBXuzB4VgOnJuupWYyZfp88D41fDtg0u0FP0a80AcLzdcyUv3U/Wha1rwPn0mi3vs7xVKhXu3r17YQtI3tl4+e7du/hvAlZQOCDaAAAAcAYAnQEqMAAwAD9dlr9YsqsnI7x0CAJQK4lsAK+9wF/x3gsf/AAAtUyS4m92TwdONDtPPn4dNF4p2V2AAP7QN/+f/2T//PgrcLAmhj1lN0jcfHYd3+D825nR2hya/MJlRQ9qEv33xc430oU2akTpSs1Y0248pfPVysXRT6tzfODrBpvCzRLQLMoyH9IuaMWA4SZTQNBkPzVGhW0jEmNRqDLB3JvMf3N65aNMqja6nsLSfyjxCFsTPwiM5ECssko8NF/vqujNxU6K0FuX8ykm6el6dtKmDZbAAAA=',
    ),
  },
  contacts: {
    contentType: 'text/vcard',
    bytes: Buffer.from(
      'BEGIN:VCARD\r\nVERSION:3.0\r\nN:Weber;Lena;;;\r\nFN:Lena Weber\r\nTEL;TYPE=CELL:+12025550177\r\nEND:VCARD\r\n',
    ),
  },
};

function base64(text: string) {
  return Buffer.from(text, 'base64');
}
