/*! XDUA browser SDK 0.1.0 | MIT OR Apache-2.0 | made from src/, do not edit */

// src/md5.ts
var SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21]
];
var ROUNDS = [
  [(b, c, d) => b & c | ~b & d, (i) => i],
  [(b, c, d) => b & d | c & ~d, (i) => 5 * i + 1],
  [(b, c, d) => b ^ c ^ d, (i) => 3 * i + 5],
  [(b, c, d) => c ^ (b | ~d), (i) => 7 * i]
];
var SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));
function md5(text) {
  const padded = pad(text);
  let state = [1732584193, 4023233417, 2562383102, 271733878];
  for (let block = 0; block < padded.byteLength; block += 64) {
    state = addBlock(state, (word) => padded.getUint32(block + word % 16 * 4, true));
  }
  const digest = new DataView(new ArrayBuffer(16));
  state.forEach((word, i) => digest.setUint32(i * 4, word, true));
  return Array.from(new Uint8Array(digest.buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
function pad(text) {
  const bytes = new TextEncoder().encode(text);
  const padded = new DataView(new ArrayBuffer((bytes.length + 8 >> 6) * 64 + 64));
  new Uint8Array(padded.buffer).set(bytes);
  padded.setUint8(bytes.length, 128);
  padded.setBigUint64(padded.byteLength - 8, 8n * BigInt(bytes.length), true);
  return padded;
}
function addBlock(state, readWord) {
  let [a, b, c, d] = state;
  ROUNDS.forEach(([mix, wordOf], round) => {
    for (let i = round * 16; i < round * 16 + 16; i++) {
      const sum = a + mix(b, c, d) + SINES[i] + readWord(wordOf(i));
      const shift = SHIFTS[round][i % 4];
      const rotated = sum << shift | (sum | 0) >>> 32 - shift;
      [a, b, c, d] = [d, b + rotated | 0, b, c];
    }
  });
  return [state[0] + a | 0, state[1] + b | 0, state[2] + c | 0, state[3] + d | 0];
}
export {
  md5
};
