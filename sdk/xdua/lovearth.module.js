// The SDK for `import`. SPDX-License-Identifier: MIT OR Apache-2.0
import "./lovearth.js";

export const lovearth = globalThis.lovearth;
export default lovearth;
