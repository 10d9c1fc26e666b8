// The gateway takes passwords as MD5, and browsers do not offer it. MD5 protects nothing: the connection must (HTTPS),
// and the gateway keeps bcrypt.

/** Step `i` of a round rotates by one of four numbers (RFC 1321, section 3.4). */
const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

type Mix = (b: number, c: number, d: number) => number;

/** Per round: the mixing function, and which word of the block step `i` takes. */
const ROUNDS: readonly (readonly [Mix, (i: number) => number])[] = [
  [(b, c, d) => (b & c) | (~b & d), (i) => i],
  [(b, c, d) => (b & d) | (c & ~d), (i) => 5 * i + 1],
  [(b, c, d) => b ^ c ^ d, (i) => 3 * i + 5],
  [(b, c, d) => c ^ (b | ~d), (i) => 7 * i],
];

const SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));

type State = [number, number, number, number];

/** MD5 (RFC 1321) of a text's UTF-8 bytes as 32 hexadecimal digits in lower case. */
export function md5(text: string): string {
  const padded = pad(text);
  let state: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let block = 0; block < padded.byteLength; block += 64) {
    state = addBlock(state, (word) => padded.getUint32(block + (word % 16) * 4, true));
  }
  const digest = new DataView(new ArrayBuffer(16));
  state.forEach((word, i) => digest.setUint32(i * 4, word, true));
  return Array.from(new Uint8Array(digest.buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The text's bytes, a 1 bit, zeros, and the length in bits, in whole blocks of 64 bytes. */
function pad(text: string): DataView {
  const bytes = new TextEncoder().encode(text);
  const padded = new DataView(new ArrayBuffer(((bytes.length + 8) >> 6) * 64 + 64));
  new Uint8Array(padded.buffer).set(bytes);
  padded.setUint8(bytes.length, 0x80);
  padded.setBigUint64(padded.byteLength - 8, 8n * BigInt(bytes.length), true);
  return padded;
}

function addBlock(state: State, readWord: (index: number) => number): State {
  let [a, b, c, d] = state;
  ROUNDS.forEach(([mix, wordOf], round) => {
    for (let i = round * 16; i < round * 16 + 16; i++) {
      const sum = a + mix(b, c, d) + SINES[i]! + readWord(wordOf(i));
      const shift = SHIFTS[round]![i % 4]!;
      const rotated = (sum << shift) | ((sum | 0) >>> (32 - shift));
      [a, b, c, d] = [d, (b + rotated) | 0, b, c];
    }
  });
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0];
}
