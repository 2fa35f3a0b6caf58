/** What is left as it is beside letters and digits: by RFC 3986, JavaScript, Python, forms, whole addresses, and logins in them. */
const KEPT = ['-._~', "-._~!'()*", '-._~/', '-._*', "-._~!'()*;/?:@&=+$,#", "-._~!$&'()*+,%"];

/** How a text may stand in a URL: each with codes in capitals and in small letters, and with `+` for a blank. */
export function inUrls(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return KEPT.flatMap((kept) =>
    [false, true].flatMap((isSmall) => {
      const url = encoded(bytes, kept, isSmall);
      return url.includes('%20') ? [url, url.replaceAll('%20', '+')] : [url];
    }),
  );
}

function encoded(bytes: Buffer, kept: string, isSmall: boolean): string {
  let url = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    const code = byte.toString(16).padStart(2, '0');
    url += /[A-Za-z0-9]/.test(char) || kept.includes(char) ? char : `%${isSmall ? code : code.toUpperCase()}`;
  }
  return url;
}
